"""What the kiosk and its device workers say to each other. All of it is picklable and most of it names its session.

A session is one patient. A worker may still be busy with the last one when the next begins: whoever receives a message
compares its session and drops what is stale.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from face.decision import Decision
from kiosk.flow.values import FaceGuidance, FaceMove, ReadStage, ScreenLight

if TYPE_CHECKING:  # the vision process has no use for the card reader's code: a third of its imports' time
    from cccd_reader import Access, CardErrorCode, CardReadout, Citizen, KeyRing

ReaderCondition = Literal["service_down", "no_reader", "empty", "present", "several"]


class VisionFault(StrEnum):
    """Why the camera or a face comparison cannot be used. The camera's own codes are those of `face.camera`."""

    NOT_FOUND = "not_found"
    GONE = "gone"
    SILENT = "silent"
    FROZEN = "frozen"
    BLACK = "black"
    WRONG_SIZE = "wrong_size"
    BAD_IMAGE = "bad_image"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    PHOTO_UNUSABLE = "photo_unusable"
    NO_TEMPLATE = "no_template"
    WORKER_DOWN = "worker_down"


# --- to both workers


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Let the devices go and end."""


# --- to the reader


@dataclass(frozen=True, slots=True, repr=False)
class ReadCard:
    """Read the card on the reader, from where an earlier read of the same session stopped.

    `expected_number` is what the number in the chip is compared with when the keys do not carry one.
    """

    session: int
    keyring: "KeyRing"
    access: "Access"
    expected_number: str | None

    def __repr__(self) -> str:
        return f"ReadCard(session={self.session}, {self.access})"


@dataclass(frozen=True, slots=True)
class CancelRead:
    """Stop reading; what was read is kept until `ForgetCard`."""

    session: int


@dataclass(frozen=True, slots=True)
class ForgetCard:
    """Stop reading and drop what was read."""

    session: int


# --- from the reader


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """What lies on the reader. `reader` is its name, empty when there is none or more than one with a card."""

    state: ReaderCondition
    reader: str
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class CardProgress:
    """Where a read is; `fraction` 0–1 of its bytes. `citizen` is what the chip said so far of its holder."""

    session: int
    stage: ReadStage
    fraction: float
    citizen: "Citizen | None"

    def __repr__(self) -> str:
        return f"CardProgress(session={self.session}, {self.stage}, {self.fraction:.2f})"


@dataclass(frozen=True, slots=True)
class CardRead:
    """Everything was read and checked."""

    session: int
    readout: "CardReadout"


@dataclass(frozen=True, slots=True)
class CardReadFailed:
    """The read ended early. `detail` is technical English without personal data."""

    session: int
    code: "CardErrorCode"
    detail: str


# --- to vision


@dataclass(frozen=True, slots=True)
class ScanCodes:
    """Open the camera and report every QR code that comes into view, until `StopVision`."""

    session: int


@dataclass(frozen=True, slots=True, repr=False)
class EnrolPhoto:
    """Make a template of the chip's photo (JPEG or JPEG 2000) and keep it until `WipeSession`."""

    session: int
    image: bytes

    def __repr__(self) -> str:
        return f"EnrolPhoto(session={self.session}, {len(self.image)} bytes)"


@dataclass(frozen=True, slots=True)
class CompareFace:
    """Open the camera and compare who stands there with the enrolled photo."""

    session: int
    attempt: int


@dataclass(frozen=True, slots=True)
class LightShown:
    """The window has painted what `FaceProgress.light` asked for: `light`, or None for the page as usual.

    `at` is the window's `time.monotonic()`. On Linux that is the machine's one clock since its start, the same in every
    process, so it can be held against the times of the camera's frames.
    """

    session: int
    light: ScreenLight | None
    at: float


@dataclass(frozen=True, slots=True)
class StopVision:
    """The camera rests; the template stays."""

    session: int


@dataclass(frozen=True, slots=True)
class WipeSession:
    """The patient has gone: overwrite template and frames, and let the camera rest."""

    session: int


@dataclass(frozen=True, slots=True)
class PreviewOnly:
    """The admin screen's picture: frames without looking for anything."""

    on: bool


# --- from the scanner


@dataclass(frozen=True, slots=True, repr=False)
class CodeScanned:
    """The scanner sent a text. It knows nothing of sessions: whoever is there has scanned it."""

    text: str

    def __repr__(self) -> str:
        return f"CodeScanned({len(self.text)} characters)"


# --- from vision


@dataclass(frozen=True, slots=True, repr=False)
class CodeSeen:
    """A QR code came into view. Told once while it stays there."""

    session: int
    text: str

    def __repr__(self) -> str:
        return f"CodeSeen(session={self.session}, {len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class PhotoEnrolled:
    """Whether a template could be made; `code` says why not."""

    session: int
    ok: bool
    code: VisionFault | None


@dataclass(frozen=True, slots=True)
class FaceProgress:
    """One advice for the patient, what is asked of them and of the screen now, and how far the check is, 0–1."""

    session: int
    guidance: FaceGuidance
    fraction: float
    move: FaceMove | None = None
    light: ScreenLight | None = None


@dataclass(frozen=True, slots=True)
class FaceDone:
    """The comparison's decision, "undecided" included. The camera rests again."""

    session: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class FaceFailed:
    """No comparison was possible, whoever stood there."""

    session: int
    code: VisionFault


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """The camera came or went. Told when it changes, and once after the worker's start."""

    ok: bool
    code: VisionFault | None


@dataclass(frozen=True, slots=True)
class CameraUsed:
    """What one use of the camera was like, told when it rests; for the log.

    Of the `frames` that the camera gave in `seconds`, `dropped` were replaced by newer ones before anybody looked at
    them. `refused`: which of its settings the device did not take, as "exposure 100 not 156".
    """

    frames: int
    dropped: int
    lost: int
    seconds: float
    width: int
    height: int
    refused: tuple[str, ...]


# --- about a worker


@dataclass(frozen=True, slots=True)
class WorkerUp:
    """The worker is ready, `seconds` after its process was started."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class WorkerDown:
    """The worker's process ended or hung and is being replaced.

    `permanent`: it failed so often that a person must look; it is still tried, at long intervals.
    """

    name: str
    permanent: bool
    reason: str
