"""CMS SignedData (RFC 5652, 5), as EF.SOD, EF.CardSecurity and master lists are wrapped in it.

What signatures and digests are taken over stays raw: encoding it anew could give other bytes. The signature is verified
with the certificate that comes along; whether that certificate can be trusted is another question (`pki.chain`).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cccd_reader import ber, der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.names import parse_name
from cccd_reader.signatures import parse_hash, parse_signature_algorithm, verify_signature
from cccd_reader.tlv import Tlv

LDS_SECURITY_OBJECT = der.encode_oid("2.23.136.1.1.1")
"""id-icao-mrtd-security-ldsSecurityObject: the content of EF.SOD (9303-10, 4.6.2.2)."""
MASTER_LIST = der.encode_oid("2.23.136.1.1.2")
"""id-icao-cscaMasterList (9303-12, 8.2)."""
SECURITY_OBJECT = der.encode_oid("0.4.0.127.0.7.3.2.1")
"""id-SecurityObject: the content of EF.CardSecurity (TR-03110-3, A.1.2.5)."""

MAX_CERTIFICATES = 64
"""Embedded certificates that are looked at. A document has one, a master list few."""
_MAX_SERIAL_BYTES = 64
_OUTER_HEADERS = 256
"""Bytes in which an encoder that streams has shown that it does: up to the content's own wrappers."""

_SIGNED_DATA = der.encode_oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = der.encode_oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.encode_oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = der.encode_oid("1.2.840.113549.1.9.5")
_ALGORITHM_PROTECTION = der.encode_oid("1.2.840.113549.1.9.52")


@dataclass(frozen=True, slots=True)
class IssuerAndSerial:
    """The signer, named by who issued its certificate: the issuer's name (DER) and the serial number."""

    issuer: bytes
    serial_number: int


