"""What a device is asked for, and what is said when it does something else."""

import sys
from collections.abc import Callable

import numpy as np
import pytest

from face import capture
from face.camera import Camera, Frame
from face.capture import Refused, open_capture
from face.capture_settings import CaptureSettings
from face.opencv import cv2

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the numbers are V4L2's")


class Device:
    """A V4L2 device as OpenCV shows it. ``takes`` turns what is asked into what it does."""

    def __init__(self, takes: Callable[[int, float], float]) -> None:
        self.takes = takes
        self.values: dict[int, float] = {}
        self.order: list[int] = []
        self.opened = True

    def __call__(self, *arguments: object) -> "Device":
        return self

    def set(self, key: int, value: float) -> bool:
        self.order.append(key)
        self.values[key] = self.takes(key, value)
        return True

    def get(self, key: int) -> float:
        return self.values.get(key, 0.0)

    def isOpened(self) -> bool:
        return self.opened

    def read(self) -> tuple[bool, object]:
        size = int(self.values[cv2.CAP_PROP_FRAME_HEIGHT]), int(self.values[cv2.CAP_PROP_FRAME_WIDTH]), 3
        return True, np.random.default_rng(len(self.order)).integers(50, 200, size).astype(np.uint8)

    def release(self) -> None:
        self.opened = False


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Device]:
    def make(takes: Callable[[int, float], float] = lambda key, value: value) -> Device:
        made = Device(takes)
        monkeypatch.setattr(capture.cv2, "VideoCapture", made)
        return made

    return make


def test_size_format_and_automatic_exposure_are_asked_for(device: Callable[..., Device]) -> None:
    made = device()
    opened = open_capture(0)
    assert opened is not None
    assert opened.refused == ()
    assert made.values[cv2.CAP_PROP_FRAME_WIDTH], made.values[cv2.CAP_PROP_FRAME_HEIGHT] == (1280, 720)
    assert made.values[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert made.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 3.0, "V4L2's aperture priority"
    assert cv2.CAP_PROP_EXPOSURE not in made.values


def test_a_fixed_exposure_is_set_after_the_automatic_is_off(device: Callable[..., Device]) -> None:
    made = device()
    opened = open_capture(0, CaptureSettings(640, 480, exposure_ms=10))
    assert opened is not None
    assert made.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 1.0
    assert made.values[cv2.CAP_PROP_EXPOSURE] == 100.0, "in tenths of a millisecond"
    assert made.order.index(cv2.CAP_PROP_AUTO_EXPOSURE) < made.order.index(cv2.CAP_PROP_EXPOSURE)


def test_what_a_device_does_not_take_is_said_and_it_is_used_all_the_same(device: Callable[..., Device]) -> None:
    given = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0, cv2.CAP_PROP_AUTO_EXPOSURE: 0.0}
    device(lambda key, value: given.get(key, value))
    with Camera(0) as camera:
        frame = camera.read(5)
        assert isinstance(frame, Frame)
        assert frame.image.shape == (480, 640, 3)
        assert camera.refused == (
            Refused("width", 1280.0, 640.0),
            Refused("height", 720.0, 480.0),
            Refused("auto_exposure", 3.0, None),
        )


def test_a_driver_may_round_the_exposure_to_its_own_steps(device: Callable[..., Device]) -> None:
    device(lambda key, value: 156.0 if key == cv2.CAP_PROP_EXPOSURE and value > 150 else value)
    near = open_capture(0, CaptureSettings(exposure_ms=16))
    far = open_capture(0, CaptureSettings(exposure_ms=40))
    assert near is not None
    assert far is not None
    assert near.refused == ()
    assert far.refused == (Refused("exposure", 400.0, 156.0),)


def test_a_device_that_does_not_open_is_asked_nothing(device: Callable[..., Device]) -> None:
    made = device()
    made.opened = False
    assert open_capture(0) is None
    assert made.order == []


@pytest.mark.parametrize(
    "wrong", [{"width": 100}, {"height": 100}, {"exposure_ms": 0.0}, {"exposure_ms": 1000.0}, {"exposure_ms": -1.0}]
)
def test_settings_that_no_camera_has_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"camera gives|exposure takes"):
        CaptureSettings(**wrong)  # type: ignore[arg-type]
