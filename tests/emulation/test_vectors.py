"""The chip's side against the worked examples of ICAO 9303-11: same random numbers in, same bytes out."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from cccd_reader import crypto, tlv
from cccd_reader.agreement import EcGroup, Group, standard_group
from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BRAINPOOLP256R1
from cccd_reader.emulation import CardImage, EmulatedCard, PaceVariant, Proof, Quirks
from cccd_reader.emulation.chip_mapping import integrated_generator, pseudo_random_number
from cccd_reader.emulation.chip_pace import (
    PASSWORD_MRZ,
    ChipPace,
    authentication_token,
    chip_authentication_data,
    password_secret,
)
from cccd_reader.emulation.security_objects import encode_security_infos, pace_infos
from cccd_reader.keys import MrzKey

KEY_G = MrzKey("T22000129", "640812", "101031")
ScriptedRandom = Callable[..., Callable[[int], bytes]]


def card_image(key: MrzKey, files: dict[int, bytes] | None = None, *pace: str) -> CardImage:
    return CardImage(
        MappingProxyType(files or {}), "123456", key, "", pace=tuple(PaceVariant.parse(text) for text in pace)
    )


def test_pace_with_generic_mapping_appendix_g1(icao: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    vector = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]
    image = card_image(KEY_G, None, "ecdh-gm-aes128:13")
    random = scripted_random(vector["s"], vector["ic_map_priv"], vector["ic_priv"])
    card = EmulatedCard(image, random=random)
    assert len(vector["apdus"]) == 5
    for command, answer in vector["apdus"]:
        assert card.process(bytes.fromhex(command)).hex().upper() == answer


def run_by_steps(pace: ChipPace, vector: dict[str, Any], mapping: bytes, mapped: bytes) -> None:
    """The four exchanges as the appendix has them: what the terminal sends, and what the chip has to answer."""
    exchanges = [
        (b"", tlv.encode(0x80, bytes.fromhex(vector["z"]))),
        (tlv.encode(0x81, mapping), tlv.encode(0x82, mapped)),
        (tlv.encode(0x83, bytes.fromhex(vector["ifd_pub"])), tlv.encode(0x84, bytes.fromhex(vector["ic_pub"]))),
        (tlv.encode(0x85, bytes.fromhex(vector["t_ifd"])), tlv.encode(0x86, bytes.fromhex(vector["t_ic"]))),
    ]
    for sent, expected in exchanges:
        answer, session = pace.step(tlv.encode(0x7C, sent))
        assert answer == tlv.encode(0x7C, expected)
    assert session is not None
    assert (session.suite, session.ssc) == (CipherSuite.AES128, bytes(16))


def no_fault(_proof: Proof) -> bool:
    return False


def test_pace_with_dh_and_generic_mapping_appendix_g2(icao: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    vector = icao["pace_dh_gm_aes128_icao9303_11_G2"]
    variant = PaceVariant.parse("dh-gm-aes128:0")
    random = scripted_random(vector["s"], vector["ic_map_priv"], vector["ic_priv"])
    pace = ChipPace(variant, bytes.fromhex(vector["k_pi"]), None, random, no_fault)
    run_by_steps(pace, vector, bytes.fromhex(vector["ifd_map_pub"]), bytes.fromhex(vector["ic_map_pub"]))


def test_dh_over_apdus_in_parts_and_whole(icao: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    """The same run, as a terminal without extended length would send it, to a chip with a small buffer."""
    vector = icao["pace_dh_gm_aes128_icao9303_11_G2"]
    random = scripted_random(vector["s"], vector["ic_map_priv"], vector["ic_priv"])
    card = EmulatedCard(card_image(KEY_G, None, "dh-gm-aes128:0"), random=random, quirks=Quirks(answer_bytes=100))
    assert card.process(bytes.fromhex("0022C1A40F800A04007F00070202040102830101")).hex() == "9000"
    answer = bytes.fromhex("7C128010" + vector["z"] + "9000")
    assert card.process(bytes.fromhex("10860000027C0000")) == answer
    data = tlv.encode(0x7C, tlv.encode(0x81, bytes.fromhex(vector["ifd_map_pub"])))
    assert card.process(CommandApdu(0x10, 0x86, 0, 0, data[:60]).encode()).hex() == "9000"
    first = card.process(CommandApdu(0x10, 0x86, 0, 0, data[60:], 256).encode())
    assert (len(first), first[-2:].hex()) == (102, "6122")
    rest = card.process(bytes.fromhex("00C0000022"))
    assert first[:-2] + rest == tlv.encode(0x7C, tlv.encode(0x82, bytes.fromhex(vector["ic_map_pub"]))) + b"\x90\x00"
    data = tlv.encode(0x7C, tlv.encode(0x83, bytes.fromhex(vector["ifd_pub"])))
    assert card.process(CommandApdu(0x10, 0x86, 0, 0, data, 256).encode())[-2:].hex() == "6122"
    data = tlv.encode(0x7C, tlv.encode(0x85, bytes.fromhex(vector["t_ifd"])))
    confirmed = card.process(CommandApdu(0x00, 0x86, 0, 0, data, 256).encode())
    assert confirmed.hex().upper() == "7C0A8608" + vector["t_ic"] + "9000"


def test_pace_with_integrated_mapping_appendix_h1(icao: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    vector = icao["pace_ecdh_im_aes128_icao9303_11_H1"]
    # K_π is given as it is; no password is known that leads to it.
    random = scripted_random(vector["s"], vector["ic_priv"])
    variant = PaceVariant.parse("ecdh-im-aes128:13")
    pace = ChipPace(variant, bytes.fromhex(vector["k_pi"]), None, random, no_fault)
    run_by_steps(pace, vector, bytes.fromhex(vector["t"]), b"")


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("pace_ecdh_im_aes128_icao9303_11_H1", EcGroup(BRAINPOOLP256R1)),
        ("pace_dh_im_aes128_icao9303_11_H2", standard_group(0)),
    ],
)
def test_the_integrated_mapping_appendices_h1_and_h2(icao: dict[str, Any], name: str, group: Group[Any]) -> None:
    vector = icao[name]
    s, t = bytes.fromhex(vector["s"]), bytes.fromhex(vector["t"])
    assert crypto.encrypt_cbc(CipherSuite.AES128, bytes.fromhex(vector["k_pi"]), s).hex().upper() == vector["z"]
    prime = group.curve.p if isinstance(group, EcGroup) else getattr(group, "p", 0)
    assert pseudo_random_number(CipherSuite.AES128, s, t, prime) == int(vector["prf_mod_p"], 16)
    generator = integrated_generator(group, CipherSuite.AES128, s, t)
    assert group.encode(generator).hex().upper() == vector["mapped_g"]


def test_the_encrypted_nonce_and_the_tokens_of_appendix_h2(icao: dict[str, Any]) -> None:
    vector = icao["pace_dh_im_aes128_icao9303_11_H2"]
    shared = bytes.fromhex(vector["shared"])
    ks_mac = crypto.kdf(shared, crypto.KDF_MAC, CipherSuite.AES128)
    assert crypto.kdf(shared, crypto.KDF_ENC, CipherSuite.AES128).hex().upper() == vector["ks_enc"]
    variant = PaceVariant.parse("dh-im-aes128:0")
    for token, public in (("t_ifd", "ic_pub"), ("t_ic", "ifd_pub")):
        found = authentication_token(variant, 0x84, ks_mac, bytes.fromhex(vector[public]))
        assert found.hex().upper() == vector[token]


def test_chip_authentication_mapping_appendix_i(icao: dict[str, Any]) -> None:
    """The appendix gives none of the chip's private keys, but what they make together: CA_IC."""
    vector = icao["pace_ecdh_cam_aes128_icao9303_11_I"]
    curve, quotient = BRAINPOOLP256R1, int(vector["ca_ic"], 16)
    static = curve.decode(bytes.fromhex(vector["static_pk_ef_card_security"]))
    product = curve.multiply(quotient, static)
    assert product == curve.decode(bytes.fromhex(vector["ic_map_pub"]))
    variant = PaceVariant.parse("ecdh-cam-aes128:13")
    ks_enc = bytes.fromhex(vector["ks_enc"])
    for chosen in (1, 0x1234567):
        mapping = chosen * quotient % curve.n
        data = chip_authentication_data(variant, ks_enc, curve.n, chosen, mapping)
        assert data.hex().upper() == vector["encrypted_ca_data"]
    key = crypto.kdf(
        password_secret(PASSWORD_MRZ, "", vector["mrz_information"].encode()), crypto.KDF_PASSWORD, variant.suite
    )
    assert key.hex().upper() == vector["k_pi"]
    assert crypto.encrypt_cbc(variant.suite, key, bytes.fromhex(vector["s"])).hex().upper() == vector["z"]
    ks_mac = bytes.fromhex(vector["ks_mac"])
    for token, public in (("t_ifd", "ic_pub"), ("t_ic", "ifd_pub")):
        found = authentication_token(variant, 0x86, ks_mac, bytes.fromhex(vector[public]))
        assert found.hex().upper() == vector[token]


