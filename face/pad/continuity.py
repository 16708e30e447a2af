"""Continuity: one person, one track and one camera from the first straight frame to the last."""

from typing import Final

from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.face_track import FaceTrack
from face.pad.frame_repeats import FrameRepeats
from face.pad.frame_times import FrameTimes
from face.pad.identity_track import AGREE, IdentityTrack
from face.pad.observation import Observation
from face.pad.sensor_noise import SensorNoise

_FRAMES_MIN: Final = 8


class ContinuityAnalysis:
    """Fed every frame of the session. What it keeps of pictures (spots, a thumbnail, an embedding) :meth:`close` wipes.

    ``noise_floor``: see :class:`~face.pad.policy.PadPolicy`.
    """

    def __init__(self, noise_floor: float) -> None:
        self._times = FrameTimes()
        self._repeats = FrameRepeats()
        self._noise = SensorNoise(noise_floor)
        self._track = FaceTrack()
        self._identity = IdentityTrack()
        self._frames = 0
        self._returned = False
        self._shape: tuple[int, ...] | None = None
        self.resized = False
        """The picture changed its size: another camera, and nothing in it can be compared with what was seen before."""

    @property
    def same_person(self) -> bool:
        """The last good frame shows the person of the first ones."""
        return self._identity.agrees

    @property
    def failed(self) -> bool:
        return self._evidence_against() is not None

    def feed(self, observation: Observation) -> None:
        self._frames += 1
        self._times.feed(observation.timestamp)
        self.resized = self.resized or self._shape not in (None, observation.image.shape)
        if self.resized:
            return
        self._shape = observation.image.shape
        if self._repeats.feed(observation.image):
            self._noise.feed(observation.image)
        self._track.feed(observation)
        if observation.embedding is not None:
            self._identity.feed(observation.embedding)
            self._returned = True

    def miss(self, timestamp: float) -> None:
        """A frame without a usable face."""
        self._times.feed(timestamp)
        self._track.miss(timestamp)

    def lose(self, now: float) -> None:
        """No frame until now. The next one may bear an earlier time: it was on its way."""
        self._track.miss(now)

    def begin_again(self) -> None:
        """The face was lost before the first move: the straight phase starts anew, for the same person."""
        self._track.begin_again()
        self._times.forgive_gaps()

    def expect_return(self) -> None:
        """The moves begin: from here at least one more good frame must show the person."""
        self._returned = False

    def result(self) -> PadResult:
        """Reasons: ``one_track``; ``time_backwards``, ``impossible_rate``, ``looped_frames``, ``duplicate_frames``,
        ``no_sensor_noise``, ``repeated_noise``, ``frame_size_changed``, ``face_jumped``, ``scene_changed``,
        ``swapped_person``; ``too_few_frames``, ``frame_gap``, ``frame_rate_too_low``, ``track_lost``,
        ``not_seen_again``, ``person_unclear``."""
        against = self._evidence_against()
        if against is not None:
            return PadResult(PadCheck.CONTINUITY, PadState.FAILED, 0.0, against)
        missing = self._missing()
        if missing is not None:
            return not_assessed(PadCheck.CONTINUITY, missing)
        # Halfway between "just the same" and "the same picture" is already as sure as a person can be.
        score = 0.5 + 0.5 * min(1.0, max(0.0, (self._identity.lowest - AGREE) / (0.5 * (1 - AGREE))))
        return PadResult(PadCheck.CONTINUITY, PadState.SUCCESSFUL, score, "one_track")

    def close(self) -> None:
        self._repeats.close()
        self._noise.close()
        self._track.close()
        self._identity.close()

    def _evidence_against(self) -> str | None:
        stream = self._times.impossible or self._repeats.reason or self._noise.reason
        stream = stream or ("frame_size_changed" if self.resized else None)
        return stream or self._track.cut or ("swapped_person" if self._identity.swapped else None)

    def _missing(self) -> str | None:
        if self._frames < _FRAMES_MIN:
            return "too_few_frames"
        if self._times.insufficient is not None:
            return self._times.insufficient
        if self._track.lost:
            return "track_lost"
        if not self._returned or self._identity.last is None:
            return "not_seen_again"
        return None if self._identity.agrees else "person_unclear"
