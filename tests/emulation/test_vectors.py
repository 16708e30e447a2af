"""The chip's side against the worked examples of ICAO 9303-11: same random numbers in, same bytes out."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from cccd_reader import tlv
from cccd_reader.curve_table import BRAINPOOLP256R1
from cccd_reader.emulation import CardImage, EmulatedCard, PaceVariant
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
