"""DG13 in the layouts that public readers have met, and in shapes that no card should have."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg13 import Index, parse_dg13


def field(index: int, *values: bytes) -> bytes:
    return tlv.encode(0x30, bytes([0x02, 0x01, index]) + b"".join(values))


def utf8(text: str) -> bytes:
    return tlv.encode(0x0C, text.encode())


def wrapped(times: int, content: bytes) -> bytes:
    for _ in range(times):
        content = tlv.encode(0xA0, content)
    return content


def dg13(*fields: bytes) -> bytes:
    header = bytes.fromhex("020101 0606 28D316010008")
    return tlv.encode(0x6D, tlv.encode(0x30, header + tlv.encode(0x31, b"".join(fields))))


def test_the_five_synthetic_files_field_by_field(vietnam: dict[str, Any]) -> None:
    for sample in vietnam["dg13"]:
        parsed = parse_dg13(bytes.fromhex(sample["hex"]))
        for index, expected in sample["fields"].items():
            found = parsed.fields[int(index)]
            if expected is None:
                assert not any(found), sample["name"]
            elif isinstance(expected, list):
                assert list(found) == expected, sample["name"]
            else:
                assert found == (expected,), sample["name"]
        assert set(parsed.fields) == {int(index) for index in sample["fields"]}


def test_parents_and_spouse_of_both_layouts(vietnam: dict[str, Any]) -> None:
    samples = {sample["name"]: parse_dg13(bytes.fromhex(sample["hex"])) for sample in vietnam["dg13"]}
    for name in ("full_2021_split_parents", "nested_parents"):
        assert samples[name].father == "NGUYỄN VĂN BÌNH"
        assert samples[name].mother == "TRẦN THỊ CÚC"
        assert samples[name].spouses == ("LÊ THỊ DUNG",)
    assert samples["single_no_old_id"].spouses == ()


def test_an_empty_father_leaves_the_mother_second(vietnam: dict[str, Any]) -> None:
    sparse = next(sample for sample in vietnam["dg13"] if sample["name"] == "cancuoc_2024_sparse")
    parsed = parse_dg13(bytes.fromhex(sparse["hex"]))
    assert parsed.father is None
    assert parsed.mother == "TRẦN THỊ CÚC"
    assert parsed.old_number == "001099012344"
    nested = parse_dg13(dg13(field(13, tlv.encode(0x30, utf8("") + utf8("TRẦN THỊ CÚC")))))
    assert (nested.father, nested.mother) == (None, "TRẦN THỊ CÚC")
    empty = parse_dg13(dg13(field(13, b"\x30\x00", tlv.encode(0x30, utf8("TRẦN THỊ CÚC")))))
    assert (empty.father, empty.mother) == (None, "TRẦN THỊ CÚC")


@pytest.mark.parametrize("names", [["NGUYỄN VĂN BÌNH"], ["NGUYỄN VĂN BÌNH", ""]])
def test_one_parent_is_taken_for_the_father(names: list[str]) -> None:
    parsed = parse_dg13(dg13(field(13, *map(utf8, names))))
    assert (parsed.father, parsed.mother) == ("NGUYỄN VĂN BÌNH", None)


def test_extra_strings_are_kept() -> None:
    parents = tuple(map(utf8, ("NGUYỄN VĂN BÌNH", "TRẦN THỊ CÚC", "LÊ VĂN NUÔI")))
    parsed = parse_dg13(dg13(field(6, utf8("Kinh"), utf8("Tày")), field(13, *parents), field(14, *parents)))
    assert parsed.extra(Index.ETHNICITY) == ("Tày",)
    assert parsed.extra(Index.PARENTS) == ("LÊ VĂN NUÔI",)
    assert parsed.extra(Index.SPOUSES) == parsed.extra(Index.NUMBER) == ()
    assert len(parsed.spouses) == 3


@pytest.mark.parametrize(
    "value",
    [
        b"\x0c\x01\xff",  # no UTF-8
        b"\x05\x00",  # no string type
        b"\x0c\x05ab",  # shorter than its length
        b"\x04\x10" + bytes(range(0x80, 0x90)),  # enciphered, or so it looks
        b"\x1e\x03\x00A\x00",
        tlv.encode(0x30, tlv.encode(0x30, tlv.encode(0x30, tlv.encode(0x30, tlv.encode(0x30, b"\x0c\x01x"))))),
    ],
)
def test_a_field_that_is_no_text_stays_raw_and_the_others_are_read(value: bytes) -> None:
    parsed = parse_dg13(dg13(field(1, utf8("001099012345")), field(9, value)))
    assert parsed.unreadable == {9: value}
    assert parsed.text(Index.RESIDENCE) is None
    assert parsed.text(Index.NUMBER) == "001099012345"
    assert repr(parsed) == "Dg13(fields=[1], unreadable=[9], unknown=[])"


def test_control_characters_never_reach_a_terminal() -> None:
    parsed = parse_dg13(dg13(field(2, utf8(" NGUYỄN\x1b[31m\u202eVĂN\x00 "))))
    assert parsed.text(Index.FULL_NAME) == "NGUYỄN [31mVĂN"


def test_absent_without_value_and_empty_are_told_apart() -> None:
    parsed = parse_dg13(dg13(field(10), field(14, utf8(""))))
    assert 8 not in parsed.fields
    assert parsed.fields[10] == ()
    assert parsed.fields[14] == ("",)
    assert parsed.text(Index.IDENTIFYING_FEATURES) is None
    assert parsed.text(Index.PLACE_OF_ORIGIN) is None
    assert parsed.spouses == ()


@pytest.mark.parametrize(
    ("fifteen", "sixteen", "old"),
    [
        ("012345678", "0123456789ABCDEF", "012345678"),
        ("001099012344", "", "001099012344"),
        ("", "012345678", "012345678"),
        ("0123456789ABCDEF", "012345678901", "012345678901"),
        ("", "", None),
    ],
)
def test_the_old_number_is_told_by_its_digits(fifteen: str, sixteen: str, old: str | None) -> None:
    parsed = parse_dg13(dg13(field(15, utf8(fifteen)), field(16, utf8(sixteen))))
    assert parsed.old_number == old


def test_indices_that_newer_cards_may_add_stay_raw() -> None:
    parsed = parse_dg13(dg13(field(1, utf8("001099012345")), field(17, b"\x04\x01\xff")))
    assert parsed.unknown == {17: b"\x04\x01\xff"}
    assert repr(parsed) == "Dg13(fields=[1], unreadable=[], unknown=[17])"


def test_text_is_normalised() -> None:
    parsed = parse_dg13(dg13(field(2, utf8(unicodedata.normalize("NFD", "NGUYỄN VĂN AN")))))
    assert parsed.text(Index.FULL_NAME) == "NGUYỄN VĂN AN"


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (tlv.encode(0x13, b"Kinh"), "Kinh"),
        (tlv.encode(0x16, b"Kinh"), "Kinh"),
        (tlv.encode(0x14, "Tày".encode()), "Tày"),
        (tlv.encode(0x14, "Tày".encode("latin-1")), "Tày"),
        (tlv.encode(0x1E, "Tày".encode("utf-16-be")), "Tày"),
        (tlv.encode(0x04, "Tày".encode()), "Tày"),
        (tlv.encode(0x1A, b"Kinh"), "Kinh"),
        (tlv.encode(0x1C, "Tày".encode("utf-32-be")), "Tày"),
    ],
)
def test_string_types(encoded: bytes, text: str) -> None:
    assert parse_dg13(dg13(field(6, encoded))).text(Index.ETHNICITY) == text


def test_other_wrappers_around_the_fields() -> None:
    fields = field(1, utf8("001099012345")) + field(4, utf8("Nam"))
    version = b"\x02\x01\x01"
    for body in (
        tlv.encode(0x30, version + tlv.encode(0xA0, tlv.encode(0x31, fields))),
        tlv.encode(0x30, version + tlv.encode(0x30, fields)),
        tlv.encode(0x31, fields),
        fields,
    ):
        parsed = parse_dg13(tlv.encode(0x6D, body))
        assert parsed.text(Index.NUMBER) == "001099012345"
        assert parsed.text(Index.SEX) == "Nam"


def test_padding_behind_the_file_is_ignored(vietnam: dict[str, Any]) -> None:
    data = bytes.fromhex(vietnam["dg13"][0]["hex"])
    assert parse_dg13(data + b"\x00\xff") == parse_dg13(data)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x6e\x00", "tag 6E where 6D"),
        (b"\x6d\x00", "no set of fields"),
        (tlv.encode(0x6D, b"\x02\x01\x01"), "no set of fields"),
        (tlv.encode(0x6D, b"\x30\x00"), "no set of fields"),
        (tlv.encode(0x6D, wrapped(5, field(1))), "no set of fields"),
        (dg13(b"\x04\x00"), "no SEQUENCE"),
        (dg13(b"\x30\x00"), "no index"),
        (dg13(b"\x30\x02\x0c\x00"), "no index"),
        (dg13(field(1), field(1)), "field 1 stands twice"),
        (dg13(field(99), field(99)), "field 99 stands twice"),
        (dg13(field(9, b"\x05\x00"), field(9)), "field 9 stands twice"),
    ],
)
def test_corrupt_files_are_named(data: bytes, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        parse_dg13(data)
    assert caught.value.file == "DG13"


@given(st.binary(max_size=200) | st.lists(st.binary(max_size=30), max_size=8).map(lambda bodies: dg13(*bodies)))
def test_any_bytes_are_fields_or_bad_data(data: bytes) -> None:
    try:
        parsed = parse_dg13(data)
    except ChipDataError:
        return
    assert all(1 <= index <= 16 for index in parsed.fields)


@given(st.data())
def test_any_flipped_byte_of_a_real_structure_too(vietnam: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray.fromhex(vietnam["dg13"][0]["hex"])
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = parse_dg13(bytes(raw))
    except ChipDataError:
        return
    assert all(1 <= index <= 16 for index in parsed.fields)
