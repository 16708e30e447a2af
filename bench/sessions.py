"""Does the vision worker's memory stay where it is? Whole sessions, one after the other, in the worker's own loop.

A session is what the kiosk asks for: a chip photo enrolled, a person compared under the default PAD policy, the
decision, and all of it wiped. The camera is a dozen frames that are seen again and again (simulated), and the clock is
the bench's, so that a session costs its arithmetic and no waiting: most end after some frames because time is over;
every twentieth goes on through the colours into the moves.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from face.camera import CameraCounts, CameraFault, Frame
from face.models.pack import load_pack
from face.opencv import Image, cv2
from face.pad.policy import PadPolicy
from face.verify import Verifier
from kiosk.flow.values import ScreenLight
from kiosk.workers.camera_watch import CameraWatch
from kiosk.workers.frames import FrameRing, FrameWriter
from kiosk.workers.messages import CompareFace, EnrolPhoto, FaceDone, FaceProgress, LightShown, Shutdown, WipeSession
from kiosk.workers.vision_loop import VisionLoop

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "assets" / "models" / "yunet-sface"
PEOPLE = ROOT / "assets" / "people"

SHORT, LONG = 3, 20  # frames of a session
LONG_EVERY = 20
FRAME_S = 0.2  # the bench's clock between two frames
FOREVER_S = 120.0  # longer than any limit of a session


class ScriptedClock:
    """Seconds that pass with frames."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class ScriptedCamera:
    """Gives the frames in turn; ``left`` of a session's, then time is over."""

    refused = ()
    counts = CameraCounts(0, 0, 0, (0, 0))

    def __init__(self, frames: list[Image], clock: ScriptedClock) -> None:
        self._frames = frames
        self._clock = clock
        self._given = 0
        self.left = 0

    def read(self, timeout: float) -> Frame | CameraFault:
        self._clock.now += FRAME_S if self.left > 0 else FOREVER_S
        self.left -= 1
        self._given += 1
        image = self._frames[self._given % len(self._frames)].copy()
        image[:, self._given % image.shape[1]] ^= 1  # no sensor gives a frame twice
        return Frame(image, self._clock.now, self._given)

    def close(self) -> None:
        pass


class ScriptedChannel:
    """In place of the pipe: asks for one session after the other, and for the next one once the last is decided.

    The screen at its other end paints every light at once, and says so.
    """

    def __init__(
        self,
        count: int,
        photos: list[bytes],
        camera: ScriptedCamera,
        clock: ScriptedClock,
        between: Callable[[int], None],
    ) -> None:
        self._clock = clock
        self._light: ScreenLight | None = None
        self._painted: list[LightShown] = []
        self._commands = self._ask(count, photos, camera, between)
        self._decided = True

    def beat(self) -> None:
        pass

    def receive(self, timeout_s: float = 0.0) -> object | None:
        if self._painted:
            return self._painted.pop(0)
        return next(self._commands) if self._decided else None

    def send(self, message: object) -> None:
        if isinstance(message, FaceProgress) and message.light is not self._light:
            self._light = message.light
            self._painted.append(LightShown(message.session, message.light, self._clock()))
        self._decided = self._decided or isinstance(message, FaceDone)

    def _ask(
        self, count: int, photos: list[bytes], camera: ScriptedCamera, between: Callable[[int], None]
    ) -> Iterator[object]:
        for session in range(1, count + 1):
            yield EnrolPhoto(session, photos[session % len(photos)])
            camera.left = LONG if session % LONG_EVERY == 0 else SHORT
            self._decided = False
            yield CompareFace(session, attempt=1)
            yield WipeSession(session)
            between(session)
        yield Shutdown()


def frames_of(live: Image, size: tuple[int, int] = (960, 540), count: int = 12) -> list[Image]:
    """A person who sways a little, with a sensor's noise: H x W x 3 each (simulated)."""
    width, height = size
    scale = height / live.shape[0]
    portrait = np.asarray(cv2.resize(live, (round(live.shape[1] * scale), height), interpolation=cv2.INTER_AREA))
    noise = np.random.default_rng(1)
    frames = []
    for number in range(count):
        frame = np.full((height, width, 3), 200, dtype=np.uint8)
        left = (width - portrait.shape[1]) // 2 + number % 3
        frame[:, left : left + portrait.shape[1]] = portrait
        grain = noise.integers(-3, 4, frame.shape, dtype=np.int16)
        frames.append(np.clip(frame + grain, 0, 255).astype(np.uint8))
    return frames


def work(
    verifier: Verifier, frames: list[Image], photos: list[bytes], count: int, between: Callable[[int], None]
) -> None:
    """``count`` sessions; ``between`` is called after each with its number."""
    clock = ScriptedClock()
    camera = ScriptedCamera(frames, clock)
    channel = ScriptedChannel(count, photos, camera, clock, between)
    ring = FrameRing()
    writer = FrameWriter(ring.name)
    watch = CameraWatch(lambda: camera, channel.send, clock)  # type: ignore[arg-type, return-value]
    loop = VisionLoop(channel, verifier, watch, writer, clock)  # type: ignore[arg-type]
    try:
        loop.run()
    finally:
        loop.close()
        writer.close()
        ring.close()


def resident_mb() -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024


def run(count: int) -> list[dict[str, object]]:
    """Resident memory of the loop's process before the first session, after some, and at the end."""
    verifier = Verifier(load_pack(PACK), pad=PadPolicy.named("active"))
    live = cv2.imread(str(PEOPLE / "lan" / "live.jpg"))
    assert live is not None
    photos = [next((PEOPLE / person).glob("chip.*")).read_bytes() for person in ("lan", "hung")]
    began = time.monotonic()
    rows: list[dict[str, object]] = [{"sessions": 0, "rss_mb": round(resident_mb(), 1), "seconds": 0.0}]

    def note(session: int) -> None:
        if session in (100, 1000, count) or session % 2500 == 0:
            rows.append(
                {
                    "sessions": session,
                    "rss_mb": round(resident_mb(), 1),
                    "seconds": round(time.monotonic() - began, 1),
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)

    work(verifier, frames_of(np.asarray(live, dtype=np.uint8)), photos, count, note)
    return rows
