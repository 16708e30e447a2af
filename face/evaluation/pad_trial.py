"""One clip through the real session: the comparison, every check, and what came of it."""

from dataclasses import dataclass

import numpy as np

from face.decision import Decision, Outcome
from face.evaluation.pad_clips import PadClip
from face.pad.evidence import PadResult, PadVerdict
from face.template import Template
from face.verify import Verifier

_AFTER_S = 60.0  # past every time limit of a session


@dataclass(frozen=True, slots=True)
class Trial:
    """``verdict``: of PAD alone; ``outcome`` and ``reason``: of the session, comparison included.

    ``frames`` were looked at until it was decided after ``seconds`` of the clip.
    """

    species: str
    name: str
    person: str
    notes: str
    verdict: PadVerdict
    outcome: Outcome
    reason: str
    results: tuple[PadResult, ...]
    frames: int
    seconds: float


class _ClipClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(verifier: Verifier, template: Template, clip: PadClip) -> Trial:
    """Frames are overwritten. The clip's script takes the place of a new challenge: no clip can follow another."""
    clock, frames = _ClipClock(), 0
    decision: Decision | None = None
    with verifier.session(template, clock, script=clip.script) as session:
        for at, image in clip.frames:
            clock.now = at
            frame = image if image.flags.writeable else np.array(image)
            decision = session.feed(frame, at).decision
            frame.fill(0)
            frames += 1
            if decision is not None:
                break
        else:
            clock.now += _AFTER_S
            decision = session.poll()
    if decision is None:
        raise RuntimeError("a session past its time limits must be decided")
    return Trial(
        species=clip.species,
        name=clip.name,
        person=clip.person,
        notes=clip.notes,
        verdict=decision.pad.verdict,
        outcome=decision.outcome,
        reason=str(decision.reason),
        results=decision.pad.results,
        frames=frames,
        seconds=decision.seconds,
    )


def without_face(clip: PadClip) -> Trial:
    """A clip nobody was ever seen on, which the kiosk would have asked to step nearer until its time was over."""
    return Trial(
        species=clip.species,
        name=clip.name,
        person=clip.person,
        notes=clip.notes,
        verdict=PadVerdict.INCOMPLETE,
        outcome=Outcome.UNDECIDED,
        reason="no_face",
        results=(),
        frames=0,
        seconds=0.0,
    )