@pytest.mark.parametrize("name", ["pace_ecdh_gm_aes128_icao9303_11_G1", "pace_ecdh_cam_aes128_icao9303_11_I"])
def test_the_files_of_the_appendices_are_what_personalisation_writes(icao: dict[str, Any], name: str) -> None:
    variant = PaceVariant.parse("ecdh-gm-aes128:13" if name.endswith("G1") else "ecdh-cam-aes128:13")
    assert encode_security_infos(pace_infos([variant])).hex().upper() == icao[name]["ef_card_access"]


def test_the_constant_of_vietnamese_cards_is_what_personalisation_writes(image: CardImage) -> None:
    assert image.files[0x011C] == FALLBACK


def test_bac_and_secure_messaging_appendix_d(icao: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    bac, messaging = icao["bac_3des_icao9303_11_appendix_D"], icao["secure_messaging_3des_icao9303_11_appendix_D4"]
    com = bytes.fromhex("60145F0104303130365F36063034303030305C026175")
    image = card_image(MrzKey("L898902C", "690806", "940623"), {0x011E: com})
    card = EmulatedCard(image, random=scripted_random(bac["rnd_ic"], bac["k_ic"]))

    assert card.process(bytes.fromhex("00A4040C07A0000002471001")).hex() == "9000"
    assert card.process(bytes.fromhex(bac["cmd_get_challenge"])).hex().upper() == bac["rnd_ic"] + "9000"
    assert card.process(bytes.fromhex(bac["cmd_ext_auth"])).hex().upper() == bac["resp_ext_auth"] + "9000"

    assert len(messaging["exchanges"]) == 3
    for exchange in messaging["exchanges"]:
        assert card.process(bytes.fromhex(exchange["protected"])).hex().upper() == exchange["response"]


def test_the_random_source_may_give_numbers_that_are_no_scalar(
    icao: dict[str, Any], scripted_random: ScriptedRandom
) -> None:
    vector = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]
    image = card_image(KEY_G, None, "ecdh-gm-aes128:13")
    # Zero and numbers beyond the group's order are drawn again.
    random = scripted_random(vector["s"], "00" * 32, "FF" * 32, vector["ic_map_priv"], vector["ic_priv"])
    card = EmulatedCard(image, random=random)
    answers = [card.process(bytes.fromhex(command)).hex().upper() for command, _ in vector["apdus"]]
    assert answers == [answer for _, answer in vector["apdus"]]


