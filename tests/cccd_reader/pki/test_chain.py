"""From a document to its country: each way to be genuine, and each way not to be (ICAO 9303-12, D.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.emulation.authority import TestAuthority, authority_extensions, encode_name, extension
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.signing import SignerKind, public_key_info
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.signed_data import signer_certificate
from cccd_reader.lds.sod import parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.pki import extensions
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.countries import states_of
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.extensions import KeyUsage
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.verdict import Check, CheckState, Verdict

GROUPS = {1: b"a", 2: b"b"}
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def judge(
    signer: TestSigner,
    store: TrustStore | None,
    at: datetime = NOW,
    *,
    code: str | None = "ID",
    state: str | None = "VNM",
    signing_time: datetime | None = None,
    by_key_identifier: bool = False,
) -> Verdict:
    """The verdict about a document of this signer."""
    sod = parse_sod(signer.sign_groups(GROUPS, signing_time=signing_time, by_key_identifier=by_key_identifier))
    verdict = issuer_verdict(sod, store, at, document_code=code, issuing_state=state)
    assert verdict.check is Check.ISSUER
    assert verdict == issuer_verdict(sod.signed_data, store, at, document_code=code, issuing_state=state)
    return verdict


@pytest.fixture(scope="module")
def store(csca: Certificate) -> TrustStore:
    return TrustStore.of([csca])


def test_a_document_of_a_trusted_authority(signer: TestSigner, store: TrustStore) -> None:
    verdict = judge(signer, store)
    assert verdict.state is CheckState.SUCCESSFUL
    assert "TEST CSCA Tiep Don" in verdict.reason
    assert "does not say when it was signed" in verdict.reason
    assert "no CRL of the issuer" in verdict.reason
    assert judge(signer, store, by_key_identifier=True).state is CheckState.SUCCESSFUL
    assert judge(signer, store, code=None, state=None).state is CheckState.SUCCESSFUL
    dated = judge(signer, store, signing_time=datetime(2025, 5, 5, tzinfo=UTC))
    assert "valid when the document was signed, on 2025-05-05" in dated.reason


@pytest.mark.parametrize("kind", list(SignerKind))
def test_every_kind_of_key(kind: SignerKind) -> None:
    signer = TestSigner.create(kind, hash_name="sha384")
    assert judge(signer, TrustStore.of([parse_certificate(signer.csca_certificate)])).state is CheckState.SUCCESSFUL


def test_without_a_trust_store_nothing_is_known(signer: TestSigner) -> None:
    for store in (None, TrustStore()):
        verdict = judge(signer, store)
        assert (verdict.state, verdict.reason) == (CheckState.UNDETERMINED, "no trust store")


def test_a_foreign_signer_with_the_same_names_is_unknown(store: TrustStore) -> None:
    """Names can be copied; the key cannot."""
    verdict = judge(TestSigner.create(), store)
    assert verdict.state is CheckState.UNDETERMINED
    assert verdict.reason.startswith("issuer not in the trust store: VN, key ")


def test_a_foreign_signer_that_claims_the_authoritys_key_fails(authority: TestAuthority, store: TrustStore) -> None:
    forger = TestAuthority.create()
    forged = TestSigner.issued_by(forger, issuer_key_identifier=authority.key_identifier)
    verdict = judge(forged, store)
    assert verdict.state is CheckState.FAILED
    assert "not signed by the authority whose key it names" in verdict.reason
    rsa = TestSigner.issued_by(TestAuthority.create(SignerKind.RSA), issuer_key_identifier=authority.key_identifier)
    assert judge(rsa, store).state is CheckState.FAILED


def test_an_authority_that_computes_key_identifiers_in_its_own_way(authority: TestAuthority, store: TrustStore) -> None:
    signer = TestSigner.issued_by(authority, issuer_key_identifier=b"its own way")
    assert judge(signer, store).state is CheckState.SUCCESSFUL


def test_a_self_made_certificate_is_unknown(authority: TestAuthority) -> None:
    signer = TestSigner.issued_by(authority)
    other = TrustStore.of([parse_certificate(TestAuthority.create(country="LA").certificate)])
    assert judge(signer, other).reason.startswith("issuer not in the trust store: VN")


def test_a_signer_that_has_expired(signer: TestSigner, store: TrustStore) -> None:
    """9303-12, D.1.1.3: valid now, whatever the document says of the day it was signed."""
    late = signer_end(signer) + timedelta(days=1)
    for signing_time in (None, datetime(2025, 5, 5, tzinfo=UTC)):
        verdict = judge(signer, store, late, signing_time=signing_time)
        assert verdict.state is CheckState.FAILED
        assert verdict.reason == f"the signer's certificate expired on {signer_end(signer):%Y-%m-%d}"


def signer_end(signer: TestSigner) -> datetime:
    return parse_certificate(signer.document_signer_certificate).not_after


def test_a_signer_that_is_not_yet_valid(signer: TestSigner, store: TrustStore) -> None:
    verdict = judge(signer, store, datetime(2023, 6, 1, tzinfo=UTC))
    assert verdict.state is CheckState.FAILED
    assert "valid from 2024-01-01 only" in verdict.reason


def test_a_signature_made_outside_the_signers_validity(signer: TestSigner, store: TrustStore) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert judge(signer, store, signing_time=start - timedelta(hours=7)).state is CheckState.SUCCESSFUL  # a local time
    verdict = judge(signer, store, signing_time=start - timedelta(days=2))
    assert verdict.state is CheckState.FAILED
    assert "was not valid on 2023-12-30, when it was used" in verdict.reason


def test_an_authority_that_ended_after_issuing_is_still_one() -> None:
    authority = TestAuthority.create(valid_from=NOW - 5 * YEAR, years=4)
    signer = TestSigner.issued_by(authority, valid_from=NOW - 2 * YEAR)
    verdict = judge(signer, TrustStore.of([parse_certificate(authority.certificate)]))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "the authority's certificate ended on" in verdict.reason


def test_an_authority_that_was_not_valid_when_it_issued() -> None:
    authority = TestAuthority.create(valid_from=NOW - 5 * YEAR, years=2)
    for valid_from in (NOW - 1 * YEAR, NOW - 6 * YEAR):
        signer = TestSigner.issued_by(authority, valid_from=valid_from)
        verdict = judge(signer, TrustStore.of([parse_certificate(authority.certificate)]))
        assert verdict.state is CheckState.FAILED
        assert "was not valid when it issued the signer's" in verdict.reason


@pytest.mark.parametrize("usages", [(), (KeyUsage.CRL_SIGNING,), (KeyUsage.CERTIFICATE_SIGNING,)])
def test_a_certificate_that_is_not_for_signing_documents(
    authority: TestAuthority, store: TrustStore, usages: tuple[KeyUsage, ...]
) -> None:
    verdict = judge(TestSigner.issued_by(authority, key_usages=usages), store)
    assert verdict.state is CheckState.FAILED
    assert "key usage" in verdict.reason


@pytest.mark.parametrize(
    ("purposes", "critical", "state"),
    [
        (["2.23.136.1.1.3"], True, CheckState.FAILED),  # a master list signer
        (["2.23.136.1.1.14.2"], False, CheckState.FAILED),  # a signer of visible digital seals
        (["1.0.18013.5.1.2"], True, CheckState.FAILED),  # one of mobile driving licences
        (["1.3.6.1.5.5.7.3.4"], False, CheckState.SUCCESSFUL),
        (["2.23.136.1.1.3", "2.5.29.37.0"], True, CheckState.SUCCESSFUL),
    ],
)
def test_the_authoritys_other_signers_sign_no_documents(
    authority: TestAuthority, store: TrustStore, purposes: list[str], critical: bool, state: CheckState
) -> None:
    """They all have a certificate of the authority, and a key that may sign."""
    listed = b"".join(tlv.encode(der.OID, der.encode_oid(purpose)) for purpose in purposes)
    items = extension(extensions.EXTENDED_KEY_USAGE, tlv.encode(der.SEQUENCE, listed), critical=critical)
    base = TestSigner.issued_by(authority)
    info = public_key_info(base.key)
    certificate = authority.issue(info, encode_name("VN", "x"), items, datetime(2024, 1, 1, tzinfo=UTC), 10)
    verdict = judge(replace(base, document_signer_certificate=certificate), store)
    assert verdict.state is state
    assert ("extended key usage" in verdict.reason) is (state is CheckState.FAILED)


def test_an_authoritys_own_certificate_signs_no_documents(authority: TestAuthority, store: TrustStore) -> None:
    info = public_key_info(authority.key)
    items = authority_extensions(info, authority.key_identifier)
    base = TestSigner.issued_by(authority)
    certificate = authority.issue(info, encode_name("VN", "x"), items, datetime(2024, 1, 1, tzinfo=UTC), 10)
    verdict = judge(replace(base, document_signer_certificate=certificate, key=authority.key), store)
    assert verdict.state is CheckState.FAILED
    assert "is an authority's" in verdict.reason


def test_a_trusted_certificate_that_is_no_authority(signer: TestSigner) -> None:
    """A document signer dropped into the folder of authorities does not become one."""
    ordinary = TestSigner.issued_by(signer.authority)
    as_authority = replace(signer.authority, key=ordinary.key, name=parse_certificate(
        ordinary.document_signer_certificate).subject.raw)  # fmt: skip
    below = TestSigner.issued_by(as_authority)
    verdict = judge(below, TrustStore.of([parse_certificate(ordinary.document_signer_certificate)]))
    assert verdict.state is CheckState.FAILED
    assert "not for signing certificates" in verdict.reason


@pytest.mark.parametrize(
    ("types", "code", "state"),
    [
        (("ID",), "ID", CheckState.SUCCESSFUL),
        (("I",), "ID", CheckState.SUCCESSFUL),  # one letter stands for all codes that begin with it
        (("P", "ID"), "ID", CheckState.SUCCESSFUL),
        (("I",), "I<", CheckState.SUCCESSFUL),
        (None, "ID", CheckState.SUCCESSFUL),
        (("ID",), "I<", CheckState.FAILED),
        (("P",), "ID", CheckState.FAILED),
        ((), "ID", CheckState.FAILED),
    ],
)
def test_documents_of_another_kind(
    authority: TestAuthority, store: TrustStore, types: tuple[str, ...] | None, code: str, state: CheckState
) -> None:
    verdict = judge(TestSigner.issued_by(authority, document_types=types), store, code=code)
    assert verdict.state is state
    assert ("of another kind" in verdict.reason) is (state is CheckState.FAILED)


def test_another_countrys_authority_signs_no_vietnamese_cards() -> None:
    """With a master list in the store a hundred countries are trusted: each for its own documents only."""
    authority = TestAuthority.create(country="LA")
    laos = TrustStore.of([parse_certificate(authority.certificate)])
    signer = TestSigner.issued_by(authority)
    assert judge(signer, laos, state="LAO").state is CheckState.SUCCESSFUL
    verdict = judge(signer, laos, state="VNM")
    assert verdict.state is CheckState.FAILED
    assert "of another state (LA) than the document" in verdict.reason


def test_countries_that_nobody_can_compare() -> None:
    authority = TestAuthority.create(country="XX")
    signer = TestSigner.issued_by(authority)
    verdict = judge(signer, TrustStore.of([parse_certificate(authority.certificate)]))
    assert verdict.state is CheckState.UNDETERMINED
    assert "unknown" in verdict.reason
    stated = TestAuthority.create(country="XX", issuing_state="XPO")
    known = TrustStore.of([parse_certificate(stated.certificate)])
    assert judge(TestSigner.issued_by(stated), known, state="XPO").state is CheckState.SUCCESSFUL


@pytest.mark.parametrize("country", ["LA", "XX"])
def test_an_authority_that_says_it_is_another_countrys(country: str) -> None:
    authority = TestAuthority.create(country=country, issuing_state="VNM")
    store = TrustStore.of([parse_certificate(authority.certificate)])
    assert judge(TestSigner.issued_by(authority), store).state is not CheckState.SUCCESSFUL


def test_countries_by_their_codes(listed: dict[str, Certificate]) -> None:
    assert states_of("VN") == {"VNM"}
    assert states_of("DE") == {"DEU", "D"}
    assert states_of("XX") == frozenset()
    for certificate in listed.values():
        country = certificate.subject.country
        assert states_of(country), certificate
        # What certificates say of their state agrees with the table; some put their two letters there.
        assert certificate.issuing_states <= states_of(country) | {country}, certificate


def test_a_revoked_signer(authority: TestAuthority, csca: Certificate, signer: TestSigner) -> None:
    serial = parse_certificate(signer.document_signer_certificate).serial_number
    revoked = TrustStore.of([csca], crls=[parse_crl(authority.issue_crl([serial]))])
    verdict = judge(signer, revoked)
    assert verdict.state is CheckState.FAILED
    assert verdict.reason == "the signer's certificate was revoked on 2024-01-01"
    # The others of the same authority go on.
    verdict = judge(TestSigner.issued_by(authority), revoked)
    assert verdict.state is CheckState.SUCCESSFUL
    assert "not on the CRL of 2024-01-01, which should have been replaced by 2024-03-31" in verdict.reason


def test_a_current_crl(authority: TestAuthority, csca: Certificate, signer: TestSigner) -> None:
    current = authority.issue_crl(this_update=NOW - timedelta(days=2))
    verdict = judge(signer, TrustStore.of([csca], crls=[parse_crl(current)]))
    assert verdict.reason.endswith("not on the CRL of 2026-11-25")


def test_somebody_elses_crl_revokes_nothing(csca: Certificate, signer: TestSigner) -> None:
    serial = parse_certificate(signer.document_signer_certificate).serial_number
    forged = parse_crl(TestAuthority.create().issue_crl([serial]))
    store = TrustStore.of([csca], crls=[forged])
    assert [problem.reason for problem in store.problems] == ["its signature is wrong"]
    assert judge(signer, store).state is CheckState.SUCCESSFUL


def test_a_crl_of_the_authority_under_its_new_name(
    authority: TestAuthority, csca: Certificate, signer: TestSigner
) -> None:
    """9303-12, D.1.2.3: one authority, one list, also for what it issued under an earlier name and key."""
    successor = TestAuthority.create(common_name="TEST CSCA with a new name")
    link, new = (parse_certificate(raw) for raw in (authority.issue_link(successor), successor.certificate))
    serial = parse_certificate(signer.document_signer_certificate).serial_number
    crl = parse_crl(successor.issue_crl([serial]))
    assert judge(signer, TrustStore.of([csca, link, new], crls=[crl])).state is CheckState.FAILED
    assert judge(signer, TrustStore.of([csca, new], crls=[crl])).state is CheckState.SUCCESSFUL


def test_a_pinned_signer(signer: TestSigner) -> None:
    certificate = parse_certificate(signer.document_signer_certificate)
    store = TrustStore.of(signers=[certificate])
    verdict = judge(signer, store)
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason.startswith("pinned document signer TEST Document Signer Tiep Don")
    assert judge(signer, store, signer_end(signer) + YEAR).state is CheckState.FAILED
    assert judge(TestSigner.issued_by(signer.authority), store).state is CheckState.UNDETERMINED


def test_the_same_key_under_two_names(authority: TestAuthority, csca: Certificate) -> None:
    renamed = replace(authority, name=encode_name("VN", "TEST CSCA, called otherwise"))
    verdict = judge(TestSigner.issued_by(renamed), TrustStore.of([csca]))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "under another name of the authority" in verdict.reason
    elsewhere = replace(authority, name=encode_name("LA", "TEST CSCA, called otherwise"))
    verdict = judge(TestSigner.issued_by(elsewhere), TrustStore.of([csca]))
    assert verdict.state is CheckState.FAILED
    assert "names an issuer of another country" in verdict.reason


def test_a_self_signed_certificate_goes_before_a_link_to_the_same_key(
    authority: TestAuthority, csca: Certificate
) -> None:
    successor = TestAuthority.create()
    link = parse_certificate(authority.issue_link(successor))
    new = parse_certificate(successor.certificate)
    store = TrustStore.of([link, csca, new])
    assert [item.certificate for item in store.by_key_identifier(successor.key_identifier)] == [link, new]
    assert judge(TestSigner.issued_by(successor), store).state is CheckState.SUCCESSFUL


def test_an_issuer_with_an_algorithm_that_is_not_supported(authority: TestAuthority, csca: Certificate) -> None:
    signer = TestSigner.issued_by(authority)
    old, new = (tlv.encode(6, der.encode_oid(f"1.2.840.10045.4.3.{n}")) for n in (2, 9))
    raw = signer.document_signer_certificate
    assert raw.count(old) == 2
    verdict = judge(replace(signer, document_signer_certificate=raw.replace(old, new)), TrustStore.of([csca]))
    assert verdict.state is CheckState.NOT_SUPPORTED
    assert "signature algorithm" in verdict.reason


def test_a_document_without_its_signers_certificate(signer: TestSigner, store: TrustStore) -> None:
    bare = replace(parse_sod(signer.sign_groups(GROUPS)).signed_data, certificates=())
    verdict = issuer_verdict(bare, store, NOW)
    assert verdict.state is CheckState.UNDETERMINED
    assert "not in the file" in verdict.reason
    # Old documents may leave it out; a store that knows the signer serves them all the same.
    sod = replace(parse_sod(signer.sign_groups(GROUPS)), signed_data=bare)
    certificate = parse_certificate(signer.document_signer_certificate)
    assert issuer_verdict(sod, TrustStore.of(signers=[certificate]), NOW).reason.startswith("pinned")
    assert verify_signature(sod).state is CheckState.FAILED
    verdict = verify_signature(sod, [certificate])
    assert (verdict.state, verdict.reason) == (
        CheckState.SUCCESSFUL,
        "ECDSA brainpoolP256r1 sha256, with the certificate in the trust store",
    )


def test_names_that_do_not_fit_into_a_log_are_cut(csca: Certificate) -> None:
    authority = TestAuthority.create(common_name="TEST \x1b[31m" + "x" * 500)
    verdict = judge(TestSigner.issued_by(authority), TrustStore.of([parse_certificate(authority.certificate)]))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "\x1b" not in verdict.reason
    assert len(verdict.reason) < 300


def test_times_at_the_ends_of_the_calendar(authority: TestAuthority, csca: Certificate) -> None:
    """Some certificates never end, and say so with the year 9999: a day more is no date."""
    never, begin = b"99991231235959Z", b"00010101000000Z"
    base = TestSigner.issued_by(authority, valid_from=datetime(2049, 1, 1, tzinfo=UTC), years=40)
    found = parse_certificate(base.document_signer_certificate)
    old = tlv.encode(der.GENERALIZED_TIME, f"{found.not_after:%Y%m%d%H%M%SZ}".encode())
    raw = found.raw.replace(old, tlv.encode(der.GENERALIZED_TIME, never))
    signer = replace(base, document_signer_certificate=raw)
    store = TrustStore.of(signers=[parse_certificate(raw)])
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert judge(signer, store, last, signing_time=last).state is CheckState.SUCCESSFUL
    earliest = tlv.encode(0x30, tlv.encode(0x80, begin) + tlv.encode(0x81, never))
    authority_with_period = issue_with_period(authority, earliest)
    verdict = judge(TestSigner.issued_by(authority), TrustStore.of([authority_with_period]))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "outside the period" not in verdict.reason
    short = issue_with_period(authority, tlv.encode(0x30, tlv.encode(0x81, b"20230101000000Z")))
    verdict = judge(TestSigner.issued_by(authority), TrustStore.of([short]))
    assert verdict.state is CheckState.SUCCESSFUL
    assert "outside the period in which the authority's key was to be used" in verdict.reason


def issue_with_period(authority: TestAuthority, period: bytes) -> Certificate:
    """The authority's own certificate with a period of use for its key."""
    info = public_key_info(authority.key)
    items = authority_extensions(info, authority.key_identifier)
    items += extension(extensions.PRIVATE_KEY_USAGE_PERIOD, period)
    return parse_certificate(authority.issue(info, authority.name, items, datetime(2024, 1, 1, tzinfo=UTC), 15))


