"""The camera's worker: its configuration, and the proxy that the kiosk holds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.frames import FrameRing
from kiosk.workers.messages import (
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    PhotoEnrolled,
    PreviewOnly,
    ScanCodes,
    StopVision,
    VisionFault,
    WipeSession,
    WorkerDown,
    WorkerUp,
)
from kiosk.workers.supervisor import Supervised, WorkerLimits
from kiosk.workers.vision_process import VisionTask, serve_vision

NAME = "vision"


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """The camera (index, path or URL), the model pack's folder, and the decision's limits (`face.decision.Policy`)."""

    camera_source: int | str
    pack_dir: Path
    fmr: str = "1e-4"
    time_limit_s: float = 20.0
    threads: int = 1


class VisionWorker:
    """Scans codes and compares faces in a process of its own; `frames` is what the camera sees.

    Every `EnrolPhoto` and `CompareFace` is answered, also when the process dies over it. After a restart the photo is
    enrolled again and a scan goes on, so that a crash between two steps is not noticed by the patient.
    """

    def __init__(
        self,
        config: VisionConfig,
        on_message: Callable[[object], None],
        *,
        limits: WorkerLimits | None = None,
        policy: RestartPolicy | None = None,
    ) -> None:
        self.frames = FrameRing()
        task = VisionTask(
            config.camera_source,
            config.pack_dir,
            config.fmr,
            config.time_limit_s,
            config.threads,
            self.frames.name,
        )
        self._on_message = on_message
        self._worker = Supervised(NAME, serve_vision, task, self._receive, limits=limits, policy=policy)
        self._lock = threading.Lock()
        self._photo: EnrolPhoto | None = None
        self._photo_answered = False
        self._watching: ScanCodes | PreviewOnly | None = None
        self._comparing: int | None = None

    @property
    def pid(self) -> int | None:
        return self._worker.pid

    def start(self) -> None:
        self._worker.start()

    def send(self, message: object) -> None:
        """Any message "to vision". Never waits."""
        self._remember(message)
        if not self._worker.send(message):
            self._answer_for_process()

    def kill(self) -> None:
        """End the process as a crash would; it is started again."""
        self._worker.kill()

    def stop(self) -> None:
        """End the process and remove the shared memory."""
        self._worker.stop()
        self._forget()
        self.frames.close()

    def _remember(self, message: object) -> None:
        with self._lock:
            match message:
                case EnrolPhoto():
                    self._photo, self._photo_answered = message, False
                case ScanCodes() | PreviewOnly(on=True):
                    self._watching = message
                case PreviewOnly():
                    self._watching = None
                case CompareFace(session=session):
                    self._watching, self._comparing = None, session
                case StopVision():
                    self._watching = self._comparing = None
                case WipeSession():
                    self._photo = self._watching = self._comparing = None
                case _:
                    pass

    def _forget(self) -> None:
        with self._lock:
            self._photo = self._watching = self._comparing = None

    def _receive(self, message: object) -> None:
        match message:
            case PhotoEnrolled(session=session):
                if not self._takes_enrolment(session):
                    return
            case FaceDone(session=session) | FaceFailed(session=session):
                with self._lock:
                    if self._comparing == session:
                        self._comparing = None
            case WorkerDown():
                self.frames.wipe()
            case _:
                pass
        self._on_message(message)
        if isinstance(message, WorkerDown):
            self._answer_for_process()
        elif isinstance(message, WorkerUp):
            self._repeat()

    def _takes_enrolment(self, session: int) -> bool:
        """False for the second answer about one photo, after a restart."""
        with self._lock:
            if self._photo is None or self._photo.session != session:
                return True
            first, self._photo_answered = not self._photo_answered, True
            return first

    def _repeat(self) -> None:
        """What the process that died knew."""
        with self._lock:
            known = (self._photo, self._watching)
        for message in known:
            if message is not None:
                self._worker.send(message)

    def _answer_for_process(self) -> None:
        with self._lock:
            unanswered = self._photo if not self._photo_answered else None
            comparing, self._comparing = self._comparing, None
            if unanswered is not None:
                self._photo = None
        if unanswered is not None:
            self._on_message(PhotoEnrolled(unanswered.session, False, VisionFault.WORKER_DOWN))
        if comparing is not None:
            self._on_message(FaceFailed(comparing, VisionFault.WORKER_DOWN))