@pytest.fixture
def vector(icao: dict[str, Any]) -> dict[str, Any]:
    return icao["pace_ecdh_gm_aes128_icao9303_11_G1"]


def run(card: EmulatedCard, vector: dict[str, Any], steps: int) -> None:
    for command, answer in vector["apdus"][:steps]:
        assert card.process(bytes.fromhex(command)).hex().upper() == answer


def authenticate(tag: int, point: bytes) -> bytes:
    data = tlv.encode(0x7C, tlv.encode(tag, point))
    return bytes.fromhex("10860000") + bytes([len(data)]) + data + b"\x00"


def test_the_chips_own_key_sent_back_is_refused(vector: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    image = card_image(KEY_G, None, "ecdh-gm-aes128:13")
    card = EmulatedCard(image, random=scripted_random(vector["s"], vector["ic_map_priv"], vector["ic_priv"]))
    run(card, vector, 3)
    assert card.process(authenticate(0x83, bytes.fromhex(vector["ic_pub"]))).hex() == "6a80"


def test_a_mapping_to_infinity_is_refused(vector: dict[str, Any], scripted_random: ScriptedRandom) -> None:
    """A terminal that knew the chip's numbers could choose a key for which s·G + H is no point."""
    image = card_image(KEY_G, None, "ecdh-gm-aes128:13")
    card = EmulatedCard(image, random=scripted_random(vector["s"], vector["ic_map_priv"]))
    run(card, vector, 2)
    curve = BRAINPOOLP256R1
    nonce, private = int(vector["s"], 16), int(vector["ic_map_priv"], 16)
    evil = curve.multiply(-nonce * pow(private, -1, curve.n), curve.g)
    assert evil is not None
    assert card.process(authenticate(0x81, curve.encode(evil))).hex() == "6a80"
