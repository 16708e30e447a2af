"""Much work of one kind on several processes, each of which loads the models once."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Progress = Callable[[int, int], None]  # how many are done, of how many

Task = TypeVar("Task")
Result = TypeVar("Result")

_work: Callable[[Any], Any] | None = None  # a pool's process serves one run


def spread(
    make: Callable[[], Callable[[Task], Result]], tasks: Sequence[Task], jobs: int, *, chunk: int
) -> Iterator[Result]:
    """The results in the order of ``tasks``. ``make`` runs once in each process and gives what does one task.

    With one job everything runs here. ``make`` and the tasks are pickled otherwise; ``chunk`` tasks go over at a time.
    """
    if jobs <= 1:
        yield from map(make(), tasks)
        return
    context = multiprocessing.get_context("spawn")  # OpenCV's threads do not survive a fork
    with context.Pool(jobs, _start, (make,)) as pool:
        yield from pool.imap(_do, tasks, chunksize=chunk)


def _start(make: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    _work = make()


def _do(task: Any) -> Any:
    assert _work is not None
    return _work(task)
