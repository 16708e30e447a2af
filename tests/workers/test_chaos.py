"""What goes wrong in the middle of a comparison, and how it ends: docs/face.md, "Faults and their outcome".

The worker's own loop runs over a camera that does what the test says, on the test's clock. The people are simulated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from face.camera import CameraCounts, CameraFault, CameraFaultCode, Frame
from face.decision import Decision, Outcome, Reason
from face.models.pack import ModelPack, load_pack
from face.opencv import Image, cv2
from face.pad.evidence import PadCheck, PadVerdict
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.policy import Mode, PadPolicy
from face.simulation import pose as simulated
from face.simulation.head import HeadModel
from face.simulation.pose import Pose3d
from face.verify import Verifier
from kiosk.flow.values import ScreenLight
from kiosk.workers.camera_watch import GRACE_S, CameraWatch, DriverHungError
from kiosk.workers.frames import FrameRing, FrameWriter
from kiosk.workers.looking import CAMERA_PATIENCE_S
from kiosk.workers.messages import (
    CameraStatus,
    CompareFace,
    EnrolPhoto,
    FaceDone,
    FaceFailed,
    FaceProgress,
    LightShown,
    Shutdown,
    VisionFault,
)
from kiosk.workers.vision_loop import VisionLoop

ASSETS = Path(__file__).resolve().parents[2] / "assets"
FRAME_S = 0.1
SESSION = 7
# What a simulated head shows of relief is tested where those checks are: here it is what the camera does.
POLICY = PadPolicy(plane=Mode.ADVISORY, light=Mode.ADVISORY)
POSES = {
    Move.TURN_LEFT: Pose3d(yaw=24),
    Move.TURN_RIGHT: Pose3d(yaw=-24),
    Move.LOOK_UP: Pose3d(pitch=17),
    Move.COME_CLOSER: Pose3d(scale=1.3),
}
Act = Callable[["Booth"], Image | CameraFaultCode]


class Person:
    """A head that does what is asked, as quickly as people can, with a sensor's noise."""

    def __init__(self, name: str, pack: ModelPack) -> None:
        portrait = cv2.imread(str(ASSETS / "people" / name / "live.jpg"))
        assert portrait is not None
        self._head = HeadModel.from_portrait(np.asarray(portrait, dtype=np.uint8), pack, frame=(640, 400))
        self._noise = np.random.default_rng(5)
        self._asked: Move | None = None
        self._since = 0.0

    def seen(self, booth: "Booth") -> Image:
        asked = booth.asked
        move = Move(asked.move.value) if asked is not None and asked.move is not None else None
        if move is not self._asked:
            self._asked, self._since = move, booth.now
        part = min(1.0, max(0.0, (booth.now - self._since - 0.3) / 0.6))
        light = None if booth.painted is None else LightColour(booth.painted.value)
        end = POSES.get(move, Pose3d()) if move is not None else Pose3d()
        pose = Pose3d(end.yaw * part, end.pitch * part, 0.0, 1 + (end.scale - 1) * part)
        still = self._head.render(
            pose, blink=float(move is Move.BLINK and 0.3 < part < 0.9), light=simulated.ScreenLight(light)
        )
        grain = self._noise.normal(0, 2.5, (still.shape[0], still.shape[1], 1)).astype(np.float32)
        return np.asarray(np.clip(still + np.rint(grain), 0, 255), dtype=np.uint8)


@dataclass
class Booth:
    """The camera, the clock and the other end of the worker's pipe, where a window paints what is asked for.

    ``paint_s``: how long it takes to paint a light; None: it never gets that far.
    """

    act: Act
    frame_s: float = FRAME_S
    paint_s: float | None = 0.02
    now: float = 100.0
    shown: int = 0  # frames so far
    sent: list[object] = field(default_factory=list)
    asked: FaceProgress | None = None
    painted: ScreenLight | None = None  # what lies on the face
    to_paint: list[tuple[float, ScreenLight | None]] = field(default_factory=list)
    reports: list[LightShown] = field(default_factory=list)
    refused = ()
    counts = CameraCounts(0, 0, 0, (0, 0))

    def clock(self) -> float:
        return self.now

    # --- the camera

    def read(self, timeout: float) -> Frame | CameraFault:
        self.now += self.frame_s
        self.paint()
        seen = self.act(self)
        if isinstance(seen, CameraFaultCode):
            return CameraFault(seen)
        self.shown += 1
        return Frame(seen, self.now, self.shown)

    def close(self) -> None:
        pass

    # --- the pipe

    def commands(self, chip: bytes) -> Iterator[object]:
        yield EnrolPhoto(SESSION, chip)
        yield CompareFace(SESSION, attempt=1)
        while not isinstance(self.sent[-1], FaceDone | FaceFailed):
            assert self.now < 250.0, "the comparison never ended"
            yield self.reports.pop(0) if self.reports else None
        yield Shutdown()

    def paint(self) -> None:
        """What is due by now, each with its own time."""
        while self.to_paint and self.to_paint[0][0] <= self.now:
            at, self.painted = self.to_paint.pop(0)
            self.reports.append(LightShown(SESSION, self.painted, at))

    def beat(self) -> None:
        pass

    def send(self, message: object) -> None:
        if isinstance(message, FaceProgress):
            before = None if self.asked is None else self.asked.light
            self.asked = message
            if message.light is not before and self.paint_s is not None:
                self.to_paint.append((self.now + self.paint_s, message.light))
        else:
            self.sent.append(message)


Compare = Callable[..., Booth]


