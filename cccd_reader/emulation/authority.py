"""A test country signer (CSCA): its certificate, and what it signs: certificates, link certificates and CRLs.

The certificates have the extensions of ICAO 9303-12, 7.1, and names that nobody can take for an authority's.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cccd_reader import der, tlv
from cccd_reader.emulation import signing
from cccd_reader.emulation.signing import PrivateKey, SignerKind
from cccd_reader.pki import extensions
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.extensions import KeyUsage

CSCA_NAME = "TEST CSCA Tiep Don"
_ORGANISATION = "TEST - no authority, proves nothing"

VALID_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_CSCA_YEARS = 15
_YEAR = timedelta(days=365)
_LONGEST_UTC_TIME = 2050
"""From this year on, times are written with four digits (RFC 5280, 4.1.2.5)."""
_SERIAL_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class TestAuthority:
    """A country signer: its certificate (DER) and its key, with which it issues what a country issues."""

    __test__ = False  # pytest takes classes called Test… for tests

    certificate: bytes
    key: PrivateKey
    kind: SignerKind
    hash_name: str
    name: bytes = field(repr=False)
    country: str = "VN"

    @classmethod
    def create(
        cls,
        kind: SignerKind = SignerKind.EC,
        *,
        hash_name: str = "sha256",
        explicit: bool = False,
        valid_from: datetime = VALID_FROM,
        years: int = _CSCA_YEARS,
        country: str = "VN",
        common_name: str = CSCA_NAME,
        issuing_state: str | None = None,
    ) -> "TestAuthority":
        """A new authority with a self-signed certificate. `explicit`: the curve's parameters are spelled out.
        `issuing_state` is the country's code in the MRZ ("VNM"), which the certificate then states."""
        key = signing.generate_key(kind)
        name = encode_name(country, common_name)
        info = signing.public_key_info(key, explicit=explicit)
        items = authority_extensions(info, signing.key_identifier(info))
        if issuing_state is not None:
            items += extension(extensions.SUBJECT_ALTERNATIVE_NAME, _directory_name(issuing_state))
        draft = cls(b"", key, kind, hash_name, name, country)
        certificate = draft.issue(info, name, items, valid_from, years)
        return cls(certificate, key, kind, hash_name, name, country)

    def issue(
        self,
        public_info: bytes,
        subject: bytes,
        items: bytes,
        valid_from: datetime,
        years: int,
        serial: int | None = None,
    ) -> bytes:
        """A certificate for the SubjectPublicKeyInfo, signed by this authority. `items`: the encoded extensions."""
        algorithm = signing.signature_identifier(self.kind, self.hash_name)
        if serial is None:
            serial = int.from_bytes(secrets.token_bytes(_SERIAL_BYTES - 1), "big") + 1
        signed = tlv.encode(
            der.SEQUENCE,
            tlv.encode(0xA0, signing.integer(2))
            + signing.integer(serial)
            + algorithm
            + self.name
            + tlv.encode(der.SEQUENCE, encode_time(valid_from) + encode_time(valid_from + years * _YEAR))
            + subject
            + public_info
            + tlv.encode(0xA3, tlv.encode(der.SEQUENCE, items)),
        )
        return self._seal(signed, algorithm)

    def issue_link(self, successor: "TestAuthority", *, valid_from: datetime = VALID_FROM) -> bytes:
        """The link certificate that carries trust in this authority's key over to its successor's (9303-12, 4.1)."""
        following = parse_certificate(successor.certificate)
        items = authority_extensions(following.spki, self.key_identifier)
        return self.issue(following.spki, successor.name, items, valid_from, _CSCA_YEARS)

    def issue_crl(
        self,
        revoked: Iterable[int] = (),
        *,
        this_update: datetime = VALID_FROM,
        next_update: datetime | None = None,
        number: int = 1,
    ) -> bytes:
        """A CRL (9303-12, 7.1.4) with the serial numbers that are revoked; by default it is current for ninety days."""
        algorithm = signing.signature_identifier(self.kind, self.hash_name)
        entries = b"".join(
            tlv.encode(der.SEQUENCE, signing.integer(serial) + encode_time(this_update)) for serial in revoked
        )
        identifier = tlv.encode(der.SEQUENCE, tlv.encode(0x80, self.key_identifier))
        items = extension(extensions.AUTHORITY_KEY_IDENTIFIER, identifier)
        items += extension(extensions.CRL_NUMBER, signing.integer(number))
        signed = tlv.encode(
            der.SEQUENCE,
            signing.integer(1)
            + algorithm
            + self.name
            + encode_time(this_update)
            + encode_time(next_update or this_update + timedelta(days=90))
            + (tlv.encode(der.SEQUENCE, entries) if entries else b"")
            + tlv.encode(0xA0, tlv.encode(der.SEQUENCE, items)),
        )
        return self._seal(signed, algorithm)

    @property
    def key_identifier(self) -> bytes:
        return signing.key_identifier(signing.public_key_info(self.key))

    def _seal(self, signed: bytes, algorithm: bytes) -> bytes:
        signature = signing.sign(self.key, self.kind, self.hash_name, signed)
        return tlv.encode(der.SEQUENCE, signed + algorithm + tlv.encode(der.BIT_STRING, b"\x00" + signature))


