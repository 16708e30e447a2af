"""A worker that dies, hangs, refuses to end or cannot work, and the supervisor over it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import WorkerDown, WorkerUp
from kiosk.workers.supervisor import STALLED, Supervised, WorkerLimits

QUICK = RestartPolicy(first_s=0.01, longest_s=0.05, permanent_s=0.1, permanent_after=3)
Until = Callable[..., None]


@contextmanager
def running(target: Any, config: object, inbox: Any, **options: Any) -> Iterator[Supervised]:
    worker = Supervised("echo", target, config, inbox, **({"policy": QUICK} | options))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def greeting(message: object) -> bool:
    return isinstance(message, tuple) and message[0] == "hello"


def test_messages_go_both_ways_in_order(inbox: Any, targets: Any) -> None:
    with running(targets.echo, "hello", inbox) as worker:
        inbox.wait(WorkerUp)
        for number in range(200):
            assert worker.send(number)
        inbox.wait(int, lambda number: number == 199)
        assert inbox.of(int) == list(range(200))
        assert inbox.of(WorkerDown) == []


def test_a_killed_worker_is_started_again(inbox: Any, targets: Any) -> None:
    with running(targets.echo, "hello", inbox) as worker:
        first = inbox.wait(tuple, greeting)[1]
        assert first == worker.pid != os.getpid()
        mark = inbox.mark()
        os.kill(first, signal.SIGKILL)
        down = inbox.wait(WorkerDown, after=mark)
        assert down == WorkerDown("echo", False, "ended with exit code -9")
        second = inbox.wait(tuple, greeting, after=mark)[1]
        assert second != first
        assert worker.send("still there?")
        assert inbox.wait(str) == "still there?"


def test_a_crash_names_its_place_and_no_value(inbox: Any, targets: Any, capfd: Any) -> None:
    with running(targets.echo, "hello", inbox) as worker:
        inbox.wait(WorkerUp)
        worker.send("crash")
        down = inbox.wait(WorkerDown)
        assert down.reason.startswith("ValueError at worker_targets.py:")
        inbox.wait(WorkerUp, after=inbox.messages.index(down))
    assert "patient" not in "".join(capfd.readouterr())


def test_a_worker_that_hangs_is_replaced(inbox: Any, targets: Any) -> None:
    with running(targets.echo, "hello", inbox, limits=WorkerLimits(stall_s=1.5)) as worker:
        inbox.wait(WorkerUp)
        worker.send("hang")
        down = inbox.wait(WorkerDown)
        assert (down.reason, down.permanent) == (STALLED, False)
        inbox.wait(tuple, greeting, after=inbox.messages.index(down))


def test_sending_to_a_hung_worker_never_waits(inbox: Any, targets: Any) -> None:
    """The pipe holds some 200 kB: far more is sent, and the sender is not held up until the watchdog comes."""
    with running(targets.echo, "hello", inbox, limits=WorkerLimits(stall_s=30.0, stop_s=0.1)) as worker:
        inbox.wait(WorkerUp)
        worker.send("hang")
        for _ in range(100):
            assert worker.send(bytes(100_000))
        assert inbox.of(WorkerDown) == []


def test_a_worker_that_never_gets_ready_is_replaced(inbox: Any, targets: Any) -> None:
    with running(targets.never_ready, None, inbox, limits=WorkerLimits(start_s=1.0)):
        down = inbox.wait(WorkerDown)
        assert down.reason == "did not start in time"
    assert inbox.of(WorkerUp) == []


def test_failing_again_and_again_becomes_permanent_and_is_still_tried(inbox: Any, targets: Any) -> None:
    with running(targets.echo, "hello", inbox) as worker:
        mark = 0
        for permanent in (False, False, True, True):
            inbox.wait(WorkerUp, after=mark)
            mark = inbox.mark()
            worker.kill()
            assert inbox.wait(WorkerDown, after=mark).permanent is permanent
        inbox.wait(WorkerUp, after=mark)


def test_a_worker_that_cannot_work_as_set_up_is_permanent_at_once(inbox: Any, targets: Any) -> None:
    with running(targets.misconfigured, "the pack is not whole", inbox):
        assert inbox.wait(WorkerDown) == WorkerDown("echo", True, "the pack is not whole")


def test_stop_ends_a_worker_that_does_not_listen(inbox: Any, targets: Any) -> None:
    with running(targets.deaf, None, inbox, limits=WorkerLimits(stop_s=0.1)) as worker:
        inbox.wait(WorkerUp)
        pid = worker.pid
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
    assert worker.pid is None
    assert not worker.send("anybody?")
    assert inbox.of(WorkerDown) == []
    worker.stop()


def test_stop_before_start_and_during_a_pause(inbox: Any, targets: Any) -> None:
    Supervised("echo", targets.echo, "hello", inbox).stop()
    slow = RestartPolicy(first_s=3600, longest_s=3600, permanent_s=3600)
    with running(targets.echo, "hello", inbox, policy=slow) as worker:
        inbox.wait(WorkerUp)
        worker.kill()
        inbox.wait(WorkerDown)
        assert not worker.send("nobody is there")


def test_a_worker_ends_when_its_kiosk_is_killed(tmp_path: Path, until: Until) -> None:
    """Not even SIGKILL of the kiosk leaves a worker: it notices that the pipe is closed."""
    told = tmp_path / "worker"
    script = Path(__file__).parent / "worker_targets.py"
    with subprocess.Popen([sys.executable, str(script), str(told)]) as kiosk:
        until(told.exists)
        worker = Path("/proc") / told.read_text()
        assert worker.exists()
        kiosk.kill()
        kiosk.wait()
        until(lambda: not worker.exists() or "\nState:\tZ" in (worker / "status").read_text())


def test_a_worker_writes_no_core_and_leaves_ctrl_c_to_the_kiosk(inbox: Any, targets: Any) -> None:
    with running(targets.limits, None, inbox):
        assert inbox.wait(tuple, lambda told: told[0] != "dumpable") == ((0, 0), True)
        assert ("dumpable", 0) in inbox.messages


def test_a_receiver_with_a_bug_does_not_end_the_watch(inbox: Any, targets: Any) -> None:
    def receive(message: object) -> None:
        inbox(message)
        if message == "trap":
            raise RuntimeError("a bug")

    with running(targets.echo, "hello", receive) as worker:
        inbox.wait(WorkerUp)
        worker.send("trap")
        worker.send("after")
        inbox.wait(str, lambda text: text == "after")
