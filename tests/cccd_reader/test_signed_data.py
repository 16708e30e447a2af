"""CMS SignedData and EF.CardSecurity: what is signed, by whom it says it is, and when."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import signing
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.signing import SignerKind
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.card_security import parse_card_security
from cccd_reader.lds.signed_data import (
    LDS_SECURITY_OBJECT,
    MAX_CERTIFICATES,
    SECURITY_OBJECT,
    IssuerAndSerial,
    SignedData,
    parse_signed_data,
    signer_certificate,
    signing_time,
    verify_signed_data,
)
from cccd_reader.lds.sod import compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import CheckState

CONTENT = b"what is signed"
DATE = datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def signer() -> TestSigner:
    return TestSigner.create()


@pytest.fixture(scope="module")
def raw(signer: TestSigner) -> bytes:
    return signer.sign_content("2.23.136.1.1.1", CONTENT, signing_time=DATE)


def parse(raw: bytes) -> SignedData:
    return parse_signed_data(raw, LDS_SECURITY_OBJECT, "test")


@pytest.mark.parametrize("name", ["bsi_tr03105_5", "etsi_tr103200"])
def test_the_reference_data_sets(emrtd_data: Path, name: str) -> None:
    """RSASSA-PSS with SHA-256; whole files of the test suites of BSI and ETSI."""
    sod = parse_sod((emrtd_data / "sod" / f"{name}.bin").read_bytes())
    assert (sod.hash_algorithm, sod.version, sod.lds_version) == ("sha256", 0, None)
    verdict = verify_signature(sod)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason == "RSASSA-PSS 2048 sha256, with the certificate in the file"
    assert signer_certificate(sod.signed_data).subject.country == "DE"
    assert signing_time(sod.signed_data) is None


def test_the_data_groups_of_the_reference_data_sets(emrtd_data: Path) -> None:
    samples = json.loads((emrtd_data / "dg14_dg15_samples.json").read_text("utf-8"))
    for name, groups in (("bsi_tr03105_5", {14: "bsi_dg14"}), ("etsi_tr103200", {14: "etsi_dg14", 15: "etsi_dg15"})):
        sod = parse_sod((emrtd_data / "sod" / f"{name}.bin").read_bytes())
        files = {group: bytes.fromhex(samples[key]["hex"]) for group, key in groups.items()}
        assert compare_hashes(sod, files).state is CheckState.SUCCESSFUL, name


def test_what_is_read(signer: TestSigner, raw: bytes) -> None:
    found = parse(raw)
    assert found.content == CONTENT
    assert found.certificates == (signer.document_signer_certificate,)
    (info,) = found.signers
    assert isinstance(info.signer, IssuerAndSerial)
    assert signing_time(found) == DATE
    signed = verify_signed_data(found)
    assert signed.certificate.raw == signer.document_signer_certificate
    assert (signed.algorithm, signed.signing_time) == ("ECDSA brainpoolP256r1 sha256", DATE)
    assert repr(found) == "SignedData(test, 2.23.136.1.1.1)"
    assert "CONTENT" not in repr(info)


@pytest.mark.parametrize("kind", list(SignerKind))
@pytest.mark.parametrize("by_key_identifier", [False, True])
def test_every_scheme(kind: SignerKind, by_key_identifier: bool) -> None:
    for hash_name, explicit in (("sha1", False), ("sha224", True), ("sha512", True)):
        if kind in (SignerKind.RSA, SignerKind.RSA_PSS) and hash_name == "sha1":
            continue  # one key less to generate
        made = TestSigner.create(kind, hash_name=hash_name, explicit=explicit)
        sod = parse_sod(made.sign_groups({1: b"a"}, by_key_identifier=by_key_identifier, version=1))
        assert (sod.hash_algorithm, sod.version, sod.lds_version, sod.unicode_version) == (
            hash_name, 1, "0108", "040000",
        )  # fmt: skip
        assert verify_signature(sod).state is CheckState.SUCCESSFUL


def test_a_signer_without_a_time(signer: TestSigner) -> None:
    found = parse(signer.sign_content("2.23.136.1.1.1", CONTENT))
    assert signing_time(found) is None
    assert signing_time(replace(found, signers=())) is None
    with pytest.raises(ChipDataError, match="0 signers"):
        signer_certificate(replace(found, signers=()))
    with pytest.raises(ChipDataError, match="2 signers where one must be"):
        verify_signed_data(replace(found, signers=found.signers * 2))


def test_a_broken_certificate_is_passed_over_and_told(raw: bytes) -> None:
    found = parse(raw)
    both = replace(found, certificates=(b"\x30\x00", *found.certificates))
    assert verify_signed_data(both).certificate.raw == found.certificates[0]
    with pytest.raises(ChipDataError, match="certificate is malformed"):
        verify_signed_data(replace(found, certificates=(b"\x30\x00",)))
    with pytest.raises(ChipDataError, match="certificate is not in the file"):
        verify_signed_data(replace(found, certificates=()))


def attribute(number: int, value: bytes) -> bytes:
    kind = tlv.encode(der.OID, der.encode_oid(f"1.2.840.113549.1.9.{number}"))
    return tlv.encode(der.SEQUENCE, kind + tlv.encode(der.SET, value))


def resigned(signer: TestSigner, found: SignedData, attributes: bytes, signed: bytes | None = None) -> SignedData:
    """With other attributes, which the signer signed."""
    (info,) = found.signers
    message = tlv.encode(der.SET, attributes if signed is None else signed)
    signature = signing.sign(signer.key, signer.kind, signer.hash_name, message)
    return replace(found, signers=(replace(info, attributes=attributes, signature=signature),))


def test_attributes_in_another_order_than_they_were_signed(signer: TestSigner, raw: bytes) -> None:
    """It is their DER encoding that is signed, whatever order the file has (RFC 5652, 5.4)."""
    found = parse(raw)
    assert found.signers[0].attributes is not None
    items = [item.raw for item in tlv.iterate(found.signers[0].attributes)]
    shuffled, ordered = b"".join(reversed(items)), b"".join(sorted(items))
    assert shuffled != ordered
    assert verify_signed_data(resigned(signer, found, shuffled, ordered)).signing_time == DATE
    assert verify_signed_data(resigned(signer, found, shuffled)).signing_time == DATE
    with pytest.raises(ChipDataError, match="signature is wrong"):
        verify_signed_data(resigned(signer, found, shuffled, shuffled[:-1]))


def test_an_attribute_that_comes_twice(signer: TestSigner, raw: bytes) -> None:
    """Else one signing time would be checked and another one shown."""
    found = parse(raw)
    again = attribute(5, tlv.encode(der.UTC_TIME, b"200101000000Z"))
    assert found.signers[0].attributes is not None
    with pytest.raises(ChipDataError, match="comes twice"):
        verify_signed_data(resigned(signer, found, found.signers[0].attributes + again))


def test_attributes_that_protect_the_algorithms(signer: TestSigner, raw: bytes) -> None:
    """RFC 6211, as the German master list has it."""
    found = parse(raw)
    (info,) = found.signers
    assert info.attributes is not None
    digest, algorithm = info.digest_algorithm, tlv.decode(info.algorithm).value
    right = attribute(52, tlv.encode(der.SEQUENCE, digest + tlv.encode(0xA1, algorithm)))
    assert verify_signed_data(resigned(signer, found, info.attributes + right)).signing_time == DATE
    other = tlv.decode(signing.signature_identifier(SignerKind.EC, "sha512")).value
    wrong = attribute(52, tlv.encode(der.SEQUENCE, digest + tlv.encode(0xA1, other)))
    with pytest.raises(ChipDataError, match="name other algorithms"):
        verify_signed_data(resigned(signer, found, info.attributes + wrong))


def test_other_attributes_are_passed_over(signer: TestSigner, raw: bytes) -> None:
    found = parse(raw)
    assert found.signers[0].attributes is not None
    attributes = found.signers[0].attributes + attribute(99, b"\x05\x00")
    assert verify_signed_data(resigned(signer, found, attributes)).signing_time == DATE


def test_malformed_structures(raw: bytes) -> None:
    def cms(*parts: bytes, content_type: str = "1.2.840.113549.1.7.2") -> bytes:
        body = tlv.encode(der.SEQUENCE, b"".join(parts))
        kind = tlv.encode(der.OID, der.encode_oid(content_type))
        return tlv.encode(der.SEQUENCE, kind + tlv.encode(0xA0, body))

    version, digests = b"\x02\x01\x03", b"\x31\x00"
    kind = tlv.encode(der.OID, LDS_SECURITY_OBJECT)
    content = tlv.encode(der.SEQUENCE, kind + tlv.encode(0xA0, tlv.encode(der.OCTET_STRING, b"x")))
    many = tlv.encode(0xA0, b"\x30\x00" * (MAX_CERTIFICATES + 1))
    for data, rule in (
        (cms(content_type="1.2.840.113549.1.7.1"), "no CMS SignedData"),
        (cms(version, digests, tlv.encode(der.SEQUENCE, kind)), "where tag A0 must be"),
        (cms(version, digests, content), "where tag 31 must be"),
        (cms(version, digests, content, many, b"\x31\x00"), f"more than {MAX_CERTIFICATES} certificates"),
        (cms(version, digests, content, b"\x31\x02\x05\x00"), "malformed signer"),
        (cms(version, digests, content, b"\x31\x02\x30\x00"), "where tag 02 must be"),
    ):
        with pytest.raises(ChipDataError, match=rule):
            parse(data)
    empty = parse(cms(version, digests, content, b"\xa1\x00", b"\x31\x00"))
    assert (empty.content, empty.certificates, empty.signers) == (b"x", (), ())


def test_card_security(signer: TestSigner) -> None:
    found = parse_card_security(signer.sign_card_security(FALLBACK))
    assert found.infos.pace[0].version == 2
    assert found.signed_data.content == FALLBACK
    assert found.verify().certificate.raw == signer.document_signer_certificate
    changed = replace(found, signed_data=replace(found.signed_data, content=FALLBACK[:-1] + b"\x0c"))
    with pytest.raises(ChipDataError, match="of another content"):
        changed.verify()
    with pytest.raises(ChipDataError, match="content of type"):
        parse_card_security(tlv.decode(signer.sign_groups({1: b"a"})).value)
    with pytest.raises(ChipDataError):
        parse_card_security(signer.sign_card_security(b"\x31\x02\x05"))


@given(st.binary(max_size=300))
def test_any_bytes_are_signed_data_or_bad_data(data: bytes) -> None:
    for content_type in (LDS_SECURITY_OBJECT, SECURITY_OBJECT):
        with pytest.raises(ChipDataError):
            parse_signed_data(data, content_type, "test")


@given(data=st.data())
def test_what_verifies_is_what_was_signed(data: st.DataObject, raw: bytes) -> None:
    """Any byte changed: then it is malformed, or it does not verify, or nothing that was signed is different."""
    changed = bytearray(raw)
    changed[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse(bytes(changed))
        signed = verify_signed_data(found)
    except (ChipDataError, UnsupportedKeyError):
        return
    assert found.content == CONTENT
    assert signed.signing_time == DATE
