"""The files' bytes: against published ones, and read back by the reader's parsers."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cccd_reader.citizen import citizen_from_dg13
from cccd_reader.emulation import CardGeneration, EmulationError, EmulationErrorCode, ParentsLayout, SyntheticCitizen
from cccd_reader.emulation.data_groups import encode_com, encode_dg1, encode_dg2, encode_dg3, encode_dg13
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.image import Codec
from cccd_reader.mrz import vietnamese_mrz


def day(text: str) -> date:
    return date(*map(int, reversed(text.split("/"))))


def citizen_of(fields: dict[str, Any]) -> SyntheticCitizen:
    father, mother = fields["13"]
    return SyntheticCitizen(
        number=fields["1"],
        full_name=fields["2"],
        birth_date=day(fields["3"]),
        sex="M" if fields["4"] == "Nam" else "F",
        nationality=fields["5"],
        ethnicity=fields["6"],
        religion=fields["7"],
        place_of_origin=fields["8"],
        residence=fields["9"],
        features=fields["10"],
        issue_date=day(fields["11"]),
        expiry_date=None if fields["12"] == "Không thời hạn" else day(fields["12"]),
        father=father or None,
        mother=mother,
        spouses=(fields["14"],) if fields["14"] else (),
        old_number=fields.get("15"),
        chip_serial=fields["16"],
        generation=CardGeneration.CAN_CUOC_2024 if fields["11"].endswith("2024") else CardGeneration.CCCD_2021,
    )


def test_dg13_is_byte_for_byte_as_published(vietnam: dict[str, Any]) -> None:
    assert len(vietnam["dg13"]) == 5
    for example in vietnam["dg13"]:
        layout = ParentsLayout.NESTED if example["name"] == "nested_parents" else ParentsLayout.SPLIT
        made = encode_dg13(citizen_of(example["fields"]), layout)
        assert made.hex().upper() == example["hex"], example["name"]


def test_com_is_as_known_cards_have_it(vietnam: dict[str, Any]) -> None:
    assert encode_com([15, 14, 13, 3, 2, 1]).hex().upper() == vietnam["ef_com_hex_probable"]


def test_dg1_is_as_published(vietnam: dict[str, Any]) -> None:
    mrz = vietnamese_mrz("001099012345", date(1999, 1, 15), "M", date(2039, 1, 15), "Nguyễn Văn An")
    assert encode_dg1(mrz).hex().upper() == vietnam["dg1_hex"]
    assert parse_dg1(encode_dg1(mrz)).personal_number == "001099012345"


@pytest.mark.parametrize("layout", list(ParentsLayout))
@pytest.mark.parametrize(
    ("father", "mother"),
    [("Đặng Văn Cường", "Trần Thị Dung"), (None, "Trần Thị Dung"), ("Đặng Văn Cường", None), (None, None)],
)
def test_parents_are_read_back_from_both_layouts(
    citizen: SyntheticCitizen, layout: ParentsLayout, father: str | None, mother: str | None
) -> None:
    made = parse_dg13(encode_dg13(replace(citizen, father=father, mother=mother), layout))
    assert made.father == (father.upper() if father else None)
    assert made.mother == (mother.upper() if mother else None)


def test_every_field_is_read_back(citizen: SyntheticCitizen) -> None:
    read = citizen_from_dg13(parse_dg13(encode_dg13(citizen)))
    assert read.number == citizen.number
    assert read.full_name == "ĐẶNG THỊ NGỌC BÍCH"
    assert (read.birth, read.issued, read.expiry) == (citizen.birth_date, citizen.issue_date, citizen.expiry_date)
    assert (read.sex, read.nationality, read.ethnicity, read.religion) == ("F", "Việt Nam", "Kinh", "Không")
    assert (read.residence, read.place_of_origin) == (citizen.residence, citizen.place_of_origin)
    assert (read.identifying_features, read.old_number) == (citizen.features, "012345678")
    assert read.spouse == "LÊ VĂN GIANG"


def test_several_spouses_and_no_expiry(citizen: SyntheticCitizen) -> None:
    older = replace(citizen, spouses=("Lê Văn Giang", "Phạm Văn Hải"), expiry_date=None)
    read = citizen_from_dg13(parse_dg13(encode_dg13(older)))
    assert read.spouse == "LÊ VĂN GIANG, PHẠM VĂN HẢI"
    assert read.no_expiry


@pytest.mark.parametrize(("fixture", "codec"), [("photo", Codec.JPEG), ("photo_jpeg2000", Codec.JPEG2000)])
def test_the_photo_is_read_back(request: pytest.FixtureRequest, fixture: str, codec: Codec) -> None:
    photo = request.getfixturevalue(fixture)
    read = parse_dg2(encode_dg2(photo))
    assert (read.codec, read.data, read.width, read.height) == (codec, photo, 300, 400)


def test_the_photo_file_is_framed_as_a_real_card_frames_it() -> None:
    # The lengths that a real card of 15 226 bytes shows, around a photo of 15 142 bytes.
    header = bytes.fromhex("FFD8FFC0000B080190012C01011100")
    file = encode_dg2(header + bytes(15_142 - len(header)))
    expected = "75823B767F61823B710201017F60823B69A10E8101028201008702010188020008" + "5F2E823B54"
    record = "4641430030313000" + "00003B54" + "0001" + "00003B46" + "00" * 16
    assert file.hex().upper().startswith(expected + record)
    assert len(file) == 15_226


@pytest.mark.parametrize("photo", [b"", b"GIF89a", b"\xff\xd8\xff\xe0"])
def test_bytes_that_are_no_photo(photo: bytes) -> None:
    with pytest.raises(EmulationError) as caught:
        encode_dg2(photo)
    assert caught.value.code is EmulationErrorCode.BAD_PHOTO


def test_the_fingerprint_file_has_no_fingerprint() -> None:
    assert encode_dg3().hex().upper() == "63067F6103020100"
