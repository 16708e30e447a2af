"""Certificate revocation lists of country signers (ICAO 9303-12, 7.1.4; RFC 5280, 5).

A CSCA issues one complete list. Partial, delta and indirect lists are forbidden there and refused here: what such a
list leaves out says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.pki import extensions
from cccd_reader.pki.extensions import Extension, parse_extensions
from cccd_reader.pki.names import Name, parse_name
from cccd_reader.public_keys import PublicKey
from cccd_reader.signatures import parse_signature_algorithm, verify_signature

FILE = "CRL"
MAX_BYTES = 16 * 1024 * 1024
"""Longer lists are refused unread. Half a million entries have room in it."""
_MAX_SERIAL_BYTES = 64
_MAX_COLLISIONS = 16
"""Random serial numbers practically never have the same hash; but Python's hash of integers is no secret, and a table
of those that have one takes a time that is quadratic in their number."""
_UNDERSTOOD = frozenset(
    {extensions.AUTHORITY_KEY_IDENTIFIER, extensions.CRL_NUMBER, extensions.ISSUER_ALTERNATIVE_NAME}
)


@dataclass(frozen=True, slots=True, repr=False)
class Crl:
    """A list's content. `revoked` gives the date of revocation by serial number; `signed` is under the signature."""

    raw: bytes
    signed: bytes
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]
    authority_key_identifier: bytes | None
    number: int | None
    algorithm: bytes
    signature: bytes

    def __reduce__(self) -> tuple[object, ...]:
        # Readings run in a process of their own, and a trust store may go there with them.
        return parse_crl, (self.raw,)

    def __repr__(self) -> str:
        return f"Crl({self.issuer}, {self.this_update:%Y-%m-%d}, {len(self.revoked)} revoked)"

    def stale_at(self, moment: datetime) -> bool:
        """Whether a newer list should be out by then. What a stale list revokes is revoked all the same."""
        return self.next_update is not None and moment > self.next_update

    def signed_by(self, key: PublicKey) -> bool:
        """Whether `key` signed the list. Raises `ChipDataError` when the key is of another kind than the signature,
        `UnsupportedKeyError` for algorithms outside 9303-12."""
        algorithm = parse_signature_algorithm(self.algorithm, FILE)
        return verify_signature(key, algorithm, self.signed, self.signature, FILE)


def parse_crl(data: bytes) -> Crl:
    """The list in the DER `data`, or `ChipDataError`. Its signature is not looked at."""
    if len(data) > MAX_BYTES:
        raise ChipDataError(FILE, f"longer than {MAX_BYTES} bytes")
    outer = der.sequence(data, FILE)
    signed = outer.take(der.SEQUENCE)
    algorithm = outer.take(der.SEQUENCE).raw
    signature = der.whole_bits(outer.take(der.BIT_STRING), FILE)
    outer.end()
    parts = der.fields(signed, FILE)
    parts.optional(der.INTEGER)  # the version
    inner = der.sequence(parts.take(der.SEQUENCE).raw, FILE)
    if der.oid(inner.take(der.OID), FILE) != der.oid(der.sequence(algorithm, FILE).take(der.OID), FILE):
        raise ChipDataError(FILE, "two signature algorithms")
    issuer = parse_name(parts.take(der.SEQUENCE).raw, FILE)
    this_update = der.time(parts.take(der.UTC_TIME, der.GENERALIZED_TIME), FILE)
    following = parts.optional(der.UTC_TIME, der.GENERALIZED_TIME)
    entries = parts.optional(der.SEQUENCE)
    listed = parts.optional(0xA0)
    parts.end()
    found = {} if listed is None else parse_extensions(listed.value, FILE)
    _check_critical(found, _UNDERSTOOD)
    identifier, number = found.get(extensions.AUTHORITY_KEY_IDENTIFIER), found.get(extensions.CRL_NUMBER)
    return Crl(
        raw=data,
        signed=signed.raw,
        issuer=issuer,
        this_update=this_update,
        next_update=None if following is None else der.time(following, FILE),
        revoked=MappingProxyType({} if entries is None else _entries(entries)),
        authority_key_identifier=None
        if identifier is None
        else extensions.authority_key_identifier(identifier.value, FILE),
        number=None if number is None else der.integer(tlv.decode(number.value, FILE, der.INTEGER), FILE, 64),
        algorithm=algorithm,
        signature=signature,
    )


def _entries(item: tlv.Tlv) -> dict[int, datetime]:
    """SEQUENCE OF SEQUENCE {serial number, date, extensions OPTIONAL}."""
    found: dict[int, datetime] = {}
    hashes: set[int] = set()
    for entry in tlv.iterate(item.value, FILE):
        if entry.tag != der.SEQUENCE:
            raise ChipDataError(FILE, "malformed entry")
        parts = der.fields(entry, FILE)
        serial = der.integer(parts.take(der.INTEGER), FILE, _MAX_SERIAL_BYTES)
        hashes.add(hash(serial))
        if len(found) - len(hashes) > _MAX_COLLISIONS:
            raise ChipDataError(FILE, "serial numbers that were made to slow down the search for them")
        found[serial] = der.time(parts.take(der.UTC_TIME, der.GENERALIZED_TIME), FILE)
        listed = parts.optional(der.SEQUENCE)
        if listed is not None:
            _check_critical(parse_extensions(listed.raw, FILE), frozenset())
    return found


def _check_critical(found: Mapping[bytes, Extension], understood: frozenset[bytes]) -> None:
    for kind, item in found.items():
        if item.critical and kind not in understood:
            raise ChipDataError(FILE, f"critical extension {der.dotted(kind)}")
