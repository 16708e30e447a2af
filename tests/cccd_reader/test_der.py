"""The ASN.1 types read by hand."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError


def time(tag: int, text: str) -> datetime:
    return der.time(tlv.decode(tlv.encode(tag, text.encode())), "test")


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (der.UTC_TIME, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (der.UTC_TIME, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (der.UTC_TIME, "2401020304Z", datetime(2024, 1, 2, 3, 4, tzinfo=UTC)),
        (der.UTC_TIME, "240102030405+0700", datetime(2024, 1, 1, 20, 4, 5, tzinfo=UTC)),
        (der.UTC_TIME, "240102030405-0130", datetime(2024, 1, 2, 4, 34, 5, tzinfo=UTC)),
        (der.GENERALIZED_TIME, "20510203040506Z", datetime(2051, 2, 3, 4, 5, 6, tzinfo=UTC)),
    ],
)
def test_times(tag: int, text: str, expected: datetime) -> None:
    assert time(tag, text) == expected


@pytest.mark.parametrize(
    "text", ["", "Z", "20240230000000Z", "2024010203Z", "20240102030405", "20240102030405+99", "20240102030405+9900",
             "00010101000000+0100", "20240102030405X0100", "20240102030405.5Z", "20240102030460Z"],
)  # fmt: skip
def test_malformed_times(text: str) -> None:
    with pytest.raises(ChipDataError, match="malformed time"):
        time(der.GENERALIZED_TIME, text)


@given(st.binary(max_size=30), st.sampled_from([der.UTC_TIME, der.GENERALIZED_TIME]))
def test_any_bytes_are_a_time_or_bad_data(data: bytes, tag: int) -> None:
    try:
        found = der.time(tlv.decode(tlv.encode(tag, data)), "test")
    except ChipDataError:
        return
    assert found.tzinfo is UTC


@given(st.integers(0, 2), st.lists(st.integers(0, 2**40), min_size=1, max_size=8))
def test_object_identifiers_survive_both_ways(first: int, rest: list[int]) -> None:
    if first < 2:
        rest[0] %= 40
    text = ".".join(map(str, (first, *rest)))
    content = der.encode_oid(text)
    assert der.dotted(content) == text
    assert der.oid(tlv.decode(tlv.encode(der.OID, content)), "test") == content


@pytest.mark.parametrize("content", [b"", b"\x81", b"\x2a\x80", b"\x01" * 65])
def test_malformed_object_identifiers(content: bytes) -> None:
    assert der.dotted(content) == "?"
    with pytest.raises(ChipDataError, match="object identifier"):
        der.oid(tlv.decode(tlv.encode(der.OID, content)), "test")


def test_components_are_taken_in_order() -> None:
    parts = der.sequence(bytes.fromhex("30080201050101FF0400"), "test")
    assert parts.optional(der.BOOLEAN) is None
    assert der.integer(parts.take(der.INTEGER), "test", 4) == 5
    with pytest.raises(ChipDataError, match="tag 01 where tag 04 or 05 must be"):
        parts.take(der.OCTET_STRING, der.NULL)
    assert der.boolean(parts.take(der.BOOLEAN), "test") is True
    with pytest.raises(ChipDataError, match="tag 04 follows"):
        parts.end()
    assert parts.optional() is not None
    parts.end()
    with pytest.raises(ChipDataError, match="nothing where tag 02 must be"):
        parts.take(der.INTEGER)


def test_values_of_a_wrong_size() -> None:
    for function, item in (
        (lambda item: der.integer(item, "test", 4), tlv.encode(2, b"")),
        (lambda item: der.integer(item, "test", 4), tlv.encode(2, b"\x01" * 5)),
        (lambda item: der.boolean(item, "test"), tlv.encode(1, b"\x00\x00")),
        (lambda item: der.whole_bits(item, "test"), tlv.encode(3, b"")),
        (lambda item: der.whole_bits(item, "test"), tlv.encode(3, b"\x01\x80")),
    ):
        with pytest.raises(ChipDataError):
            function(tlv.decode(item))
    assert der.integer(tlv.decode(bytes.fromhex("020180")), "test", 4) == -128
