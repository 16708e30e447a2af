"""EF.SOD: the signed list of the data groups' hashes (ICAO 9303-10, 4.6.2), and the comparison with what was read."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.signed_data import LDS_SECURITY_OBJECT, SignedData, parse_signed_data
from cccd_reader.signatures import HASH_OIDS
from cccd_reader.verdict import Check, CheckState, Verdict

FILE = "SOD"
TAG = 0x77

MAX_GROUP = 16
"""Data groups are numbered 1 to 16 (9303-10, 4.7)."""


@dataclass(frozen=True, slots=True)
class Sod:
    """The file's content: the hash of each data group, by its number, and the signature over the list.

    `lds_version` and `unicode_version` ("0108", "040000") are in the list from its version 1 on.
    """

    hash_algorithm: str
    hashes: Mapping[int, bytes]
    signed_data: SignedData
    version: int = 0
    lds_version: str | None = None
    unicode_version: str | None = None

    def __repr__(self) -> str:
        return f"Sod({self.hash_algorithm}, data groups {sorted(self.hashes)})"


def parse_sod(data: bytes) -> Sod:
    """The list of hashes and the CMS structure around it, or `ChipDataError`. The signature is not verified here."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    return _parse_security_object(parse_signed_data(outer.value, LDS_SECURITY_OBJECT, FILE))


def compare_hashes(sod: Sod, files: Mapping[int, bytes]) -> Verdict:
    """Compares the hash of each data group read, by its number, with the signed list: over the raw bytes."""
    different = []
    for group, data in sorted(files.items()):
        listed = sod.hashes.get(group)
        digest = hashlib.new(sod.hash_algorithm, data, usedforsecurity=False).digest()
        if listed is None or not hmac.compare_digest(listed, digest):
            different.append(f"DG{group}" + (" (not listed)" if listed is None else ""))
    if different:
        return Verdict(Check.DG_HASHES, CheckState.FAILED, "different: " + ", ".join(different))
    if not files:
        return Verdict(Check.DG_HASHES, CheckState.UNDETERMINED, "no data group was read")
    names = ", ".join(f"DG{group}" for group in sorted(files))
    return Verdict(Check.DG_HASHES, CheckState.SUCCESSFUL, f"{sod.hash_algorithm}: {names}")


def _parse_security_object(signed: SignedData) -> Sod:
    """LDSSecurityObject ::= SEQUENCE {version, hashAlgorithm, SEQUENCE OF {number, hash}, ldsVersionInfo OPTIONAL}."""
    parts = der.sequence(signed.content, FILE)
    version = der.integer(parts.take(der.INTEGER), FILE, 1)
    algorithm = HASH_OIDS.get(tlv.find(parts.take(der.SEQUENCE).value, der.OID, FILE).value)
    if algorithm is None:
        raise ChipDataError(FILE, "unknown hash algorithm")
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    hashes: dict[int, bytes] = {}
    for entry in tlv.iterate(parts.take(der.SEQUENCE).value, FILE):
        fields = list(tlv.iterate(entry.value, FILE)) if entry.tag == der.SEQUENCE else []
        if [field.tag for field in fields] != [der.INTEGER, der.OCTET_STRING] or len(fields[1].value) != size:
            raise ChipDataError(FILE, "malformed data group hash")
        group = int.from_bytes(fields[0].value, "big")
        if not 1 <= group <= MAX_GROUP:
            raise ChipDataError(FILE, "a hash of no data group")
        if group in hashes:
            raise ChipDataError(FILE, f"DG{group} is listed twice")
        hashes[group] = fields[1].value
    versions = parts.optional(der.SEQUENCE)
    lds_version, unicode_version = (None, None) if versions is None else _versions(versions)
    return Sod(algorithm, MappingProxyType(hashes), signed, version, lds_version, unicode_version)


def _versions(item: tlv.Tlv) -> tuple[str, str]:
    """LDSVersionInfo ::= SEQUENCE {ldsVersion PrintableString, unicodeVersion PrintableString}."""
    texts = [part.value.decode("ascii", "replace") for part in tlv.iterate(item.value, FILE)]
    if len(texts) != 2 or not all(text.isdecimal() and len(text) <= 8 for text in texts):
        raise ChipDataError(FILE, "malformed version of the LDS")
    return texts[0], texts[1]
