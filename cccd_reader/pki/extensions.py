"""Extensions of certificates and CRLs: the ones that the eMRTD PKI gives a meaning (ICAO 9303-12, 7.1.1, table 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.pki.names import LOCALITY, STATE, parse_name
from cccd_reader.tlv import Tlv

SUBJECT_KEY_IDENTIFIER = der.encode_oid("2.5.29.14")
KEY_USAGE = der.encode_oid("2.5.29.15")
PRIVATE_KEY_USAGE_PERIOD = der.encode_oid("2.5.29.16")
SUBJECT_ALTERNATIVE_NAME = der.encode_oid("2.5.29.17")
ISSUER_ALTERNATIVE_NAME = der.encode_oid("2.5.29.18")
BASIC_CONSTRAINTS = der.encode_oid("2.5.29.19")
CRL_NUMBER = der.encode_oid("2.5.29.20")
CRL_DISTRIBUTION_POINTS = der.encode_oid("2.5.29.31")
CERTIFICATE_POLICIES = der.encode_oid("2.5.29.32")
AUTHORITY_KEY_IDENTIFIER = der.encode_oid("2.5.29.35")
EXTENDED_KEY_USAGE = der.encode_oid("2.5.29.37")
NAME_CHANGE = der.encode_oid("2.23.136.1.1.6.1")
DOCUMENT_TYPE_LIST = der.encode_oid("2.23.136.1.1.6.2")

MASTER_LIST_SIGNING = der.encode_oid("2.23.136.1.1.3")
"""The extended key usage of master list signers (9303-12, 7.1.1.3)."""
ANY_PURPOSE = der.encode_oid("2.5.29.37.0")
ICAO_PURPOSES = der.encode_oid("2.23.136")
"""The start of those of all signers of the eMRTD PKI but the document signers, who have none (table 6)."""

MAX_EXTENSIONS = 64


class KeyUsage(IntEnum):
    """Bits of the key usage extension, by their number (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    CERTIFICATE_SIGNING = 5
    CRL_SIGNING = 6


@dataclass(frozen=True, slots=True)
class Extension:
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class UsagePeriod:
    """When the private key may be used; either end may be open (RFC 3280, 4.2.1.4)."""

    not_before: datetime | None
    not_after: datetime | None


def parse_extensions(sequence: bytes, what: str) -> Mapping[bytes, Extension]:
    """Extensions ::= SEQUENCE OF SEQUENCE {id, critical DEFAULT FALSE, value}. None may come twice."""
    found: dict[bytes, Extension] = {}
    for item in tlv.iterate(tlv.decode(sequence, what, der.SEQUENCE).value, what):
        if item.tag != der.SEQUENCE:
            raise ChipDataError(what, "malformed extension")
        parts = der.fields(item, what)
        kind = der.oid(parts.take(der.OID), what)
        flag = parts.optional(der.BOOLEAN)
        value = parts.take(der.OCTET_STRING).value
        if kind in found:
            raise ChipDataError(what, f"extension {der.dotted(kind)} twice")
        if len(found) == MAX_EXTENSIONS:
            raise ChipDataError(what, f"more than {MAX_EXTENSIONS} extensions")
        found[kind] = Extension(flag is not None and der.boolean(flag, what), value)
    return MappingProxyType(found)


def key_identifier(value: bytes, what: str) -> bytes:
    """SubjectKeyIdentifier."""
    return tlv.decode(value, what, der.OCTET_STRING).value


def authority_key_identifier(value: bytes, what: str) -> bytes | None:
    """AuthorityKeyIdentifier's keyIdentifier; the issuer's name and serial number are passed over."""
    found = der.sequence(value, what).optional(0x80)
    return None if found is None else found.value


def key_usage(value: bytes, what: str) -> frozenset[int]:
    """The numbers of the bits that are set."""
    bits = tlv.decode(value, what, der.BIT_STRING).value
    if not 2 <= len(bits) <= 3 or bits[0] > 7:
        raise ChipDataError(what, "malformed key usage")
    return frozenset(n for n in range(8 * (len(bits) - 1)) if bits[1 + n // 8] & 0x80 >> n % 8)


def basic_constraints(value: bytes, what: str) -> BasicConstraints:
    parts = der.sequence(value, what)
    flag, length = parts.optional(der.BOOLEAN), parts.optional(der.INTEGER)
    return BasicConstraints(
        flag is not None and der.boolean(flag, what), None if length is None else der.integer(length, what, 4)
    )


def usage_period(value: bytes, what: str) -> UsagePeriod:
    parts = der.sequence(value, what)
    first, last = parts.optional(0x80), parts.optional(0x81)
    return UsagePeriod(*(None if item is None else _time(item, what) for item in (first, last)))


def _time(item: Tlv, what: str) -> datetime:
    return der.time(Tlv(der.GENERALIZED_TIME, item.value, item.raw), what)


def document_types(value: bytes, what: str) -> frozenset[str]:
    """DocumentTypeList: document codes as in the MRZ; one letter stands for all codes that begin with it."""
    parts = der.sequence(value, what)
    parts.take(der.INTEGER)
    types = tlv.iterate(parts.take(der.SET).value, what)
    return frozenset(item.value.decode("ascii", "replace").rstrip("<").upper() for item in types)


def extended_key_usage(value: bytes, what: str) -> frozenset[bytes]:
    return frozenset(der.oid(item, what) for item in tlv.iterate(tlv.decode(value, what, der.SEQUENCE).value, what))


def distribution_points(value: bytes, what: str) -> tuple[str, ...]:
    """The addresses of CRLs: DistributionPoint.distributionPoint.fullName.uniformResourceIdentifier, all of them."""
    found: list[str] = []
    for point in tlv.iterate(tlv.decode(value, what, der.SEQUENCE).value, what):
        name = next((part for part in tlv.iterate(point.value, what) if part.tag == 0xA0), None)
        full = None if name is None else next(tlv.iterate(name.value, what), None)
        if full is not None and full.tag == 0xA0:
            names = tlv.iterate(full.value, what)
            found += [item.value.decode("ascii", "replace") for item in names if item.tag == 0x86]
    return tuple(found)


def issuing_states(value: bytes, what: str) -> frozenset[str]:
    """The codes of the issuing state, as in the MRZ, in an alternative name's directory name (9303-12, 7.1.1.2)."""
    found = set()
    for item in tlv.iterate(tlv.decode(value, what, der.SEQUENCE).value, what):
        if item.tag == 0xA4:
            name = parse_name(item.value, what)
            found |= {name.first(LOCALITY).strip().upper(), name.first(STATE).strip().upper()} - {""}
    return frozenset(found)
