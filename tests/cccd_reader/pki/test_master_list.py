"""Master lists: the two public ones in full, and our own for every way to be refused."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.emulation.signer import MASTER_LIST, TestSigner
from cccd_reader.errors import ChipDataError
from cccd_reader.pki import master_list
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.extensions import MASTER_LIST_SIGNING, KeyUsage
from cccd_reader.pki.master_list import MasterList, parse_master_list, verify_master_list
from cccd_reader.verdict import CheckState


def self_signed(certificate: Certificate) -> bool:
    """As it says of itself: a link certificate has its predecessor's name or key for an issuer."""
    return certificate.self_issued and certificate.authority_key_identifier in (None, certificate.key_identifier)


@pytest.fixture(scope="module")
def exceptions(lists_folder: Path) -> dict[str, set[str]]:
    """Kind of exception: the beginnings of the SHA-256 of the certificates it is about."""
    table = tomllib.loads((lists_folder / "exceptions.toml").read_text("utf-8"))
    return {kind: {entry["sha256"] for entry in entries} for kind, entries in table.items()}


def test_every_certificate_of_both_lists_loads(german_list: MasterList, dutch_list: MasterList) -> None:
    assert (len(german_list.certificates), german_list.broken, german_list.version) == (588, (), 0)
    assert (len(dutch_list.certificates), dutch_list.broken, dutch_list.version) == (411, (), 0)
    assert repr(german_list) == "MasterList(588 certificates)"


def test_every_key_is_understood(listed: dict[str, Certificate]) -> None:
    assert len(listed) == 627
    for certificate in listed.values():
        certificate.public_key()
        certificate.signature_algorithm()
        assert certificate.unknown_critical == ()


def test_every_self_signed_certificate_verifies(listed: dict[str, Certificate]) -> None:
    found = [certificate for certificate in listed.values() if self_signed(certificate)]
    assert len(found) == 414
    assert [str(item) for item in found if not item.signed_by(item.public_key())] == []


def test_every_link_certificate_verifies_or_is_a_listed_exception(
    listed: dict[str, Certificate], exceptions: dict[str, set[str]]
) -> None:
    links = [certificate for certificate in listed.values() if not self_signed(certificate)]
    assert len(links) == 213
    unverified = set()
    for link in links:
        candidates = [item for item in listed.values() if item is not link and is_candidate(link, item)]
        if not any(signed_by(link, item) for item in candidates):
            unverified.add(link.fingerprint[:16])
    assert unverified == exceptions["unverified"]


def is_candidate(link: Certificate, issuer: Certificate) -> bool:
    """A link carries trust over within one country, with two changes of hands on the lists."""
    return issuer.key_identifier == link.authority_key_identifier or issuer.subject.country == link.issuer.country


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        return certificate.signed_by(issuer.public_key())
    except ChipDataError:
        return False  # a key of another kind


def test_the_other_exceptions_are_listed_too(listed: dict[str, Certificate], exceptions: dict[str, set[str]]) -> None:
    constraints = {key[:16]: item.basic_constraints for key, item in listed.items()}
    assert {key for key, found in constraints.items() if found is None or not found.ca} == exceptions["no_authority"]
    assert {key[:16] for key, item in listed.items() if item.serial_number <= 0} == exceptions["serial_number"]


def test_the_documentation_names_every_exception(exceptions: dict[str, set[str]], lists_folder: Path) -> None:
    text = (lists_folder.parents[3] / "docs" / "trust.md").read_text("utf-8")
    for prefixes in exceptions.values():
        assert [prefix for prefix in prefixes if f"`{prefix}`" not in text] == []


def test_the_german_lists_own_signature(german_list: MasterList, german_root: Certificate, now: datetime) -> None:
    verdict = verify_master_list(german_list, [german_root], now)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason == "ECDSA brainpoolP256r1 sha256, signed by CSCA Master List Signer, on 2026-05-28"
    assert verdict.root is german_root
    assert german_list.signing_time == datetime(2026, 5, 28, 6, 28, 45, tzinfo=UTC)


def test_the_dutch_lists_own_signature(dutch_list: MasterList, dutch_root: Certificate, now: datetime) -> None:
    verdict = verify_master_list(dutch_list, [dutch_root], now)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason == "RSA 4096 sha256, signed by Masterlist Signer NL, on 2026-07-23"


def test_a_list_under_another_root_is_not_verified(
    german_list: MasterList, dutch_root: Certificate, now: datetime
) -> None:
    for roots in ([], [dutch_root]):
        verdict = verify_master_list(german_list, roots, now)
        assert verdict.state is CheckState.UNDETERMINED
        assert "does not lead to any of the given roots" in verdict.reason


def test_a_list_with_one_certificate_changed_is_refused(
    lists_folder: Path, german_root: Certificate, now: datetime
) -> None:
    raw = (lists_folder / "DE_ML_2026-05-28-08-28-45.ml").read_bytes()
    changed = parse_master_list(raw.replace(b"CSCA ePassport Vietnam", b"CSCA ePassport Vietnom"))
    verdict = verify_master_list(changed, [german_root], now)
    assert verdict.state is CheckState.FAILED
    assert "signed digest is of another content" in verdict.reason


def test_what_has_expired_since_is_reported(german_list: MasterList, german_root: Certificate) -> None:
    verdict = verify_master_list(german_list, [german_root], datetime(2040, 1, 1, tzinfo=UTC))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "its certificate expired on 2028-10-17" in verdict.reason
    assert "the root expired on 2039-01-01" in verdict.reason


