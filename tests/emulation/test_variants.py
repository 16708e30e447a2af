"""Protocols by their names: what a chip can have, what it cannot, and what is no name at all."""

import pytest

from cccd_reader.emulation import (
    ActiveAuthenticationVariant,
    CardImage,
    ChipAuthenticationVariant,
    EmulationError,
    EmulationErrorCode,
    PaceVariant,
)
from cccd_reader.emulation.variants import SUITE_NAMES
from cccd_reader.lds.security_infos import Agreement, Mapping, parse_security_infos
from cccd_reader.tlv import decode

PACE = [
    "dh-gm-3des:0",
    "dh-im-aes192:1",
    "ecdh-gm-aes128:8",
    "ecdh-gm-aes128:10",
    "ecdh-im-3des:12",
    "ecdh-cam-aes256:18",
]
CHIP = ["dh-3des:0", "dh-aes128:2/x942", "ecdh-aes256:18", "ecdh-aes128:13/named"]
ACTIVE = ["rsa-1024-sha1", "rsa-1024-sha1/33cc", "rsa-4096-sha512", "ec-secp224r1-sha224", "ec-brainpoolP512r1-sha512"]


@pytest.mark.parametrize("text", PACE)
def test_pace_there_and_back(text: str) -> None:
    assert str(PaceVariant.parse(text)) == text


@pytest.mark.parametrize("text", CHIP)
def test_chip_authentication_there_and_back(text: str) -> None:
    assert str(ChipAuthenticationVariant.parse(text)) == text


@pytest.mark.parametrize("text", ACTIVE)
def test_active_authentication_there_and_back(text: str) -> None:
    assert str(ActiveAuthenticationVariant.parse(text)) == text


def test_domain_parameters_may_be_left_out() -> None:
    assert str(PaceVariant.parse("ecdh-gm-aes128")) == "ecdh-gm-aes128:13"
    assert str(PaceVariant.parse("dh-im-3des")) == "dh-im-3des:2"
    assert str(ChipAuthenticationVariant.parse("dh-aes256/x942")) == "dh-aes256:2/x942"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gm-aes128",
        "ecdh-gm-des",
        "ecdh-gm-aes128:2",  # a number of the other kind of group
        "dh-gm-aes128:13",
        "ecdh-gm-aes128:19",
        "ecdh-cam-3des",
        "dh-cam-aes128",
        "ecdh-im-aes128:10",
        "ECDH-GM-AES128",
    ],
)
def test_no_such_pace(text: str) -> None:
    with pytest.raises(EmulationError) as caught:
        PaceVariant.parse(text)
    assert caught.value.code is EmulationErrorCode.BAD_VARIANT


@pytest.mark.parametrize(
    "text", ["none", "ecdh-gm-aes128", "dh-aes128:13", "dh-aes128/named", "ecdh-aes128/x942", "dh-3des/y"]
)
def test_no_such_chip_authentication(text: str) -> None:
    with pytest.raises(EmulationError, match="bad_variant"):
        ChipAuthenticationVariant.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "dsa-1024-sha1",
        "rsa-sha256",
        "rsa-512-sha256",
        "rsa-1025-sha256",
        "rsa-many-sha256",
        "rsa-2048-sha3",
        "rsa-2048-sha256/33cc",
        "ec-secp256r1-sha1/33cc",
        "ec-secp256k1-sha256",
    ],
)
def test_no_such_active_authentication(text: str) -> None:
    with pytest.raises(EmulationError, match="bad_variant"):
        ActiveAuthenticationVariant.parse(text)


@pytest.mark.parametrize(("rsa", "curve"), [(None, None), (2048, 13)])
def test_a_key_is_of_one_kind(rsa: int | None, curve: int | None) -> None:
    with pytest.raises(EmulationError, match="bad_variant"):
        ActiveAuthenticationVariant("sha256", rsa, curve)


def test_the_files_name_what_was_asked_for(make_card: object) -> None:
    assert callable(make_card)
    image: CardImage = make_card(pace=tuple(PACE), ca=tuple(CHIP[:2]), aa="ec-secp521r1-sha512")
    access = parse_security_infos(image.files[0x011C], "CardAccess")
    found = {(info.agreement, info.mapping, info.suite, info.version, info.parameter_id) for info in access.pace}
    wanted = {(item.agreement, item.mapping, item.suite, 2, item.parameter_id) for item in image.pace}
    assert found == wanted
    assert (Agreement.ECDH, Mapping.CHIP_AUTHENTICATION, SUITE_NAMES["aes256"], 2, 18) in found
    signed = parse_security_infos(decode(image.files[0x010E]).value, "DG14")
    assert set(access.oids) <= set(signed.oids)
    assert {info.oid for info in signed.chip_authentication} == {
        ChipAuthenticationVariant.parse(text).oid for text in CHIP[:2]
    }
    assert {key.key_id for key in signed.chip_authentication_keys} == {0, 2}
