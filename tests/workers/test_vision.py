"""The vision worker as the kiosk uses it: a real process, real models, and the simulated camera's real stream."""

import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from face.decision import Outcome
from face.pad.policy import PadPolicy
from face.simulation.stage import CameraStage
from kiosk.flow.values import FaceGuidance
from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import (
    CameraStatus,
    CodeSeen,
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    FaceProgress,
    PhotoEnrolled,
    PreviewOnly,
    ScanCodes,
    StopVision,
    VisionFault,
    WipeSession,
    WorkerDown,
    WorkerUp,
)
from kiosk.workers.vision import VisionConfig, VisionWorker

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ROOT / "assets" / "people"
PACK = ROOT / "assets" / "models" / "yunet-sface"
NO_PAD = PadPolicy.named("off")
"""Most stories here are about devices and processes: who stands there need not move their head."""
QUICK = RestartPolicy(first_s=0.01, longest_s=0.05, permanent_s=0.1)
Until = Callable[..., None]


def chip_photo(person: str) -> bytes:
    [path] = (PEOPLE / person).glob("chip.*")
    return path.read_bytes()


@contextmanager
def vision(
    source: str, inbox: Callable[[object], None], pack: Path = PACK, *, pad: PadPolicy = NO_PAD
) -> Iterator[VisionWorker]:
    worker = VisionWorker(VisionConfig(source, pack, pad=pad), inbox, policy=QUICK)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@pytest.fixture(scope="module")
def stage() -> Iterator[CameraStage]:
    with CameraStage(PEOPLE) as made:
        yield made


class Relay:
    """Passes the messages of the module's one worker to the inbox of the test that runs."""

    def __init__(self) -> None:
        self.to: Callable[[object], None] = lambda _: None

    def __call__(self, message: object) -> None:
        self.to(message)


@pytest.fixture(scope="module")
def relay() -> Relay:
    return Relay()


@pytest.fixture(scope="module")
def shared_worker(stage: CameraStage, relay: Relay) -> Iterator[VisionWorker]:
    ready = threading.Event()
    relay.to = lambda message: ready.set() if message == CameraStatus(True, None) else None
    with vision(stage.url, relay) as made:
        assert ready.wait(60), "the models are loaded and the camera has passed its self test"
        yield made


@pytest.fixture
def worker(shared_worker: VisionWorker, relay: Relay, stage: CameraStage, inbox: Any, until: Until) -> VisionWorker:
    """The module's worker, without a patient, before an empty room."""
    stage.back()
    stage.show_nobody()
    shared_worker.send(WipeSession(0))
    relay.to = inbox
    shared_worker.send(CompareFace(0, attempt=0))  # answered when everything before it was done
    assert inbox.wait(FaceFailed).code is VisionFault.NO_TEMPLATE
    inbox.messages.clear()
    assert shared_worker.frames.latest() is None
    return shared_worker


def test_the_holder_of_the_card_is_recognised(worker: VisionWorker, stage: CameraStage, inbox: Any) -> None:
    worker.send(EnrolPhoto(7, chip_photo("lan")))
    assert inbox.wait(PhotoEnrolled) == PhotoEnrolled(7, True, None)
    stage.show_person("lan")
    worker.send(CompareFace(7, attempt=1))
    done = inbox.wait(FaceDone)
    assert (done.session, done.decision.outcome) == (7, Outcome.MATCH)
    assert done.decision.score > done.decision.threshold
    progress = inbox.of(FaceProgress)
    assert progress[0] == FaceProgress(7, FaceGuidance.STARTING, 0.0)
    assert progress[-1].guidance is FaceGuidance.GOOD
    assert [item.fraction for item in progress] == sorted(item.fraction for item in progress)


def test_somebody_else_is_not(worker: VisionWorker, stage: CameraStage, inbox: Any) -> None:
    worker.send(EnrolPhoto(8, chip_photo("duc")))
    stage.show_person("minh")
    worker.send(CompareFace(8, attempt=1))
    assert inbox.wait(FaceDone).decision.outcome is not Outcome.MATCH