def test_an_authority_whose_key_nobody_understands(authority: TestAuthority, csca: Certificate) -> None:
    """It is as if it was not in the store: no reason to call a document forged."""
    named = tlv.encode(der.OID, der.encode_oid("1.2.840.10045.2.1"))
    assert csca.raw.count(named) == 1
    useless = parse_certificate(csca.raw.replace(named, tlv.encode(der.OID, der.encode_oid("1.2.840.10045.2.9"))))
    verdict = judge(TestSigner.issued_by(authority), TrustStore.of([useless]))
    assert verdict.state is CheckState.UNDETERMINED
    assert verdict.reason.startswith("issuer not in the trust store")


@pytest.fixture(scope="module")
def document(signer: TestSigner) -> bytes:
    return signer.sign_groups(GROUPS, signing_time=datetime(2025, 1, 1, tzinfo=UTC))


@given(data=st.data())
def test_any_changed_byte_gives_a_verdict(
    data: st.DataObject, document: bytes, signer: TestSigner, store: TrustStore
) -> None:
    raw = bytearray(document)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        sod = parse_sod(bytes(raw))
    except ChipDataError:
        return
    verdict = issuer_verdict(sod, store, NOW, document_code="ID", issuing_state="VNM")
    if verdict.state is CheckState.SUCCESSFUL:
        found = signer_certificate(sod.signed_data)
        assert found.signed == parse_certificate(signer.document_signer_certificate).signed
