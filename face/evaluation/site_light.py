"""Does the screen's light reach the faces at this site? The light check of PAD, asked before it is relied on."""

from random import Random
from typing import Protocol

from face.camera import Frame
from face.detect import DetectedFace
from face.embed import Embedding
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.pad.evidence import PadResult
from face.pad.light import LightAnalysis
from face.pad.light_colours import LightColour, random_sequence
from face.pad.observation import Observation
from face.pad.policy import PadPolicy


class Lamp(Protocol):
    """A screen in front of the person."""

    def show(self, colour: LightColour | None) -> None:
        """Fill the screen with the colour; None: dark again."""


class LightProbe:
    """One sequence of colours for each person. ``feed`` it every frame until ``done``, then ``finish``."""

    def __init__(self, pack: ModelPack, lamp: Lamp, random: Random, policy: PadPolicy | None = None) -> None:
        self._mesh = MeshModel(pack)
        self._lamp = lamp
        self._random = random
        self._policy = policy or PadPolicy.named("active")
        self._analysis = LightAnalysis()
        self._waiting: list[LightColour] = []
        self._now = self._next = float("-inf")
        self._begin()

    @property
    def done(self) -> bool:
        return not self._waiting and self._now >= self._next

    def feed(self, frame: Frame, face: DetectedFace | None, embedding: Embedding | None) -> None:
        """The colours begin with the first frame that has a face."""
        self._now = frame.timestamp
        if face is None:
            return
        if self._waiting and self._now >= self._next:
            colour = self._waiting.pop(0)
            self._lamp.show(colour)
            self._analysis.note_colour(colour, self._now)
            self._next = self._now + self._policy.light_step_s
        mesh = self._mesh.fit(frame.image, face.box)
        self._analysis.feed(Observation(frame.timestamp, frame.image, face, mesh, embedding))

    def finish(self) -> PadResult:
        """The result for this person; the next one begins anew."""
        self._lamp.show(None)
        self._analysis.note_colour(None, self._now)
        result = self._analysis.result()
        self._analysis.close()
        self._begin()
        return result

    def _begin(self) -> None:
        self._analysis = LightAnalysis()
        self._waiting = list(random_sequence(self._random, self._policy.light_steps))
        self._now = self._next = float("-inf")
