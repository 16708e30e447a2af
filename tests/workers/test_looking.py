"""What the vision process does with frames, without a process: the tests own the clock and the camera."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from face.camera import CameraCounts, CameraFault, CameraFaultCode, Frame
from face.capture import Refused
from face.decision import Outcome, Policy, Reason
from face.models.pack import load_pack
from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.policy import PadPolicy
from face.pad.prompt import Prompt
from face.quality import Guidance
from face.verify import FrameReport, Template, Verifier
from kiosk.flow.values import FaceGuidance, ScreenLight
from kiosk.workers.camera_watch import GRACE_S, HUNG_S, CameraWatch, DriverHungError
from kiosk.workers.looking import ADVICE_HOLDS_S, CAMERA_PATIENCE_S, CODE_FORGOTTEN_S, CodeLook, FaceLook, SteadyAdvice
from kiosk.workers.messages import (
    CameraStatus,
    CameraUsed,
    CodeSeen,
    FaceDone,
    FaceFailed,
    FaceProgress,
    LightShown,
    VisionFault,
)
from kiosk.workers.vision_loop import fit

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def blank(width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), 128, dtype=np.uint8)


# --- advice


def test_an_advice_that_flickers_is_not_shown(clock: Clock) -> None:
    advice = SteadyAdvice()
    assert advice.next(FaceGuidance.TOO_FAR, 0.0) is FaceGuidance.STARTING
    assert advice.next(FaceGuidance.BLURRED, 0.1) is FaceGuidance.STARTING
    assert advice.next(FaceGuidance.TOO_FAR, 0.2) is FaceGuidance.STARTING
    assert advice.next(FaceGuidance.TOO_FAR, 0.2 + ADVICE_HOLDS_S) is FaceGuidance.TOO_FAR
    assert advice.next(FaceGuidance.BLURRED, 0.7) is FaceGuidance.TOO_FAR


def test_good_is_shown_at_once() -> None:
    assert SteadyAdvice().next(FaceGuidance.GOOD, 0.0) is FaceGuidance.GOOD


# --- codes


def qr(text: str) -> Image:
    import segno

    modules = np.array([list(row) for row in segno.make(text, micro=False).matrix_iter(border=4)], dtype=np.uint8)
    grey = np.where(np.kron(modules, np.ones((6, 6), np.uint8)) > 0, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_a_code_is_told_again_when_it_comes_back_after_a_while(clock: Clock) -> None:
    sent: list[object] = []
    look = CodeLook(9, sent.append, clock)
    card = qr("a card")
    for _ in range(20):
        assert not look.see(card, clock())
        clock.now += 0.9 * CODE_FORGOTTEN_S
    assert sent == [CodeSeen(9, "a card")]
    look.see(blank(), clock())
    clock.now += CODE_FORGOTTEN_S
    look.see(card, clock())
    assert sent == [CodeSeen(9, "a card")] * 2
    assert not look.miss(VisionFault.GONE)


# --- faces


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    pack = load_pack(ASSETS / "models" / "yunet-sface")
    return Verifier(pack, Policy(time_limit_s=12.0), pad=PadPolicy.named("off"))


@pytest.fixture
def template(verifier: Verifier) -> Iterator[Template]:
    with verifier.enrol((ASSETS / "people" / "lan" / "chip.jpg").read_bytes()) as made:
        yield made


@dataclass
class Attempt:
    look: FaceLook
    clock: Clock
    sent: list[object] = field(default_factory=list)


@pytest.fixture
def attempt(verifier: Verifier, template: Template, clock: Clock) -> Iterator[Attempt]:
    sent: list[object] = []
    made = Attempt(FaceLook(2, verifier, template, sent.append, clock), clock, sent)
    yield made
    made.look.close()


def test_a_comparison_without_any_frame_ends_undecided_at_the_time_limit(attempt: Attempt) -> None:
    assert not attempt.look.miss(None)
    attempt.clock.now += 12.0
    assert attempt.look.miss(None)
    done = attempt.sent[-1]
    assert isinstance(done, FaceDone)
    assert (done.decision.outcome, done.decision.reason) == (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)
    assert attempt.sent[0] == FaceProgress(2, FaceGuidance.STARTING, 0.0)


def test_a_camera_is_waited_for_and_then_given_up(attempt: Attempt) -> None:
    assert not attempt.look.miss(VisionFault.GONE)
    attempt.clock.now += 0.9 * CAMERA_PATIENCE_S
    assert not attempt.look.miss(VisionFault.GONE)
    attempt.look.see(blank(), attempt.clock())  # it came back
    attempt.clock.now += 0.2 * CAMERA_PATIENCE_S
    assert not attempt.look.miss(VisionFault.FROZEN)
    attempt.clock.now += CAMERA_PATIENCE_S
    assert attempt.look.miss(VisionFault.FROZEN)
    assert attempt.sent[-1] == FaceFailed(2, VisionFault.FROZEN)


def test_a_good_face_is_told(attempt: Attempt) -> None:
    live = np.asarray(cv2.imread(str(ASSETS / "people" / "lan" / "live.jpg")), dtype=np.uint8)
    for image in (blank(640, 480), live, live):
        attempt.look.see(image, attempt.clock())
        attempt.clock.now += 1.0
    told = [message for message in attempt.sent if isinstance(message, FaceProgress)]
    assert told[0] == FaceProgress(2, FaceGuidance.STARTING, 0.0)
    assert told[-1].guidance is FaceGuidance.GOOD
    assert sorted(message.fraction for message in told) == [message.fraction for message in told], "never backwards"


class Conducted:
    """In place of a verifier and its session: asks for whatever the test says next."""

    def __init__(self) -> None:
        self.next = Prompt(None, None, 0, 2)
        self.fed: list[float | None] = []
        self.shown: list[tuple[LightColour | None, float]] = []

    def session(self, template: Template, clock: Clock, *, reports_light: bool) -> "Conducted":
        assert reports_light, "the window says when it has painted"
        return self

    def light_shown(self, colour: LightColour | None, at: float) -> None:
        self.shown.append((colour, at))

    def feed(self, image: Image, timestamp: float | None = None) -> FrameReport:
        self.fed.append(timestamp)
        return FrameReport(Guidance.GOOD, None, None, None, self.next, 0.5)

    def poll(self) -> None:
        return None


def test_after_a_turn_the_way_back_is_said_at_once(clock: Clock) -> None:
    for move, said in ((Move.TURN_LEFT, FaceGuidance.TURN_TO_CAMERA), (Move.BLINK, FaceGuidance.GOOD)):
        conducted, sent = Conducted(), list[object]()
        look = FaceLook(4, conducted, None, sent.append, clock)  # type: ignore[arg-type]
        conducted.next = Prompt(move, None, 0, 2)
        look.see(blank(), clock.now)
        conducted.next = Prompt(None, None, 1, 2)
        look.see(blank(), clock.now)
        told = sent[-1]
        assert isinstance(told, FaceProgress)
        assert (told.move, told.guidance) == (None, said)


def test_what_is_asked_is_told_with_the_very_frame_that_led_to_it(clock: Clock) -> None:
    conducted, sent = Conducted(), list[object]()
    look = FaceLook(4, conducted, None, sent.append, clock)  # type: ignore[arg-type]
    for move, light in [(None, None), *((None, each) for each in LightColour), *((each, None) for each in Move)]:
        conducted.next = Prompt(move, light, 0, 2)
        for _ in range(3):
            assert not look.see(blank(), clock.now)
            told = sent[-1]
            assert isinstance(told, FaceProgress)
            assert (told.move, told.light) == (move, light)
            clock.now += 0.04
    assert len(sent) == 1 + 1 + len(LightColour) + len(Move), "each once"
    assert conducted.fed == [pytest.approx(100.0 + 0.04 * step) for step in range(len(conducted.fed))]


def test_what_the_window_painted_reaches_the_session_of_the_same_patient(clock: Clock) -> None:
    conducted = Conducted()
    look = FaceLook(4, conducted, None, lambda _: None, clock)  # type: ignore[arg-type]
    painted = [*ScreenLight, None]
    for number, light in enumerate(painted):
        look.light_shown(LightShown(4, light, 100.0 + number))
    look.light_shown(LightShown(3, ScreenLight.MINT, 200.0))
    assert [colour and colour.value for colour, _ in conducted.shown] == [light and light.value for light in painted]
    assert [at for _, at in conducted.shown] == [100.0 + number for number in range(len(painted))]


def test_the_windows_clock_and_the_workers_are_one() -> None:
    """Frames are stamped in the vision process, paints in the window's: both with `time.monotonic`."""
    read = [sys.executable, "-c", "import time; print(repr(time.monotonic()))"]
    before = time.monotonic()
    elsewhere = float(subprocess.run(read, capture_output=True, text=True, check=True).stdout)
    assert before <= elsewhere <= time.monotonic()


