"""The targets that are one parser each."""

import tempfile
from pathlib import Path

from cccd_reader import tlv as ber
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.card_access import parse_card_access
from cccd_reader.citizen import citizen_from_dg13, citizen_from_mrz
from cccd_reader.emulation.image import MAX_FILE_BYTES, MAX_FILES, CardImage
from cccd_reader.emulation.server import CardProcess
from cccd_reader.keys import MAX_MRZ_CANDIDATES, keyring_from_qr
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_dg2, parse_record
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.image import FaceImage
from cccd_reader.lds.sod import compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.mrz import Mrz
from cccd_reader.mrz import parse as parse_mrz
from cccd_reader.qr import MAX_CHARACTERS, parse_qr
from cccd_reader.verdict import CheckState
from tests.fuzz.registry import target


@target(max_len=4096, tlv=True)
def tlv(data: bytes) -> None:
    first, rest = ber.decode_first(data)
    assert first.raw + rest == data
    again = ber.decode(ber.encode(first.tag, first.value), tag=first.tag)
    assert (again.tag, again.value, again.constructed) == (first.tag, first.value, first.constructed)
    assert ber.read_header(data).total == len(first.raw)
    assert b"".join(item.raw for item in ber.iterate(data)) == data


@target(max_len=1024)
def command_apdu(data: bytes) -> None:
    assert CommandApdu.decode(data).encode() == data


@target(max_len=1024)
def response_apdu(data: bytes) -> None:
    assert ResponseApdu.decode(data).encode() == data


@target(max_len=128)
def mrz(data: bytes) -> None:
    _check_mrz(parse_mrz(data.decode("latin-1")))


@target(max_len=4096)
def qr(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    card = parse_qr(text)
    assert len(text) <= MAX_CHARACTERS
    ring = keyring_from_qr(card)
    assert ring.can is not None
    assert 1 <= len(ring.mrz) <= MAX_MRZ_CANDIDATES


@target(max_len=1024, tlv=True)
def card_access(data: bytes) -> None:
    infos = parse_card_access(data)
    assert len(infos.pace) <= len(infos.oids) <= len(data) // 4
    assert all(len(str(info)) < 100 for info in infos.pace)


@target(max_len=256, tlv=True)
def dg1(data: bytes) -> None:
    _check_mrz(parse_dg1(data))


@target(max_len=4096, tlv=True)
def dg2(data: bytes) -> None:
    _check_photo(parse_dg2(data), data)


@target(max_len=4096)
def dg2_record(data: bytes) -> None:
    """The biometric data block alone."""
    _check_photo(parse_record(data), data)


@target(max_len=4096, tlv=True)
def dg13(data: bytes) -> None:
    found = parse_dg13(data)
    assert sum(len(text) for texts in found.fields.values() for text in texts) <= 3 * len(data)
    assert len(found.fields) + len(found.unknown) <= len(data) // 3
    citizen = citizen_from_dg13(found)
    assert len(citizen.fields_present()) == 18
    assert found.unknown16 is None or found.unknown16 != found.old_number
    assert len(repr(found)) < 100 + 8 * len(data)


@target(max_len=8192, tlv=True)
def sod(data: bytes) -> None:
    found = parse_sod(data)
    assert found.security_object in data or found.security_object == b""
    assert all(len(digest) <= 64 for digest in found.hashes.values())
    assert compare_hashes(found, {1: data}).state is CheckState.FAILED


@target(max_len=8192, tlv=True)
def sod_signature(data: bytes) -> None:
    """A wrong signature, an unknown algorithm and malformed CMS are all verdicts, never an error."""
    verdict = verify_signature(parse_sod(data))
    assert len(verdict.reason) < 200


@target(max_len=8192)
def card_image(data: bytes) -> None:
    path = Path(_directory.name, "fuzz.card")
    path.write_bytes(data)
    image = CardImage.load(path)
    assert len(image.files) <= MAX_FILES
    assert all(len(file) <= MAX_FILE_BYTES for file in image.files.values())
    image.save(path)
    assert CardImage.load(path) == image


@target(max_len=512)
def emulation_command(data: bytes) -> None:
    """A line for the card process; nothing listens at its port, and no card is there to be placed."""
    answer, last = CardProcess("127.0.0.1", 1).handle(data.decode("utf-8", "replace"))
    assert answer["ok"] or len(answer["detail"]) < 1000
    assert answer["ok"] or not last


_directory = tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-")


def _check_mrz(found: Mrz) -> None:
    """What was read can be written, and read again."""
    assert parse_mrz(found.encode()) == found
    assert found.information.isascii()
    citizen_from_mrz(found)


def _check_photo(found: FaceImage, data: bytes) -> None:
    assert found.data in data
    assert 0 < found.width < 1 << 32
    assert 0 < found.height < 1 << 32