def test_a_held_up_card_is_told_once(worker: VisionWorker, stage: CameraStage, inbox: Any) -> None:
    worker.send(ScanCodes(3))
    stage.show_qr("001198990001||NGUYỄN THỊ LAN|12031998|Nữ|Số 4, Phố Năm|15072024", holder="lan")
    seen = inbox.wait(CodeSeen)
    assert seen == CodeSeen(3, "001198990001||NGUYỄN THỊ LAN|12031998|Nữ|Số 4, Phố Năm|15072024")
    stage.show_qr("another card")
    inbox.wait(CodeSeen, lambda code: code.text == "another card")
    assert len(inbox.of(CodeSeen)) == 2
    assert "NGUYỄN" not in repr(seen)


def test_frames_come_while_somebody_looks_and_are_wiped_afterwards(
    worker: VisionWorker, stage: CameraStage, inbox: Any, until: Until
) -> None:
    assert worker.frames.latest() is None
    stage.show_person("hung")
    worker.send(PreviewOnly(True))
    until(lambda: (view := worker.frames.latest()) is not None and view.sequence > 3)
    view = worker.frames.latest()
    assert view is not None
    assert (view.width, view.height) == (1280, 720)
    assert max(view.data) > 150
    worker.send(PreviewOnly(False))
    until(lambda: worker.frames.latest() is None)


def test_a_large_picture_is_reduced_for_the_preview(inbox: Any, until: Until, tmp_path: Path) -> None:
    clip = tmp_path / "wide.avi"
    _write_clip(clip, 2560, 1080)
    with vision(str(clip), inbox) as worker:
        worker.send(PreviewOnly(True))
        until(lambda: worker.frames.latest() is not None)
        view = worker.frames.latest()
        assert view is not None
        assert (view.width, view.height) == (1280, 540)


def test_a_photo_without_a_face_cannot_be_enrolled(worker: VisionWorker, inbox: Any) -> None:
    worker.send(EnrolPhoto(1, b"no picture"))
    assert inbox.wait(PhotoEnrolled) == PhotoEnrolled(1, False, VisionFault.BAD_IMAGE)
    worker.send(CompareFace(1, attempt=1))
    assert inbox.wait(FaceFailed) == FaceFailed(1, VisionFault.NO_TEMPLATE)


def test_a_template_does_not_outlive_its_session(worker: VisionWorker, inbox: Any) -> None:
    worker.send(EnrolPhoto(1, chip_photo("lan")))
    inbox.wait(PhotoEnrolled)
    worker.send(CompareFace(2, attempt=1))
    assert inbox.wait(FaceFailed) == FaceFailed(2, VisionFault.NO_TEMPLATE)
    worker.send(WipeSession(1))
    worker.send(CompareFace(1, attempt=1))
    assert inbox.wait(FaceFailed, lambda failed: failed.session == 1).code is VisionFault.NO_TEMPLATE


def test_a_camera_that_goes_away_ends_the_comparison_and_comes_back(
    worker: VisionWorker, stage: CameraStage, inbox: Any
) -> None:
    worker.send(EnrolPhoto(4, chip_photo("lan")))
    stage.show_nobody()
    worker.send(CompareFace(4, attempt=1))
    inbox.wait(FaceProgress, lambda progress: progress.guidance is FaceGuidance.NO_FACE)
    mark = inbox.mark()
    stage.gone()
    assert not inbox.wait(CameraStatus, after=mark).ok
    failed = inbox.wait(FaceFailed, after=mark)
    assert failed.session == 4
    mark = inbox.mark()
    stage.back()
    assert inbox.wait(CameraStatus, after=mark).ok, "noticed without anybody asking"
    stage.show_person("lan")
    worker.send(CompareFace(4, attempt=2))
    assert inbox.wait(FaceDone).decision.outcome is Outcome.MATCH