def test_our_own_list(list_signer: TestSigner, csca: Certificate, now: datetime) -> None:
    made = parse_master_list(list_signer.sign_master_list([csca.raw], signing_time=now))
    assert made.certificates == (csca,)
    assert verify_master_list(made, [csca], now).state is CheckState.SUCCESSFUL
    undated = parse_master_list(list_signer.sign_master_list([csca.raw]))
    assert "without a time" in verify_master_list(undated, [csca], now).reason


def test_a_new_root_is_reached_over_a_link(authority: TestAuthority, csca: Certificate, now: datetime) -> None:
    """The root that somebody trusts is the old one: its link certificate in the list leads to the new one."""
    successor = TestAuthority.create()
    signer = TestSigner.issued_by(successor, document_types=None, extended_key_usage=MASTER_LIST_SIGNING)
    content = tlv.encode(0x30, b"\x02\x01\x00" + tlv.encode(0x31, csca.raw))
    link = authority.issue_link(successor)
    linked = signer.sign_content(MASTER_LIST, content, others=(b"\x30\x00", link))
    assert verify_master_list(parse_master_list(linked), [csca], now).root == csca
    alone = signer.sign_content(MASTER_LIST, content)
    assert verify_master_list(parse_master_list(alone), [csca], now).state is CheckState.UNDETERMINED


def test_signers_that_may_not_sign_lists(
    authority: TestAuthority, csca: Certificate, signer: TestSigner, now: datetime
) -> None:
    other = TestSigner.issued_by(
        authority, extended_key_usage=MASTER_LIST_SIGNING, key_usages=(KeyUsage.CRL_SIGNING,), document_types=None
    )
    for wrong in (signer, other):
        verdict = verify_master_list(parse_master_list(wrong.sign_master_list([csca.raw])), [csca], now)
        assert verdict.state is CheckState.FAILED
        assert "not for signing master lists" in verdict.reason


def test_a_list_signed_outside_its_signers_validity(list_signer: TestSigner, csca: Certificate, now: datetime) -> None:
    early = parse_master_list(list_signer.sign_master_list([csca.raw], signing_time=now - timedelta(days=5000)))
    verdict = verify_master_list(early, [csca], now)
    assert verdict.state is CheckState.FAILED
    assert "was not valid on 2013-" in verdict.reason
    undated = parse_master_list(list_signer.sign_master_list([csca.raw]))
    assert verify_master_list(undated, [csca], now + timedelta(days=5000)).state is CheckState.FAILED


def test_an_unknown_hash_is_not_supported(list_signer: TestSigner, csca: Certificate, now: datetime) -> None:
    raw = list_signer.sign_master_list([csca.raw])
    sha256 = bytes.fromhex("0609608648016503040201")
    changed = parse_master_list(raw.replace(sha256, sha256[:-1] + b"\x09"))
    assert verify_master_list(changed, [csca], now).state is CheckState.NOT_SUPPORTED


def test_a_broken_certificate_does_not_spoil_the_list(
    list_signer: TestSigner, csca: Certificate, now: datetime
) -> None:
    made = parse_master_list(list_signer.sign_master_list([csca.raw, tlv.encode(0x30, b"\x30\x00")]))
    assert made.certificates == (csca,)
    assert made.broken == ((0, "nothing where tag 30 must be"),)
    assert verify_master_list(made, [csca], now).state is CheckState.SUCCESSFUL


def test_lists_that_are_too_long(list_signer: TestSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_list, "MAX_CERTIFICATES", 2)
    with pytest.raises(ChipDataError, match="more than 2 certificates"):
        parse_master_list(list_signer.sign_master_list([b"\x30\x00"] * 3))
    monkeypatch.setattr(master_list, "MAX_BYTES", 100)
    with pytest.raises(ChipDataError, match="longer than 100 bytes"):
        parse_master_list(bytes(101))


def test_a_documents_security_object_is_no_master_list(signer: TestSigner) -> None:
    sod = tlv.decode(signer.sign_groups({1: b"a"})).value
    with pytest.raises(ChipDataError, match=r"content of type 2\.23\.136\.1\.1\.1 where 2\.23\.136\.1\.1\.2 must be"):
        parse_master_list(sod)


def test_an_authority_without_constraints_is_no_root(
    listed: dict[str, Certificate], list_signer: TestSigner, csca: Certificate, now: datetime
) -> None:
    made = parse_master_list(list_signer.sign_master_list([csca.raw]))
    signer_itself = parse_certificate(list_signer.document_signer_certificate)
    assert verify_master_list(made, [signer_itself], now).state is CheckState.UNDETERMINED


@pytest.fixture(scope="module")
def own_list(list_signer: TestSigner, csca: Certificate, now: datetime) -> bytes:
    return list_signer.sign_master_list([csca.raw], signing_time=now)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_bad_data(data: bytes) -> None:
    with pytest.raises(ChipDataError):
        parse_master_list(data)


@given(data=st.data())
def test_any_changed_byte_is_a_list_or_bad_data(
    data: st.DataObject, list_signer: TestSigner, own_list: bytes, csca: Certificate, now: datetime
) -> None:
    whole = own_list
    raw = bytearray(whole)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_master_list(bytes(raw))
    except ChipDataError:
        return
    verdict = verify_master_list(found, [csca], now)
    # What is accepted is what was signed: the list's content, with the signer's certificate as it was issued.
    if verdict.state is CheckState.SUCCESSFUL:
        assert found.signed_data.content == parse_master_list(whole).signed_data.content
        assert verdict.signer is not None
        assert verdict.signer.signed == parse_certificate(list_signer.document_signer_certificate).signed
