"""X.509 certificates as countries issue them (ICAO 9303-12, 7.1; RFC 5280, 4).

Read by hand, and forgiving where nothing hangs on it: of the certificates on the public master lists some have a
negative or zero serial number, something after the signature algorithm, or explicit curve parameters, and general
libraries refuse about one in five. What is signed stays raw.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.pki import extensions
from cccd_reader.pki.extensions import BasicConstraints, Extension, KeyUsage, UsagePeriod, parse_extensions
from cccd_reader.pki.names import Name, parse_name
from cccd_reader.public_keys import PublicKey, parse_public_key
from cccd_reader.signatures import SignatureAlgorithm, parse_signature_algorithm, verify_signature

MAX_BYTES = 65_536
"""Longer certificates are refused unread. The longest on the master lists has 2.6 kB."""
_MAX_SERIAL_BYTES = 64

_UNDERSTOOD = frozenset(
    {
        extensions.SUBJECT_KEY_IDENTIFIER,
        extensions.KEY_USAGE,
        extensions.PRIVATE_KEY_USAGE_PERIOD,
        extensions.SUBJECT_ALTERNATIVE_NAME,
        extensions.ISSUER_ALTERNATIVE_NAME,
        extensions.BASIC_CONSTRAINTS,
        extensions.CRL_DISTRIBUTION_POINTS,
        extensions.CERTIFICATE_POLICIES,
        extensions.AUTHORITY_KEY_IDENTIFIER,
        extensions.EXTENDED_KEY_USAGE,
        extensions.NAME_CHANGE,
        extensions.DOCUMENT_TYPE_LIST,
    }
)
"""Policies have no part in the validation of 9303-12, D.2: any is acceptable."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """A certificate's content. `raw` is the whole of it, `signed` the part under the signature.

    The properties that read an extension raise `ChipDataError` when that extension is malformed; the certificates from
    `parse_certificate` have been read once and never do.
    """

    raw: bytes
    signed: bytes
    serial_number: int
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes
    extensions: Mapping[bytes, Extension]
    algorithm: bytes
    signature: bytes

    def __reduce__(self) -> tuple[object, ...]:
        # Readings run in a process of their own, and a trust store may go there with them.
        return parse_certificate, (self.raw,)

    def __repr__(self) -> str:
        return f"Certificate({self.subject}, {self.fingerprint[:16]})"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same. A link certificate can be that as well."""
        return self.subject.key == self.issuer.key

    def valid_at(self, moment: datetime) -> bool:
        return self.not_before <= moment <= self.not_after

    def public_key(self) -> PublicKey:
        """Raises `ChipDataError` or `UnsupportedKeyError`."""
        return parse_public_key(self.spki, "certificate")

    def signature_algorithm(self) -> SignatureAlgorithm:
        """Raises `ChipDataError` or `UnsupportedKeyError`."""
        return parse_signature_algorithm(self.algorithm, "certificate")

    def signed_by(self, key: PublicKey) -> bool:
        """Whether `key` signed the certificate. Raises `ChipDataError` when the key is of another kind than the
        signature, `UnsupportedKeyError` for algorithms outside 9303-12."""
        return verify_signature(key, self.signature_algorithm(), self.signed, self.signature, "certificate")

    def _read(self, kind: bytes, read: Callable[[bytes, str], _T]) -> _T | None:
        extension = self.extensions.get(kind)
        return None if extension is None else read(extension.value, "certificate")

    @property
    def key_identifier(self) -> bytes | None:
        return self._read(extensions.SUBJECT_KEY_IDENTIFIER, extensions.key_identifier)

    @property
    def key_digest(self) -> bytes:
        """SHA-1 of the key's bits: what most authorities take for the key identifier (RFC 5280, 4.2.1.2)."""
        parts = der.sequence(self.spki, "certificate")
        parts.take(der.SEQUENCE)
        bits = der.whole_bits(parts.take(der.BIT_STRING), "certificate")
        return hashlib.sha1(bits, usedforsecurity=False).digest()

    @property
    def authority_key_identifier(self) -> bytes | None:
        return self._read(extensions.AUTHORITY_KEY_IDENTIFIER, extensions.authority_key_identifier)

    @property
    def key_usage(self) -> frozenset[int] | None:
        """The numbers of the bits that are set (see `KeyUsage`), or None without the extension."""
        return self._read(extensions.KEY_USAGE, extensions.key_usage)

    def may(self, usage: KeyUsage) -> bool:
        """Whether the key usage allows it. Certificates without the extension are not restricted."""
        allowed = self.key_usage
        return allowed is None or usage in allowed

    @property
    def basic_constraints(self) -> BasicConstraints | None:
        return self._read(extensions.BASIC_CONSTRAINTS, extensions.basic_constraints)

    @property
    def private_key_usage(self) -> UsagePeriod | None:
        return self._read(extensions.PRIVATE_KEY_USAGE_PERIOD, extensions.usage_period)

    @property
    def document_types(self) -> frozenset[str] | None:
        """The document codes that the holder may sign for (9303-12, 7.1.1.6), or None without the extension."""
        return self._read(extensions.DOCUMENT_TYPE_LIST, extensions.document_types)

    @property
    def extended_key_usage(self) -> frozenset[bytes]:
        return self._read(extensions.EXTENDED_KEY_USAGE, extensions.extended_key_usage) or frozenset()

    @property
    def for_other_purposes(self) -> bool:
        """Whether the extended key usage keeps the key from signing documents: it names a purpose of the eMRTD PKI, or
        is critical and leaves no other. What tools for servers write into it without need is passed over."""
        purposes = self.extended_key_usage
        if not purposes or extensions.ANY_PURPOSE in purposes:
            return False
        critical = self.extensions[extensions.EXTENDED_KEY_USAGE].critical
        return critical or any(purpose.startswith(extensions.ICAO_PURPOSES) for purpose in purposes)

    @property
    def crl_addresses(self) -> tuple[str, ...]:
        return self._read(extensions.CRL_DISTRIBUTION_POINTS, extensions.distribution_points) or ()

    @property
    def issuing_states(self) -> frozenset[str]:
        """The codes that the state has in the MRZ of its documents, where the certificate says them."""
        return self._read(extensions.SUBJECT_ALTERNATIVE_NAME, extensions.issuing_states) or frozenset()

    @property
    def unknown_critical(self) -> tuple[str, ...]:
        """Critical extensions that nobody here understands: such a certificate must not be relied on."""
        return tuple(
            der.dotted(kind) for kind, found in self.extensions.items() if found.critical and kind not in _UNDERSTOOD
        )


