"""Playing many clips, on several processes."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from face.evaluation.pad_clips import ClipSource, enrol
from face.evaluation.pad_trial import Trial, play, without_face
from face.evaluation.processes import Progress, spread
from face.models.pack import load_pack
from face.pad.policy import PadPolicy
from face.verify import Verifier

_WORTH_A_POOL = 4  # clips of a few seconds of work each


def play_all(
    sources: Sequence[ClipSource], pack: Path, policy: PadPolicy, jobs: int, progress: Progress | None = None
) -> tuple[Trial, ...]:
    """In the order of ``sources``.

    Raises :class:`~face.errors.FaceError` (``model_refused``, and for a chip picture that cannot be used) and
    :class:`~face.evaluation.pad_clips.ClipError`.
    """
    load_pack(pack)  # a pack that is refused is said once, and not by each process
    trials = []
    jobs = jobs if len(sources) >= _WORTH_A_POOL else 1
    for item in spread(partial(_playing, pack, policy), sources, jobs, chunk=1):
        trials.append(item)
        if progress is not None:
            progress(len(trials), len(sources))
    return tuple(trials)


def _playing(pack: Path, policy: PadPolicy) -> Callable[[ClipSource], Trial]:
    return partial(_play, Verifier(load_pack(pack), pad=policy))


def _play(verifier: Verifier, source: ClipSource) -> Trial:
    clip = source.open()
    template = enrol(verifier, source, clip)
    if template is None:
        return without_face(clip)
    with template:
        return play(verifier, template, clip)
