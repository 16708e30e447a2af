"""A test authority: a country signer, a document signer under it, and EF.SOD signed by the latter.

The certificates have the extensions of ICAO 9303-12, 7.1, and names that nobody can take for an authority's.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from cccd_reader import tlv
from cccd_reader.lds.sod import OID_LDS_SECURITY_OBJECT

CSCA_NAME = "TEST CSCA Tiep Don"
DOCUMENT_SIGNER_NAME = "TEST Document Signer Tiep Don"
_ORGANISATION = "TEST - no authority, proves nothing"

_DOCUMENT_TYPES = x509.ObjectIdentifier("2.23.136.1.1.6.2")
"""id-icao-mrtd-security-extensions-documentTypeList (9303-12, 7.1.1.6)."""
_RSA_BITS = 2048
_CSCA_YEARS, _DOCUMENT_SIGNER_YEARS = 15, 10
_DIGEST = "sha256"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SignerKind(StrEnum):
    """ECDSA on brainpoolP256r1, or RSA with PKCS #1 v1.5; both with SHA-256."""

    EC = "ec"
    RSA = "rsa"


def generate_key(kind: SignerKind) -> PrivateKey:
    if kind is SignerKind.EC:
        return ec.generate_private_key(ec.BrainpoolP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


@dataclass(frozen=True, slots=True, repr=False)
class TestSigner:
    """The two certificates (DER) and the document signer's key. The country signer's key is not kept: it signs once."""

    __test__ = False  # pytest takes classes called Test… for tests

    csca_certificate: bytes
    document_signer_certificate: bytes
    key: PrivateKey

    @classmethod
    def create(
        cls, kind: SignerKind = SignerKind.EC, *, valid_from: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    ) -> "TestSigner":
        """A new authority. Its document signer is valid for ten years, so `valid_from` can make an expired one."""
        csca_key, key = generate_key(kind), generate_key(kind)
        csca = _csca(csca_key, valid_from)
        signer = _document_signer(key, csca, csca_key, valid_from)
        return cls(csca.public_bytes(serialization.Encoding.DER), signer.public_bytes(serialization.Encoding.DER), key)

    def sign_groups(self, groups: Mapping[int, bytes]) -> bytes:
        """EF.SOD over the data groups, by number: SHA-256 of each, in a CMS SignedData version 3 (9303-10, 4.6.2)."""
        return tlv.encode(0x77, self.sign_content(OID_LDS_SECURITY_OBJECT, encode_security_object(groups)))

    def sign_content(self, content_type: str, content: bytes) -> bytes:
        """A CMS SignedData (RFC 5652, 5) of `content` with the document signer's certificate: a ContentInfo in DER."""
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": [content_type]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            ]
        )
        certificate = asn1_x509.Certificate.load(self.document_signer_certificate)
        signer_info = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": _DIGEST},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": f"{_DIGEST}_{'ecdsa' if self._is_ec else 'rsa'}"},
            "signature": self._sign(attributes.dump()),
        }
        signed_data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": _DIGEST}],
                "encap_content_info": {"content_type": content_type, "content": content},
                "certificates": [certificate],
                "signer_infos": [signer_info],
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump())

    @property
    def _is_ec(self) -> bool:
        return isinstance(self.key, ec.EllipticCurvePrivateKey)

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def encode_security_object(groups: Mapping[int, bytes]) -> bytes:
    """LDSSecurityObject version 0 (9303-10, 4.6.2.3): the hash algorithm, and the hash of each data group."""
    hashed = b"".join(
        tlv.encode(0x30, tlv.encode(0x02, bytes([group])) + tlv.encode(0x04, hashlib.sha256(data).digest()))
        for group, data in sorted(groups.items())
    )
    algorithm = bytes(algos.DigestAlgorithm({"algorithm": _DIGEST}).dump())
    return tlv.encode(0x30, tlv.encode(0x02, b"\x00") + algorithm + tlv.encode(0x30, hashed))


def _csca(key: PrivateKey, valid_from: datetime) -> x509.Certificate:
    name = _name(CSCA_NAME)
    return (
        _builder(name, name, key, valid_from, _CSCA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _document_signer(
    key: PrivateKey, csca: x509.Certificate, csca_key: PrivateKey, valid_from: datetime
) -> x509.Certificate:
    identity_card = tlv.encode(0x30, tlv.encode(0x02, b"\x00") + tlv.encode(0x31, tlv.encode(0x13, b"ID")))
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(csca_key.public_key())
    return (
        _builder(_name(DOCUMENT_SIGNER_NAME), csca.subject, key, valid_from, _DOCUMENT_SIGNER_YEARS)
        .add_extension(authority, critical=False)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.UnrecognizedExtension(_DOCUMENT_TYPES, identity_card), critical=False)
        .sign(csca_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, valid_from: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_from + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