@pytest.fixture(scope="module")
def pack() -> ModelPack:
    return load_pack(ASSETS / "models" / "yunet-sface")


@pytest.fixture(scope="module")
def lan(pack: ModelPack) -> Person:
    return Person("lan", pack)


@pytest.fixture(scope="module")
def hung(pack: ModelPack) -> Person:
    return Person("hung", pack)


@pytest.fixture(scope="module")
def compare(pack: ModelPack) -> Compare:
    verifier = Verifier(pack, pad=POLICY)
    chip = (ASSETS / "people" / "lan" / "chip.jpg").read_bytes()

    def run(act: Act, *, frame_s: float = FRAME_S, paint_s: float | None = 0.02) -> Booth:
        booth = Booth(act, frame_s, paint_s)
        ring = FrameRing()
        writer = FrameWriter(ring.name)
        commands = booth.commands(chip)
        booth.receive = lambda timeout_s=0.0: next(commands)  # type: ignore[attr-defined]
        watch = CameraWatch(lambda: booth, booth.send, booth.clock)  # type: ignore[arg-type, return-value]
        loop = VisionLoop(booth, verifier, watch, writer, booth.clock)  # type: ignore[arg-type]
        try:
            loop.run()
            return booth
        finally:
            loop.close()
            assert ring.latest() is None, "no face stays in the shared memory"
            writer.close()
            ring.close()

    return run


def after(frames: int, before: Person, then: Act) -> Act:
    return lambda booth: before.seen(booth) if booth.shown < frames else then(booth)


def decision(booth: Booth) -> Decision:
    done = booth.sent[-1]
    assert isinstance(done, FaceDone)
    return done.decision


def reason(booth: Booth, check: PadCheck) -> str:
    result = decision(booth).pad.result(check)
    assert result is not None
    return result.reason


@pytest.mark.parametrize("fault", ["gone", "frozen", "black", "wrong_size", "silent"])
def test_a_camera_that_fails_and_stays_so_ends_the_comparison_without_a_decision(
    fault: str, compare: Compare, lan: Person
) -> None:
    code = CameraFaultCode(fault)
    booth = compare(after(4, lan, lambda _: code))
    assert booth.sent[-2:] == [CameraStatus(False, VisionFault(fault)), FaceFailed(SESSION, VisionFault(fault))]
    assert booth.now == pytest.approx(100.0 + GRACE_S + CAMERA_PATIENCE_S, abs=1.0)


def test_a_camera_that_is_silent_for_good_ends_the_process(compare: Compare, lan: Person) -> None:
    watched: list[Booth] = []

    def silent(booth: Booth) -> CameraFaultCode:
        watched.append(booth)
        booth.now += 4.0
        return CameraFaultCode.SILENT

    with pytest.raises(DriverHungError):
        compare(after(2, lan, silent))
    assert len(watched) == 3


def test_a_loose_plug_is_pushed_in_again_and_the_comparison_goes_on(compare: Compare, lan: Person) -> None:
    def plug(booth: Booth) -> Image | CameraFaultCode:
        out = booth.shown >= 4 and booth.now < 103.0
        return CameraFaultCode.GONE if out else lan.seen(booth)

    booth = compare(plug)
    assert [message.ok for message in booth.sent if isinstance(message, CameraStatus)] == [True, False, True]
    assert decision(booth).outcome is Outcome.MATCH
    assert decision(booth).pad.verdict is PadVerdict.PASSED


def test_pictures_of_another_size_are_another_camera(compare: Compare, lan: Person) -> None:
    def larger(booth: Booth) -> Image:
        return np.asarray(cv2.resize(lan.seen(booth), (800, 500)), dtype=np.uint8)

    booth = compare(after(6, lan, larger))
    assert (decision(booth).outcome, decision(booth).reason) == (Outcome.UNDECIDED, Reason.PAD_ALARM)
    assert reason(booth, PadCheck.CONTINUITY) == "frame_size_changed"


def test_one_frame_a_second_is_too_few_to_be_sure_of_a_living_person(compare: Compare, lan: Person) -> None:
    booth = compare(lambda booth: lan.seen(booth), frame_s=1.0)
    assert (decision(booth).outcome, decision(booth).reason) == (Outcome.UNDECIDED, Reason.PAD_INCOMPLETE)
    assert not [message for message in booth.sent if isinstance(message, CameraStatus) and not message.ok]


def test_a_window_that_paints_late_and_says_when_costs_time_and_nothing_else(compare: Compare, lan: Person) -> None:
    booth = compare(lambda booth: lan.seen(booth), paint_s=1.15)
    assert decision(booth).outcome is Outcome.MATCH
    assert reason(booth, PadCheck.LIGHT) == "follows"


def test_a_window_that_never_paints_the_light_is_no_reason_for_an_alarm(compare: Compare, lan: Person) -> None:
    booth = compare(lambda booth: lan.seen(booth), paint_s=None)
    assert decision(booth).pad.verdict is PadVerdict.PASSED, "where light is advisory"
    assert reason(booth, PadCheck.LIGHT) == "screen_too_slow"


def test_somebody_else_who_steps_in_is_not_let_through(compare: Compare, lan: Person, hung: Person) -> None:
    booth = compare(after(6, lan, lambda booth: hung.seen(booth)))
    assert (decision(booth).outcome, decision(booth).reason) == (Outcome.UNDECIDED, Reason.PAD_ALARM)
    assert reason(booth, PadCheck.CONTINUITY) in ("swapped_person", "face_jumped", "scene_changed")