def encode_name(country: str, common_name: str) -> bytes:
    """A Name of country, organisation and common name."""
    parts = (("2.5.4.6", 0x13, country), ("2.5.4.10", 0x0C, _ORGANISATION), ("2.5.4.3", 0x0C, common_name))
    return tlv.encode(
        der.SEQUENCE,
        b"".join(
            tlv.encode(der.SET, signing.algorithm_identifier(kind, tlv.encode(tag, text.encode())))
            for kind, tag, text in parts
        ),
    )


def encode_time(moment: datetime) -> bytes:
    text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    if moment.year < _LONGEST_UTC_TIME:
        return tlv.encode(der.UTC_TIME, text[2:].encode())
    return tlv.encode(der.GENERALIZED_TIME, text.encode())


def extension(kind: bytes, value: bytes, *, critical: bool = False) -> bytes:
    flag = tlv.encode(der.BOOLEAN, b"\xff") if critical else b""
    return tlv.encode(der.SEQUENCE, tlv.encode(der.OID, kind) + flag + tlv.encode(der.OCTET_STRING, value))


def encode_key_usage(usages: Iterable[KeyUsage]) -> bytes:
    """KeyUsage as a BIT STRING; all the usages that documents need are in its first byte."""
    byte = sum(0x80 >> usage for usage in usages)
    unused = 8 if byte == 0 else (byte & -byte).bit_length() - 1
    return tlv.encode(der.BIT_STRING, bytes([unused, byte]) if byte else b"\x00\x00")


def authority_extensions(public_info: bytes, issuer_key_identifier: bytes) -> bytes:
    """The extensions of a CSCA certificate, self-signed or link (9303-12, 7.1.1, table 6)."""
    subject = tlv.encode(der.OCTET_STRING, signing.key_identifier(public_info))
    issuer = tlv.encode(der.SEQUENCE, tlv.encode(0x80, issuer_key_identifier))
    constraints = tlv.encode(der.SEQUENCE, tlv.encode(der.BOOLEAN, b"\xff") + signing.integer(0))
    usages = encode_key_usage((KeyUsage.CERTIFICATE_SIGNING, KeyUsage.CRL_SIGNING))
    return (
        extension(extensions.SUBJECT_KEY_IDENTIFIER, subject)
        + extension(extensions.AUTHORITY_KEY_IDENTIFIER, issuer)
        + extension(extensions.BASIC_CONSTRAINTS, constraints, critical=True)
        + extension(extensions.KEY_USAGE, usages, critical=True)
    )


def _directory_name(issuing_state: str) -> bytes:
    """An alternative name with the state's code of the MRZ as its locality (9303-12, 7.1.1.2)."""
    locality = signing.algorithm_identifier("2.5.4.7", tlv.encode(0x13, issuing_state.encode()))
    return tlv.encode(der.SEQUENCE, tlv.encode(0xA4, tlv.encode(der.SEQUENCE, tlv.encode(der.SET, locality))))
