"""Playing many clips, on several processes."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from face.evaluation.pad_clips import ClipSource, enrol
from face.evaluation.pad_trial import Trial, play, without_face
from face.models.pack import load_pack
from face.pad.policy import PadPolicy
from face.verify import Verifier

Progress = Callable[[int, int], None]

_WORTH_A_POOL = 4  # clips of a few seconds of work each

_verifier: Verifier | None = None  # a pool's process serves one evaluation


def play_all(
    sources: Sequence[ClipSource], pack: Path, policy: PadPolicy, jobs: int, progress: Progress | None = None
) -> tuple[Trial, ...]:
    """In the order of ``sources``.

    Raises :class:`~face.errors.FaceError` (``model_refused``, and for a chip picture that cannot be used) and
    :class:`~face.evaluation.pad_clips.ClipError`.
    """
    load_pack(pack)  # a pack that is refused is said once, and not by each process
    trials = []
    for item in _run(sources, pack, policy, jobs if len(sources) >= _WORTH_A_POOL else 1):
        trials.append(item)
        if progress is not None:
            progress(len(trials), len(sources))
    return tuple(trials)


def _run(sources: Sequence[ClipSource], pack: Path, policy: PadPolicy, jobs: int) -> Iterator[Trial]:
    if jobs <= 1:
        verifier = Verifier(load_pack(pack), pad=policy)
        for source in sources:
            yield _play(verifier, source)
        return
    context = multiprocessing.get_context("spawn")  # OpenCV's threads do not survive a fork
    with context.Pool(jobs, _start, (pack, policy)) as pool:
        yield from pool.imap(_work, sources, chunksize=1)


def _start(pack: Path, policy: PadPolicy) -> None:
    global _verifier
    _verifier = Verifier(load_pack(pack), pad=policy)


def _work(source: ClipSource) -> Trial:
    assert _verifier is not None
    return _play(_verifier, source)


def _play(verifier: Verifier, source: ClipSource) -> Trial:
    clip = source.open()
    template = enrol(verifier, source, clip)
    if template is None:
        return without_face(clip)
    with template:
        return play(verifier, template, clip)
