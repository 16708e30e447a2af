"""What a camera is asked for: a value that the window's process can pass on without loading a driver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """What a device is asked for. Files and streams have their own.

    ``exposure_ms`` None: automatic. A fixed one of 10 or 20 ms does not beat with lamps on 50 Hz mains; where the light
    of a place is steady it also keeps the skin's brightness still while the screen changes its colour.
    """

    width: int = 1280
    height: int = 720
    exposure_ms: float | None = None

    def __post_init__(self) -> None:
        if self.width < 320 or self.height < 240:
            raise ValueError("a camera gives at least 320 x 240 pixels")
        if self.exposure_ms is not None and not 0.1 <= self.exposure_ms <= 500:
            raise ValueError("an exposure takes 0.1 to 500 ms")
