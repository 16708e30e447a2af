"""The facility's XML signature inside CHUKYDONVI (XMLDSig, W3C Recommendation 1.1).

That it is XMLDSig over the document is assumed: the exact profile stands only in the portal's own schema (confidence
medium), so every choice of it is configuration. Verifying follows "see what is signed": the records come out of the
bytes that the signature covers, never out of the document around them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml import SignatureConfiguration, XMLSigner, XMLVerifier
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException

from his_adapter.bhyt.xml0.document import (
    LIST,
    ROOT,
    SIGNATURE_PLACE,
    parse_tree,
    records_of,
    to_bytes,
)
from his_adapter.bhyt.xml0.identity import SigningIdentity
from his_adapter.bhyt.xml0.record import CheckInRecord0

DSIG = "http://www.w3.org/2000/09/xmldsig#"
LIST_ID = "DSACH"

# at DEBUG signxml logs what it signs: a patient
logging.getLogger("signxml.processor").setLevel(logging.INFO)


class SignedPart(StrEnum):
    """What the one reference covers."""

    DOCUMENT = "document"  # the whole document without the signature (URI="", enveloped)
    LIST = "list"  # DSACH_TRANG_THAI_KCB alone, by its Id


class Canonicalisation(StrEnum):
    """How XML becomes bytes, for the reference and for SignedInfo."""

    INCLUSIVE_1_0 = "inclusive_1_0"
    INCLUSIVE_1_1 = "inclusive_1_1"
    EXCLUSIVE = "exclusive"


class Digest(StrEnum):
    """Hash of the reference and of the signature."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class KeyInformation(StrEnum):
    """What KeyInfo tells of the signer."""

    CERTIFICATE = "certificate"
    CERTIFICATE_AND_KEY_VALUE = "certificate_and_key_value"


@dataclass(frozen=True, slots=True)
class SignatureProfile:
    """The choices XMLDSig leaves open. SHA-256 is what Decision 3176/QD-BYT's guide names."""

    part: SignedPart = SignedPart.DOCUMENT
    canonicalisation: Canonicalisation = Canonicalisation.INCLUSIVE_1_0
    digest: Digest = Digest.SHA256
    key_information: KeyInformation = KeyInformation.CERTIFICATE


class SignatureRefused(ValueError):
    """The document is not one that this certificate signed by this profile. Says why without quoting it."""


_CANONICAL = {
    Canonicalisation.INCLUSIVE_1_0: CanonicalizationMethod.CANONICAL_XML_1_0,
    Canonicalisation.INCLUSIVE_1_1: CanonicalizationMethod.CANONICAL_XML_1_1,
    Canonicalisation.EXCLUSIVE: CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
}


def sign(root: etree._Element, identity: SigningIdentity, profile: SignatureProfile) -> bytes:
    """The document with its signature in CHUKYDONVI. `root` is an unsigned tree of `document.build_tree`."""
    whole = profile.part is SignedPart.DOCUMENT
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped if whole else SignatureConstructionMethod.detached,
        signature_algorithm=_method(profile.digest, identity.certificate),
        digest_algorithm=DigestAlgorithm[profile.digest.name],
        c14n_algorithm=_CANONICAL[profile.canonicalisation],
    )
    key_value = profile.key_information is KeyInformation.CERTIFICATE_AND_KEY_VALUE
    place = root.find(SIGNATURE_PLACE)
    assert place is not None
    if whole:
        etree.SubElement(place, f"{{{DSIG}}}Signature", Id="placeholder", nsmap={"ds": DSIG})
        signed = signer.sign(root, key=identity.key, cert=[identity.certificate], always_add_key_value=key_value)
        return to_bytes(signed)
    root[0].set("Id", LIST_ID)
    place.append(
        signer.sign(
            root,
            key=identity.key,
            cert=[identity.certificate],
            reference_uri=f"#{LIST_ID}",
            id_attribute="Id",
            always_add_key_value=key_value,
        )
    )
    return to_bytes(root)


def verify(
    document: bytes, certificate: x509.Certificate, profile: SignatureProfile, moment: datetime | None = None
) -> tuple[CheckInRecord0, ...]:
    """The records that `certificate` signed, valid at `moment` (now). Raises UnreadableDocument, SignatureRefused."""
    root = parse_tree(document)
    expected = SignatureConfiguration(
        location=f"./{SIGNATURE_PLACE}/",
        expect_references=1,
        signature_methods=frozenset({_method(profile.digest, certificate)}),
        digest_algorithms=frozenset({DigestAlgorithm[profile.digest.name]}),
        verification_time=moment,
    )
    try:
        result = XMLVerifier().verify(root, x509_cert=certificate, id_attribute="Id", expect_config=expected)
    except (
        SignXMLException,
        InvalidSignature,
        UnsupportedAlgorithm,
        etree.LxmlError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        AssertionError,
    ) as error:  # signxml trusts the shape of a signature element, which anybody may have written
        raise SignatureRefused(type(error).__name__) from None
    signed = None if isinstance(result, list) else result.signed_xml
    tag = ROOT if profile.part is SignedPart.DOCUMENT else LIST
    if signed is None or signed.tag != tag:
        raise SignatureRefused("signed is another part")
    return records_of(signed[0] if signed.tag == ROOT else signed)


def _method(digest: Digest, certificate: x509.Certificate) -> SignatureMethod:
    kind = "RSA" if isinstance(certificate.public_key(), rsa.RSAPublicKey) else "ECDSA"
    return SignatureMethod[f"{kind}_{digest.name}"]
