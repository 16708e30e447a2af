"""EF.CardAccess: the constant of Vietnamese cards, and which of several protocols is run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.card_access import FALLBACK, CardAccess, fallback_card_access, parse_card_access
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.security_infos import ID_PACE

GM_DH, GM, IM_DH, IM, CAM = 1, 2, 3, 4, 6
DES3, AES128, AES192, AES256 = 1, 2, 3, 4


def offering(*offers: tuple[int, int, int]) -> CardAccess:
    """EF.CardAccess with these: (variant, cipher, parameter id)."""
    infos = b"".join(
        tlv.encode(
            0x30,
            tlv.encode(0x06, ID_PACE + bytes([variant, suite])) + b"\x02\x01\x02" + b"\x02\x01" + bytes([parameters]),
        )
        for variant, suite, parameters in offers
    )
    return parse_card_access(tlv.encode(0x31, infos))


def ranking(access: CardAccess, *, extended: bool = True) -> list[str]:
    return [str(info) for info in access.ranked(extended=extended)]


def test_the_constant_of_vietnamese_cards() -> None:
    access = fallback_card_access()
    (info,) = access.ranked()
    assert str(info) == "PACE-ECDH-GM-AES-128, parameters 13"
    assert info.curve is not None
    assert info.curve.name == "brainpoolP256r1"
    assert len(access.oids) == 3
    assert not access.several_parameters
    assert not access.from_card
    assert parse_card_access(FALLBACK).from_card


def test_chip_authentication_mapping_comes_first() -> None:
    access = offering((GM, AES256, 17), (CAM, AES128, 12), (IM, AES256, 17))
    assert ranking(access)[0] == "PACE-ECDH-CAM-AES-128, parameters 12"


def test_then_curves_the_cipher_the_size_and_the_mapping() -> None:
    access = offering(
        (GM_DH, AES256, 2),
        (GM, DES3, 18),
        (IM, AES128, 13),
        (GM, AES128, 13),
        (GM, AES128, 15),
        (GM, AES192, 8),
        (IM_DH, AES256, 2),
        (GM, AES256, 12),
    )
    assert ranking(access) == [
        "PACE-ECDH-GM-AES-256, parameters 12",
        "PACE-ECDH-GM-AES-192, parameters 8",
        "PACE-ECDH-GM-AES-128, parameters 15",
        "PACE-ECDH-GM-AES-128, parameters 13",
        "PACE-ECDH-IM-AES-128, parameters 13",
        "PACE-ECDH-GM-3DES, parameters 18",
        "PACE-DH-GM-AES-256, parameters 2",
        "PACE-DH-IM-AES-256, parameters 2",
    ]
    assert access.several_parameters


def test_equal_ones_stay_in_the_order_of_the_file() -> None:
    assert ranking(offering((GM, AES128, 13), (GM, AES128, 12))) == [
        "PACE-ECDH-GM-AES-128, parameters 13",
        "PACE-ECDH-GM-AES-128, parameters 12",
    ]


def test_what_this_reader_does_not_run_is_left_out() -> None:
    access = offering((IM, AES256, 10), (GM, AES256, 31), (GM_DH, AES128, 13), (GM, DES3, 8))
    assert ranking(access) == ["PACE-ECDH-GM-3DES, parameters 8"]
    assert ranking(offering((IM, AES256, 10))) == []


def test_without_extended_length_the_large_groups_are_left_out() -> None:
    access = offering((GM_DH, AES256, 1), (GM_DH, AES128, 0))
    assert ranking(access) == ["PACE-DH-GM-AES-256, parameters 1", "PACE-DH-GM-AES-128, parameters 0"]
    assert ranking(access, extended=False) == ["PACE-DH-GM-AES-128, parameters 0"]


def test_explicit_parameters_make_the_set_ambiguous() -> None:
    parameters = tlv.encode(0x30, tlv.encode(0x06, ID_PACE + b"\x02") + b"\x30\x03\x06\x01\x2a" + b"\x02\x01\x28")
    pace = tlv.encode(0x30, tlv.encode(0x06, ID_PACE + b"\x02\x02") + b"\x02\x01\x02\x02\x01\x0d")
    assert parse_card_access(tlv.encode(0x31, parameters + pace)).several_parameters
    assert not parse_card_access(tlv.encode(0x31, pace)).several_parameters
    assert not offering((GM, AES128, 13), (CAM, AES128, 13)).several_parameters


@pytest.mark.parametrize("data", ["", "3000", "31020500", "31023000", "310430020500"])
def test_malformed_files(data: str) -> None:
    with pytest.raises(ChipDataError) as caught:
        parse_card_access(bytes.fromhex(data))
    assert caught.value.file == "CardAccess"


def test_padding_after_the_set_is_ignored() -> None:
    assert parse_card_access(FALLBACK + bytes(10)) == parse_card_access(FALLBACK)


@given(st.binary(max_size=120) | st.binary(max_size=100).map(lambda body: tlv.encode(0x31, body)))
def test_any_bytes_are_infos_or_bad_data(data: bytes) -> None:
    try:
        access = parse_card_access(data)
    except ChipDataError:
        return
    assert len(access.ranked()) <= len(access.pace) <= len(access.oids)
