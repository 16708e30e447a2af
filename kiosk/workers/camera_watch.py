"""The camera as the kiosk needs it: open only while somebody looks, and told about when it comes or goes."""

import time
from collections.abc import Callable

from face.camera import Camera, CameraFault, Frame
from face.capture import Refused
from kiosk.workers.messages import CameraStatus, CameraUsed, VisionFault

READ_S = 0.2
"""The longest wait for a frame: five frames' time at 25 per second, and the longest a command waits to be seen."""
GRACE_S = 1.5
"""A camera may need so long to open or to stumble over a frame; silence beyond is a fault."""
HUNG_S = 8.0
"""A driver silent for so long will not come back; a new process may find it in order."""


class DriverHungError(Exception):
    """The camera's driver neither gives frames nor fails: only a new process helps."""


class CameraWatch:
    """Tells `CameraStatus` at the start and when it changes, `CameraUsed` after each use. `clock` counts seconds."""

    def __init__(
        self,
        make_camera: Callable[[], Camera],
        send: Callable[[object], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._clock = clock
        self._make_camera = make_camera
        self._camera: Camera | None = None
        self._opened = 0.0
        self._told: CameraStatus | None = None
        self._failing_since: float | None = None
        self._silent_since: float | None = None
        self.fault: VisionFault | None = None
        """Why the last read gave no frame, once that is more than a pause."""

    def open(self) -> None:
        """Somebody looks from now on."""
        if self._camera is None:
            self._camera = self._make_camera()
            self._opened = self._clock()
            self._failing_since = self._silent_since = None

    def read(self) -> Frame | None:
        """The newest frame, or None and `fault`. Raises DriverHungError."""
        assert self._camera is not None, "open before read"
        result = self._camera.read(READ_S)
        if isinstance(result, Frame):
            self._failing_since = self._silent_since = self.fault = None
            self._tell(CameraStatus(True, None))
            return result
        self._count(result)
        return None

    def rest(self) -> None:
        """Nobody looks. A camera that failed stays under watch, so that its return is noticed."""
        if self._told is None or self._told.ok:
            self.close()

    def check(self) -> None:
        """While nobody looks: the self test at the start, and the wait for a camera that failed. Call it often."""
        if self._told is not None and self._told.ok:
            return
        self.open()
        frame = self.read()
        if frame is not None:
            frame.image.fill(0)
            self.close()

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._report(self._camera)
            self._camera = None
        self.fault = None

    def _report(self, camera: Camera) -> None:
        counts = camera.counts
        if counts.gave:
            width, height = counts.size
            refused = tuple(_words(item) for item in camera.refused)
            seconds = self._clock() - self._opened
            self._send(CameraUsed(counts.gave, counts.dropped, counts.lost, seconds, width, height, refused))

    def _count(self, result: CameraFault) -> None:
        now = self._clock()
        code = VisionFault(result.code.value)
        if self._failing_since is None:
            self._failing_since = now
        if code is not VisionFault.SILENT:
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = now
        if now - self._failing_since >= GRACE_S:
            self.fault = code
            self._tell(CameraStatus(False, code))
        if self._silent_since is not None and now - self._silent_since >= HUNG_S:
            raise DriverHungError

    def _tell(self, status: CameraStatus) -> None:
        if status != self._told:
            self._told = status
            self._send(status)


def _words(item: Refused) -> str:
    return f"{item.setting} {item.asked:g} " + ("not known" if item.given is None else f"not {item.given:g}")
