"""`trust list` and `trust verify`: what is in a trust store, and whether it holds."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import ExitCode
from cccd_reader.pki.store_verify import Finding, verify_store
from cccd_reader.pki.trust_store import TrustedCertificate, TrustStore
from cccd_reader.verdict import CheckState


def load_store(directory: Path) -> TrustStore:
    """The store of a directory. Raises `FileNotFoundError`: an empty store where there is none would hide a mistake."""
    if not directory.is_dir():
        raise FileNotFoundError(f"{directory}: no such folder")
    return TrustStore(directory).load()


def list_store(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json)
    try:
        store = load_store(options.store)
    except OSError as error:
        console.failure(str(error))
        return ExitCode.OTHER
    items = sorted((*store.authorities, *store.signers), key=_place)
    if options.country is not None:
        items = [item for item in items if item.certificate.subject.country.upper() == options.country.upper()]
    if options.json:
        console.result_json(
            {
                "certificates": [_certificate_json(item) for item in items],
                "revocation_lists": [
                    {
                        "file": item.file,
                        "issuer": str(item.crl.issuer),
                        "issued": item.crl.this_update.isoformat(),
                        "revoked": len(item.crl.revoked),
                    }
                    for item in store.crls
                ],
                "problems": _problems(store),
            }
        )
        return ExitCode.OK
    for item in items:
        certificate = item.certificate
        console.result(
            f"{certificate.subject.country or '--':<3} {item.role.value:<10} "
            f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}  "
            f"{certificate.fingerprint[:16]}  {certificate.subject}"
        )
    for revoked in store.crls:
        console.result(
            f"crl {revoked.crl.this_update:%Y-%m-%d}, {len(revoked.crl.revoked)} revoked  {revoked.crl.issuer}"
        )
    for problem in store.problems:
        console.failure(f"{problem.file}: {problem.reason}")
    console.result(
        f"{len(store.authorities)} authorities, {len(store.signers)} pinned signers, {len(store.crls)} revocation lists"
    )
    return ExitCode.OK


def _place(item: TrustedCertificate) -> tuple[str, str, datetime]:
    """By country and name, the oldest first."""
    certificate = item.certificate
    return certificate.subject.country.upper(), str(certificate.subject), certificate.not_before


def _certificate_json(item: TrustedCertificate) -> dict[str, object]:
    certificate, origin = item.certificate, item.origin
    return {
        "file": item.file,
        "role": item.role.value,
        "country": certificate.subject.country,
        "subject": str(certificate.subject),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "sha256": certificate.fingerprint,
        "source": origin.source if origin else None,
        "imported": origin.imported_at.isoformat() if origin else None,
        "list_signer": origin.list_signer if origin else None,
    }


def _problems(store: TrustStore) -> list[dict[str, str]]:
    return [{"file": problem.file, "reason": problem.reason} for problem in store.problems]


def verify(options: argparse.Namespace) -> int:
    console = Console(as_json=options.json)
    try:
        findings = verify_store(load_store(options.store), datetime.now(UTC))
    except OSError as error:
        console.failure(str(error))
        return ExitCode.OTHER
    failed = [finding for finding in findings if finding.state is CheckState.FAILED]
    if options.json:
        console.result_json({"findings": [_finding_json(finding) for finding in findings], "failed": len(failed)})
    else:
        _print_findings(findings, console)
    return ExitCode.CHECK_FAILED if failed else ExitCode.OK


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.file,
        "subject": finding.subject,
        "state": finding.state.value,
        "reason": finding.reason,
        "attention": finding.attention,
    }


def _print_findings(findings: Sequence[Finding], console: Console) -> None:
    """What needs attention, and counts of all: hundreds of lines that say "fine" would hide the one that does not."""
    for finding in findings:
        if finding.attention or finding.state is CheckState.FAILED:
            console.result(f"{finding.state.value:<13} {finding.file}  {finding.subject}\n    {finding.reason}")
    counts = [f"{sum(finding.state is state for finding in findings)} {state.value}" for state in CheckState]
    console.result(", ".join(count for count in counts if not count.startswith("0 ")) or "the store is empty")
