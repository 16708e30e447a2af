"""The vision process's loop: the camera, QR codes, and the live face against the chip's photo. One thread does it all.

Imported in the vision process alone: OpenCV, ONNX Runtime and NumPy come with it.
"""

import time

import numpy as np

from face.camera import Camera
from face.decision import Policy
from face.errors import FaceError
from face.models.pack import load_pack
from face.opencv import Image, cv2
from face.verify import Template, Verifier
from kiosk.workers.camera_watch import CameraWatch
from kiosk.workers.frames import MAX_HEIGHT, MAX_WIDTH, FrameWriter
from kiosk.workers.looking import Clock, CodeLook, FaceLook, Looking, PreviewLook
from kiosk.workers.messages import (
    CompareFace,
    EnrolPhoto,
    FaceFailed,
    LightShown,
    PhotoEnrolled,
    PreviewOnly,
    ScanCodes,
    Shutdown,
    StopVision,
    VisionFault,
    WipeSession,
)
from kiosk.workers.process import Channel, PermanentFaultError
from kiosk.workers.vision_process import VisionTask

IDLE_S = 0.25
"""How long an idle worker waits for a command before it shows life again."""


def run(channel: Channel, task: VisionTask) -> None:
    """Load, say ready, work until `Shutdown`. A pack that is missing or altered is a permanent fault."""
    try:
        policy = Policy(fmr=task.fmr, time_limit_s=task.time_limit_s)
        verifier = Verifier(load_pack(task.pack_dir), policy, pad=task.pad, threads=task.threads)
    except FaceError as error:
        raise PermanentFaultError(str(error)) from error
    camera = CameraWatch(lambda: Camera(task.camera_source, settings=task.capture), channel.send)
    writer = FrameWriter(task.ring)
    loop = VisionLoop(channel, verifier, camera, writer)
    try:
        channel.ready()
        loop.run()
    finally:
        loop.close()
        writer.close()


class VisionLoop:
    """Looks at one frame, then at the commands, then at the next frame. The camera is open only while it is needed."""

    def __init__(
        self,
        channel: Channel,
        verifier: Verifier,
        camera: CameraWatch,
        writer: FrameWriter,
        clock: Clock = time.monotonic,
    ) -> None:
        self._channel = channel
        self._verifier = verifier
        self._camera = camera
        self._writer = writer
        self._clock = clock
        self._looking: Looking | None = None
        self._template: tuple[int, Template] | None = None

    def run(self) -> None:
        while True:
            self._channel.beat()
            command = self._channel.receive(0.0 if self._looking is not None else IDLE_S)
            if isinstance(command, Shutdown):
                return
            if command is not None:
                self._obey(command)
            elif self._looking is not None:
                self._look(self._looking)
            else:
                self._camera.check()

    def close(self) -> None:
        """Overwrite what is left of a patient, and let the camera go."""
        self._rest()
        self._drop_template()
        self._camera.close()

    def _obey(self, command: object) -> None:
        match command:
            case ScanCodes(session=session):
                self._begin(CodeLook(session, self._channel.send, self._clock))
            case PreviewOnly(on=True):
                self._begin(PreviewLook())
            case EnrolPhoto(session=session, image=image):
                self._enrol(session, image)
            case CompareFace(session=session):
                self._compare(session)
            case LightShown():
                if isinstance(self._looking, FaceLook):
                    self._looking.light_shown(command)
            case StopVision() | PreviewOnly():
                self._rest()
            case WipeSession():
                self._rest()
                self._drop_template()
            case _:
                pass

    def _begin(self, looking: Looking) -> None:
        self._end_look()
        self._looking = looking
        self._camera.open()

    def _look(self, looking: Looking) -> None:
        frame = self._camera.read()
        if frame is None:
            over = looking.miss(self._camera.fault)
        else:
            try:
                self._publish(frame.image)
                over = looking.see(frame.image, frame.timestamp)
            finally:
                frame.image.fill(0)
        if over:
            self._rest()

    def _publish(self, image: Image) -> None:
        picture = fit(image)
        height, width = picture.shape[:2]
        self._writer.write(width, height, picture.data)
        if picture is not image:
            picture.fill(0)

    def _end_look(self) -> None:
        if self._looking is not None:
            self._looking.close()
            self._looking = None

    def _rest(self) -> None:
        self._end_look()
        self._writer.wipe()
        self._camera.rest()

    def _enrol(self, session: int, image: bytes) -> None:
        self._drop_template()
        try:
            self._template = (session, self._verifier.enrol(image))
        except FaceError as error:
            self._channel.send(PhotoEnrolled(session, False, VisionFault(error.code)))
        else:
            self._channel.send(PhotoEnrolled(session, True, None))

    def _compare(self, session: int) -> None:
        if self._template is None or self._template[0] != session:
            self._channel.send(FaceFailed(session, VisionFault.NO_TEMPLATE))
            return
        self._begin(FaceLook(session, self._verifier, self._template[1], self._channel.send, self._clock))

    def _drop_template(self) -> None:
        if self._template is not None:
            self._template[1].close()
            self._template = None


def fit(image: Image) -> Image:
    """The picture itself, or a copy reduced to what the ring takes, in its own proportions."""
    height, width = image.shape[:2]
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height)
    if scale >= 1.0:
        return image if image.flags.c_contiguous else image.copy()
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
