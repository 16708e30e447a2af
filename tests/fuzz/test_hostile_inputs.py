"""Inputs that are made to cost time: too well formed for a fuzzer to come upon. That they end is the test."""

import sys
from typing import Any

import pytest

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup
from cccd_reader.chip_authentication import begin
from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.names import parse_name
from cccd_reader.text import clean
from cccd_reader.transport.link import Link
from cccd_reader.verdict import CheckState, Verdict
from tests.fuzz.script import ScriptedCard

_CA_DH_3DES, _PK_DH = bytes.fromhex("04007F000702020301" + "01"), bytes.fromhex("04007F000702020101")
_DH_KEY = bytes.fromhex("2A864886F70D010301")
"""dhKeyAgreement of PKCS #3."""


def number(value: int) -> bytes:
    return tlv.encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def dh_key_info(p: int, g: int, y: int) -> bytes:
    identifier = tlv.encode(0x30, tlv.encode(0x06, _DH_KEY) + tlv.encode(0x30, number(p) + number(g)))
    spki = tlv.encode(0x30, identifier + tlv.encode(0x03, b"\x00" + number(y)))
    return tlv.encode(0x30, tlv.encode(0x06, _PK_DH) + spki)


def begin_with(*infos: bytes) -> Any:
    file = tlv.encode(0x6E, tlv.encode(0x31, b"".join(infos)))
    return begin(Link(ScriptedCard([])), parse_dg14(file))


PROTOCOL = tlv.encode(0x30, tlv.encode(0x06, _CA_DH_3DES) + number(1))


def test_each_of_a_thousand_protocols_is_not_tried_with_each_of_a_thousand_keys() -> None:
    keys = [dh_key_info((1 << 1200) + 2 * i + 1, 2, 3) for i in range(50)]
    verdict = begin_with(*[PROTOCOL] * 1000, *keys)
    assert isinstance(verdict, Verdict)
    assert verdict.state is CheckState.FAILED


def test_a_group_in_which_every_key_of_ours_would_be_short() -> None:
    g = 1 << 600
    assert len(DhGroup.from_chip(g * g - 1, g, None, "DG14").encode(g)) < 150
    verdict = begin_with(PROTOCOL, dh_key_info(g * g - 1, g, g))
    assert isinstance(verdict, Verdict)
    assert verdict.state is CheckState.FAILED


def test_many_such_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """p = g^61 - 1: all 61 powers but one are short. With 4096 bits each draw takes a tenth of a second."""
    draws: list[int] = []
    multiply = DhGroup.multiply
    monkeypatch.setattr(DhGroup, "multiply", lambda *args: draws.append(1) or multiply(*args))
    bases = [(1 << 18) + 2 * i for i in range(16)]
    verdict = begin_with(PROTOCOL, *(dh_key_info(g**61 - 1, g, g) for g in bases))
    assert isinstance(verdict, Verdict)
    assert verdict.state is CheckState.FAILED
    assert len(draws) <= 24


def test_serial_numbers_that_have_one_hash() -> None:
    serials = [1 + i * sys.hash_info.modulus for i in range(20_000)]
    with pytest.raises(ChipDataError, match="slow down"):
        parse_crl(TestAuthority.create().issue_crl(serials))
    assert len(parse_crl(TestAuthority.create().issue_crl(range(1, 500))).revoked) == 499


def test_sequences_of_nothing_but_headers_are_read_once() -> None:
    assert sum(1 for _ in tlv.iterate(bytes.fromhex("0400") * 200_000)) == 200_000


def test_marks_that_are_piled_up_on_one_letter_are_not_sorted_for_long() -> None:
    pile = "a" + "\u0345" * 200_000 + "\u0316" * 200_000
    assert len(clean(pile)) <= 31
    assert clean("e\u0302\u0323n") == "\u1ec7n"
    common_name = tlv.encode(0x06, bytes.fromhex("550403")) + tlv.encode(0x0C, pile.encode())
    assert len(parse_name(tlv.encode(0x30, tlv.encode(0x31, tlv.encode(0x30, common_name))), "name").key[0][1]) <= 60
    name = tlv.encode(0x30, number(2) + tlv.encode(0x0C, pile[:16_000].encode()))
    dg13 = parse_dg13(tlv.encode(0x6D, tlv.encode(0x30, tlv.encode(0x31, name))))
    assert len(dg13.fields[2][0]) <= 31
