"""Reading every picture of a test set once, on several processes when there are many."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from face.evaluation.pairs import Pairs
from face.evaluation.processes import Progress, spread
from face.evaluation.reading import PictureReader, Reading, Settings
from face.models.pack import load_pack

Task = tuple[str, Path, int]  # role, picture, its number

_WORTH_A_POOL = 64  # pictures or frames; below, starting a process costs more than it saves


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
    jobs = jobs if work >= _WORTH_A_POOL else 1
    for reading in spread(partial(_reading, pack_directory, settings), tasks, jobs, chunk=4):
        readings.append(reading)
        if progress is not None:
            progress(len(readings), len(tasks))
    return readings[: len(pairs.chip)], readings[len(pairs.chip) :]


def _reading(pack_directory: Path, settings: Settings) -> Callable[[Task], Reading]:
    return partial(_read, PictureReader(load_pack(pack_directory), settings))


def _read(reader: PictureReader, task: Task) -> Reading:
    role, path, number = task
    return reader.chip(path) if role == "chip" else reader.live(path, number)
