"""Readings with a trust store and an online verifier: what is said of genuine cards and of every other."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cccd_reader import CardReadout, Check, CheckState, LocalConnection, Verdict, keyring_from_number, read_card
from cccd_reader.ecdsa import decode_plain_signature, verify_numbers
from cccd_reader.emulation import CardImage, EmulatedCard, TestSigner, personalise, tampered
from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.emulation.image import cloned
from cccd_reader.lds.dg15 import parse_dg15
from cccd_reader.lds.files import EF
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.online import NullVerifier, OnlineRequest
from cccd_reader.pki.trust_store import TrustStore
from tests.people import BICH

NUMBER = BICH.number
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> TestAuthority:
    return TestAuthority.create()


@pytest.fixture(scope="module")
def store(authority: TestAuthority) -> TrustStore:
    return TrustStore.of([parse_certificate(authority.certificate)])


@pytest.fixture(scope="module")
def make(photo: bytes) -> Callable[..., CardImage]:
    return lambda signer, **options: personalise(BICH, photo, signer=signer, **options)


def read(image: CardImage, **options: Any) -> CardReadout:
    return read_card(LocalConnection(EmulatedCard(image)), keyring_from_number(NUMBER), now=lambda: NOW, **options)


def failed(readout: CardReadout) -> list[str]:
    return [verdict.check.value for verdict in readout.verdicts if verdict.state is CheckState.FAILED]


def test_a_genuine_card(make: Callable[..., CardImage], authority: TestAuthority, store: TrustStore) -> None:
    readout = read(make(TestSigner.issued_by(authority)), trust=store)
    assert [verdict.check for verdict in readout.verdicts] == list(Check)
    states = {verdict.check: verdict.state for verdict in readout.verdicts}
    assert states.pop(Check.ACTIVE_AUTHENTICATION) is CheckState.UNDETERMINED  # not needed
    assert states.pop(Check.ONLINE) is CheckState.UNDETERMINED
    assert set(states.values()) == {CheckState.SUCCESSFUL}


def test_without_a_trust_store_nothing_is_said_about_the_issuer(make: Callable[..., CardImage]) -> None:
    for trust in (None, TrustStore()):
        verdict = read(make(TestSigner.create()), trust=trust).verdict(Check.ISSUER)
        assert (verdict.state, verdict.reason) == (CheckState.UNDETERMINED, "no trust store")


def test_a_foreign_signer(make: Callable[..., CardImage], store: TrustStore) -> None:
    """Another authority that nobody trusts: not known, and no failure, for the store may be incomplete; one that says
    it is the trusted one fails."""
    readout = read(make(TestSigner.create()), trust=store)
    assert readout.verdict(Check.ISSUER).state is not CheckState.SUCCESSFUL
    assert readout.verdict(Check.SOD_SIGNATURE).state is CheckState.SUCCESSFUL


def test_an_expired_signer(make: Callable[..., CardImage], authority: TestAuthority, store: TrustStore) -> None:
    signer = TestSigner.issued_by(authority, valid_from=NOW - timedelta(days=800), years=1)
    readout = read(make(signer), trust=store)
    assert failed(readout) == ["issuer"]


def test_a_revoked_signer(make: Callable[..., CardImage], authority: TestAuthority) -> None:
    signer = TestSigner.issued_by(authority)
    serial = parse_certificate(signer.document_signer_certificate).serial_number
    crl = parse_crl(authority.issue_crl([serial], this_update=NOW - timedelta(days=1)))
    store = TrustStore.of([parse_certificate(authority.certificate)], crls=[crl])
    assert failed(read(make(signer), trust=store)) == ["issuer"]
    assert "revoked" in read(make(signer), trust=store).verdict(Check.ISSUER).reason


def test_a_tampered_dg13(make: Callable[..., CardImage], authority: TestAuthority, store: TrustStore) -> None:
    image = make(TestSigner.issued_by(authority))
    raw = image.files[EF.DG13.fid].replace("BÍCH".encode(), "BÌCH".encode())
    assert failed(read(tampered(image, EF.DG13.fid, raw), trust=store)) == ["dg_hashes"]


def test_a_copy_is_signed_by_the_authority_and_is_a_copy(
    make: Callable[..., CardImage], authority: TestAuthority, store: TrustStore
) -> None:
    readout = read(cloned(make(TestSigner.issued_by(authority))), trust=store)
    assert failed(readout) == ["chip_authentication", "active_authentication"]
    assert readout.verdict(Check.ISSUER).state is CheckState.SUCCESSFUL


class Recording:
    """A verifier that keeps what it was asked."""

    def __init__(self, state: CheckState) -> None:
        self.state = state
        self.requests: list[OnlineRequest] = []

    def verify(self, request: OnlineRequest) -> Verdict:
        self.requests.append(request)
        return Verdict(Check.ONLINE, self.state, "as told")


def test_the_online_verifier_is_asked_at_the_end(
    make: Callable[..., CardImage], authority: TestAuthority, store: TrustStore
) -> None:
    image = make(TestSigner.issued_by(authority))
    verifier = Recording(CheckState.FAILED)
    readout = read(image, trust=store, online=verifier)
    assert failed(readout) == ["online"]
    (request,) = verifier.requests
    assert request.sod == image.files[EF.SOD.fid]
    assert {group: digest.hex() for group, digest in request.dg_hashes.items()} == {
        int(name[2:]): found.sha256 for name, found in readout.files.items() if name.startswith("DG")
    }
    assert (request.chip_authentication, request.active_authentication) == (
        CheckState.SUCCESSFUL,
        CheckState.UNDETERMINED,
    )
    assert request.others[Check.ISSUER] is CheckState.SUCCESSFUL
    assert NUMBER not in str(request.to_json())


def test_the_online_verifier_can_verify_the_chips_signature_itself(
    make: Callable[..., CardImage], authority: TestAuthority
) -> None:
    image = make(TestSigner.issued_by(authority))
    verifier = Recording(CheckState.SUCCESSFUL)
    read(image, online=verifier, both_proofs=True)
    evidence = verifier.requests[0].active_evidence
    assert evidence is not None
    assert evidence.dg15 == image.files[EF.DG15.fid]
    key = parse_dg15(evidence.dg15).public_key()
    digest = hashlib.sha256(evidence.challenge).digest()
    assert verify_numbers(key.curve, key.point, digest, decode_plain_signature(key.curve, evidence.response))
    assert verifier.requests[0].to_json()["active_authentication"]["challenge"] == evidence.challenge.hex()


def test_no_service(make: Callable[..., CardImage]) -> None:
    image = make(TestSigner.create())
    for verifier in (None, NullVerifier()):
        assert read(image, online=verifier).verdict(Check.ONLINE).state is CheckState.UNDETERMINED
