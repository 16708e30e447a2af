"""A test document signer under a test country signer: it signs EF.SOD, EF.CardSecurity and master lists."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cccd_reader import der, tlv
from cccd_reader.emulation import signing
from cccd_reader.emulation.authority import (
    CSCA_NAME,
    VALID_FROM,
    TestAuthority,
    encode_key_usage,
    encode_name,
    encode_time,
    extension,
)
from cccd_reader.emulation.signing import PrivateKey, SignerKind, generate_key
from cccd_reader.pki import extensions
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.extensions import KeyUsage

__all__ = ["CSCA_NAME", "DOCUMENT_SIGNER_NAME", "PrivateKey", "SignerKind", "TestSigner", "generate_key"]

DOCUMENT_SIGNER_NAME = "TEST Document Signer Tiep Don"
LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
MASTER_LIST = "2.23.136.1.1.2"
SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5))
_YEARS = 10


@dataclass(frozen=True, slots=True, repr=False)
class TestSigner:
    """A document signer: its certificate and its authority's (DER), its key, and the scheme that it signs with.

    `authority` is the country signer with its key, to issue more signers and CRLs.
    """

    __test__ = False  # pytest takes classes called Test… for tests

    csca_certificate: bytes
    document_signer_certificate: bytes
    key: PrivateKey
    kind: SignerKind
    hash_name: str
    authority: TestAuthority

    @classmethod
    def create(
        cls,
        kind: SignerKind = SignerKind.EC,
        *,
        valid_from: datetime = VALID_FROM,
        hash_name: str = "sha256",
        explicit: bool = False,
    ) -> "TestSigner":
        """A document signer under a new authority. It is valid for ten years, so `valid_from` can make an expired one
        or one that is not yet valid."""
        authority = TestAuthority.create(kind, hash_name=hash_name, explicit=explicit, valid_from=valid_from)
        return cls.issued_by(authority, kind, valid_from=valid_from, hash_name=hash_name, explicit=explicit)

    @classmethod
    def issued_by(
        cls,
        authority: TestAuthority,
        kind: SignerKind = SignerKind.EC,
        *,
        valid_from: datetime = VALID_FROM,
        years: int = _YEARS,
        hash_name: str = "sha256",
        explicit: bool = False,
        key_usages: Iterable[KeyUsage] = (KeyUsage.DIGITAL_SIGNATURE,),
        document_types: Iterable[str] | None = ("ID",),
        extended_key_usage: bytes | None = None,
        issuer_key_identifier: bytes | None = None,
        serial: int | None = None,
    ) -> "TestSigner":
        """A document signer under `authority`. The other arguments make the ones that a terminal must not accept:
        `key_usages` that do not sign, `document_types` of other documents (None: not restricted), a claim to be of
        another authority's key (`issuer_key_identifier`). With `extended_key_usage` it is a master list signer."""
        key = generate_key(kind)
        info = signing.public_key_info(key, explicit=explicit)
        issuer = issuer_key_identifier or authority.key_identifier
        items = (
            extension(extensions.SUBJECT_KEY_IDENTIFIER, tlv.encode(der.OCTET_STRING, signing.key_identifier(info)))
            + extension(extensions.AUTHORITY_KEY_IDENTIFIER, tlv.encode(der.SEQUENCE, tlv.encode(0x80, issuer)))
            + extension(extensions.KEY_USAGE, encode_key_usage(key_usages), critical=True)
        )
        if document_types is not None:
            types = b"".join(tlv.encode(0x13, text.encode()) for text in document_types)
            value = tlv.encode(der.SEQUENCE, signing.integer(0) + tlv.encode(der.SET, types))
            items += extension(extensions.DOCUMENT_TYPE_LIST, value)
        if extended_key_usage is not None:
            value = tlv.encode(der.SEQUENCE, tlv.encode(der.OID, extended_key_usage))
            items += extension(extensions.EXTENDED_KEY_USAGE, value, critical=True)
        name = encode_name(authority.country, DOCUMENT_SIGNER_NAME)
        certificate = authority.issue(info, name, items, valid_from, years, serial)
        return cls(authority.certificate, certificate, key, kind, hash_name, authority)

    def sign_groups(
        self,
        groups: Mapping[int, bytes],
        *,
        version: int = 0,
        by_key_identifier: bool = False,
        signing_time: datetime | None = None,
    ) -> bytes:
        """EF.SOD over the data groups, by number, in a CMS SignedData version 3 (9303-10, 4.6.2)."""
        content = encode_security_object(groups, self.hash_name, version)
        signed = self.sign_content(
            LDS_SECURITY_OBJECT, content, by_key_identifier=by_key_identifier, signing_time=signing_time
        )
        return tlv.encode(0x77, signed)

    def sign_card_security(self, infos: bytes) -> bytes:
        """EF.CardSecurity with the SecurityInfos `infos`, a DER SET (9303-11, 9.2.11)."""
        return self.sign_content(SECURITY_OBJECT, infos)

    def sign_master_list(self, certificates: Iterable[bytes], *, signing_time: datetime | None = None) -> bytes:
        """A master list of the CSCA certificates (9303-12, 8.2), with the authority's certificate beside the signer's.
        The signer should have been issued with the extended key usage for it."""
        listed = b"".join(sorted(certificates))
        content = tlv.encode(der.SEQUENCE, signing.integer(0) + tlv.encode(der.SET, listed))
        return self.sign_content(
            MASTER_LIST, content, by_key_identifier=True, signing_time=signing_time, others=(self.csca_certificate,)
        )

    def sign_content(
        self,
        content_type: str,
        content: bytes,
        *,
        by_key_identifier: bool = False,
        signing_time: datetime | None = None,
        others: Iterable[bytes] = (),
    ) -> bytes:
        """A CMS SignedData (RFC 5652, 5) of `content` with the document signer's certificate: a ContentInfo in DER.

        The signer is named by issuer and serial number, or by its key identifier. `others` are further certificates.
        """
        digest = hashlib.new(self.hash_name, content, usedforsecurity=False).digest()
        attributes = [
            _attribute(_CONTENT_TYPE, _oid(content_type)),
            _attribute(_MESSAGE_DIGEST, tlv.encode(der.OCTET_STRING, digest)),
        ]
        if signing_time is not None:
            attributes.append(_attribute(_SIGNING_TIME, encode_time(signing_time)))
        encoded = b"".join(sorted(attributes))
        certificate = parse_certificate(self.document_signer_certificate)
        if by_key_identifier:
            sid = tlv.encode(0x80, certificate.key_identifier or b"")
        else:
            sid = tlv.encode(der.SEQUENCE, certificate.issuer.raw + signing.integer(certificate.serial_number))
        digest_identifier = signing.hash_identifier(self.hash_name)
        signer_info = (
            signing.integer(3 if by_key_identifier else 1)
            + sid
            + digest_identifier
            + tlv.encode(0xA0, encoded)
            + signing.signature_identifier(self.kind, self.hash_name)
            + tlv.encode(der.OCTET_STRING, self._sign(tlv.encode(der.SET, encoded)))
        )
        signed_data = (
            signing.integer(3)
            + tlv.encode(der.SET, digest_identifier)
            + tlv.encode(der.SEQUENCE, _oid(content_type) + tlv.encode(0xA0, tlv.encode(der.OCTET_STRING, content)))
            + tlv.encode(0xA0, self.document_signer_certificate + b"".join(others))
            + tlv.encode(der.SET, tlv.encode(der.SEQUENCE, signer_info))
        )
        return tlv.encode(der.SEQUENCE, _oid(_SIGNED_DATA) + tlv.encode(0xA0, tlv.encode(der.SEQUENCE, signed_data)))

    def _sign(self, message: bytes) -> bytes:
        return signing.sign(self.key, self.kind, self.hash_name, message)


def encode_security_object(groups: Mapping[int, bytes], hash_name: str = "sha256", version: int = 0) -> bytes:
    """LDSSecurityObject (9303-10, 4.6.2.3): the hash algorithm, and the hash of each data group. Version 1 names the
    versions of the LDS and of Unicode as well."""
    hashed = b"".join(
        tlv.encode(
            der.SEQUENCE,
            signing.integer(group)
            + tlv.encode(der.OCTET_STRING, hashlib.new(hash_name, data, usedforsecurity=False).digest()),
        )
        for group, data in sorted(groups.items())
    )
    body = signing.integer(version) + signing.hash_identifier(hash_name) + tlv.encode(der.SEQUENCE, hashed)
    if version:
        body += tlv.encode(der.SEQUENCE, tlv.encode(0x13, b"0108") + tlv.encode(0x13, b"040000"))
    return tlv.encode(der.SEQUENCE, body)


def _attribute(kind: str, value: bytes) -> bytes:
    return tlv.encode(der.SEQUENCE, _oid(kind) + tlv.encode(der.SET, value))


def _oid(dotted: str) -> bytes:
    return tlv.encode(der.OID, der.encode_oid(dotted))