@dataclass(frozen=True, slots=True, repr=False)
class SignerInfo:
    """One signature. `signer` is a subject key identifier or a name with a serial number; `attributes` is the content
    of the signed attributes, or None when the content itself is signed; the algorithms are AlgorithmIdentifiers."""

    signer: IssuerAndSerial | bytes
    digest_algorithm: bytes
    attributes: bytes | None
    algorithm: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SignedData:
    """`content` are the very bytes that the signature covers, `certificates` the embedded ones, each in DER."""

    what: str
    content_type: bytes
    content: bytes
    certificates: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]

    def __repr__(self) -> str:
        return f"SignedData({self.what}, {der.dotted(self.content_type)})"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that holds: by whom, with what ("ECDSA brainpoolP256r1 sha256"), and when, if it says so."""

    certificate: Certificate
    algorithm: str
    signing_time: datetime | None


def parse_signed_data(data: bytes, content_type: bytes, what: str) -> SignedData:
    """The ContentInfo `data`, whose content must be of `content_type`; else `ChipDataError`.

    DER, as 9303 wants it, or BER with indefinite lengths. No signature is verified."""
    try:
        return _parse(data, content_type, what)
    except ChipDataError:
        if len(data) > ber.MAX_BYTES or b"\x80" not in data[:_OUTER_HEADERS]:
            raise
        definite = ber.to_definite(data, what)
        if definite == data:
            raise
        return _parse(definite, content_type, what)


def _parse(data: bytes, content_type: bytes, what: str) -> SignedData:
    outer = der.sequence(data, what)
    if der.oid(outer.take(der.OID), what) != _SIGNED_DATA:
        raise ChipDataError(what, "no CMS SignedData")
    parts = der.sequence(outer.take(0xA0).value, what)
    parts.take(der.INTEGER)
    parts.take(der.SET)
    encapsulated = der.fields(parts.take(der.SEQUENCE), what)
    found = der.oid(encapsulated.take(der.OID), what)
    if found != content_type:
        raise ChipDataError(what, f"content of type {der.dotted(found)} where {der.dotted(content_type)} must be")
    content = tlv.decode(encapsulated.take(0xA0).value, what, der.OCTET_STRING).value
    certificates = parts.optional(0xA0)
    parts.optional(0xA1)  # CRLs: none that a document brings along would be believed
    signers = tuple(_signer_info(item, what) for item in tlv.iterate(parts.take(der.SET).value, what))
    return SignedData(what, found, content, _certificates(certificates, what), signers)


def verify_signed_data(signed: SignedData, others: Iterable[Certificate] = ()) -> Signed:
    """Verifies the one signature with the certificate inside, or one of `others` where it is not there: old documents
    may leave it out.

    Raises `ChipDataError` when it is wrong or something is missing, `UnsupportedKeyError` for algorithms outside
    9303-12, 4.4.
    """
    what = signed.what
    if len(signed.signers) != 1:
        raise ChipDataError(what, f"{len(signed.signers)} signers where one must be")
    signer = signed.signers[0]
    digest_name = parse_hash(signer.digest_algorithm, what)
    attributes = None if signer.attributes is None else _attributes(signer.attributes, what)
    if attributes is not None:
        _check_attributes(attributes, signed, signer, digest_name)
    certificate = signer_certificate(signed, others)
    key = certificate.public_key()
    algorithm = parse_signature_algorithm(signer.algorithm, what, digest_name)
    messages = (signed.content,) if signer.attributes is None else _attribute_messages(signer.attributes, what)
    if not any(verify_signature(key, algorithm, message, signer.signature, what) for message in messages):
        raise ChipDataError(what, "the signature is wrong")
    return Signed(certificate, algorithm.describe(key), signing_time(signed))


def signer_certificate(signed: SignedData, others: Iterable[Certificate] = ()) -> Certificate:
    """The certificate that the (first) signer names, embedded or one of `others`; or `ChipDataError`. It has not been
    verified."""
    if not signed.signers:
        raise ChipDataError(signed.what, "0 signers where one must be")
    wanted = signed.signers[0].signer
    key = parse_name(wanted.issuer, signed.what).key if isinstance(wanted, IssuerAndSerial) else ()
    embedded = [_certificate_or_none(raw, signed.what) for raw in signed.certificates]
    for certificate in (*embedded, *others):
        if certificate is None:
            continue
        if isinstance(wanted, bytes):
            if wanted in (certificate.key_identifier, certificate.key_digest):
                return certificate
        elif certificate.serial_number == wanted.serial_number and certificate.issuer.key == key:
            return certificate
    raise ChipDataError(
        signed.what, "the signer's certificate is " + ("malformed" if None in embedded else "not in the file")
    )


def _certificate_or_none(raw: bytes, what: str) -> Certificate | None:
    try:
        return parse_certificate(raw, what)
    except ChipDataError:
        return None


def signing_time(signed: SignedData) -> datetime | None:
    """When the signer says that it signed (RFC 5652, 11.3), or None when it does not."""
    for signer in signed.signers[:1]:
        if signer.attributes is not None:
            found = _attributes(signer.attributes, signed.what).get(_SIGNING_TIME)
            if found is not None:
                return der.time(found, signed.what)
    return None


def _signer_info(item: Tlv, what: str) -> SignerInfo:
    if item.tag != der.SEQUENCE:
        raise ChipDataError(what, "malformed signer")
    parts = der.fields(item, what)
    parts.take(der.INTEGER)
    sid = parts.take(der.SEQUENCE, 0x80)
    signer: IssuerAndSerial | bytes
    if sid.tag == 0x80:
        signer = sid.value
    else:
        name = der.fields(sid, what)
        issuer = name.take(der.SEQUENCE).raw
        signer = IssuerAndSerial(issuer, der.integer(name.take(der.INTEGER), what, _MAX_SERIAL_BYTES))
    digest_algorithm = parts.take(der.SEQUENCE).raw
    attributes = parts.optional(0xA0)
    algorithm = parts.take(der.SEQUENCE).raw
    signature = parts.take(der.OCTET_STRING).value
    return SignerInfo(signer, digest_algorithm, attributes.value if attributes else None, algorithm, signature)


def _certificates(item: Tlv | None, what: str) -> tuple[bytes, ...]:
    """Other kinds of certificates (CertificateChoices with a tag of their own) are passed over."""
    if item is None:
        return ()
    found = [choice.raw for choice in tlv.iterate(item.value, what) if choice.tag == der.SEQUENCE]
    if len(found) > MAX_CERTIFICATES:
        raise ChipDataError(what, f"more than {MAX_CERTIFICATES} certificates")
    return tuple(found)


def _attributes(content: bytes, what: str) -> Mapping[bytes, Tlv]:
    """The signed attributes that have a meaning here, each with its one value."""
    found: dict[bytes, Tlv] = {}
    for item in tlv.iterate(content, what):
        parts = der.fields(item, what)
        kind = der.oid(parts.take(der.OID), what)
        if kind not in (_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME, _ALGORITHM_PROTECTION):
            continue
        if kind in found:
            raise ChipDataError(what, "a signed attribute comes twice")
        found[kind] = tlv.decode(parts.take(der.SET).value, what)
    return found


def _check_attributes(
    attributes: Mapping[bytes, Tlv], signed: SignedData, signer: SignerInfo, digest_name: str
) -> None:
    """The attributes stand for the content only if they carry its type and digest (RFC 5652, 11.1 and 11.2)."""
    what = signed.what
    for kind, name in ((_CONTENT_TYPE, "content_type"), (_MESSAGE_DIGEST, "message_digest")):
        if kind not in attributes:
            raise ChipDataError(what, f"the signed attribute {name} is missing")
    if der.oid(attributes[_CONTENT_TYPE], what) != signed.content_type:
        raise ChipDataError(what, "the signed attributes are of another content type")
    digest = hashlib.new(digest_name, signed.content, usedforsecurity=False).digest()
    if not hmac.compare_digest(attributes[_MESSAGE_DIGEST].value, digest):
        raise ChipDataError(what, "the signed digest is of another content")
    if _ALGORITHM_PROTECTION in attributes:
        # RFC 6211: the algorithms are signed as well, so that nobody can put others in their place.
        parts = der.fields(attributes[_ALGORITHM_PROTECTION], what)
        named = [parts.take(der.SEQUENCE).value, parts.take(0xA1).value]
        used = [tlv.decode(raw, what).value for raw in (signer.digest_algorithm, signer.algorithm)]
        if [tlv.find(value, der.OID, what).value for value in named] != [
            tlv.find(value, der.OID, what).value for value in used
        ]:
            raise ChipDataError(what, "the signed attributes name other algorithms")


def _attribute_messages(attributes: bytes, what: str) -> tuple[bytes, ...]:
    """What can have been signed: the attributes as a SET, though they stand in the file under an implicit tag.

    It is their DER encoding that is signed, whatever the file has (RFC 5652, 5.4): so the order of DER comes second.
    """
    ordered = b"".join(sorted(item.raw for item in tlv.iterate(attributes, what)))
    if ordered == attributes:
        return (tlv.encode(der.SET, attributes),)
    return tlv.encode(der.SET, attributes), tlv.encode(der.SET, ordered)
