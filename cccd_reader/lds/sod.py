"""EF.SOD: the signed list of the data groups' hashes (ICAO 9303-10, 4.6.2), and the comparison with what was read."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from asn1crypto import cms

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.verdict import Check, CheckState, Verdict

FILE = "SOD"
TAG = 0x77
OID_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"

HASHES = {
    bytes.fromhex("2B0E03021A"): "sha1",
    bytes.fromhex("608648016503040204"): "sha224",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
"""The digest algorithms of 9303-10, 4.6.2.3, by the content of their object identifiers."""

# asn1crypto decodes late, and answers malformed bytes with whatever Python raised.
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Sod:
    """The file's content. `security_object` are the very bytes that the signature covers."""

    hash_algorithm: str
    hashes: Mapping[int, bytes]
    security_object: bytes
    signed_data: cms.SignedData

    def __repr__(self) -> str:
        return f"Sod({self.hash_algorithm}, data groups {sorted(self.hashes)})"


def parse_sod(data: bytes) -> Sod:
    """The list of hashes and the CMS structure around it, or `ChipDataError`. The signature is not verified here."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    try:
        info = cms.ContentInfo.load(outer.value, strict=True)
        if info["content_type"].native != "signed_data":
            raise ChipDataError(FILE, "no CMS SignedData")
        signed_data = info["content"]
        encapsulated = signed_data["encap_content_info"]
        content_type = encapsulated["content_type"].dotted
        security_object = bytes(encapsulated["content"].native or b"")
    except MALFORMED as error:
        raise ChipDataError(FILE, "malformed CMS") from error
    if content_type != OID_LDS_SECURITY_OBJECT:
        raise ChipDataError(FILE, "the signed content is no LDS security object")
    algorithm, hashes = _parse_security_object(security_object)
    return Sod(algorithm, MappingProxyType(hashes), security_object, signed_data)


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


def _parse_security_object(data: bytes) -> tuple[str, dict[int, bytes]]:
    """LDSSecurityObject ::= SEQUENCE {version, hashAlgorithm, SEQUENCE OF {number, hash}, ldsVersionInfo OPTIONAL}."""
    parts = list(tlv.iterate(tlv.decode(data, FILE, 0x30).value, FILE))
    if [part.tag for part in parts[:3]] != [0x02, 0x30, 0x30]:
        raise ChipDataError(FILE, "malformed LDS security object")
    algorithm = HASHES.get(tlv.find(parts[1].value, 0x06, FILE).value)
    if algorithm is None:
        raise ChipDataError(FILE, "unknown hash algorithm")
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    hashes: dict[int, bytes] = {}
    for entry in tlv.iterate(parts[2].value, FILE):
        fields = list(tlv.iterate(entry.value, FILE)) if entry.tag == 0x30 else []
        if [field.tag for field in fields] != [0x02, 0x04] or len(fields[1].value) != size:
            raise ChipDataError(FILE, "malformed data group hash")
        group = int.from_bytes(fields[0].value, "big")
        if group in hashes:
            raise ChipDataError(FILE, f"DG{group} is listed twice")
        hashes[group] = fields[1].value
    return algorithm, hashes
