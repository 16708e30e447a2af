"""The photo in DG2: the specimen files of BSI, ISO and ICAO, what headers claim, and what is broken in them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg2 import parse_dg2, parse_faces, parse_faces_of_record
from cccd_reader.lds.face_record import EyeColour, FeaturePoint, Gender, HairColour, RecordFormat
from cccd_reader.lds.image import MAX_SIDE, Codec, find_image

JPEG = bytes.fromhex("FFD8FFE000044A46 FFFFC2000B080190012C01011100 FFDA0002AABBFFD9".replace(" ", ""))
"""Start, an application segment, a fill byte, a progressive frame of 300 × 400, a scan, and the end."""

J2K = bytes.fromhex("FF4FFF51002F0000") + b"".join(n.to_bytes(4, "big") for n in (330, 410, 30, 10)) + bytes(31)
J2K += b"\xff\xd9"


def face_block(
    image: bytes, *, points: bytes = b"", head: bytes = bytes(14), info: bytes = bytes(12), length: int | None = None
) -> bytes:
    body = (len(points) // 8).to_bytes(2, "big") + head + points + info + image
    return (4 + len(body) if length is None else length).to_bytes(4, "big") + body


def face_record(*blocks: bytes, faces: int | None = None, version: bytes = b"010\x00") -> bytes:
    body = b"".join(blocks)
    count = len(blocks) if faces is None else faces
    return b"FAC\x00" + version + (14 + len(body)).to_bytes(4, "big") + count.to_bytes(2, "big") + body


def dg2(*records: bytes, tag: int = 0x5F2E) -> bytes:
    templates = b"".join(tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(tag, record)) for record in records)
    return tlv.encode(0x75, tlv.encode(0x7F61, bytes([2, 1, len(records)]) + templates))


def block_39794(*representations: bytes) -> bytes:
    version = tlv.encode(0xA0, bytes.fromhex("800103810207E3"))
    return tlv.encode(0xA1, tlv.encode(0x65, version + tlv.encode(0xA1, b"".join(representations))))


def representation(image: bytes, information: bytes = b"", more: bytes = b"") -> bytes:
    picture = tlv.encode(0x80, image) + tlv.encode(0xA1, information)
    picture = tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, picture)))
    return tlv.encode(0x30, b"\x80\x01\x00" + picture + more)


@pytest.mark.parametrize(
    "name",
    [
        "bsi2008/Datagroup2.bin",
        "iso39794/ICAO_39794_5_AP_DG2_AllFields.dat",
        "iso39794/ICAO_39794_5_AP_DG2_MandFields.dat",
    ],
)
def test_the_specimen_photos_are_jpeg_2000_of_413_by_531(emrtd_data: Path, name: str) -> None:
    data = (emrtd_data / name).read_bytes()
    image = parse_dg2(data)
    assert (image.codec, image.width, image.height, image.truncated) == (Codec.JPEG2000, 413, 531, False)
    assert image.data.startswith(bytes.fromhex("0000000C6A5020200D0A870A"))
    # The records of 39794-5 end behind other fields: the picture is the field's bytes, not all that follows.
    assert len(image.data) == (14_999 if name.startswith("bsi") else 15_000)


def test_all_fields_of_the_39794_sample(emrtd_data: Path) -> None:
    (face,) = parse_faces((emrtd_data / "iso39794" / "ICAO_39794_5_AP_DG2_AllFields.dat").read_bytes())
    assert face.format is RecordFormat.ISO_39794_5
    assert face.consistent
    assert (face.declared_codec, face.image.declared) == (Codec.JPEG2000, (572, 731))
    assert (face.gender, face.eye_colour, face.hair_colour) == (Gender.FEMALE, EyeColour.BLUE, HairColour.BROWN)
    assert face.feature_points == (FeaturePoint("2.11", 90, 22),)
    assert repr(face) == "FaceRecord(iso_39794_5, FaceImage(jpeg2000, 15000 bytes, 413×531))"


def test_the_mandatory_fields_alone(emrtd_data: Path) -> None:
    (face,) = parse_faces((emrtd_data / "iso39794" / "ICAO_39794_5_AP_DG2_MandFields.dat").read_bytes())
    assert face.consistent
    assert (face.declared_codec, face.image.declared) == (Codec.JPEG2000, None)
    assert (face.gender, face.eye_colour, face.hair_colour, face.feature_points) == (None, None, None, ())


def test_the_records_of_19794(emrtd_data: Path) -> None:
    (specimen,) = parse_faces((emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes())
    assert (specimen.format, specimen.consistent) == (RecordFormat.ISO_19794_5, True)
    # Its header has another size than its picture of 413 × 531.
    assert (specimen.declared_codec, specimen.image.declared) == (Codec.JPEG2000, (337, 449))
    record = (emrtd_data / "iso19794" / "ISO19794_Test1_Data.bin").read_bytes()
    (face,) = parse_faces_of_record(record)
    # Its header says JPEG 2000, and the code stream is a JPEG.
    assert (face.declared_codec, face.image.codec) == (Codec.JPEG2000, Codec.JPEG)
    assert (face.image_type, face.image.declared, face.image.width, face.image.height) == (2, (148, 70), 148, 70)
    assert repr(face.image) == "FaceImage(jpeg, 5099 bytes, 148×70)"


def test_the_record_with_a_broken_picture(emrtd_data: Path) -> None:
    with pytest.raises(ChipDataError, match="no JPEG or JPEG 2000"):
        parse_faces_of_record((emrtd_data / "iso19794" / "ISO19794_Test2_Data_InvalidImage.bin").read_bytes())


def test_the_header_of_a_real_card_is_kept_beside_the_size_that_counts() -> None:
    # Vietnamese cards were seen to say 480 × 400 around a picture of 300 × 400.
    (face,) = parse_faces(dg2(face_record(face_block(JPEG, info=bytes.fromhex("000001E00190000000000000")))))
    assert (face.image.declared, face.image.width, face.image.height) == ((480, 400), 300, 400)
    assert (face.image_type, face.declared_codec, face.image.data) == (0, Codec.JPEG, JPEG)


def test_what_a_record_says_of_the_face() -> None:
    head = bytes([2, 3, 2]) + bytes(11)
    points = bytes.fromhex("0137005A00160000 0201000100020000".replace(" ", ""))
    (face,) = parse_faces_of_record(face_record(face_block(JPEG, head=head, points=points)))
    assert (face.gender, face.eye_colour, face.hair_colour) == (Gender.FEMALE, EyeColour.BROWN, HairColour.BLACK)
    assert face.feature_points == (FeaturePoint("3.7", 90, 22), FeaturePoint(None, 1, 2))
    assert face.consistent


def test_several_faces_and_several_templates() -> None:
    faces = parse_faces(dg2(face_record(face_block(JPEG), face_block(J2K)), block_39794(representation(JPEG))))
    assert [face.image.codec for face in faces] == [Codec.JPEG, Codec.JPEG2000, Codec.JPEG]
    assert [face.format.value for face in faces] == ["iso_19794_5", "iso_19794_5", "iso_39794_5"]
    assert all(face.consistent for face in faces)
    assert parse_dg2(dg2(face_record(face_block(b"no picture")), face_record(face_block(JPEG)))).data == JPEG


@pytest.mark.parametrize(
    "record",
    [
        face_record(face_block(JPEG, length=10_000)),
        face_record(face_block(JPEG, length=10)),
        face_record(face_block(JPEG, length=55)),
        face_record(face_block(JPEG), faces=2),
        face_record(face_block(JPEG), faces=0),
        face_record(face_block(JPEG), face_block(b"no picture")),
        face_record(face_block(JPEG)) + b"tail",
        face_record(b"\x00" * 30 + JPEG, version=b"030\x00"),  # the edition of 2011 has another header
    ],
)
def test_a_record_that_contradicts_itself_still_has_its_picture(record: bytes) -> None:
    face = parse_faces_of_record(record)[0]
    assert face.image.data.startswith(JPEG)
    assert face.consistent is (record.endswith(b"tail"))


def test_a_record_in_a_constructed_block() -> None:
    assert parse_dg2(dg2(face_record(face_block(JPEG)), tag=0x7F2E)).width == 300


def test_a_block_of_39794_without_its_wrapper_and_with_a_plain_code() -> None:
    information = bytes.fromhex("A003800102") + tlv.encode(0xA7, bytes.fromhex("80020001810100"))
    identity = tlv.encode(0xA8, bytes.fromhex("A003800103") + bytes.fromhex("A1058003000001"))
    block = tlv.decode(block_39794(representation(JPEG, information, identity))).value
    (face,) = parse_faces_of_record(block)
    assert (face.declared_codec, face.image.declared) == (Codec.JPEG, (1, 0))
    assert (face.gender, face.eye_colour) == (Gender.FEMALE, None)


@pytest.mark.parametrize(
    "block",
    [
        tlv.encode(0xA1, tlv.encode(0x66, JPEG)),
        tlv.encode(0xA1, tlv.encode(0x65, tlv.encode(0xA2, JPEG))),
        block_39794(tlv.encode(0x31, JPEG)),
        block_39794(tlv.encode(0x30, tlv.encode(0xA1, tlv.encode(0xA1, JPEG)))),
        block_39794(representation(b"no picture"), tlv.encode(0x04, JPEG)),
        b"\xa1\x05" + JPEG,
    ],
)
def test_a_block_of_39794_that_goes_another_way_is_searched(block: bytes) -> None:
    (face,) = parse_faces_of_record(block)
    assert (face.format, face.consistent, face.image.width) == (RecordFormat.ISO_39794_5, False, 300)


def test_points_in_space_have_no_place_on_the_picture() -> None:
    on_picture = "3017A009A007A005A10380010AA10AA008A00680015A810116"
    in_space = "3017A009A007A005A10380010AA10AA008A20680015A810116"
    named = "3015A007A005A103800105A10AA008A00680015A810116"  # an anthropometric name
    landmarks = tlv.encode(0xA9, bytes.fromhex(on_picture + in_space + named))
    (face,) = parse_faces_of_record(block_39794(representation(JPEG, more=landmarks)))
    assert face.feature_points == (FeaturePoint("2.11", 90, 22), FeaturePoint(None, 90, 22))


def test_a_bare_code_stream_and_one_in_an_unknown_record() -> None:
    image = find_image(b"header" + J2K, "DG2")
    assert (image.codec, image.width, image.height, image.truncated) == (Codec.JPEG2000, 300, 400, False)
    (face,) = parse_faces_of_record(b"OTHER" + J2K)
    assert (face.format, face.consistent) == (RecordFormat.UNKNOWN, False)


@pytest.mark.parametrize("picture", [JPEG, J2K])
def test_a_picture_without_its_end_is_cut(picture: bytes) -> None:
    image = parse_dg2(dg2(face_record(face_block(picture[:-2]))))
    assert image.truncated
    assert "truncated" in repr(image)
    assert not parse_dg2(dg2(face_record(face_block(picture)))).truncated
    assert not find_image(picture + bytes(100), "DG2").truncated  # padding


def test_a_thumbnails_end_is_not_the_pictures() -> None:
    thumbnail = b"\xff\xe1\x00\x06" + b"\xff\xd9\x00\x00"
    assert find_image((JPEG[:2] + thumbnail + JPEG[2:])[:-2], "DG2").truncated


def sized(width: int, height: int) -> bytes:
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return JPEG.replace(bytes.fromhex("0190012C"), size)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x61\x00", "tag 61 where 75"),
        (b"\x75\x00", "tag 7F61 is missing"),
        (tlv.encode(0x75, tlv.encode(0x7F61, b"")), "tag 7F60 is missing"),
        (tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x7F60, b""))), "no biometric data block"),
        (dg2(b"FAC\x00"), "cut off"),
        (dg2(face_record(face_block(JPEG[:10]))), "no frame header"),
        (dg2(face_record(face_block(JPEG[:5] + bytes(30)))), "no frame header"),
        (dg2(face_record(face_block(sized(0, 400)))), "no size"),
        (dg2(face_record(face_block(sized(MAX_SIDE + 1, 1)))), "larger than"),
        (dg2(face_record(face_block(sized(MAX_SIDE, MAX_SIDE)))), "larger than"),
        (dg2(face_record(face_block(bytes.fromhex("FF4FFF51")))), "no SIZ"),
        (dg2(face_record(face_block(bytes.fromhex("0000000C6A5020200D0A870A")))), "no SIZ"),
    ],
)
def test_broken_photos_are_named(data: bytes, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule) as caught:
        parse_dg2(data)
    assert caught.value.file == "DG2"


@given(
    st.binary(max_size=200).map(lambda body: dg2(b"FAC\x00" + body))
    | st.binary(max_size=100)
    | st.binary(max_size=100).map(lambda body: dg2(tlv.encode(0xA1, body + JPEG), tag=0x7F2E))
)
def test_any_bytes_are_photos_or_bad_data(data: bytes) -> None:
    try:
        faces = parse_faces(data)
    except ChipDataError:
        return
    assert all(0 < face.image.width <= MAX_SIDE for face in faces)


@given(st.data())
def test_any_flipped_byte_of_the_full_sample(emrtd_data: Path, data: st.DataObject) -> None:
    raw = bytearray((emrtd_data / "iso39794" / "ICAO_39794_5_AP_DG2_AllFields.dat").read_bytes())
    headers = [*range(80), *range(15_070, len(raw))]
    raw[data.draw(st.sampled_from(headers))] = data.draw(st.integers(0, 255))
    try:
        faces = parse_faces(bytes(raw))
    except ChipDataError:
        return
    assert faces[0].image.data


@given(
    st.lists(st.sampled_from([JPEG, J2K]), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 65535), st.integers(0, 65535)), max_size=4),
    st.integers(0, 65535),
    st.integers(1, 65535),
)
def test_what_is_written_is_read_again(
    pictures: list[bytes], points: list[tuple[int, int, int]], width: int, height: int
) -> None:
    encoded = b"".join(
        bytes([1, code]) + x.to_bytes(2, "big") + y.to_bytes(2, "big") + bytes(2) for code, x, y in points
    )
    info = bytes(2) + width.to_bytes(2, "big") + height.to_bytes(2, "big") + bytes(6)
    faces = parse_faces(dg2(face_record(*(face_block(picture, points=encoded, info=info) for picture in pictures))))
    assert [face.image.data for face in faces] == pictures
    for face in faces:
        assert face.consistent
        assert face.image.declared == (width, height)
        assert [(point.x, point.y) for point in face.feature_points] == [(x, y) for _, x, y in points]
        assert [point.mpeg4 for point in face.feature_points] == [f"{code >> 4}.{code & 15}" for code, _, _ in points]


@given(st.binary(max_size=120).map(lambda body: b"\xff\xd8\xff" + body))
def test_any_jpeg_is_measured_or_bad_data(data: bytes) -> None:
    try:
        image = find_image(data, "DG2")
    except ChipDataError:
        return
    assert image.height > 0
