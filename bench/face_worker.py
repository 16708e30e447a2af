"""What the kiosk's vision worker costs: the process as the kiosk starts it, before a simulated camera."""

import queue
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from face.pad.policy import PadPolicy
from face.simulation.stage import CameraStage
from kiosk.flow.values import FaceMove, ScreenLight
from kiosk.workers.messages import (
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    FaceProgress,
    LightShown,
    WipeSession,
    WorkerUp,
)
from kiosk.workers.vision import VisionConfig, VisionWorker

STARTS = 3
SESSIONS = 3
ANSWER_LIMIT_S = 60.0


class _Inbox:
    """What the worker says. Whoever stands before the camera does what the screen would ask, and the screen, which
    paints at once, says so.
    """

    def __init__(self, stage: CameraStage) -> None:
        self._stage = stage
        self._told: tuple[FaceMove | None, ScreenLight | None] = (None, None)
        self.worker: VisionWorker | None = None
        self.messages: queue.SimpleQueue[object] = queue.SimpleQueue()

    def __call__(self, message: object) -> None:
        if isinstance(message, FaceProgress):
            asked = (message.move, message.light)
            if asked != self._told:
                lit, self._told = self._told[1], asked
                self._stage.prompt(*asked)
                if message.light is not lit and self.worker is not None:
                    self.worker.send(LightShown(message.session, message.light, time.monotonic()))
        self.messages.put(message)

    def wait(self, *kinds: type) -> object:
        while not isinstance(message := self.messages.get(timeout=ANSWER_LIMIT_S), kinds):
            pass
        return message


def measure(people: Path, pack: Path, threads: int) -> tuple[float, float]:
    """Seconds from the start of the process until it is warm (median), and its resident MB after some sessions.

    A session is a chip photo enrolled, the person compared and asked everything the default PAD policy asks, the
    decision, and all of it wiped.
    """
    seconds = []
    with CameraStage(people) as stage:
        for number in range(STARTS):
            inbox = _Inbox(stage)
            with ExitStack() as stack:
                config = VisionConfig(stage.url, pack, pad=PadPolicy.named("active"), threads=threads)
                worker = inbox.worker = VisionWorker(config, inbox)
                stack.callback(worker.stop)
                worker.start()
                up = inbox.wait(WorkerUp)
                assert isinstance(up, WorkerUp)
                seconds.append(up.seconds)
                if number == STARTS - 1:
                    resident = _work(worker, inbox, stage, people)
    return round(median(seconds), 2), round(resident, 0)


def _work(worker: VisionWorker, inbox: _Inbox, stage: CameraStage, people: Path) -> float:
    persons = sorted(path.name for path in people.iterdir() if path.is_dir())
    for session in range(1, SESSIONS + 1):
        person = persons[session % len(persons)]
        [photo] = (people / person).glob("chip.*")
        stage.show_person(person)
        worker.send(EnrolPhoto(session, photo.read_bytes()))
        worker.send(CompareFace(session, attempt=1))
        answer = inbox.wait(FaceDone, FaceFailed)
        if isinstance(answer, FaceFailed):
            raise RuntimeError(f"the worker could not compare: {answer.code}")  # noqa: TRY004 - no wrong type
        resident = _resident_mb(worker.pid)
        worker.send(WipeSession(session))
    return resident


def _resident_mb(pid: int | None) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return int(status["VmRSS"].split()[0]) / 1024
