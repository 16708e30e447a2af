"""EF.CardAccess of the worked examples, of Vietnamese cards, and of cards that offer other things."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.card_access import FALLBACK, Agreement, Mapping, fallback_card_access, parse_card_access
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import ChipDataError


def test_the_constant_of_vietnamese_cards() -> None:
    access = fallback_card_access()
    info = access.preferred()
    assert info is not None
    assert str(info) == "PACE-ECDH-GM-AES-128, parameters 13"
    assert info.curve is not None
    assert info.curve.name == "brainpoolP256r1"
    assert len(access.oids) == 3
    assert not access.from_card
    assert parse_card_access(FALLBACK).from_card


@pytest.mark.parametrize(
    ("example", "agreement", "mapping", "runs"),
    [
        ("pace_ecdh_gm_aes128_icao9303_11_G1", Agreement.ECDH, Mapping.GENERIC, True),
        ("pace_dh_gm_aes128_icao9303_11_G2", Agreement.DH, Mapping.GENERIC, False),
        ("pace_ecdh_cam_aes128_icao9303_11_I", Agreement.ECDH, Mapping.CHIP_AUTHENTICATION, True),
    ],
)
def test_the_worked_examples(icao: Any, example: str, agreement: Agreement, mapping: Mapping, runs: bool) -> None:
    access = parse_card_access(bytes.fromhex(icao[example]["ef_card_access"]))
    (info,) = access.pace
    assert (info.agreement, info.mapping, info.suite) == (agreement, mapping, CipherSuite.AES128)
    assert (access.preferred() is not None) == runs


PREFIX = "060A04007F0007020204"


@pytest.mark.parametrize(
    ("info", "offered", "runs"),
    [
        (PREFIX + "0402" + "020102" + "02010D", 1, False),  # integrated mapping
        (PREFIX + "0202" + "020102", 1, False),  # no parameters named
        (PREFIX + "0202" + "020102" + "02011F", 1, False),  # parameters of the card's own
        (PREFIX + "0902" + "020102" + "02010D", 0, False),  # no such variant
        (PREFIX + "0209" + "020102" + "02010D", 0, False),  # no such cipher
        (PREFIX + "0202", 0, False),  # no version
        ("060904007F0007020204" + "02" + "3000", 0, False),  # PACEDomainParameterInfo
        (PREFIX + "0204" + "020102" + "020110", 1, True),
    ],
)
def test_what_this_reader_runs(info: str, offered: int, runs: bool) -> None:
    body = bytes.fromhex(info)
    sequence = bytes([0x30, len(body)]) + body
    access = parse_card_access(bytes([0x31, len(sequence)]) + sequence)
    assert len(access.pace) == offered
    assert (access.preferred() is not None) == runs


@pytest.mark.parametrize("data", ["", "3000", "31020500", "31023000", "310430020500"])
def test_malformed_files(data: str) -> None:
    with pytest.raises(ChipDataError) as caught:
        parse_card_access(bytes.fromhex(data))
    assert caught.value.file == "CardAccess"


def test_padding_after_the_set_is_ignored() -> None:
    assert parse_card_access(FALLBACK + bytes(10)) == parse_card_access(FALLBACK)


@given(st.binary(max_size=120) | st.binary(max_size=100).map(lambda body: bytes([0x31, len(body)]) + body))
def test_any_bytes_are_infos_or_bad_data(data: bytes) -> None:
    try:
        access = parse_card_access(data)
    except ChipDataError:
        return
    assert len(access.pace) <= len(access.oids)
