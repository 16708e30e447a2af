"""The camera: a device index, a video file (looped) or a stream's URL, behind one ``read``.

A capture thread owns the driver, because a driver may block for ever and buffers old frames: it takes every frame and
keeps the newest. ``read`` waits on a condition with a time-out and returns a frame or a fault, never an exception and
never the same frame twice. A source that is lost is opened again, with growing pauses, until ``close``.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from face.capture import READ_TIMEOUT_MS, Capture, Refused, open_capture
from face.capture_settings import CaptureSettings
from face.opencv import Image
from face.picture_watch import PictureWatch, WatchLimits

BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 5.0  # a re-plugged camera is back within one patient's patience


class CameraFaultCode(StrEnum):
    NOT_FOUND = "not_found"  # never opened since start: wrong source, unplugged, no permission
    GONE = "gone"  # was there and is lost; being opened again
    SILENT = "silent"  # open, but no frame within the time-out
    FROZEN = "frozen"  # frames come, the picture does not change
    BLACK = "black"  # frames come, all black: lens covered or sensor dead
    WRONG_SIZE = "wrong_size"  # frames come, too small for a face to be compared


@dataclass(frozen=True, slots=True)
class CameraFault:
    code: CameraFaultCode


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """``image``: H x W x 3, uint8, blue-green-red, the receiver's own. ``timestamp``: the camera's clock, seconds."""

    image: Image
    timestamp: float
    sequence: int


Opener = Callable[[int | str], Capture | None]


def parse_source(source: int | str | Path) -> int | str:
    """``0`` and ``"0"`` are device indices; everything else is a path or a URL as text."""
    text = str(source)
    return int(text) if text.isascii() and text.isdecimal() else text


def backoff() -> Iterator[float]:
    """Pauses between attempts to open: doubling, with a ceiling."""
    pause = BACKOFF_FIRST_S
    while True:
        yield pause
        pause = min(BACKOFF_MAX_S, pause * 2)


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """Frames since the camera was made: what the driver ``gave``, of that ``dropped`` because a newer one came before
    anybody read it; ``lost``: how often the source did not open or went away. ``size``: the last frame's width, height.
    """

    gave: int
    dropped: int
    lost: int
    size: tuple[int, int]


class Camera:
    """See the module. ``clock`` stamps frames and drives the frozen and black checks; ``settings`` are what a device is
    asked for; ``opener`` is the driver in place of the real one.
    """

    def __init__(
        self,
        source: int | str | Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        settings: CaptureSettings | None = None,
        opener: Opener | None = None,
        watch: WatchLimits | None = None,
    ) -> None:
        self._source = parse_source(source)
        self._clock = clock
        self._opener = opener or partial(open_capture, settings=settings or CaptureSettings())
        self._watch_limits = watch or WatchLimits()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._delivered = 0
        self._sequence = 0
        self._size = (0, 0)
        self._refused: tuple[Refused, ...] = ()
        self._fault: CameraFaultCode | None = None
        self._lost = 0  # times the source did not open or was lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> CameraCounts:
        with self._changed:
            waiting = 1 if self._newest is not None else 0
            dropped = self._sequence - self._delivered - waiting
            return CameraCounts(self._sequence, dropped, self._lost, self._size)

    @property
    def dropped(self) -> int:
        """Frames the camera gave and nobody read: the newest wins."""
        return self.counts.dropped

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the driver did not do of :class:`CaptureSettings` when it was last opened."""
        with self._changed:
            return self._refused

    def read(self, timeout: float) -> Frame | CameraFault:
        """The newest frame not yet read, or why there is none. Waits at most ``timeout`` seconds."""
        with self._changed:
            lost = self._lost
            self._changed.wait_for(
                lambda: self._newest is not None or self._lost != lost or self._stop.is_set(), timeout
            )
            if self._newest is None:
                return CameraFault(self._fault or CameraFaultCode.SILENT)
            frame, self._newest = self._newest, None
            self._delivered += 1
            if self._fault is not None:
                frame.image.fill(0)
                return CameraFault(self._fault)
            return frame

    def close(self) -> None:
        """Stop capturing and overwrite the frame in hand. A driver that hangs keeps only its daemon thread."""
        self._stop.set()
        self._thread.join(timeout=READ_TIMEOUT_MS / 1000 + 1)
        with self._changed:
            self._forget()
            self._changed.notify_all()

    def _run(self) -> None:
        pauses = backoff()
        opened_once = False
        while not self._stop.is_set():
            capture = self._opener(self._source)
            if capture is not None:
                with self._changed:
                    self._refused = capture.refused
                try:
                    if self._stream(capture):
                        opened_once, pauses = True, backoff()
                finally:
                    capture.release()
            self._publish_loss(CameraFaultCode.GONE if opened_once else CameraFaultCode.NOT_FOUND)
            self._stop.wait(next(pauses))

    def _stream(self, capture: Capture) -> bool:
        """Take frames until the source is lost. True if it gave any.

        A source whose pictures change their size is another camera, or one that was set up anew: it is opened again,
        so that whoever follows a face hears of the break.
        """
        watch = PictureWatch(self._watch_limits)
        shape: tuple[int, ...] | None = None
        while not self._stop.is_set():
            image = capture.grab()
            if image is None:
                break
            if shape is not None and image.shape != shape:
                image.fill(0)
                break
            shape = image.shape
            now = self._clock()
            watch.feed(image, now)
            with self._changed:
                self._forget()
                self._sequence += 1
                self._size = (shape[1], shape[0])
                self._newest = Frame(image, now, self._sequence)
                self._fault = _picture_fault(watch)
                self._changed.notify_all()
        return shape is not None

    def _publish_loss(self, code: CameraFaultCode) -> None:
        with self._changed:
            self._forget()
            self._fault = code
            self._lost += 1
            self._changed.notify_all()

    def _forget(self) -> None:
        """Overwrite a frame nobody read. Call with the condition held."""
        if self._newest is not None:
            self._newest.image.fill(0)
            self._newest = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _picture_fault(watch: PictureWatch) -> CameraFaultCode | None:
    if watch.too_small:
        return CameraFaultCode.WRONG_SIZE
    if watch.black:
        return CameraFaultCode.BLACK
    return CameraFaultCode.FROZEN if watch.frozen else None
