"""The camera's worker: its configuration, and the proxy that the kiosk holds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from face.capture_settings import CaptureSettings
from face.pad.policy import PadPolicy
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
    """The camera (index, path or URL) and what it is asked for, the model pack's folder, the decision's limits
    (`face.decision.Policy`), and how it is found out that a living person is there.
    """

    camera_source: int | str
    pack_dir: Path
    fmr: str = "1e-5"
    time_limit_s: float = 10.0
    pad: PadPolicy = field(default_factory=PadPolicy)
    threads: int = 1
    capture: CaptureSettings = field(default_factory=CaptureSettings)


class VisionWorker:
    """Scans codes and compares faces in a process of its own; `frames` is what the camera sees.

    Every `EnrolPhoto` and `CompareFace` is answered, also when the process dies over it. What is asked while the
    process starts waits for it; after a restart the photo is enrolled again and a scan goes on, so that no patient
    notices a crash between two steps. `on_message` is called on the supervisor's thread, or on the caller's of `send`.
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
            config.capture,
            config.pack_dir,
            config.fmr,
            config.time_limit_s,
            config.pad,
            config.threads,
            self.frames.name,
        )
        self._on_message = on_message
        self._worker = Supervised(NAME, serve_vision, task, self._receive, limits=limits, policy=policy)
        self._lock = threading.Lock()
        self._ready = False
        self._hopeless = False
        self._photo: EnrolPhoto | None = None
        self._photo_answered = False
        self._watching: ScanCodes | PreviewOnly | None = None
        self._comparing: CompareFace | None = None

    @property
    def pid(self) -> int | None:
        return self._worker.pid

    def start(self) -> None:
        self._worker.start()

    def send(self, message: object) -> None:
        """Any message "to vision". Never waits."""
        with self._lock:
            self._remember(message)
            if self._ready:
                self._worker.send(message)
            hopeless = self._hopeless
        if hopeless:
            self._answer_for_process()

    def kill(self) -> None:
        """End the process as a crash would; it is started again."""
        self._worker.kill()

    def stop(self) -> None:
        """End the process and remove the shared memory."""
        self._worker.stop()
        with self._lock:
            self._ready = False
            self._photo = self._watching = self._comparing = None
        self.frames.close()

    def _remember(self, message: object) -> None:
        match message:
            case EnrolPhoto():
                self._photo, self._photo_answered = message, False
            case ScanCodes() | PreviewOnly(on=True):
                self._watching, self._comparing = message, None
            case CompareFace():
                self._watching, self._comparing = None, message
            case StopVision() | PreviewOnly():
                self._watching = self._comparing = None
            case WipeSession():
                self._photo = self._watching = self._comparing = None
            case _:
                pass

    def _receive(self, message: object) -> None:
        match message:
            case WorkerUp():
                self._repeat()
            case WorkerDown(permanent=permanent):
                with self._lock:
                    self._ready, self._hopeless = False, permanent
                self.frames.wipe()
            case PhotoEnrolled(session=session):
                if not self._is_first_answer(session):
                    return
            case FaceDone(session=session) | FaceFailed(session=session):
                with self._lock:
                    if self._comparing is not None and self._comparing.session == session:
                        self._comparing = None
            case _:
                pass
        self._on_message(message)
        if isinstance(message, WorkerDown):
            self._answer_for_process()

    def _is_first_answer(self, session: int) -> bool:
        """False when a photo is enrolled again, after a restart."""
        with self._lock:
            if self._photo is None or self._photo.session != session:
                return True
            first, self._photo_answered = not self._photo_answered, True
            return first

    def _repeat(self) -> None:
        """Tell a new process what it must know, in this order."""
        with self._lock:
            self._ready, self._hopeless = True, False
            for message in (self._photo, self._watching, self._comparing):
                if message is not None:
                    self._worker.send(message)

    def _answer_for_process(self) -> None:
        """Nobody waits for a process that is not there."""
        with self._lock:
            unanswered = None if self._photo_answered else self._photo
            if unanswered is not None:
                self._photo = None
            comparing, self._comparing = self._comparing, None
        if unanswered is not None:
            self._on_message(PhotoEnrolled(unanswered.session, False, VisionFault.WORKER_DOWN))
        if comparing is not None:
            self._on_message(FaceFailed(comparing.session, VisionFault.WORKER_DOWN))
