"""Screen-light challenge: does the light on the skin follow the colours that the screen shows?"""

from face.pad.evidence import PadCheck, PadResult, not_assessed
from face.pad.light_colours import LightColour
from face.pad.observation import Observation


class LightAnalysis:
    """Fed what the screen showed and what the camera saw; ``result`` may be asked at any time."""

    def note_colour(self, colour: LightColour | None, at: float) -> None:
        """The screen shows ``colour`` from ``at`` on (camera clock, seconds); None: its usual picture again."""

    def feed(self, observation: Observation) -> None:
        """A frame with its face; nothing of the picture is kept."""

    def result(self) -> PadResult:
        return not_assessed(PadCheck.LIGHT, "too_few_frames")

    def close(self) -> None:
        """Forget the measurements."""
