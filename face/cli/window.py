"""A plain window for IT staff, through OpenCV. The kiosk itself never uses it."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from face.opencv import Image, cv2
from face.pad.light_colours import RGB, LightColour

_FONTS = Path("/usr/share/fonts")


def has_display() -> bool:
    """OpenCV's wheel brings Qt with nothing but X11 on Linux, and Qt ends the process when it finds no display."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY")) and os.environ.get("QT_QPA_PLATFORM", "xcb") == "xcb"


class Window:
    """Shows pictures until ``q``, Escape or its own close button. Nothing it shows is kept."""

    def __init__(self, title: str, *, full_screen: bool = False) -> None:
        self._title = title
        if sys.platform.startswith("linux"):
            # face.opencv takes these away so that they reach no process with another Qt. This one has no other.
            os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"] = str(Path(cv2.__file__).parent / "qt" / "plugins")
            if _FONTS.is_dir():
                os.environ.setdefault("QT_QPA_FONTDIR", str(_FONTS))
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_FREERATIO)
        self._sized = full_screen
        if full_screen:
            cv2.setWindowProperty(title, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)

    def show(self, image: Image) -> bool:
        """False once the person wants no more."""
        if not self._sized:
            cv2.resizeWindow(self._title, image.shape[1], image.shape[0])
            self._sized = True
        cv2.imshow(self._title, image)
        key = cv2.waitKey(1) & 0xFF
        return key not in (ord("q"), 27) and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1

    def close(self) -> None:
        cv2.destroyWindow(self._title)
        cv2.waitKey(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class ScreenLamp:
    """The screen as the light of PAD's light check."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.show(None)

    def show(self, colour: LightColour | None) -> None:
        red, green, blue = (0, 0, 0) if colour is None else RGB[colour]
        self._window.show(np.full((600, 800, 3), (blue, green, red), dtype=np.uint8))
