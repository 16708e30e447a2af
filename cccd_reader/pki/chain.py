"""From a document to its country: the last step of passive authentication (ICAO 9303-11, 5.1; 9303-12, 6.1 and D.1).

The path has one certificate, the document signer's, under a trust anchor, the country signer's key. As 9303-12, D.1.1.3
says, the document signer certificate has to be valid *now*: it outlives every document that was signed with it
(4.1.1.1), so an expired one means an expired document, and a signature that nobody answers for any more; the time that
the document says it was signed at is the signer's own word, and can only make things worse. The country signer's
certificate is a trust anchor: it has to have been valid when it issued the document signer's, not today.

Two checks go beyond D.1, because a trust store with a master list trusts over a hundred countries: the document's
issuing state has to be one of the country signer's, and its document code one of the signer's (7.1.1.6).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cccd_reader.errors import ChipDataError
from cccd_reader.lds.signed_data import SignedData, signer_certificate, signing_time
from cccd_reader.lds.sod import Sod
from cccd_reader.pki.certificate import Certificate
from cccd_reader.pki.countries import of_no_country, states_of
from cccd_reader.pki.extensions import KeyUsage
from cccd_reader.pki.trust_store import TrustedCertificate, TrustStore
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import Check, CheckState, Verdict

CLOCK_TOLERANCE = timedelta(days=1)
"""How far the times that issuers write may be off: some write local time, some only the day."""

_SHOWN_CHARACTERS = 60


def issuer_verdict(
    signed: Sod | SignedData,
    store: TrustStore | None,
    at: datetime,
    *,
    document_code: str | None = None,
    issuing_state: str | None = None,
) -> Verdict:
    """Whether the signer of EF.SOD, or of EF.CardSecurity, comes from a country's authority in `store`, as of `at`.

    `document_code` and `issuing_state` are those of the MRZ ("ID", "VNM"); without them they are not compared. The
    document's own signature is another check (`sod_signature`): both have to succeed.

    successful: signed by a country signer of the store, or the signer is pinned there; nothing speaks against it.
    failed: a wrong signature in the country signer's name, an expired, not yet valid or revoked signer, one that may
    not sign documents, or not those of this kind or state.
    undetermined: no trust store, or the issuer is not in it. not_supported: an algorithm outside 9303-12, 4.4.
    """
    if store is None or store.empty:
        return _verdict(CheckState.UNDETERMINED, "no trust store")
    signed_data = signed.signed_data if isinstance(signed, Sod) else signed
    try:
        signer = signer_certificate(signed_data, (item.certificate for item in store.signers))
        moment = signing_time(signed_data)
    except ChipDataError as error:
        return _verdict(CheckState.UNDETERMINED, error.detail)
    pin = store.pinned(signer)
    findings = _Findings()
    anchor = signer  # whose country the document must be of
    if pin is not None:
        findings.notes.append(
            f"pinned document signer {_shown(signer.subject.common_name)} ({pin.file or 'in memory'})"
        )
    else:
        found = _find_issuer(signer, store)
        if isinstance(found, Verdict):
            return found
        anchor = found.certificate
        findings.notes.append(f"issued by {_shown(anchor.subject.common_name)} ({_shown(anchor.subject.country)})")
        _check_authority(anchor, signer, at, findings)
    _check_signer(signer, moment, at, findings)
    _check_document(signer, anchor, document_code, issuing_state, findings)
    _check_revocation(signer, store, at, findings)
    if findings.failures:
        return _verdict(CheckState.FAILED, "; ".join(findings.failures))
    if findings.doubts:
        return _verdict(CheckState.UNDETERMINED, "; ".join(findings.doubts))
    return _verdict(CheckState.SUCCESSFUL, "; ".join(findings.notes))


@dataclass(slots=True)
class _Findings:
    failures: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.ISSUER, state, reason)


def _find_issuer(signer: Certificate, store: TrustStore) -> TrustedCertificate | Verdict:
    """The authority whose key signed the certificate, or the verdict that there is none."""
    identifier = signer.authority_key_identifier
    named = store.by_key_identifier(identifier) if identifier is not None else ()
    wrong = False
    unsupported = ""
    verified: list[TrustedCertificate] = []
    # An identifier is worth a try only: some authorities compute it in ways of their own.
    for item in named or store.by_name(signer.issuer):
        try:
            key = item.certificate.public_key()
        except (ChipDataError, UnsupportedKeyError):
            continue  # a certificate of the store that is of no use
        try:
            if signer.signed_by(key):
                verified.append(item)
            else:
                wrong = True
        except UnsupportedKeyError as error:
            unsupported = error.detail
        except ChipDataError:
            wrong = True
    if verified:
        return next((item for item in verified if _may_issue(item.certificate)), verified[0])
    if unsupported:
        return _verdict(CheckState.NOT_SUPPORTED, f"document signer certificate: {unsupported}")
    if wrong and named:
        return _verdict(
            CheckState.FAILED, "the document signer certificate is not signed by the authority whose key it names"
        )
    shown = "no key identifier" if identifier is None else f"key {identifier[:8].hex()}"
    return _verdict(
        CheckState.UNDETERMINED,
        f"issuer not in the trust store: {_shown(signer.issuer.country) or 'no country'}, {shown}",
    )


def _may_issue(certificate: Certificate) -> bool:
    constraints = certificate.basic_constraints
    return certificate.may(KeyUsage.CERTIFICATE_SIGNING) and constraints is not None and constraints.ca


def _check_authority(authority: Certificate, signer: Certificate, at: datetime, findings: _Findings) -> None:
    if not _may_issue(authority):
        findings.failures.append("the authority's certificate is not for signing certificates")
    if authority.subject.key != signer.issuer.key:
        # The same key under another name is the same authority after a change of its name, within one country.
        if authority.subject.country != signer.issuer.country:
            findings.failures.append("the document signer certificate names an issuer of another country")
        findings.notes.append("under another name of the authority")
    issued = signer.not_before
    if not (authority.not_before - issued <= CLOCK_TOLERANCE and issued <= authority.not_after):
        findings.failures.append(
            f"the authority's certificate was not valid when it issued the signer's, on {issued:%Y-%m-%d}"
        )
    period = authority.private_key_usage
    if period is not None and not _within(issued, period.not_before or issued, period.not_after or issued):
        findings.notes.append("issued outside the period in which the authority's key was to be used")
    if not authority.valid_at(at):
        findings.notes.append(f"the authority's certificate ended on {authority.not_after:%Y-%m-%d}")


def _within(moment: datetime, first: datetime, last: datetime) -> bool:
    """Whether the moment lies between the two, give or take the tolerance. Differences of times cannot overflow; a time
    of the year 9999, which some certificates end in, plus a day would."""
    return moment - first >= -CLOCK_TOLERANCE and last - moment >= -CLOCK_TOLERANCE


def _check_signer(signer: Certificate, moment: datetime | None, at: datetime, findings: _Findings) -> None:
    if not signer.may(KeyUsage.DIGITAL_SIGNATURE):
        findings.failures.append("the signer's certificate is not for signing documents (key usage)")
    constraints = signer.basic_constraints
    if constraints is not None and constraints.ca:
        findings.failures.append("the signer's certificate is an authority's")
    if signer.for_other_purposes:
        findings.failures.append("the signer's certificate is for other purposes (extended key usage)")
    if signer.unknown_critical:
        findings.failures.append(f"unknown critical extension {signer.unknown_critical[0]} in the signer's certificate")
    if at < signer.not_before:
        findings.failures.append(f"the signer's certificate is valid from {signer.not_before:%Y-%m-%d} only")
    if at > signer.not_after:
        findings.failures.append(f"the signer's certificate expired on {signer.not_after:%Y-%m-%d}")
    if moment is None:
        findings.notes.append("the document does not say when it was signed")
    elif not _within(moment, signer.not_before, signer.not_after):
        findings.failures.append(f"the signer's certificate was not valid on {moment:%Y-%m-%d}, when it was used")
    else:
        findings.notes.append(f"valid when the document was signed, on {moment:%Y-%m-%d}")


def _check_document(
    signer: Certificate, anchor: Certificate, document_code: str | None, issuing_state: str | None, findings: _Findings
) -> None:
    types = signer.document_types
    code = (document_code or "").replace("<", "").upper()
    if types is not None and code and not any(code == kind or (len(kind) == 1 and code[0] == kind) for kind in types):
        findings.failures.append("the signer's certificate is for documents of another kind")
    state = (issuing_state or "").replace("<", "").upper()
    if not state:
        return
    # Not what the signer's own certificate says of its state: any authority could have that written. Nor does what an
    # authority says of itself make it another country's.
    states = states_of(anchor.subject.country) | of_no_country(anchor.issuing_states)
    country = _shown(anchor.subject.country)
    if not states:
        findings.doubts.append(
            f"the authority's country {country!r} is unknown, and cannot be compared with the document's"
        )
    elif state not in states:
        findings.failures.append(f"the authority is of another state ({country}) than the document")


def _check_revocation(signer: Certificate, store: TrustStore, at: datetime, findings: _Findings) -> None:
    lists = store.crls_for(signer)
    for item in lists:
        revoked = item.crl.revoked.get(signer.serial_number)
        if revoked is not None:
            findings.failures.append(f"the signer's certificate was revoked on {revoked:%Y-%m-%d}")
            return
    if not lists:
        findings.notes.append("no CRL of the issuer in the store")
        return
    newest = max((item.crl for item in lists), key=lambda crl: crl.this_update)
    note = f"not on the CRL of {newest.this_update:%Y-%m-%d}"
    if newest.stale_at(at):
        note += f", which should have been replaced by {newest.next_update:%Y-%m-%d}"
    findings.notes.append(note)


def _shown(text: str) -> str:
    """Text of a certificate, which may be anything, fit for a log."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[: _SHOWN_CHARACTERS - 1] + "…"