def parse_certificate(data: bytes, what: str = "certificate") -> Certificate:
    """The certificate in the DER `data`, or `ChipDataError`. Neither its key nor its signature is looked at."""
    if len(data) > MAX_BYTES:
        raise ChipDataError(what, f"longer than {MAX_BYTES} bytes")
    outer = der.sequence(data, what)
    signed = outer.take(der.SEQUENCE)
    algorithm = outer.take(der.SEQUENCE)
    signature = der.whole_bits(outer.take(der.BIT_STRING), what)
    outer.end()
    parts = der.fields(signed, what)
    parts.optional(0xA0)  # the version
    serial_number = der.integer(parts.take(der.INTEGER), what, _MAX_SERIAL_BYTES)
    inner_algorithm = parts.take(der.SEQUENCE)
    # Only the object identifiers: some authorities repeat parameters in one place and not in the other.
    if _identifier(inner_algorithm, what) != _identifier(algorithm, what):
        raise ChipDataError(what, "two signature algorithms")
    issuer = parse_name(parts.take(der.SEQUENCE).raw, what)
    validity = der.fields(parts.take(der.SEQUENCE), what)
    not_before, not_after = (
        der.time(validity.take(der.UTC_TIME, der.GENERALIZED_TIME), what),
        der.time(validity.take(der.UTC_TIME, der.GENERALIZED_TIME), what),
    )
    subject = parse_name(parts.take(der.SEQUENCE).raw, what)
    spki = parts.take(der.SEQUENCE).raw
    parts.optional(0x81)  # unique identifiers of issuer and subject, which nobody uses
    parts.optional(0x82)
    found = parts.optional(0xA3)
    parts.end()
    certificate = Certificate(
        raw=data,
        signed=signed.raw,
        serial_number=serial_number,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        spki=spki,
        extensions={} if found is None else parse_extensions(found.value, what),
        algorithm=algorithm.raw,
        signature=signature,
    )
    _read_all(certificate)
    return certificate


def _identifier(algorithm: tlv.Tlv, what: str) -> bytes:
    return der.oid(der.fields(algorithm, what).take(der.OID), what)


def _read_all(certificate: Certificate) -> None:
    """Reads every extension once, so that a malformed one is found here and not while a card is judged."""
    _ = (
        certificate.key_identifier,
        certificate.key_digest,
        certificate.authority_key_identifier,
        certificate.key_usage,
        certificate.basic_constraints,
        certificate.private_key_usage,
        certificate.document_types,
        certificate.extended_key_usage,
        certificate.crl_addresses,
        certificate.issuing_states,
    )
