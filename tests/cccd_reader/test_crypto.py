"""Key derivation, MACs and padding against the worked examples of ICAO 9303-11."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import crypto
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import ChipDataError

SUITES = list(CipherSuite)


def test_bac_keys_of_appendix_d(icao: dict[str, Any]) -> None:
    example = icao["bac_3des_icao9303_11_appendix_D"]
    seed = bytes.fromhex(example["kseed"])
    assert crypto.kdf(seed, crypto.KDF_ENC, CipherSuite.DES3).hex().upper() == example["kenc"]
    assert crypto.kdf(seed, crypto.KDF_MAC, CipherSuite.DES3).hex().upper() == example["kmac"]


def test_password_key_of_appendix_g(icao: dict[str, Any]) -> None:
    example = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]
    key = crypto.kdf(bytes.fromhex(example["k"]), crypto.KDF_PASSWORD, CipherSuite.AES128)
    assert key.hex().upper() == example["k_pi"]


def test_longer_keys(icao: dict[str, Any]) -> None:
    suites = {"AES-192": CipherSuite.AES192, "AES-256": CipherSuite.AES256}
    for case in icao["kdf"]["cases"]:
        assert crypto.kdf(bytes.fromhex(case["k"]), case["c"], suites[case["alg"]]).hex().upper() == case["out"]


def test_every_byte_of_a_des_key_has_odd_parity() -> None:
    assert all(byte.bit_count() % 2 == 1 for byte in crypto.with_odd_parity(bytes(range(256))))


def test_the_retail_mac_of_appendix_d(icao: dict[str, Any]) -> None:
    example = icao["bac_3des_icao9303_11_appendix_D"]
    code = crypto.mac(CipherSuite.DES3, bytes.fromhex(example["kmac"]), bytes.fromhex(example["e_ifd"]))
    assert code.hex().upper() == example["m_ifd"]


def test_the_retail_mac_of_one_block_needs_no_chain() -> None:
    # With one block algorithm 3 is plain two-key 3DES of that block.
    key = bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
    assert crypto.retail_mac(key, b"8 bytes!") == crypto.encrypt_block(CipherSuite.DES3, key, b"8 bytes!")


def test_the_tokens_of_appendix_g(icao: dict[str, Any]) -> None:
    example = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]
    key = bytes.fromhex(example["ks_mac"])
    for side in ("ifd", "ic"):
        code = crypto.mac(CipherSuite.AES128, key, bytes.fromhex(example[f"t_{side}_input"]))
        assert code.hex().upper() == example[f"t_{side}"]


@given(st.binary(max_size=100), st.sampled_from([8, 16]))
def test_padding_is_taken_off_again(data: bytes, block: int) -> None:
    padded = crypto.pad(data, block)
    assert len(padded) % block == 0
    assert len(padded) > len(data)
    assert crypto.unpad(padded) == data


@pytest.mark.parametrize("data", [b"", b"\x00" * 8, b"abc\x00"])
def test_bytes_without_padding_are_refused(data: bytes) -> None:
    with pytest.raises(ChipDataError, match="padding"):
        crypto.unpad(data)


@pytest.mark.parametrize("block", [8, 16])
def test_padding_fills_one_block_at_most(block: int) -> None:
    assert crypto.unpad(b"\x80" + bytes(block - 1), block_bytes=block) == b""
    with pytest.raises(ChipDataError, match="padding"):
        crypto.unpad(b"\x80" + bytes(block), block_bytes=block)


@pytest.mark.parametrize("suite", SUITES)
def test_decryption_undoes_encryption(suite: CipherSuite) -> None:
    key, iv = bytes(range(suite.key_bytes)), bytes(range(suite.block_bytes))
    data = bytes(range(3 * suite.block_bytes))
    sealed = crypto.encrypt_cbc(suite, key, data, iv)
    assert sealed != crypto.encrypt_cbc(suite, key, data)
    assert crypto.decrypt_cbc(suite, key, sealed, iv) == data


@pytest.mark.parametrize("suite", SUITES)
def test_a_cryptogram_that_is_no_whole_number_of_blocks_is_bad_data(suite: CipherSuite) -> None:
    with pytest.raises(ChipDataError, match="blocks"):
        crypto.decrypt_cbc(suite, bytes(range(suite.key_bytes)), bytes(suite.block_bytes + 1))
