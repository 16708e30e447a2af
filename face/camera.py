"""The camera: a device index, a video file (looped) or a stream's URL, behind one ``read``.

A capture thread owns the driver, because a driver may block for ever and buffers old frames: it takes every frame and
keeps the newest. ``read`` waits on a condition with a time-out and returns a frame or a fault, never an exception and
never the same frame twice. A source that is lost is opened again, with growing pauses, until ``close``.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from face.opencv import Image, cv2
from face.picture_watch import PictureWatch, WatchLimits

BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 5.0  # a re-plugged camera is back within one patient's patience
OPEN_TIMEOUT_MS = 3000  # streams only; a device answers at once or not at all
READ_TIMEOUT_MS = 2000
FRAME_SIZE = (1280, 720)  # asked of a device; it may give another, which the pipeline takes as it is


class CameraFaultCode(StrEnum):
    NOT_FOUND = "not_found"  # never opened since start: wrong source, unplugged, no permission
    GONE = "gone"  # was there and is lost; being opened again
    SILENT = "silent"  # open, but no frame within the time-out
    FROZEN = "frozen"  # frames come, the picture does not change
    BLACK = "black"  # frames come, all black: lens covered or sensor dead


@dataclass(frozen=True, slots=True)
class CameraFault:
    code: CameraFaultCode


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """``image``: H x W x 3, uint8, blue-green-red, the receiver's own. ``timestamp``: the camera's clock, seconds."""

    image: Image
    timestamp: float
    sequence: int


class Capture(Protocol):
    """An opened source. ``grab`` returns the next frame or None when the source is lost."""

    def grab(self) -> Image | None: ...
    def release(self) -> None: ...


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


def open_capture(source: int | str) -> Capture | None:
    """The real opener: OpenCV's own back end for a device, FFmpeg for files and streams. None if it does not open."""
    if isinstance(source, int):
        video = cv2.VideoCapture(source, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        # Uncompressed 720p does not fit USB 2 at more than ten frames a second.
        video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        video.set(cv2.CAP_PROP_FRAME_WIDTH, FRAME_SIZE[0])
        video.set(cv2.CAP_PROP_FRAME_HEIGHT, FRAME_SIZE[1])
        video.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        looped = False
    else:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        video = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
        looped = "://" not in source
    if not video.isOpened():
        video.release()
        return None
    return _VideoCapture(video, looped)


class _VideoCapture:
    def __init__(self, video: cv2.VideoCapture, looped: bool) -> None:
        self._video = video
        self._looped = looped
        # A file would play as fast as it decodes; a camera does not.
        self._pause = 1.0 / (video.get(cv2.CAP_PROP_FPS) or 25.0) if looped else 0.0
        self._due = time.monotonic()

    def grab(self) -> Image | None:
        if self._looped:
            time.sleep(max(0.0, self._due - time.monotonic()))
            self._due = max(self._due, time.monotonic() - self._pause) + self._pause
        taken, image = self._video.read()
        if not taken and self._looped:
            self._video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            taken, image = self._video.read()
        return np.asarray(image, dtype=np.uint8) if taken else None

    def release(self) -> None:
        self._video.release()


class Camera:
    """See the module. ``clock`` stamps frames and drives the frozen and black checks; ``opener`` is the driver."""

    def __init__(
        self,
        source: int | str | Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        opener: Opener = open_capture,
        watch: WatchLimits | None = None,
    ) -> None:
        self._source = parse_source(source)
        self._clock = clock
        self._opener = opener
        self._watch_limits = watch or WatchLimits()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._delivered = 0
        self._sequence = 0
        self._fault: CameraFaultCode | None = None
        self._lost = 0  # times the source did not open or was lost
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Frames the camera gave and nobody read: the newest wins."""
        with self._changed:
            waiting = 1 if self._newest is not None else 0
            return self._sequence - self._delivered - waiting

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
                try:
                    if self._stream(capture):
                        opened_once, pauses = True, backoff()
                finally:
                    capture.release()
            self._publish_loss(CameraFaultCode.GONE if opened_once else CameraFaultCode.NOT_FOUND)
            self._stop.wait(next(pauses))

    def _stream(self, capture: Capture) -> bool:
        """Take frames until the source is lost. True if it gave any."""
        watch = PictureWatch(self._watch_limits)
        gave_any = False
        while not self._stop.is_set():
            image = capture.grab()
            if image is None:
                break
            gave_any = True
            now = self._clock()
            watch.feed(image, now)
            with self._changed:
                self._forget()
                self._sequence += 1
                self._newest = Frame(image, now, self._sequence)
                self._fault = _picture_fault(watch)
                self._changed.notify_all()
        return gave_any

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
    if watch.black:
        return CameraFaultCode.BLACK
    return CameraFaultCode.FROZEN if watch.frozen else None
