"""DG1 and the photo in DG2: the specimen files of BSI and ICAO, and what is broken in them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_dg2, parse_record
from cccd_reader.lds.image import Codec, find_image
from cccd_reader.mrz import Mrz, MrzFormat


def face_record(image: bytes, *, points: int = 0, block: int | None = None) -> bytes:
    body = points.to_bytes(2, "big") + bytes(14) + bytes(8 * points) + bytes(12) + image
    block_length = 4 + len(body) if block is None else block
    record = b"FAC\x00010\x00" + (14 + block_length).to_bytes(4, "big") + b"\x00\x01"
    return record + block_length.to_bytes(4, "big") + body


def dg2(record: bytes, tag: int = 0x5F2E) -> bytes:
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record))
    return tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\x01" + template))


JPEG = bytes.fromhex("FFD8FFE000044A46 FFFFC2000B0801900 12C01011100".replace(" ", ""))
"""Start, an application segment, a fill byte, and a progressive frame of 300 × 400."""


def test_the_zone_of_the_synthetic_card(vietnam: dict[str, Any]) -> None:
    assert parse_dg1(bytes.fromhex(vietnam["dg1_hex"])).personal_number == "001099012345"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("6000", "tag 60 where 61"),
        ("6100", "tag 5F1F is missing"),
        ("6104" + "5F1F01FF", "not ASCII"),
        ("6104" + "5F1F0141", "90, 72 or 88 characters"),
    ],
)
def test_a_broken_zone(data: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule):
        parse_dg1(bytes.fromhex(data))


def test_a_passports_zone(emrtd_data: Path) -> None:
    mrz = parse_dg1((emrtd_data / "bsi2008" / "Datagroup1.bin").read_bytes())
    assert (mrz.format, mrz.surname, mrz.given_names) == (MrzFormat.TD3, "MUSTERMANN", "ERIKA")
    assert mrz.information == b"C11T002JM496081221310317"


def test_the_standards_samples_of_all_three_formats(emrtd_data: Path) -> None:
    samples = json.loads((emrtd_data / "icao_dg1_samples.json").read_text("utf-8"))
    files = {sample["format"]: bytes.fromhex(sample["hex"]) for sample in samples}
    with pytest.raises(ChipDataError, match="composite"):
        parse_dg1(files["TD1"])  # the document's own slip
    files["TD1"] = files["TD1"].replace(b"<4VAN<DER", b"<8VAN<DER")
    read = {name: parse_dg1(data) for name, data in files.items()}
    assert {name: mrz.format.name for name, mrz in read.items()} == {"TD1": "TD1", "TD2": "TD2", "TD3": "TD3"}
    assert read["TD1"] == Mrz(
        "I", "NLD", "XI85935F8", "999999990", "720814", "F", "110826", "NLD", "", "VAN DER STEEN", "MARIANNE LOUISE"
    )
    assert read["TD1"].name_may_be_cut
    assert read["TD2"] == Mrz(
        "I", "ATA", "123456789012", "", "740622", "M", "101231", "HMD", "", "SMITH", "JOHN T", MrzFormat.TD2
    )
    assert read["TD2"].information == b"123456789012274062211012312"
    assert read["TD3"].information == b"L898902C3674081221204159"
    for name, data in files.items():
        assert read[name].encode().encode() == tlv.find(tlv.decode(data).value, 0x5F1F).value


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("bsi2008/Datagroup2.bin", 14999),
        ("iso39794/ICAO_39794_5_AP_DG2_AllFields.dat", None),
        ("iso39794/ICAO_39794_5_AP_DG2_MandFields.dat", None),
    ],
)
def test_the_specimen_photos_are_jpeg_2000_of_413_by_531(emrtd_data: Path, name: str, size: int | None) -> None:
    image = parse_dg2((emrtd_data / name).read_bytes())
    assert (image.codec, image.width, image.height) == (Codec.JPEG2000, 413, 531)
    assert size is None or len(image.data) == size
    assert image.data.startswith(bytes.fromhex("0000000C6A5020200D0A870A"))


def test_the_record_with_a_jpeg(emrtd_data: Path) -> None:
    image = parse_record((emrtd_data / "iso19794" / "ISO19794_Test1_Data.bin").read_bytes())
    assert (image.codec, image.width, image.height) == (Codec.JPEG, 148, 70)
    assert repr(image) == "FaceImage(jpeg, 5099 bytes, 148×70)"


def test_the_record_with_a_broken_picture(emrtd_data: Path) -> None:
    with pytest.raises(ChipDataError, match="no JPEG or JPEG 2000"):
        parse_record((emrtd_data / "iso19794" / "ISO19794_Test2_Data_InvalidImage.bin").read_bytes())


def test_the_code_stream_is_believed_and_not_the_header() -> None:
    image = parse_dg2(dg2(face_record(JPEG, points=2)))
    assert (image.codec, image.width, image.height, image.data) == (Codec.JPEG, 300, 400, JPEG)


def test_a_record_in_a_constructed_block() -> None:
    assert parse_dg2(dg2(face_record(JPEG), tag=0x7F2E)).width == 300


def test_a_bare_code_stream_of_jpeg_2000() -> None:
    siz = bytes.fromhex("FF4FFF51") + bytes(4) + b"".join(n.to_bytes(4, "big") for n in (330, 410, 30, 10)) + bytes(8)
    image = find_image(b"header" + siz, "DG2")
    assert (image.codec, image.width, image.height) == (Codec.JPEG2000, 300, 400)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x61\x00", "tag 61 where 75"),
        (b"\x75\x00", "tag 7F61 is missing"),
        (tlv.encode(0x75, tlv.encode(0x7F61, b"")), "tag 7F60 is missing"),
        (tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x7F60, b""))), "no biometric data block"),
        (dg2(b"FAC\x00"), "cut off"),
        (dg2(face_record(JPEG, block=10_000)), "lengths of the face record"),
        (dg2(face_record(JPEG, block=10)), "lengths of the face record"),
        (dg2(face_record(JPEG[:10])), "no frame header"),
        (dg2(face_record(JPEG[:5] + bytes(30))), "no frame header"),
        (dg2(face_record(JPEG.replace(bytes.fromhex("0190012C"), bytes(4)))), "no size"),
        (dg2(face_record(bytes.fromhex("FF4FFF51"))), "no SIZ"),
        (dg2(face_record(bytes.fromhex("0000000C6A5020200D0A870A"))), "no SIZ"),
    ],
)
def test_broken_photos_are_named(data: bytes, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        parse_dg2(data)
    assert caught.value.file == "DG2"


@given(st.binary(max_size=200).map(lambda body: dg2(b"FAC\x00" + body)) | st.binary(max_size=100))
def test_any_bytes_are_a_photo_or_bad_data(data: bytes) -> None:
    try:
        image = parse_dg2(data)
    except ChipDataError:
        return
    assert image.width > 0


@given(st.binary(max_size=120).map(lambda body: b"\xff\xd8\xff" + body))
def test_any_jpeg_is_measured_or_bad_data(data: bytes) -> None:
    try:
        image = find_image(data, "DG2")
    except ChipDataError:
        return
    assert image.height > 0
