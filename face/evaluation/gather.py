"""Reading every picture of a test set once, on several processes when there are many."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from face.evaluation.pairs import Pairs
from face.evaluation.reading import PictureReader, Reading, Settings
from face.models.pack import load_pack

Task = tuple[str, Path, int]  # role, picture, its number
Progress = Callable[[int, int], None]  # how many are done, of how many

_WORTH_A_POOL = 64  # pictures or frames; below, starting a process costs more than it saves

_reader: PictureReader | None = None  # a pool's process serves one experiment


def default_jobs() -> int:
    return min(4, os.cpu_count() or 1)


def read_all(
    pairs: Pairs, pack_directory: Path, settings: Settings, jobs: int, progress: Progress | None = None
) -> tuple[list[Reading], list[Reading]]:
    """The readings of ``pairs.chip`` and of ``pairs.live``, in their order.

    Raises :class:`~face.errors.FaceError` (``model_refused``).
    """
    load_pack(pack_directory)  # a pack that is refused is said once, and not by each process
    tasks: list[Task] = [("chip", path, number) for number, path in enumerate(pairs.chip)]
    tasks += [("live", path, number) for number, path in enumerate(pairs.live)]
    work = len(pairs.chip) + len(pairs.live) * settings.frames_each
    readings = []
    for reading in _run(tasks, pack_directory, settings, jobs if work >= _WORTH_A_POOL else 1):
        readings.append(reading)
        if progress is not None:
            progress(len(readings), len(tasks))
    return readings[: len(pairs.chip)], readings[len(pairs.chip) :]


def _run(tasks: list[Task], pack_directory: Path, settings: Settings, jobs: int) -> Iterator[Reading]:
    if jobs <= 1:
        reader = PictureReader(load_pack(pack_directory), settings)
        for task in tasks:
            yield _read(reader, task)
        return
    context = multiprocessing.get_context("spawn")  # OpenCV's threads do not survive a fork
    with context.Pool(jobs, _start, (pack_directory, settings)) as pool:
        yield from pool.imap(_work, tasks, chunksize=4)


def _start(pack_directory: Path, settings: Settings) -> None:
    global _reader
    _reader = PictureReader(load_pack(pack_directory), settings)


def _work(task: Task) -> Reading:
    assert _reader is not None
    return _read(_reader, task)


def _read(reader: PictureReader, task: Task) -> Reading:
    role, path, number = task
    return reader.chip(path) if role == "chip" else reader.live(path, number)
