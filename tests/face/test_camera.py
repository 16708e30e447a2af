"""The camera's faults, with a scripted driver: no device, no waiting."""

import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face.camera import BACKOFF_MAX_S, Camera, CameraCounts, CameraFault, CameraFaultCode, Frame, backoff, parse_source
from face.capture import Refused
from face.opencv import Image
from face.picture_watch import PictureWatch


def noise(seed: int) -> Image:
    return picture(seed, 320, 240)


def picture(seed: int, width: int, height: int) -> Image:
    return np.random.default_rng(seed).integers(60, 200, (height, width, 3)).astype(np.uint8)


class ScriptedCapture:
    """Gives the pictures one by one, each when the test says so; after the last the source is lost."""

    refused: tuple[Refused, ...] = ()

    def __init__(self, *pictures: Image) -> None:
        self._pictures = list(pictures)
        self._turn = threading.Semaphore(0)
        self._asked = threading.Semaphore(0)
        self.released = threading.Event()

    def step(self) -> None:
        """Let one picture go, and wait until the camera has taken it and asks for the next."""
        assert self._asked.acquire(timeout=10)
        self._turn.release()
        assert self._asked.acquire(timeout=10)
        self._asked.release()

    def lose(self) -> None:
        self._pictures.clear()
        self._turn.release()
        assert self.released.wait(10)

    def grab(self) -> Image | None:
        self._asked.release()
        assert self._turn.acquire(timeout=10)
        return self._pictures.pop(0) if self._pictures else None

    def release(self) -> None:
        self.released.set()


def once(*captures: ScriptedCapture) -> Callable[[int | str], ScriptedCapture | None]:
    """Opens each in turn, and nothing afterwards."""
    waiting = list(captures)
    return lambda source: waiting.pop(0) if waiting else None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0),
        ("2", 2),
        ("/dev/video0", "/dev/video0"),
        (Path("a.avi"), "a.avi"),
        ("http://h/1", "http://h/1"),
        ("²", "²"),
    ],
)
def test_the_source_says_what_it_is(given: int | str | Path, expected: int | str) -> None:
    assert parse_source(given) == expected


def test_the_pauses_between_attempts_double_up_to_a_ceiling() -> None:
    assert list(islice(backoff(), 7)) == [0.2, 0.4, 0.8, 1.6, 3.2, BACKOFF_MAX_S, BACKOFF_MAX_S]


def test_a_camera_that_is_not_there_is_a_value_not_an_exception() -> None:
    with Camera(9, opener=lambda source: None) as camera:
        assert camera.read(5) == CameraFault(CameraFaultCode.NOT_FOUND)


@pytest.mark.parametrize("source", [63, "/nonexistent/clip.avi", "http://127.0.0.1:9/stream.mjpg"])
def test_the_real_driver_says_the_same_of_every_kind_of_source(source: int | str) -> None:
    with Camera(source) as camera:
        assert camera.read(5) == CameraFault(CameraFaultCode.NOT_FOUND)


def test_frames_come_stamped_and_counted_and_never_twice(clock: Any) -> None:
    capture = ScriptedCapture(noise(1), noise(2))
    with Camera(0, opener=once(capture), clock=clock) as camera:
        capture.step()
        first = camera.read(5)
        clock.advance(1)
        capture.step()
        second = camera.read(5)
        assert camera.read(0) == CameraFault(CameraFaultCode.SILENT)
        capture.lose()
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.timestamp, second.timestamp) == (100.0, 101.0)
    assert (first.image == noise(1)).all()


def test_the_newest_frame_wins_and_the_unread_one_is_counted_and_overwritten() -> None:
    unread = noise(1)
    capture = ScriptedCapture(unread, noise(2))
    with Camera(0, opener=once(capture)) as camera:
        capture.step()
        capture.step()
        frame = camera.read(5)
        assert isinstance(frame, Frame)
        assert (frame.image == noise(2)).all()
        assert camera.dropped == 1
        assert not unread.any()
        capture.lose()


def test_closing_overwrites_the_frame_nobody_read() -> None:
    unread = noise(1)
    capture = ScriptedCapture(unread)
    camera = Camera(0, opener=once(capture))
    capture.step()
    capture.lose()
    camera.close()
    assert not unread.any()