def test_a_camera_that_is_not_there_is_told_at_the_start(inbox: Any, tmp_path: Path) -> None:
    with vision(str(tmp_path / "nothing.avi"), inbox):
        assert inbox.wait(CameraStatus) == CameraStatus(False, VisionFault.NOT_FOUND)


def test_a_crash_during_a_comparison_is_answered_and_the_photo_enrolled_again(
    worker: VisionWorker, stage: CameraStage, inbox: Any, until: Until
) -> None:
    worker.send(EnrolPhoto(5, chip_photo("lan")))
    inbox.wait(PhotoEnrolled)
    worker.send(CompareFace(5, attempt=1))
    inbox.wait(FaceProgress, lambda progress: progress.guidance is FaceGuidance.NO_FACE)
    until(lambda: worker.frames.latest() is not None)
    mark = inbox.mark()
    worker.kill()
    inbox.wait(WorkerDown, after=mark)
    assert inbox.wait(FaceFailed, after=mark) == FaceFailed(5, VisionFault.WORKER_DOWN)
    assert worker.frames.latest() is None, "no face stays behind in the shared memory"
    inbox.wait(WorkerUp, after=mark)
    stage.show_person("lan")
    worker.send(CompareFace(5, attempt=2))
    assert inbox.wait(FaceDone).decision.outcome is Outcome.MATCH
    assert len(inbox.of(PhotoEnrolled)) == 1, "one answer for one photo"


def test_what_is_asked_while_the_process_starts_is_answered_when_it_is_ready(stage: CameraStage, inbox: Any) -> None:
    stage.back()
    stage.show_person("lan")
    with vision(stage.url, inbox) as worker:
        worker.send(EnrolPhoto(1, chip_photo("lan")))
        worker.send(CompareFace(1, attempt=1))
        assert inbox.of(WorkerUp) == []
        assert inbox.wait(FaceDone).decision.outcome is Outcome.MATCH
        assert inbox.of(PhotoEnrolled) == [PhotoEnrolled(1, True, None)]


def test_a_scan_goes_on_after_a_crash(worker: VisionWorker, stage: CameraStage, inbox: Any) -> None:
    worker.send(ScanCodes(6))
    worker.kill()
    inbox.wait(WorkerDown)
    stage.show_qr("a card")
    assert inbox.wait(CodeSeen) == CodeSeen(6, "a card")


def test_stopping_rests_the_camera(worker: VisionWorker, stage: CameraStage, inbox: Any, until: Until) -> None:
    worker.send(ScanCodes(1))
    until(lambda: worker.frames.latest() is not None)
    worker.send(StopVision(1))
    until(lambda: worker.frames.latest() is None)
    stage.show_qr("too late")
    worker.send(EnrolPhoto(1, chip_photo("lan")))
    inbox.wait(PhotoEnrolled)
    assert inbox.of(CodeSeen) == []


def test_an_altered_model_is_a_permanent_fault_that_names_the_file(inbox: Any, tmp_path: Path) -> None:
    for source in PACK.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    manifest = tomllib.loads((PACK / "manifest.toml").read_text("utf-8"))
    weights = tmp_path / manifest["recogniser"]["file"]
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    with vision("nothing.avi", inbox, tmp_path) as worker:
        down = inbox.wait(WorkerDown)
        assert down.permanent
        assert weights.name in down.reason
        worker.send(EnrolPhoto(1, b""))
        assert inbox.wait(PhotoEnrolled) == PhotoEnrolled(1, False, VisionFault.WORKER_DOWN)
        worker.send(CompareFace(1, attempt=1))
        assert inbox.wait(FaceFailed) == FaceFailed(1, VisionFault.WORKER_DOWN)


def _write_clip(path: Path, width: int, height: int) -> None:
    import numpy as np

    from face.opencv import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (width, height))
    noise = np.random.default_rng(1).integers(0, 255, (8, height, width, 3), dtype=np.uint8)
    for frame in noise:
        writer.write(frame)
    writer.release()