# --- the camera


class FakeCamera:
    """Gives what the test says: frames, or a fault."""

    def __init__(self) -> None:
        self.result: Frame | CameraFault = Frame(blank(), 0.0, 1)
        self.opened = 0
        self.counts = CameraCounts(0, 0, 0, (0, 0))
        self.is_open = False

    refused = (Refused("width", 1280.0, 640.0), Refused("auto_exposure", 3.0, None))

    def make(self) -> "FakeCamera":
        self.opened += 1
        self.is_open = True
        return self

    def read(self, timeout: float) -> Frame | CameraFault:
        assert self.is_open
        self.counts = replace(self.counts, gave=self.counts.gave + isinstance(self.result, Frame))
        return self.result

    def close(self) -> None:
        self.is_open = False


@dataclass
class Watched:
    watch: CameraWatch
    camera: FakeCamera
    clock: Clock
    sent: list[object]

    @property
    def told(self) -> list[object]:
        """What came and went; how the camera was used has a test of its own."""
        return [message for message in self.sent if isinstance(message, CameraStatus)]

    def fail(self, code: CameraFaultCode) -> None:
        self.camera.result = CameraFault(code)

    def work(self) -> None:
        self.camera.result = Frame(blank(), 0.0, 1)


@pytest.fixture
def watched(clock: Clock) -> Watched:
    camera, sent = FakeCamera(), list[object]()
    watch = CameraWatch(camera.make, sent.append, clock)  # type: ignore[arg-type]
    return Watched(watch, camera, clock, sent)


