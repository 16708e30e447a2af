"""Screen-light challenge: does the light on the skin follow the screen's colours, and as only a head's relief can?

Method in the footsteps of Tang et al., "Face Flashing", NDSS 2018, with colours that spare the eye. Skin reflects the
screen (:mod:`face.pad.light_response`), and more where it faces the screen than at the edges of the face. A printed
face is flat: once its ink is divided out, it answers alike all over. A picture on another screen shines by itself and
hardly answers. A file that is fed in place of the camera does not answer at all, or as some other session's screen.

A "no" is said on evidence only: the response was measured and contradicts, or it is missing where the noise was so low
that the faintest response of a face would have shown. Anything else is not assessed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face.detect import Box
from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.light_colours import LightColour
from face.pad.light_patches import LightSample, beside_head, measure
from face.pad.light_relief import Relief, disagree, like_a_mirror, relief, responses, shared
from face.pad.light_response import LAGS_S, Fit, Step, amplitude, fit, log_ratios
from face.pad.observation import Observation
from face.pad.screen_times import ScreenTimes

Values = npt.NDArray[np.float64]

_LAG_MAX_S = float(LAGS_S[-1])


@dataclass(frozen=True, slots=True)
class LightLimits:
    """Where "follows" begins and "contradicts". Measured on simulated light, see ``docs/face.md``; a site's own light
    differs, and ``python -m face calibrate`` prints what it gives."""

    steps_min: int = 3
    frames_per_step: int = 2
    yaw_max: float = 20.0  # degrees; of a turned head one edge is hidden
    # Part of all sequences that may explain the movement as well as the shown one: 6 of 320, which differ from it in
    # one step by a similar colour.
    rank_max: float = 0.02
    explained_min: float = 0.5
    # Standard errors by which the response stands out.
    certainty: float = 4.0
    # Screen light over room light on a face at arm's length. A screen of 250 cd/m2 and 0.3 m x 0.5 m gives 100 lux
    # there: 0.03 is a face in 3300 lux, a place in the sun where no camera would find a patient's skin unclipped.
    share_min: float = 0.03
    # Spread of the patches' responses about a plane, in parts of their mean.
    relief_min: float = 0.10
    relief_flat: float = 0.06
    # Another sequence explains so much, and the shown one not half of it: the light is another session's.
    other_explained: float = 0.7


class LightAnalysis:
    """Fed what the screen showed and what the camera saw; :meth:`result` may be asked at any time.

    ``reported``: every colour is to be confirmed by :meth:`note_shown`; one that was not makes it ``screen_too_slow``.
    """

    def __init__(self, limits: LightLimits | None = None, *, reported: bool = False) -> None:
        self._limits = limits or LightLimits()
        self._screen = ScreenTimes(reported=reported)
        self._samples: list[LightSample] = []
        self._beside: tuple[Box, ...] | None = None
        self._answer: tuple[tuple[int, int], PadResult] | None = None

    def note_colour(self, colour: LightColour | None, at: float) -> None:
        """The screen is to show ``colour`` from ``at`` on (camera clock, seconds); None: its usual picture again.

        The same colour again changes nothing. Raises ``ValueError`` when time goes back.
        """
        self._screen.ask(colour, at)

    def note_shown(self, colour: LightColour | None, at: float) -> bool:
        """The screen has painted ``colour`` at ``at``. True if this was waited for; another one is out of date."""
        return self._screen.show(colour, at)

    def feed(self, observation: Observation) -> None:
        """A frame with its face. Seven colours are kept of it, no picture."""
        if not self._wanted(observation.timestamp) or abs(observation.mesh.yaw) > self._limits.yaw_max:
            return
        if self._beside is None:
            self._beside = beside_head(observation.image, observation.face.box)
        self.add(measure(observation.image, observation.mesh, observation.timestamp, self._beside))

    def add(self, sample: LightSample) -> None:
        """A frame that was measured already."""
        self._samples.append(sample)

    def result(self) -> PadResult:
        """The answer from what is known by now: 20 ms of arithmetic, then remembered until more is fed."""
        known = (len(self._screen), len(self._samples))
        if self._answer is None or self._answer[0] != known:
            self._answer = known, self._result()
        return self._answer[1]

    def _result(self) -> PadResult:
        if self._screen.too_slow:
            return not_assessed(PadCheck.LIGHT, "screen_too_slow")
        steps = self._screen.steps(self._samples[-1].timestamp if self._samples else 0.0)
        samples = self._usable()
        if len(steps) < self._limits.steps_min or not self._every_step_seen(steps, samples):
            return not_assessed(PadCheck.LIGHT, "too_few_frames")
        skin = np.array([sample.skin for sample in samples])
        patches = np.isfinite(skin).all(axis=(0, 2))
        if patches.sum() < 5:
            return not_assessed(PadCheck.LIGHT, "skin_not_measurable")
        times = np.array([sample.timestamp for sample in samples])
        ratios = log_ratios(skin[:, patches])
        found = fit(times, shared(ratios), steps)
        places = np.mean([sample.places for sample in samples], axis=0)[patches]
        return self._judge(
            found,
            relief(ratios, places, found),
            responses(ratios, found),
            brightness=skin[:, patches].mean(axis=(0, 2)),
            background=self._background(samples, found),
        )

    def close(self) -> None:
        """Forget the measurements."""
        self._samples.clear()
        self._screen.clear()

    def _judge(
        self, found: Fit, shape: Relief, response: Values, *, brightness: Values, background: float | None
    ) -> PadResult:
        limits = self._limits
        clear = found.share >= limits.certainty * found.error and found.share >= limits.share_min
        if clear and found.rank <= limits.rank_max and found.explained >= limits.explained_min:
            if like_a_mirror(response, brightness):
                return not_assessed(PadCheck.LIGHT, "like_a_mirror")
            if disagree(response):
                return not_assessed(PadCheck.LIGHT, "patches_disagree")
            if shape.low >= limits.relief_min:
                return PadResult(PadCheck.LIGHT, PadState.SUCCESSFUL, self._score(found, shape), "follows")
            if shape.high <= limits.relief_flat:
                return PadResult(PadCheck.LIGHT, PadState.FAILED, self._score(found, shape), "flat")
            room_follows = background is not None and background >= 0.8 * found.share
            return not_assessed(PadCheck.LIGHT, "room_follows_too" if room_follows else "relief_unclear")
        if found.rival >= limits.other_explained and found.explained < found.rival / 2:
            return PadResult(PadCheck.LIGHT, PadState.FAILED, 0.0, "other_sequence")
        if found.share + limits.certainty * found.error < limits.share_min:
            return PadResult(PadCheck.LIGHT, PadState.FAILED, 0.0, "no_response")
        return not_assessed(PadCheck.LIGHT, "too_little_light")

    def _score(self, found: Fit, shape: Relief) -> float:
        """Half of what both thresholds ask for is 0.25, what they ask for 0.5, twice that 1."""
        follows = found.share / (2 * self._limits.certainty * max(found.error, 1e-9))
        return float(np.clip(min(follows, shape.value / (2 * self._limits.relief_min)), 0.0, 1.0))

    def _wanted(self, timestamp: float) -> bool:
        if self._screen.last is None:
            return False
        colour, at = self._screen.last
        return colour is not None or timestamp <= at + _LAG_MAX_S + 0.3

    def _usable(self) -> list[LightSample]:
        """The frames that show the patches that most frames show."""
        if not self._samples:
            return []
        seen = np.array([np.isfinite(sample.skin).all(axis=1) for sample in self._samples])
        needed = seen.mean(axis=0) >= 0.9
        return [sample for sample, has in zip(self._samples, seen, strict=True) if has[needed].all()]

    def _every_step_seen(self, steps: list[Step], samples: list[LightSample]) -> bool:
        delay = _LAG_MAX_S / 2
        counts = [sum(step.at <= sample.timestamp - delay < step.until for sample in samples) for step in steps]
        return min(counts, default=0) >= self._limits.frames_per_step

    def _background(self, samples: list[LightSample], found: Fit) -> float | None:
        """The room's own share behind the head, None where there is nothing to see."""
        light = np.array([sample.background for sample in samples])
        if not np.isfinite(light).all():
            return None
        return amplitude(log_ratios(light), found.template, found.drift)[0]
