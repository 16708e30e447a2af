"""Looking a trust store over: what is in it, what holds, and what needs attention."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate
from cccd_reader.pki.extensions import KeyUsage
from cccd_reader.pki.store_import import reason_against
from cccd_reader.pki.trust_store import Role, TrustedCertificate, TrustedCrl, TrustStore
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import CheckState


@dataclass(frozen=True, slots=True)
class Finding:
    """One file, or one certificate of a file: what it is, how its check ended and why.

    successful: the signature holds, and the file is in use. undetermined: in use on the word of whoever put it there,
    for the store has nothing to verify it with. failed: it is not used, or should not be.
    `attention`: somebody should look at it, though it is not wrong (expired, stale).
    """

    file: str
    subject: str
    state: CheckState
    reason: str
    attention: bool = False


def verify_store(store: TrustStore, at: datetime) -> tuple[Finding, ...]:
    """Verifies every signature in the store: self-signed certificates, link certificates by their predecessors, pinned
    signers, revocation lists; and reports what has expired at `at`, and every file that is not used."""
    return (
        *(_certificate(item, store, at) for item in (*store.authorities, *store.signers)),
        *(_crl(item, at) for item in store.crls),
        *(Finding(problem.file, "", CheckState.FAILED, problem.reason, attention=True) for problem in store.problems),
    )


def _certificate(item: TrustedCertificate, store: TrustStore, at: datetime) -> Finding:
    certificate = item.certificate
    pinned = item.role is Role.SIGNER
    reason = reason_against(certificate, item.role)
    revoked = pinned and any(certificate.serial_number in crl.crl.revoked for crl in store.crls_for(certificate))
    if reason is None and revoked:
        reason = "pinned, but revoked by its issuer"
    if reason is not None:
        return Finding(item.file, str(certificate.subject), CheckState.FAILED, reason, attention=True)
    state, found = _pinned(certificate, store) if pinned else _authority(certificate, store)
    validity = list(_validity(certificate, at))
    notes = [found, *validity]
    constraints = certificate.basic_constraints
    if not pinned and (constraints is None or not constraints.ca):
        notes.append("not marked as an authority: of no use but to link")
    return Finding(item.file, str(certificate.subject), state, ", ".join(notes), attention=bool(validity))


def _authority(certificate: Certificate, store: TrustStore) -> tuple[CheckState, str]:
    if certificate.self_issued and certificate.authority_key_identifier in (None, certificate.key_identifier):
        return CheckState.SUCCESSFUL, "self-signed"
    predecessor = _issuer(certificate, store)
    if predecessor is None:
        return CheckState.UNDETERMINED, "a link certificate whose predecessor is not in the store"
    return CheckState.SUCCESSFUL, f"a link certificate, signed by {_name(predecessor)}"


def _pinned(certificate: Certificate, store: TrustStore) -> tuple[CheckState, str]:
    issuer = _issuer(certificate, store)
    if issuer is None:
        return CheckState.UNDETERMINED, "pinned; its issuer is not in the store"
    return CheckState.SUCCESSFUL, f"pinned; issued by {_name(issuer)}"


def _name(item: TrustedCertificate) -> str:
    return item.file or str(item.certificate.subject)


def _crl(item: TrustedCrl, at: datetime) -> Finding:
    crl = item.crl
    notes = [f"of {crl.this_update:%Y-%m-%d}, {len(crl.revoked)} revoked"]
    stale = crl.stale_at(at)
    if stale:
        notes.append(f"should have been replaced by {crl.next_update:%Y-%m-%d}")
    if not item.issuer.certificate.may(KeyUsage.CRL_SIGNING):
        notes.append("its issuer's key usage does not allow it")
    return Finding(item.file, str(crl.issuer), CheckState.SUCCESSFUL, ", ".join(notes), attention=stale)


def _validity(certificate: Certificate, at: datetime) -> Iterator[str]:
    if at < certificate.not_before:
        yield f"not valid before {certificate.not_before:%Y-%m-%d}"
    if at > certificate.not_after:
        yield f"expired on {certificate.not_after:%Y-%m-%d}"


def _issuer(certificate: Certificate, store: TrustStore) -> TrustedCertificate | None:
    """The authority of the store that signed the certificate; not itself."""
    identifier = certificate.authority_key_identifier
    candidates = store.by_key_identifier(identifier) if identifier is not None else ()
    for item in candidates or store.by_name(certificate.issuer):
        if item.certificate.raw == certificate.raw and item.role is Role.AUTHORITY:
            continue
        try:
            if certificate.signed_by(item.certificate.public_key()):
                return item
        except (ChipDataError, UnsupportedKeyError):
            continue
    return None
