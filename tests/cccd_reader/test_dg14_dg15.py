"""DG14 and DG15 of the published samples: their infos and keys, and what any bytes give."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BRAINPOOLP224R1
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.dg15 import Dg15, parse_dg15
from cccd_reader.lds.security_infos import Agreement
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, UnsupportedKeyError, parse_public_key

ID_TA = bytes.fromhex("04007F0007020202")


@pytest.fixture(scope="module")
def samples(emrtd_data: Path) -> dict[str, bytes]:
    stored = json.loads((emrtd_data / "dg14_dg15_samples.json").read_text("utf-8"))
    found = {name: bytes.fromhex(sample["hex"]) for name, sample in stored.items()}
    for number in (14, 15):
        found[f"specimen_dg{number}"] = (emrtd_data / "bsi2008" / f"Datagroup{number}.bin").read_bytes()
    return found


@pytest.mark.parametrize("name", ["bsi_dg14", "etsi_dg14", "specimen_dg14"])
def test_dg14_with_an_elliptic_key(samples: dict[str, bytes], name: str) -> None:
    data = samples[name]
    infos = parse_dg14(data)
    (info,) = infos.chip_authentication
    assert (info.agreement, info.suite, info.version, info.key_id) == (Agreement.ECDH, CipherSuite.DES3, 1, None)
    (stored,) = infos.chip_authentication_keys
    assert (stored.agreement, stored.key_id) == (Agreement.ECDH, None)
    key = parse_public_key(stored.spki, "DG14")
    assert isinstance(key, EcPublicKey)
    assert key.curve == BRAINPOOLP224R1  # by its parameters: the file does not name it
    assert tlv.encode(0x03, b"\x00" + key.curve.encode(key.point)) in data
    assert ID_TA in infos.oids
    assert infos.active_authentication == ()


def test_dg14_with_a_diffie_hellman_key(emrtd_data: Path) -> None:
    infos = parse_dg14((emrtd_data / "doc9303" / "spec_sample_encoded_dg14.bin").read_bytes())
    (info,) = infos.chip_authentication
    assert (info.agreement, info.suite, info.version, info.key_id) == (Agreement.DH, CipherSuite.DES3, 1, None)
    (stored,) = infos.chip_authentication_keys
    key = parse_public_key(stored.spki, "DG14")
    assert isinstance(key, DhPublicKey)
    assert (key.p.bit_length(), key.y.bit_length(), key.q) == (1024, 1023, None)
    assert f"{key.y:0256X}".startswith("553CE735ECF5CBF2029D30FAA4F97335")


@pytest.mark.parametrize("name", ["bsi_dg15", "etsi_dg15", "specimen_dg15"])
def test_dg15_with_an_rsa_key(samples: dict[str, bytes], name: str) -> None:
    parsed = parse_dg15(samples[name])
    assert tlv.encode(0x6F, parsed.spki) == samples[name]
    key = parsed.public_key()
    assert isinstance(key, RSAPublicKey)
    assert (key.key_size, key.public_numbers().e) == (1024, 65537)


def test_dg15_with_an_elliptic_key() -> None:
    own = ec.generate_private_key(ec.BrainpoolP384R1()).public_key()
    spki = own.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = parse_dg15(tlv.encode(0x6F, spki) + bytes(5)).public_key()  # a reader may have fetched padding
    assert isinstance(key, EcPublicKey)
    assert (key.curve.name, key.point.x) == ("brainpoolP384r1", own.public_numbers().x)


@pytest.mark.parametrize(
    ("parse", "data", "file", "rule"),
    [
        (parse_dg14, "", "DG14", "a tag is missing"),
        (parse_dg14, "6F023100", "DG14", "tag 6F where 6E must be"),
        (parse_dg14, "6E023000", "DG14", "tag 30 where 31 must be"),
        (parse_dg14, "6E0431023001", "DG14", "a value is shorter than its length says"),
        (parse_dg15, "", "DG15", "a tag is missing"),
        (parse_dg15, "6E023000", "DG15", "tag 6E where 6F must be"),
        (parse_dg15, "6F023100", "DG15", "tag 31 where 30 must be"),
        (parse_dg15, "6F0430003000", "DG15", "bytes follow the data object"),
    ],
)
def test_malformed_files(parse: Callable[[bytes], Any], data: str, file: str, rule: str) -> None:
    with pytest.raises(ChipDataError) as caught:
        parse(bytes.fromhex(data))
    assert (caught.value.file, caught.value.detail) == (file, rule)


def test_keys_of_dg15_that_cannot_be_used() -> None:
    ed25519 = bytes.fromhex("302A300506032B6570032100") + bytes(32)
    with pytest.raises(UnsupportedKeyError, match=r"1\.3\.101\.112"):
        Dg15(ed25519).public_key()
    with pytest.raises(ChipDataError):
        Dg15(b"\x30\x00").public_key()


@given(st.binary(max_size=200))
def test_any_bytes_give_a_file_or_the_documented_error(data: bytes) -> None:
    for parse, tag in ((parse_dg14, 0x6E), (parse_dg15, 0x6F)):
        for candidate in (data, tlv.encode(tag, data), tlv.encode(tag, tlv.encode(0x31, data))):
            try:
                parsed = parse(candidate)
                if isinstance(parsed, Dg15):
                    parsed.public_key()
            except (ChipDataError, UnsupportedKeyError) as error:
                assert error.file in ("DG14", "DG15")  # noqa: PT017 - every error is looked at
