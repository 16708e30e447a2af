"""One file into a trust store: a master list, certificates, or a revocation list, by what it is and not by its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cccd_reader.errors import ChipDataError
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.store_files import decode_blocks
from cccd_reader.pki.store_import import import_certificates, import_crl, import_master_list
from cccd_reader.pki.trust_store import Role, TrustStore
from cccd_reader.verdict import CheckState


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `accepted` is False when nothing of it could be: its own signature does not hold, or it is
    `broken`."""

    file: str
    kind: str
    accepted: bool
    reason: str = ""
    added: int = 0
    known: int = 0
    refused: tuple[str, ...] = ()
    broken: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "file": self.file,
            "kind": self.kind,
            "accepted": self.accepted,
            "reason": self.reason,
            "added": self.added,
            "known": self.known,
            "refused": list(self.refused),
        }

    def text(self) -> str:
        head = f"{self.file}: {self.kind}" + (f", {self.reason}" if self.reason else "")
        counts = f"{self.added} added, {self.known} known already, {len(self.refused)} refused"
        return "\n  refused: ".join((f"{head}: {counts if self.accepted else 'nothing imported'}", *self.refused))


def import_file(
    store: TrustStore, data: bytes, *, source: str, role: Role, roots: Iterable[Certificate], now: datetime
) -> Imported:
    """Imports what `data` is. Raises `OSError` when the store cannot be written."""
    try:
        return _import(store, data, source, role, roots, now)
    except ChipDataError as error:
        return Imported(source, "none of what can be imported", accepted=False, reason=error.detail, broken=True)


def _import(
    store: TrustStore, data: bytes, source: str, role: Role, roots: Iterable[Certificate], now: datetime
) -> Imported:
    blocks = decode_blocks(data)
    if _is_crl(blocks):
        report = import_crl(store, data)
        accepted = report.crl is not None
        return Imported(source, "revocation list", accepted, report.reason, added=int(accepted))
    if _is_certificate(blocks):
        found = import_certificates(store, data, source=source, role=role, now=now)
        kind = "document signers" if role is Role.SIGNER else "certificates"
    else:
        found = import_master_list(store, data, source=source, roots=roots, now=now)
        kind = "master list"
    refused = tuple(f"{problem.file}: {problem.reason}" for problem in found.refused)
    if found.verdict is not None and found.verdict.state is not CheckState.SUCCESSFUL:
        return Imported(source, kind, accepted=False, reason=f"{found.verdict.state}: {found.verdict.reason}")
    accepted = bool(found.added or found.known)
    return Imported(source, kind, accepted, "", len(found.added), len(found.known), refused)


def _is_crl(blocks: tuple[bytes, ...]) -> bool:
    try:
        parse_crl(blocks[0])
    except ChipDataError:
        return False
    return True


def _is_certificate(blocks: tuple[bytes, ...]) -> bool:
    """PEM is certificates: several of them, of which some may be broken."""
    if len(blocks) > 1:
        return True
    try:
        parse_certificate(blocks[0])
    except ChipDataError:
        return False
    return True
