"""EF.COM, DG11 and DG12: what they say, in every edition of the standard, and what is broken in them."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.com import Com, parse_com
from cccd_reader.lds.detail_fields import parse_detail_fields
from cccd_reader.lds.dg11 import parse_dg11
from cccd_reader.lds.dg12 import parse_dg12

PERSONALISED = datetime(2022, 3, 20, 10, 45, 1)  # noqa: DTZ001  the file has no zone


def detail_file(tag: int, *fields: tuple[int, bytes], repeated: tuple[int, tuple[str, ...]] | None = None) -> bytes:
    """The tag list, the fields, and a repeated one in A0 with its count, as 9303-10 shows them."""
    tags = b"".join(tag.to_bytes(2, "big") for tag, _ in fields)
    body = b"".join(tlv.encode(tag, value) for tag, value in fields)
    if repeated is not None:
        names = b"".join(tlv.encode(repeated[0], name.encode()) for name in repeated[1])
        tags += b"\xa0"
        body += tlv.encode(0xA0, bytes([2, 1, len(repeated[1])]) + names)
    return tlv.encode(tag, tlv.encode(0x5C, tags) + body)


def test_the_lists_of_a_vietnamese_card_and_of_the_specimen(vietnam: dict[str, Any], emrtd_data: Path) -> None:
    com = parse_com(bytes.fromhex(vietnam["ef_com_hex_probable"]))
    assert com == Com("1.7", "4.0.0", (1, 2, 3, 13, 14, 15))
    specimen = parse_com((emrtd_data / "bsi2008" / "EF_COM.bin").read_bytes() + b"\x00\xff")
    assert (specimen.lds_version, specimen.unicode_version) == ("1.7", "4.0.0")
    assert specimen.data_groups == (1, 2, 3, 14)


def test_versions_may_be_missing_and_tags_unknown() -> None:
    assert parse_com(bytes.fromhex("60055C036177FF")) == Com(None, None, (1,), (0x77, 0xFF))


def test_the_personal_details() -> None:
    dg11 = parse_dg11(
        detail_file(
            0x6B,
            (0x5F0E, "NGUYỄN<<VĂN<AN".encode()),
            (0x5F10, b"001099012345"),
            (0x5F2B, b"19990115"),
            (0x5F11, "HÀ NỘI<VIỆT NAM".encode()),
            (0x5F42, "SỐ 4<PHỐ NĂM<<HÀ NỘI".encode()),
            (0x5F12, b"+84 24 0000000"),
            (0x5F13, "THỢ MỘC".encode()),
            (0x5F14, b"Dr."),
            (0x5F15, b"none"),
            (0x5F16, b"\xff\xd8\xff"),
            (0x5F17, b"B1<B2"),
            (0x5F18, b"custody"),
            repeated=(0x5F0F, ("AN<<LE", "ANH")),
        )
    )
    assert (dg11.full_name, dg11.other_names) == ("NGUYỄN VĂN AN", ("AN LE", "ANH"))
    assert (dg11.personal_number, dg11.birth) == ("001099012345", date(1999, 1, 15))
    assert dg11.place_of_birth == ("HÀ NỘI", "VIỆT NAM")
    assert dg11.address == ("SỐ 4", "PHỐ NĂM", "HÀ NỘI")
    assert (dg11.telephone, dg11.profession, dg11.title) == ("+84 24 0000000", "THỢ MỘC", "Dr.")
    assert (dg11.summary, dg11.custody, dg11.other_documents) == ("none", "custody", ("B1", "B2"))
    assert dg11.proof_of_citizenship == b"\xff\xd8\xff"
    assert (dg11.unknown, dg11.missing) == ({}, ())
    assert repr(dg11) == "Dg11(…)"


def test_the_documents_details() -> None:
    dg12 = parse_dg12(
        detail_file(
            0x6C,
            (0x5F19, "CỤC CẢNH SÁT".encode()),
            (0x5F26, b"20220320"),
            (0x5F1B, b"observed"),
            (0x5F1C, b"none"),
            (0x5F1D, b"front"),
            (0x5F1E, b"rear"),
            (0x5F55, b"20220320104501"),
            (0x5F56, b"SN-1"),
            repeated=(0x5F1A, ("A<<B",)),
        )
    )
    assert (dg12.issuing_authority, dg12.issued) == ("CỤC CẢNH SÁT", date(2022, 3, 20))
    assert (dg12.observations, dg12.exit_requirements, dg12.other_persons) == ("observed", "none", ("A B",))
    assert (dg12.front, dg12.rear, dg12.personalisation_system) == (b"front", b"rear", "SN-1")
    assert dg12.personalised == PERSONALISED
    assert repr(dg12) == "Dg12(…)"


def test_older_editions_have_dates_in_bcd() -> None:
    assert parse_dg11(detail_file(0x6B, (0x5F2B, bytes.fromhex("19990115")))).birth == date(1999, 1, 15)
    dg12 = parse_dg12(detail_file(0x6C, (0x5F26, bytes.fromhex("20220320")), (0x5F55, bytes.fromhex("20220320104501"))))
    assert (dg12.issued, dg12.personalised) == (date(2022, 3, 20), PERSONALISED)


@pytest.mark.parametrize("day", [b"19990000", b"1999", bytes.fromhex("1999AB01"), b"", b"1999011x"])
def test_a_date_that_is_not_known_is_missing(day: bytes) -> None:
    assert parse_dg11(detail_file(0x6B, (0x5F2B, day))).birth is None
    dg12 = parse_dg12(detail_file(0x6C, (0x5F26, day), (0x5F55, day + b"000000")))
    assert (dg12.issued, dg12.personalised) == (None, None)


def test_what_a_list_announces_and_the_file_lacks() -> None:
    dg11 = parse_dg11(tlv.encode(0x6B, tlv.encode(0x5C, bytes.fromhex("5F0E5F10A0")) + tlv.encode(0x5F0E, b"AN")))
    assert (dg11.full_name, dg11.missing) == ("AN", (0x5F10,))
    assert parse_dg11(tlv.encode(0x6B, b"")).full_name is None


def test_the_shared_form_shows_no_values() -> None:
    assert repr(parse_detail_fields(detail_file(0x6B, (0x5F0E, b"AN")), "DG11", 0x6B)) == "DetailFields(1 tags)"


def test_other_tags_stay_raw_and_other_encodings_are_shown() -> None:
    dg11 = parse_dg11(tlv.encode(0x6B, tlv.encode(0x5F0E, b"M\xdcLLER")))
    assert dg11.full_name == "MÜLLER"
    assert parse_dg11(tlv.encode(0x6B, tlv.encode(0x5F50, b"x"))).unknown == {0x5F50: (b"x",)}


@pytest.mark.parametrize(
    ("parse", "data", "file", "rule"),
    [
        (parse_com, b"\x61\x00", "COM", "tag 61 where 60"),
        (parse_com, b"\x60\x00", "COM", "no list"),
        (parse_com, bytes.fromhex("60095F0104303130415C00"), "COM", "LDS version"),
        (parse_com, bytes.fromhex("60095F3604303430305C00"), "COM", "Unicode version"),
        (parse_dg11, b"\x6c\x00", "DG11", "tag 6C where 6B"),
        (parse_dg11, tlv.encode(0x6B, b"\x5c\x01\x5f"), "DG11", "list of tags is cut off"),
        (parse_dg11, tlv.encode(0x6B, b"\xa0\x02\x5f\x0f"), "DG11", "length is missing"),
        (parse_dg12, b"\x6c\x05\x5f", "DG12", "shorter than its length"),
    ],
)
def test_broken_files_are_named(parse: Callable[[bytes], object], data: bytes, file: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        parse(data)
    assert caught.value.file == file


@given(st.sampled_from([(parse_com, 0x60), (parse_dg11, 0x6B), (parse_dg12, 0x6C)]), st.binary(max_size=120))
def test_any_bytes_are_details_or_bad_data(which: tuple[Callable[[bytes], object], int], body: bytes) -> None:
    parse, tag = which
    for data in (body, tlv.encode(tag, body), tlv.encode(tag, b"\x5c\x00" + body)):
        try:
            found = parse(data)
        except ChipDataError:
            continue
        assert repr(found)


WORDS = st.text("ABCDEĐƯƠ ", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.dictionaries(st.sampled_from([0x5F12, 0x5F13, 0x5F14, 0x5F15, 0x5F18]), WORDS), st.lists(WORDS, max_size=4))
def test_what_is_written_is_read_again(fields: dict[int, str], places: list[str]) -> None:
    found = [(tag, text.encode()) for tag, text in fields.items()]
    dg11 = parse_dg11(detail_file(0x6B, *found, (0x5F42, "<".join(places).encode())))
    read = {
        0x5F12: dg11.telephone,
        0x5F13: dg11.profession,
        0x5F14: dg11.title,
        0x5F15: dg11.summary,
        0x5F18: dg11.custody,
    }
    assert {tag: text for tag, text in read.items() if text is not None} == fields
    assert dg11.address == tuple(places)
    assert dg11.missing == ()
