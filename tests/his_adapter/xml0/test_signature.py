"""Signing and verifying: what was signed is what is read."""

import itertools
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from his_adapter.bhyt.xml0 import (
    Canonicalisation,
    CheckInRecord0,
    Digest,
    KeyInformation,
    SignatureProfile,
    SignatureRefused,
    SignedPart,
    SigningIdentity,
    UnreadableDocument,
    build_tree,
    sign,
    to_bytes,
    verify,
)

from .conftest import RECORD

Records = Callable[..., CheckInRecord0]
PLAIN = SignatureProfile()
DS = "{http://www.w3.org/2000/09/xmldsig#}"
PROFILES = [
    SignatureProfile(*choices)
    for choices in itertools.product(SignedPart, Canonicalisation, [Digest.SHA256], [KeyInformation.CERTIFICATE])
] + [
    SignatureProfile(digest=Digest.SHA384, key_information=KeyInformation.CERTIFICATE_AND_KEY_VALUE),
    SignatureProfile(SignedPart.LIST, digest=Digest.SHA512),
]


def signed(identity: SigningIdentity, profile: SignatureProfile = PLAIN, *records: CheckInRecord0) -> bytes:
    return sign(build_tree(records or (RECORD,)), identity, profile)


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_what_was_signed_is_read(identity: SigningIdentity, profile: SignatureProfile, record: Records) -> None:
    records = (record(), record(stt="2", ten_dich_vu="A < B & C"))
    document = signed(identity, profile, *records)
    assert verify(document, identity.certificate, profile) == records


@pytest.mark.parametrize("part", SignedPart)
def test_with_the_kind_of_key_that_authorities_certify(rsa_identity: SigningIdentity, part: SignedPart) -> None:
    profile = SignatureProfile(part)
    assert verify(signed(rsa_identity, profile), rsa_identity.certificate, profile) == (RECORD,)


def test_the_signature_is_inside_chukydonvi_and_as_the_profile_says(rsa_identity: SigningIdentity) -> None:
    root = etree.fromstring(signed(rsa_identity))
    (signature,) = root.iter(f"{DS}Signature")
    parent = signature.getparent()
    assert parent is not None
    assert parent.tag == "CHUKYDONVI"

    def algorithm(name: str) -> list[str | None]:
        return [element.get("Algorithm") for element in signature.iter(DS + name)]

    assert [element.get("URI") for element in signature.iter(f"{DS}Reference")] == [""]
    assert algorithm("CanonicalizationMethod") == ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315"]
    assert algorithm("SignatureMethod") == ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    assert algorithm("DigestMethod") == ["http://www.w3.org/2001/04/xmlenc#sha256"]
    assert algorithm("Transform") == [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ]
    assert [element.tag for element in signature.iter(f"{DS}X509Certificate", f"{DS}KeyValue")] == [
        f"{DS}X509Certificate"
    ]


def test_the_list_alone_is_named_by_its_id(identity: SigningIdentity) -> None:
    root = etree.fromstring(signed(identity, SignatureProfile(SignedPart.LIST)))
    (reference,) = root.iter(f"{DS}Reference")
    assert reference.get("URI") == f"#{root[0].get('Id')}"


@pytest.mark.parametrize("part", SignedPart)
def test_a_changed_letter_is_seen(identity: SigningIdentity, part: SignedPart) -> None:
    profile = SignatureProfile(part)
    document = signed(identity, profile)
    changed = document.replace(b"DN4010000000101", b"DN4010000000102")
    assert changed != document
    with pytest.raises(SignatureRefused):
        verify(changed, identity.certificate, profile)


def test_another_facilitys_signature_is_refused(identity: SigningIdentity, stranger: SigningIdentity) -> None:
    with pytest.raises(SignatureRefused):
        verify(signed(stranger), identity.certificate, PLAIN)


def test_an_unsigned_document_is_refused(identity: SigningIdentity) -> None:
    with pytest.raises(SignatureRefused):
        verify(to_bytes(build_tree((RECORD,))), identity.certificate, PLAIN)


@pytest.mark.parametrize(
    "expected",
    [SignatureProfile(SignedPart.LIST), SignatureProfile(digest=Digest.SHA512)],
)
def test_another_profile_than_agreed_is_refused(identity: SigningIdentity, expected: SignatureProfile) -> None:
    with pytest.raises(SignatureRefused):
        verify(signed(identity), identity.certificate, expected)


def test_a_certificate_that_is_over_is_refused(identity: SigningIdentity, outdated: SigningIdentity) -> None:
    with pytest.raises(SignatureRefused):
        verify(signed(outdated), outdated.certificate, PLAIN)
    later = datetime.now(UTC) + timedelta(days=60)
    with pytest.raises(SignatureRefused):
        verify(signed(identity), identity.certificate, PLAIN, later)


def test_a_signed_list_moved_aside_for_another_is_refused(identity: SigningIdentity, record: Records) -> None:
    """Signature wrapping: the signed part stays in the document, where nobody looks for it."""
    profile = SignatureProfile(SignedPart.LIST)
    root = etree.fromstring(signed(identity, profile))
    other = build_tree((record(ho_ten="NGƯỜI KHÁC"),))[0]
    genuine = root[0]
    root.insert(0, other)
    root[2].append(genuine)
    with pytest.raises(UnreadableDocument):
        verify(to_bytes(root), identity.certificate, profile)
    root[1].append(genuine)
    with pytest.raises((UnreadableDocument, SignatureRefused)):
        verify(to_bytes(root), identity.certificate, profile)


def test_a_signature_without_sense_is_refused(identity: SigningIdentity) -> None:
    document = signed(identity)
    for name in ("SignedInfo", "SignatureValue", "Reference", "DigestValue", "Transforms", "CanonicalizationMethod"):
        root = etree.fromstring(document)
        for element in list(root.iter(DS + name)):
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)
        with pytest.raises(SignatureRefused):
            verify(to_bytes(root), identity.certificate, PLAIN)
    for name in ("SignatureValue", "DigestValue"):
        root = etree.fromstring(document)
        for element in root.iter(DS + name):
            element.text = "%%%"
        with pytest.raises(SignatureRefused):
            verify(to_bytes(root), identity.certificate, PLAIN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), hit=st.binary(min_size=1, max_size=3))
def test_damage_anywhere_is_seen_or_harmless(identity: SigningIdentity, place: float, hit: bytes) -> None:
    document = signed(identity)
    at = int(place * len(document))
    damaged = document[:at] + hit + document[at + len(hit) :]
    try:
        assert verify(damaged, identity.certificate, PLAIN) == (RECORD,)
    except (UnreadableDocument, SignatureRefused):
        return


def test_signing_and_verifying_log_no_patient(identity: SigningIdentity, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    verify(signed(identity), identity.certificate, PLAIN)
    assert "DN4010000000101" not in caplog.text
    assert "Canonicalized" not in caplog.text