def test_a_lost_camera_is_opened_again() -> None:
    first, second = ScriptedCapture(noise(1)), ScriptedCapture(noise(2))
    with Camera(0, opener=once(first, second)) as camera:
        first.step()
        assert isinstance(camera.read(5), Frame)
        first.lose()
        assert camera.read(1) == CameraFault(CameraFaultCode.GONE)
        second.step()
        frame = camera.read(5)
        assert isinstance(frame, Frame)
        assert (frame.image == noise(2)).all()
        second.lose()


def test_the_counts_say_how_the_camera_was(clock: Any) -> None:
    capture = ScriptedCapture(noise(1), noise(2), noise(3))
    with Camera(0, opener=once(capture), clock=clock) as camera:
        for _ in range(3):
            capture.step()
        camera.read(5)
        assert camera.counts == CameraCounts(gave=3, dropped=2, lost=0, size=(320, 240))
        capture.lose()
        assert camera.read(1) == CameraFault(CameraFaultCode.GONE)
        assert camera.counts.lost >= 1, "and again with each attempt to open it"


def test_pictures_that_change_their_size_are_another_camera_and_it_is_opened_again() -> None:
    other = picture(2, 640, 480)
    first, second = ScriptedCapture(noise(1), other), ScriptedCapture(picture(3, 640, 480))
    with Camera(0, opener=once(first, second)) as camera:
        first.step()
        assert isinstance(camera.read(5), Frame)
        first._turn.release()
        assert first.released.wait(10)
        assert camera.read(1) == CameraFault(CameraFaultCode.GONE)
        assert not other.any(), "overwritten, never shown"
        second.step()
        frame = camera.read(5)
        assert isinstance(frame, Frame)
        assert frame.image.shape == (480, 640, 3)
        second.lose()


@pytest.mark.parametrize("size", [(160, 120), (320, 200), (64, 720)])
def test_pictures_too_small_for_a_face_are_a_fault(size: tuple[int, int]) -> None:
    tiny = picture(1, *size)
    capture = ScriptedCapture(tiny)
    with Camera(0, opener=once(capture)) as camera:
        capture.step()
        assert camera.read(5) == CameraFault(CameraFaultCode.WRONG_SIZE)
        assert not tiny.any()
        capture.lose()


def test_an_upright_camera_is_large_enough() -> None:
    watch = PictureWatch()
    watch.feed(picture(1, 240, 320), 0.0)
    assert not watch.too_small


def test_one_frame_a_second_is_a_slow_camera_and_no_fault(clock: Any) -> None:
    capture = ScriptedCapture(*(noise(seed) for seed in range(4)))
    with Camera(0, opener=once(capture), clock=clock) as camera:
        for number in range(4):
            capture.step()
            frame = camera.read(5)
            assert isinstance(frame, Frame)
            assert frame.timestamp == 100.0 + number
            clock.advance(1.0)
        capture.lose()


def test_a_picture_that_never_changes_is_frozen(clock: Any) -> None:
    watch = PictureWatch()
    for _ in range(30):
        watch.feed(noise(1), clock())
        clock.advance(0.05)
    assert watch.frozen
    watch.feed(noise(2), clock())
    assert not watch.frozen


def test_a_slow_camera_is_not_frozen(clock: Any) -> None:
    watch = PictureWatch()
    for seed in range(5):
        for _ in range(2):
            watch.feed(noise(seed), clock())
            clock.advance(1.0)
        assert not watch.frozen


def test_a_covered_lens_is_black_after_a_second_and_a_blink_of_the_light_is_not(clock: Any) -> None:
    watch = PictureWatch()
    dark = np.random.default_rng(0).integers(0, 5, (40, 72, 128, 3)).astype(np.uint8)
    watch.feed(dark[0], clock())
    clock.advance(0.5)
    watch.feed(noise(1), clock())
    for picture in dark:
        assert not watch.black or clock() > 101.4
        watch.feed(picture, clock())
        clock.advance(0.05)
    assert watch.black
    assert not watch.frozen
