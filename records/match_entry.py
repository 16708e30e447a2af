"""One line of the match log as a typed value, and its canonical text. The format is described in docs/records.md."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from records.canonical import JsonValue, canonical_json
from records.evidence import (
    CheckVerdict,
    ChipAccess,
    ChipEvidence,
    ConsentChoice,
    ConsentEvidence,
    Decision,
    Evidence,
    InsuranceEvidence,
    InsuranceOutcome,
    Verdict,
)
from records.face_entry import read_face, write_face

FORMAT_VERSION = 2
READABLE = frozenset({1, FORMAT_VERSION})
"""Formats of entries that are out there: each is read, and written again for its hash, as what it is."""
GENESIS = "0" * 64  # the previous hash of a kiosk's first entry
_LEAF_PREFIX = b"\x00"  # RFC 9162, 2.1.1: the same hashes can become the leaves of a Merkle tree


class EntryUnreadableError(ValueError):
    """The stored text is no entry of a format this program knows. It was not written by this program."""


@dataclass(frozen=True, slots=True)
class MatchEntry:
    """What the auditor reads: who (by pseudonym), when, where, on what evidence, with what decision."""

    kiosk_id: str
    seq: int
    prev: str
    at: datetime
    session_id: str
    visit_id: str
    subject: str  # pseudonym of the personal number; empty when no card was read
    decision: Decision
    reason: str  # fault code of a referral; empty for a check-in
    evidence: Evidence
    version: int = FORMAT_VERSION


def entry_hash(text: str) -> str:
    """SHA-256 (hex) of an entry's canonical text as an RFC 9162 leaf. It holds the previous hash: hence the chain."""
    return hashlib.sha256(_LEAF_PREFIX + text.encode()).hexdigest()


def time_text(at: datetime) -> str:
    """UTC with microseconds, always of the same length: 2026-11-24T02:08:06.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_entry(entry: MatchEntry) -> str:
    """The canonical text of an entry, in the entry's own format."""
    evidence = entry.evidence
    return canonical_json(
        {
            "v": entry.version,
            "kiosk": entry.kiosk_id,
            "seq": entry.seq,
            "prev": entry.prev,
            "at": time_text(entry.at),
            "session": entry.session_id,
            "visit": entry.visit_id,
            "subject": entry.subject,
            "decision": entry.decision.value,
            "reason": entry.reason,
            "chip": None if evidence.chip is None else _chip(evidence.chip),
            "face": None if evidence.face is None else write_face(evidence.face, entry.version),
            "insurance": None if evidence.insurance is None else _insurance(evidence.insurance),
            "consent": None if evidence.consent is None else _consent(evidence.consent),
        }
    )


def read_entry(text: str) -> MatchEntry:
    """The entry of a canonical text. Raises EntryUnreadableError."""
    try:
        raw = _versioned(json.loads(text))
        return MatchEntry(
            kiosk_id=str(raw["kiosk"]),
            seq=int(raw["seq"]),
            prev=str(raw["prev"]),
            at=_time(raw["at"]),
            session_id=str(raw["session"]),
            visit_id=str(raw["visit"]),
            subject=str(raw["subject"]),
            decision=Decision(raw["decision"]),
            reason=str(raw["reason"]),
            evidence=Evidence(
                chip=None if raw["chip"] is None else _read_chip(raw["chip"]),
                face=None if raw["face"] is None else read_face(raw["face"], raw["v"]),
                insurance=None if raw["insurance"] is None else _read_insurance(raw["insurance"]),
                consent=None if raw["consent"] is None else _read_consent(raw["consent"]),
            ),
            version=raw["v"],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EntryUnreadableError(type(error).__name__) from None


def _versioned(raw: dict[str, Any]) -> dict[str, Any]:
    if type(raw["v"]) is not int or raw["v"] not in READABLE:  # True is 1 for Python, and no version
        raise ValueError("unknown format version")
    return raw


def _chip(chip: ChipEvidence) -> Mapping[str, JsonValue]:
    checks = [{"check": item.check, "verdict": item.verdict.value, "reason": item.reason} for item in chip.verdicts]
    return {"access": chip.access.value, "protocol": chip.protocol, "attempts": chip.attempts, "checks": checks}


def _read_chip(raw: Mapping[str, Any]) -> ChipEvidence:
    checks: Sequence[Mapping[str, Any]] = raw["checks"]
    return ChipEvidence(
        access=ChipAccess(raw["access"]),
        protocol=str(raw["protocol"]),
        attempts=int(raw["attempts"]),
        verdicts=tuple(CheckVerdict(str(i["check"]), Verdict(i["verdict"]), str(i["reason"])) for i in checks),
    )


def _insurance(insurance: InsuranceEvidence) -> Mapping[str, JsonValue]:
    return {
        "outcome": insurance.outcome.value,
        "code": insurance.code,
        "verified": insurance.verified,
        "reference": insurance.portal_reference,
    }


def _read_insurance(raw: Mapping[str, Any]) -> InsuranceEvidence:
    return InsuranceEvidence(
        outcome=InsuranceOutcome(raw["outcome"]),
        code=str(raw["code"]),
        verified=raw["verified"] is True,
        portal_reference=str(raw["reference"]),
    )


def _consent(consent: ConsentEvidence) -> Mapping[str, JsonValue]:
    return {
        "version": consent.text_version,
        "sha256": consent.text_sha256,
        "choice": consent.choice.value,
        "language": consent.language,
        "at": time_text(consent.given_at),
    }


def _read_consent(raw: Mapping[str, Any]) -> ConsentEvidence:
    return ConsentEvidence(
        text_version=str(raw["version"]),
        text_sha256=str(raw["sha256"]),
        choice=ConsentChoice(raw["choice"]),
        language=str(raw["language"]),
        given_at=_time(raw["at"]),
    )


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