def test_the_self_test_opens_the_camera_once_and_closes_it(watched: Watched) -> None:
    for _ in range(5):
        watched.watch.check()
    assert watched.told == [CameraStatus(True, None)]
    assert (watched.camera.opened, watched.camera.is_open) == (1, False)


def test_the_frame_of_the_self_test_is_overwritten(watched: Watched) -> None:
    frame = watched.camera.result
    assert isinstance(frame, Frame)
    watched.watch.check()
    assert not frame.image.any()


def test_a_stumble_is_no_fault(watched: Watched) -> None:
    watched.watch.open()
    watched.watch.read()
    watched.fail(CameraFaultCode.SILENT)
    assert watched.watch.read() is None
    watched.clock.now += 0.9 * GRACE_S
    assert watched.watch.read() is None
    assert watched.watch.fault is None
    watched.work()
    assert watched.watch.read() is not None
    assert watched.told == [CameraStatus(True, None)]


def test_a_fault_is_told_once_and_so_is_its_end(watched: Watched) -> None:
    watched.watch.open()
    watched.fail(CameraFaultCode.GONE)
    for _ in range(3):
        assert watched.watch.read() is None
        watched.clock.now += GRACE_S
    assert watched.watch.fault is VisionFault.GONE
    watched.watch.rest()
    assert watched.camera.is_open, "a camera that failed stays under watch"
    watched.work()
    watched.watch.check()
    assert watched.told == [CameraStatus(False, VisionFault.GONE), CameraStatus(True, None)]
    assert not watched.camera.is_open


def test_resting_closes_a_camera_that_works(watched: Watched) -> None:
    watched.watch.open()
    watched.watch.read()
    watched.watch.rest()
    assert not watched.camera.is_open


def test_each_use_is_told_when_it_ends(watched: Watched) -> None:
    watched.watch.check()
    watched.sent.clear()
    watched.watch.open()
    watched.camera.counts = CameraCounts(gave=99, dropped=40, lost=1, size=(640, 480))
    watched.watch.read()
    watched.clock.now += 10.0
    watched.watch.rest()
    refused = ("width 1280 not 640", "auto_exposure 3 not known")
    assert watched.sent == [CameraUsed(100, 40, 1, 10.0, 640, 480, refused)]


def test_a_camera_that_gave_nothing_was_not_used(watched: Watched) -> None:
    watched.fail(CameraFaultCode.NOT_FOUND)
    watched.watch.open()
    watched.watch.read()
    watched.watch.close()
    assert watched.sent == []


def test_a_driver_that_hangs_ends_the_process(watched: Watched) -> None:
    watched.watch.open()
    watched.fail(CameraFaultCode.SILENT)
    watched.watch.read()
    watched.fail(CameraFaultCode.GONE)  # it said something: not hung
    watched.clock.now += HUNG_S
    watched.watch.read()
    watched.fail(CameraFaultCode.SILENT)
    watched.watch.read()
    watched.clock.now += HUNG_S
    with pytest.raises(DriverHungError):
        watched.watch.read()


# --- the preview's size


@pytest.mark.parametrize(
    ("size", "fitted"),
    [((1280, 720), (1280, 720)), ((640, 480), (640, 480)), ((1920, 1080), (1280, 720)), ((1080, 1920), (405, 720))],
)
def test_frames_keep_their_proportions_and_grow_never(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    picture = fit(blank(*size))
    assert (picture.shape[1], picture.shape[0]) == fitted
    assert picture.flags.c_contiguous
