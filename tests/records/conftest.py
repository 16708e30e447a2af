"""A store on a real file, a clock that stands still until told, and synthetic people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import pytest

from records.evidence import (
    CheckVerdict,
    ChipAccess,
    ChipEvidence,
    ConsentChoice,
    ConsentEvidence,
    Evidence,
    FaceEvidence,
    FaceOutcome,
    FrameQuality,
    InsuranceEvidence,
    InsuranceOutcome,
    ModelHash,
    PadCheck,
    PadState,
    Verdict,
)
from records.journal import Journal
from records.store import Store, open_store
from records.values import HIS_REGISTER, CheckInRecord, OutboxMessage, PatientFields, ServiceChoice

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@dataclass
class StillClock:
    """Time that moves only when a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


EVIDENCE = Evidence(
    chip=ChipEvidence(
        access=ChipAccess.PACE,
        protocol="PACE-GM P-256 AES-128",
        verdicts=(
            CheckVerdict("hashes", Verdict.SUCCESSFUL, "7 of 7 data groups"),
            CheckVerdict("issuer", Verdict.UNDETERMINED, "no trust store"),
            CheckVerdict("active_authentication", Verdict.NOT_SUPPORTED, "no DG15"),
        ),
    ),
    face=FaceEvidence(
        outcome=FaceOutcome.MATCH,
        score=0.731204,
        threshold=0.363,
        fmr=0.0001,
        attempts=1,
        liveness=Verdict.SUCCESSFUL,
        models=(ModelHash("sface", "ab" * 32),),
        reason="above_threshold",
        reject=0.31,
        extrapolated=True,
        quality=FrameQuality(5, 7, 0.61, 0.94),
        pad=(
            PadCheck("challenge", PadState.SUCCESSFUL, 0.97, "followed"),
            PadCheck("passive", PadState.NOT_ASSESSED, None, "no_model"),
        ),
        moves=("turn_left", "blink"),
    ),
    insurance=InsuranceEvidence(InsuranceOutcome.VALID, "000", verified=True, portal_reference="P-1"),
    consent=ConsentEvidence("2026-11", "cd" * 32, ConsentChoice.ACCEPTED, "vi", START - timedelta(seconds=40)),
)


def make_check_in(index: int = 1, *, kiosk_id: str = "k1", evidence: Evidence = EVIDENCE) -> CheckInRecord:
    """Check-in number `index` of a synthetic person; equal for equal arguments, like a repeated request."""
    return CheckInRecord(
        kiosk_id=kiosk_id,
        session_id=f"session-{index}",
        patient=PatientFields("NGUYỄN THỊ MẪU", f"00119900{index:04d}", "1990-01-31", "F"),
        service=ServiceChoice("K01", "Khám Nội tổng hợp", "P.203"),
        number=f"A{index:03d}",
        fee_dong=150_000,
        message=OutboxMessage(HIS_REGISTER, f'{{"service": "K01", "number": "00119900{index:04d}"}}'),
        evidence=evidence,
        idempotency_key=f"{index:08d}-0000-4000-8000-{crc32(kiosk_id.encode()):012d}",
    )


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kiosk.db"


@pytest.fixture
def store(path: Path, clock: StillClock) -> Iterator[Store]:
    with open_store(path, clock=clock) as opened:
        yield opened


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store)


@pytest.fixture
def check_in() -> Callable[..., CheckInRecord]:
    return make_check_in


@pytest.fixture
def evidence() -> Evidence:
    return EVIDENCE
