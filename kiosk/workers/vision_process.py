"""The vision process's main function. What it imports late, the window's process must not load."""

from dataclasses import dataclass
from pathlib import Path

from face.capture_settings import CaptureSettings
from face.pad.policy import PadPolicy
from kiosk.workers.process import Channel


@dataclass(frozen=True, slots=True)
class VisionTask:
    """What the process needs: `vision.VisionConfig`, and the name of the ring for its frames."""

    camera_source: int | str
    capture: CaptureSettings
    pack_dir: Path
    fmr: str
    time_limit_s: float
    pad: PadPolicy
    threads: int
    ring: str


def serve_vision(channel: Channel, task: VisionTask) -> None:
    """The process's work; returns after `Shutdown`. Models are loaded and warmed before it says that it is ready."""
    from kiosk.workers.vision_loop import run

    run(channel, task)
