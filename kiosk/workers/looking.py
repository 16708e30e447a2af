"""What the vision process does with frames: look for codes, compare a face, or only show them."""

from collections.abc import Callable
from typing import Protocol

from face.opencv import Image
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.qr import read_codes
from face.verify import Template, Verifier
from kiosk.flow.values import FaceGuidance, FaceMove, ScreenLight
from kiosk.workers.messages import CodeSeen, FaceDone, FaceFailed, FaceProgress, LightShown, VisionFault

Send = Callable[[object], None]
Clock = Callable[[], float]

CODE_FORGOTTEN_S = 1.5
"""A code out of view for so long is news when it comes back: the patient shows it again."""
ADVICE_HOLDS_S = 0.4
"""An advice appears when it has held so long: words that flicker cannot be read."""
CAMERA_PATIENCE_S = 5.0
"""A comparison waits so long for a camera that went away: a loose plug is pushed in again."""


_LOOKS_AWAY = frozenset({Move.TURN_LEFT, Move.TURN_RIGHT, Move.LOOK_UP})
"""After such a move the way back is said at once: whoever did it is waiting for words."""


class Looking(Protocol):
    """One use of the camera. `see` and `miss` answer whether it is over."""

    def see(self, image: Image, timestamp: float) -> bool:
        """A frame (H x W x 3, blue-green-red), the caller's own, and when the camera took it (monotonic seconds)."""

    def miss(self, fault: VisionFault | None) -> bool:
        """No frame came; `fault` says why when it is more than a pause."""

    def close(self) -> None: ...


class PreviewLook:
    """For the admin screen."""

    def see(self, image: Image, timestamp: float) -> bool:
        return False

    def miss(self, fault: VisionFault | None) -> bool:
        return False

    def close(self) -> None:
        pass


class CodeLook:
    """Every QR code that comes into view, told once while it stays."""

    def __init__(self, session: int, send: Send, clock: Clock) -> None:
        self._session = session
        self._send = send
        self._clock = clock
        self._seen: dict[str, float] = {}

    def see(self, image: Image, timestamp: float) -> bool:
        now = self._clock()
        self._seen = {text: at for text, at in self._seen.items() if now - at < CODE_FORGOTTEN_S}
        for text in read_codes(image):
            if text not in self._seen:
                self._send(CodeSeen(self._session, text))
            self._seen[text] = now
        return False

    def miss(self, fault: VisionFault | None) -> bool:
        return False

    def close(self) -> None:
        self._seen.clear()


class FaceLook:
    """One attempt to compare who stands there with the template, until there is a decision.

    What is asked of the patient and of the screen is told in the same moment as it is decided; when the light that the
    camera looks for on the skin has come on the screen, the window says so (`light_shown`).
    """

    def __init__(self, session: int, verifier: Verifier, template: Template, send: Send, clock: Clock) -> None:
        self._session = session
        self._send = send
        self._clock = clock
        self._comparison = verifier.session(template, clock, reports_light=True)
        self._advice = SteadyAdvice()
        self._told: FaceProgress | None = None
        self._asked: Move | None = None
        self._missing_since: float | None = None
        self._tell(FaceProgress(session, FaceGuidance.STARTING, 0.0))

    def see(self, image: Image, timestamp: float) -> bool:
        self._missing_since = None
        report = self._comparison.feed(image, timestamp)
        guidance = self._advice.next(FaceGuidance(report.guidance.value), self._clock())
        move, light = report.prompt.move, report.prompt.light
        if move is None and self._asked in _LOOKS_AWAY:
            guidance = self._advice.force(FaceGuidance.TURN_TO_CAMERA, self._clock())
        self._asked = move
        self._tell(
            FaceProgress(
                self._session,
                guidance,
                report.progress,
                None if move is None else FaceMove(move.value),
                None if light is None else ScreenLight(light.value),
            )
        )
        return self._ends()

    def miss(self, fault: VisionFault | None) -> bool:
        now = self._clock()
        if fault is None:
            return self._ends()
        self._comparison.lose()
        if self._missing_since is None:
            self._missing_since = now
        if now - self._missing_since >= CAMERA_PATIENCE_S:
            self._send(FaceFailed(self._session, fault))
            return True
        return self._ends()

    def light_shown(self, message: LightShown) -> None:
        """The window has painted a colour; a report of another session is out of date."""
        if message.session == self._session:
            colour = None if message.light is None else LightColour(message.light.value)
            self._comparison.light_shown(colour, message.at)

    def close(self) -> None:
        self._comparison.close()

    def _ends(self) -> bool:
        decision = self._comparison.poll()
        if decision is None:
            return False
        self._send(FaceDone(self._session, decision))
        return True

    def _tell(self, progress: FaceProgress) -> None:
        if progress != self._told:
            self._told = progress
            self._send(progress)


class SteadyAdvice:
    """The advice to show: "good" at once, any other when it has held for a while."""

    def __init__(self) -> None:
        self._shown = FaceGuidance.STARTING
        self._candidate = FaceGuidance.STARTING
        self._since = 0.0

    def next(self, guidance: FaceGuidance, now: float) -> FaceGuidance:
        """What to show after a frame at `now` (seconds) that asks for `guidance`."""
        if guidance is not self._candidate:
            self._candidate, self._since = guidance, now
        if guidance is FaceGuidance.GOOD or now - self._since >= ADVICE_HOLDS_S:
            self._shown = guidance
        return self._shown

    def force(self, guidance: FaceGuidance, now: float) -> FaceGuidance:
        """Show this at once; another one must hold again before it takes its place."""
        self._shown = self._candidate = guidance
        self._since = now
        return guidance
