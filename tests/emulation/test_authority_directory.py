"""An authority that is kept for many cards, and what can be wrong with the signers that it issues."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from cccd_reader.emulation import CardImage, EmulationError, EmulationErrorCode, SignerKind
from cccd_reader.emulation.authority_directory import AuthorityDirectory, SignerState
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.lds.sod import parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.verdict import CheckState


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    AuthorityDirectory.open(tmp_path / "authority")
    return tmp_path / "authority"


def certificate_of(signer: TestSigner) -> Certificate:
    return parse_certificate(signer.document_signer_certificate)


def csca_of(directory: Path) -> Certificate:
    return parse_certificate((directory / "csca" / "TEST-csca.cer").read_bytes())


def revoked_in(directory: Path) -> set[int]:
    found = x509.load_der_x509_crl((directory / "crl" / "TEST.crl").read_bytes())
    assert found.last_update_utc <= datetime.now(UTC)
    return {entry.serial_number for entry in found}


def test_it_is_made_on_first_use_and_then_stays(directory: Path) -> None:
    first = csca_of(directory)
    again = AuthorityDirectory.open(directory, SignerKind.RSA)
    assert csca_of(directory) == first
    assert again.authority.kind is SignerKind.EC  # what it was made as
    assert again.authority.certificate == first.raw
    assert "TEST" in str(first.subject)


@pytest.mark.parametrize("kind", [SignerKind.EC, SignerKind.RSA, SignerKind.RSA_PSS, SignerKind.P384])
def test_signers_of_every_kind_are_its_own(directory: Path, kind: SignerKind) -> None:
    signer = AuthorityDirectory.open(directory).issue(kind)
    assert signer.kind is kind
    assert signer.csca_certificate == csca_of(directory).raw
    assert certificate_of(signer).issuer == csca_of(directory).subject
    assert certificate_of(signer).signed_by(csca_of(directory).public_key())


def test_an_expired_signer(directory: Path) -> None:
    signer = AuthorityDirectory.open(directory).issue(state=SignerState.EXPIRED)
    assert certificate_of(signer).not_after < datetime.now(UTC) < csca_of(directory).not_after


def test_an_unknown_signer_is_of_another_authority(directory: Path) -> None:
    signer = AuthorityDirectory.open(directory).issue(state=SignerState.UNKNOWN)
    assert certificate_of(signer).issuer != csca_of(directory).subject
    assert "TEST" in str(certificate_of(signer).issuer)


def test_an_impostor_claims_this_one(directory: Path) -> None:
    signer = AuthorityDirectory.open(directory).issue(state=SignerState.IMPOSTOR)
    assert certificate_of(signer).issuer == csca_of(directory).subject
    assert not certificate_of(signer).signed_by(csca_of(directory).public_key())


@pytest.mark.parametrize(
    ("state", "verdict", "reason"),
    [
        (SignerState.VALID, CheckState.SUCCESSFUL, ""),
        (SignerState.EXPIRED, CheckState.FAILED, "expired"),
        (SignerState.REVOKED, CheckState.FAILED, "revoked"),
        (SignerState.UNKNOWN, CheckState.UNDETERMINED, ""),
        (SignerState.IMPOSTOR, CheckState.FAILED, "not signed by"),
    ],
)
def test_as_a_trust_store_it_tells_its_cards_from_others(
    directory: Path, make_card: Callable[..., CardImage], state: SignerState, verdict: CheckState, reason: str
) -> None:
    image = make_card(signer=AuthorityDirectory.open(directory).issue(SignerKind.RSA_PSS, state))
    sod = parse_sod(image.files[0x011D])
    store = TrustStore(directory).load()
    found = issuer_verdict(sod, store, datetime.now(UTC), document_code="ID", issuing_state="VNM")
    assert found.state is verdict
    assert reason in found.reason
    assert verify_signature(sod).state is CheckState.SUCCESSFUL  # which proves nothing but who signed


def test_revoked_signers_stay_revoked(directory: Path) -> None:
    assert revoked_in(directory) == set()
    kept = AuthorityDirectory.open(directory)
    serials = {certificate_of(kept.issue(state=SignerState.REVOKED)).serial_number for _ in range(2)}
    valid = kept.issue()
    assert revoked_in(directory) == serials
    assert certificate_of(valid).serial_number not in serials
    assert set(AuthorityDirectory.open(directory).revoked) == serials


@pytest.mark.parametrize(
    "change",
    [
        lambda directory: (directory / "private" / "authority.json").write_text("[]"),
        lambda directory: (directory / "private" / "authority.json").write_text("{"),
        lambda directory: (directory / "private" / "TEST-csca-key.pem").write_bytes(b"no key"),
        lambda directory: (directory / "csca" / "TEST-csca.cer").write_bytes(b"\x30\x00"),
        lambda directory: (directory / "csca" / "TEST-csca.cer").unlink(),
    ],
)
def test_a_directory_that_is_broken(directory: Path, change: object) -> None:
    kept = AuthorityDirectory.open(directory)
    assert callable(change)
    change(directory)
    with pytest.raises(EmulationError) as caught:
        AuthorityDirectory.open(directory)
    assert caught.value.code is EmulationErrorCode.BAD_AUTHORITY
    with pytest.raises(EmulationError) as caught:
        kept.issue()
    assert caught.value.code is EmulationErrorCode.BAD_AUTHORITY


def test_a_key_of_another_kind(directory: Path) -> None:
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "private" / "TEST-csca-key.pem").write_bytes(pem)
    with pytest.raises(EmulationError, match="bad_authority"):
        AuthorityDirectory.open(directory)


def test_the_state_says_what_it_is(directory: Path) -> None:
    state = json.loads((directory / "private" / "authority.json").read_text("utf-8"))
    assert "TEST" in state["warning"]
