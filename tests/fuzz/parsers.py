"""The chip's files, and what they are made of."""

import tempfile
import unicodedata
from pathlib import Path

from cccd_reader import tlv as ber
from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import parse_card_access
from cccd_reader.citizen import citizen_from_dg13
from cccd_reader.crypto import CipherSuite
from cccd_reader.lds.com import parse_com
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_faces, parse_faces_of_record
from cccd_reader.lds.dg11 import parse_dg11
from cccd_reader.lds.dg12 import parse_dg12
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.dg15 import parse_dg15
from cccd_reader.lds.files import EF
from cccd_reader.lds.image import MAX_PIXELS
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, describe
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.read_tactics import ReadTactics
from cccd_reader.transport.features import feature_codes, max_apdu_data_bytes
from cccd_reader.transport.local import DEFAULT_ATR
from tests.fuzz.registry import target
from tests.fuzz.texts import check_mrz


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


@target(max_len=512)
def reader_features(data: bytes) -> None:
    """What a reader's driver says about it."""
    assert all(0 <= code < 1 << 32 for code in feature_codes(data).values())
    assert max_apdu_data_bytes(data) is None or 256 <= max_apdu_data_bytes(data) <= 65536


@target(max_len=2048)
def read_profiles(data: bytes) -> None:
    """The file of what was learned about readers: any other one is an empty one, and writing it works afterwards."""
    path = Path(_directory.name, "profiles.json")
    path.write_bytes(data)
    known = ReadProfiles(path).get("Reader 00 00", DEFAULT_ATR)
    profiles = ReadProfiles(path)
    profiles.put("another", DEFAULT_ATR, known)
    assert ReadProfiles(path).get("another", DEFAULT_ATR) == known
    ReadTactics(CipherSuite.AES128, known).first_read(EF.SOD)


_directory = tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-")


@target(max_len=2048, tlv=True)
def security_infos(data: bytes) -> None:
    """EF.CardAccess, and DG14 by its tag."""
    infos = parse_dg14(data) if data[:1] == b"\x6e" else _card_access(data)
    kinds = (infos.pace, infos.pace_parameters, infos.chip_authentication, infos.chip_authentication_keys)
    assert sum(map(len, kinds)) + len(infos.active_authentication) + len(infos.unknown) == len(infos.oids)
    assert len(infos.oids) <= len(data) // 4
    assert all(key.spki in data for key in infos.chip_authentication_keys)
    assert all(item.raw in data for item in infos.unknown)
    assert all(len(str(info)) < 100 for info in (*infos.pace, *infos.chip_authentication))


def _card_access(data: bytes) -> SecurityInfos:
    found = parse_card_access(data)
    assert all(info.group is not None for info in found.ranked())
    return found.infos


@target(max_len=256, tlv=True)
def dg1(data: bytes) -> None:
    check_mrz(parse_dg1(data))


@target(max_len=4096, tlv=True)
def dg2(data: bytes) -> None:
    """The file, and by its first byte a biometric data block alone."""
    faces = parse_faces(data) if data[:1] == b"\x75" else parse_faces_of_record(data)
    assert faces
    for face in faces:
        assert face.image.data in data
        assert 0 < face.image.width * face.image.height <= MAX_PIXELS
        assert len(face.feature_points) < len(data)


@target(max_len=4096, tlv=True)
def dg13(data: bytes) -> None:
    found = parse_dg13(data)
    assert sum(len(text) for texts in found.fields.values() for text in texts) <= 3 * len(data)
    assert len(found.fields) + len(found.unknown) <= len(data) // 3
    citizen = citizen_from_dg13(found)
    assert len(citizen.fields_present()) == 18
    assert not any(unicodedata.category(c) == "Cc" for texts in found.fields.values() for text in texts for c in text)
    assert len(repr(found)) < 100 + 8 * len(data)


@target(max_len=2048, tlv=True)
def details(data: bytes) -> None:
    """EF.COM, DG11 and DG12, by the tag."""
    if data[:1] == b"\x60":
        com = parse_com(data)
        assert len(com.data_groups) + len(com.unknown_tags) < len(data)
        return
    found = parse_dg11(data) if data[:1] == b"\x6b" else parse_dg12(data)
    assert sum(len(value) for values in found.unknown.values() for value in values) < len(data)
    assert len(found.missing) < len(data)
    assert repr(found) in ("Dg11(…)", "Dg12(…)")


@target(max_len=2048, tlv=True)
def dg15(data: bytes) -> None:
    """With the public key in it, which certificates and DG14 have in the same form."""
    found = parse_dg15(data)
    assert found.spki in data
    key = found.public_key()
    if isinstance(key, EcPublicKey):
        assert key.curve.contains(key.point)
    elif isinstance(key, DhPublicKey):
        assert 1 < key.y < key.p - 1
    assert len(describe(key)) < 40
