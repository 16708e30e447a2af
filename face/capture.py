"""Opening a camera, a file or a stream: the driver's settings are asked for, and read back."""

import sys
import time
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from face.capture_settings import CaptureSettings
from face.opencv import Image, cv2

OPEN_TIMEOUT_MS = 3000  # streams only; a device answers at once or not at all
READ_TIMEOUT_MS = 2000

# What V4L2 calls V4L2_EXPOSURE_MANUAL and V4L2_EXPOSURE_APERTURE_PRIORITY, and OpenCV hands through; DirectShow and
# Media Foundation take 0.25 and 0.75 instead.
_AUTO_V4L2: Final = {False: 1.0, True: 3.0}
_AUTO_WINDOWS: Final = {False: 0.25, True: 0.75}
_CLOSE: Final = 0.15  # drivers round an exposure to their own steps


@dataclass(frozen=True, slots=True)
class Refused:
    """A device did something else than it was asked. ``given`` None: it would not say."""

    setting: str
    asked: float
    given: float | None


class Capture(Protocol):
    """An opened source. ``grab`` returns the next frame or None when the source is lost."""

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the driver did not do. Frames come all the same."""

    def grab(self) -> Image | None: ...
    def release(self) -> None: ...


def open_capture(source: int | str, settings: CaptureSettings | None = None) -> Capture | None:
    """The real opener: OpenCV's own back end for a device, FFmpeg for files and streams. None if it does not open."""
    if isinstance(source, int):
        video = cv2.VideoCapture(source, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        refused = _ask(video, settings or CaptureSettings()) if video.isOpened() else ()
        looped = False
    else:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        video = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
        refused = ()
        looped = "://" not in source
    if not video.isOpened():
        video.release()
        return None
    return _VideoCapture(video, looped, refused)


def _ask(video: cv2.VideoCapture, settings: CaptureSettings) -> tuple[Refused, ...]:
    """Set and read back. The order matters: a format gives its sizes, and manual exposure its value."""
    # Uncompressed 720p does not fit USB 2 at more than ten frames a second.
    video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    automatic = settings.exposure_ms is None
    auto = (_AUTO_V4L2 if sys.platform == "linux" else _AUTO_WINDOWS)[automatic]
    wanted = [
        ("width", cv2.CAP_PROP_FRAME_WIDTH, float(settings.width), 0.0),
        ("height", cv2.CAP_PROP_FRAME_HEIGHT, float(settings.height), 0.0),
        ("auto_exposure", cv2.CAP_PROP_AUTO_EXPOSURE, auto, 0.0),
    ]
    if settings.exposure_ms is not None:
        wanted.append(("exposure", cv2.CAP_PROP_EXPOSURE, _exposure_units(settings.exposure_ms), _CLOSE))
    for _, key, value, _ in wanted:
        video.set(key, value)
    video.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    refused = []
    for name, key, asked, slack in wanted:
        given = float(video.get(key))
        if abs(given - asked) > slack * abs(asked):
            refused.append(Refused(name, asked, None if given in (-1.0, 0.0) else given))
    return tuple(refused)


def _exposure_units(milliseconds: float) -> float:
    """V4L2 counts 0.1 ms; Windows' drivers take the logarithm to base 2 of the seconds."""
    return milliseconds * 10 if sys.platform == "linux" else float(np.round(np.log2(milliseconds / 1000)))


class _VideoCapture:
    def __init__(self, video: cv2.VideoCapture, looped: bool, refused: tuple[Refused, ...]) -> None:
        self._video = video
        self._looped = looped
        self.refused = refused
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
