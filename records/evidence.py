"""The evidence of one session: what the chip, the face, the portal and the patient said. No personal data in here.

These are the records' own types: the chip and face libraries do not know this room, so the kiosk translates.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Result of one check. The five words of BSI TR-03135-1; an aborted check never counts as a result."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    NOT_SUPPORTED = "not_supported"
    ABORTED = "aborted"


class ChipAccess(StrEnum):
    """How the chip was opened (ICAO 9303-11, 4.2)."""

    PACE = "pace"
    BAC = "bac"
    NONE = "none"


class FaceOutcome(StrEnum):
    """Result of the 1:1 comparison."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"
    NOT_DONE = "not_done"


class InsuranceOutcome(StrEnum):
    """What the portal's answer meant for the way on."""

    VALID = "valid"
    SELF_PAY = "self_pay"
    COUNTER = "counter"
    UNVERIFIED = "unverified"  # the portal could not be asked; received all the same (Decree 188/2025, Art. 38.2)
    NOT_ASKED = "not_asked"


class ConsentChoice(StrEnum):
    """The patient's answer to the face comparison."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class Decision(StrEnum):
    """How the session ended."""

    CHECKED_IN = "checked_in"
    COUNTER = "counter"
    LEFT = "left"  # the patient stopped, or nobody touched the screen any more


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """One chip check, for example `passive_authentication`, with the reason of its verdict."""

    check: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChipEvidence:
    """How the chip was read and what its checks said. `protocol` as read, for example "PACE-GM P-256 AES-128"."""

    access: ChipAccess
    verdicts: tuple[CheckVerdict, ...]
    protocol: str = ""
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class ModelHash:
    """A face model that took part, by name and SHA-256 (hex) of its file."""

    name: str
    sha256: str


class PadState(StrEnum):
    """Result of one check of presentation attack detection (ISO/IEC 30107-3)."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class PadCheck:
    """One check, for example `plane`. `score` 0–1, 1 = a living person, None when not assessed."""

    check: str
    state: PadState
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class FrameQuality:
    """Of the frames that the score was made from: how many, and the lowest and highest quality rank (0–1)."""

    frames_used: int
    frames_good: int
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class FaceEvidence:
    """The comparison's numbers: `fmr` is the false match rate (0–1) that `threshold` stands for.

    `reject`: below this score it is no match; between the two it is undecided. `extrapolated`: no data reached as far
    as `fmr`, the pack's slope was followed. `reason`: why this outcome, as a stable token. `liveness` is the verdict
    of presentation attack detection as a whole, from `pad`; NOT_SUPPORTED says that no check decides. `moves`: what
    the person was asked to do, in order.
    """

    outcome: FaceOutcome
    score: float | None = None
    threshold: float | None = None
    fmr: float | None = None
    attempts: int = 0
    liveness: Verdict = Verdict.NOT_SUPPORTED
    models: tuple[ModelHash, ...] = ()
    reason: str = ""
    reject: float | None = None
    extrapolated: bool = False
    quality: FrameQuality | None = None
    pad: tuple[PadCheck, ...] = ()
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InsuranceEvidence:
    """The portal's answer: its result code, and whether it really was the portal that answered."""

    outcome: InsuranceOutcome
    code: str = ""
    verified: bool = False
    portal_reference: str = ""


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """Proof of consent (Decree 356/2025, Art. 6.2): which text, in which language, what was chosen, when."""

    text_version: str
    text_sha256: str
    choice: ConsentChoice
    language: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of one session's evidence; None for a step that was not reached."""

    chip: ChipEvidence | None = None
    face: FaceEvidence | None = None
    insurance: InsuranceEvidence | None = None
    consent: ConsentEvidence | None = None
