"""BER-TLV: what is decoded, what is refused, and that no bytes do anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.errors import CardErrorCode, ChipDataError


@pytest.mark.parametrize(
    ("encoded", "tag", "value"),
    [
        ("5A00", 0x5A, ""),
        ("5A0101", 0x5A, "01"),
        ("5F1F0141", 0x5F1F, "41"),
        ("7F810102ABCD", 0x7F8101, "ABCD"),
        ("308101FF", 0x30, "FF"),  # longer than needed is BER, though not DER
        ("30840000000100", 0x30, "00"),
    ],
)
def test_a_data_object_is_decoded(encoded: str, tag: int, value: str) -> None:
    found = tlv.decode(bytes.fromhex(encoded))
    assert (found.tag, found.value, found.raw) == (tag, bytes.fromhex(value), bytes.fromhex(encoded))


@pytest.mark.parametrize(
    ("encoded", "rule"),
    [
        ("", "tag is missing"),
        ("5F", "tag is cut off"),
        ("5F81", "tag is cut off"),
        ("7F81800102ABCD", "longer than 3 bytes"),
        ("5A", "length is missing"),
        ("5A80", "indefinite"),
        ("5A850000000001", "indefinite or longer"),
        ("5A8201", "length is cut off"),
        ("5A0201", "shorter than its length"),
        ("5A84FFFFFFFF00", "shorter than its length"),
        ("5A01FF00", "bytes follow"),
    ],
)
def test_broken_encodings_are_named(encoded: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        tlv.decode(bytes.fromhex(encoded), "DG13")
    assert caught.value.code is CardErrorCode.BAD_DATA
    assert caught.value.file == "DG13"


def test_a_header_is_read_from_the_first_bytes_of_a_file() -> None:
    header = tlv.read_header(bytes.fromhex("7582 3B76 7F61"))
    assert (header.tag, header.size, header.length, header.total) == (0x75, 4, 0x3B76, 15226)


def test_the_wrong_tag_is_refused_and_a_missing_one_named() -> None:
    with pytest.raises(ChipDataError, match="tag 30 where 31"):
        tlv.decode(b"\x30\x00", tag=0x31)
    with pytest.raises(ChipDataError, match="tag 31 is missing"):
        tlv.find(b"\x30\x00", 0x31)
    assert tlv.find(bytes.fromhex("30003101FF3100"), 0x31).value == b"\xff"


def test_constructed_is_told_by_the_first_byte() -> None:
    assert tlv.decode(b"\x30\x00").constructed
    assert tlv.decode(b"\x7f\x61\x00").constructed
    assert not tlv.decode(b"\x5f\x1f\x00").constructed


@given(st.sampled_from([0x02, 0x30, 0x5F1F, 0x7F61]), st.binary(max_size=70_000))
def test_what_is_encoded_is_decoded_again(tag: int, value: bytes) -> None:
    found = tlv.decode(tlv.encode(tag, value))
    assert (found.tag, found.value) == (tag, value)


@given(st.binary(max_size=400))
def test_any_bytes_are_data_objects_or_bad_data(data: bytes) -> None:
    try:
        items = list(tlv.iterate(data))
    except ChipDataError:
        return
    assert b"".join(item.raw for item in items) == data
