"""A port for a passive PAD model: a pack may carry a classifier that judges single pictures. Advisory by default.

No such weights with clean provenance and measured errors are known (``docs/face.md``), so none come with the product; a
hospital that has licensed some adds them to its pack under ``[passive_pad]``. The model takes one face as
1 x 3 x size x size and gives one row of scores, one of them for the living (``bona_fide``): the layout of Silent-Face's
MiniFASNet and its relatives. Rows that are not probabilities yet are made such by a softmax.
"""

from typing import Any, Final, Protocol

import numpy as np

from face.detect import Box
from face.embed import session_options
from face.errors import FaceError, FaceErrorCode
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.evidence import PadCheck, PadResult, PadState, not_assessed
from face.pad.observation import Observation

# Frames that are judged, at most: at 7 ms each (a MiniFASNet on one thread) a session would feel many more.
_FRAMES_MAX: Final = 9
_FRAMES_MIN: Final = 3
_APART_S: Final = 0.25  # neighbours show the same and would count twice
_EVEN: Final = 0.5  # above, the model holds a living face for the likelier; no error rate is claimed for it


class PassivePad(Protocol):
    def assess(self, image: Image, box: Box) -> float | None:
        """How sure the model is of a living face, in [0, 1]; None when the frame does not show enough around it."""


class PassiveAnalysis:
    """The median of what the model says of some frames of one session: one odd frame changes nothing."""

    def __init__(self, model: PassivePad) -> None:
        self._model = model
        self._scores: list[float] = []
        self._last: float | None = None

    def feed(self, observation: Observation) -> None:
        """Frames that are good for matching count, the others are turned or blurred."""
        now = observation.timestamp
        too_soon = self._last is not None and now - self._last < _APART_S
        if observation.embedding is None or too_soon or len(self._scores) >= _FRAMES_MAX:
            return
        score = self._model.assess(observation.image, observation.face.box)
        if score is not None:
            self._scores.append(score)
            self._last = now

    def result(self) -> PadResult:
        if len(self._scores) < _FRAMES_MIN:
            return not_assessed(PadCheck.PASSIVE, "too_few_frames")
        score = float(np.median(self._scores))
        if score >= _EVEN:
            return PadResult(PadCheck.PASSIVE, PadState.SUCCESSFUL, score, "looks_alive")
        return PadResult(PadCheck.PASSIVE, PadState.FAILED, score, "looks_presented")

    def close(self) -> None:
        self._scores.clear()
        self._last = None


def load_passive_pad(pack: ModelPack, threads: int) -> PassivePad | None:
    """The pack's classifier on ``threads`` CPU threads, warmed; None when the pack has none.

    Raises :class:`FaceError` (``model_refused``) when it cannot be loaded or does not have the layout above.
    """
    return None if pack.passive_pad is None else _OnnxPassivePad(pack, threads)


class _OnnxPassivePad:
    def __init__(self, pack: ModelPack, threads: int) -> None:
        assert pack.passive_pad is not None
        assert pack.passive_pad_path is not None
        self._spec = pack.passive_pad
        self._session = _open(str(pack.passive_pad_path), self._spec.file, threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise _refused(self._spec.file, "not one input and one output")
        self._input = inputs[0].name
        try:
            row = self._run(np.zeros((self._spec.size, self._spec.size, 3), dtype=np.uint8))
        except Exception as error:  # noqa: BLE001 - onnxruntime raises its own C++ types, of no common base
            raise _refused(self._spec.file, f"does not take such a picture ({type(error).__name__})") from None
        if row.ndim != 1 or row.size < 2 or self._spec.bona_fide >= row.size:
            raise _refused(self._spec.file, f"gives {row.size} scores, bona_fide is number {self._spec.bona_fide}")

    def assess(self, image: Image, box: Box) -> float | None:
        crop = cut_square(image, box, self._spec.margin)
        if crop is None:
            return None
        small = np.asarray(cv2.resize(crop, (self._spec.size, self._spec.size), interpolation=cv2.INTER_AREA))
        try:
            row = self._run(np.asarray(small, dtype=np.uint8))
        finally:
            small.fill(0)  # a copy of a face is a face
        share = float(_probabilities(row)[self._spec.bona_fide])
        return share if np.isfinite(share) else None

    def _run(self, picture: Image) -> Any:
        spec = self._spec
        blob = cv2.dnn.blobFromImage(
            picture, 1.0 / spec.std, (spec.size, spec.size), (spec.mean,) * 3, swapRB=spec.channels == "RGB"
        )
        try:
            return np.asarray(self._session.run(None, {self._input: blob})[0], dtype=np.float64)[0]
        finally:
            blob.fill(0)


def cut_square(image: Image, box: Box, margin: float) -> Image | None:
    """A view of the square of ``margin`` times the box's longer side around it, moved into the frame where it would
    leave it, as the training of these models did. None where the frame is smaller than the square."""
    height, width = image.shape[:2]
    side = round(margin * max(box.width, box.height))
    if not 2 <= side <= min(height, width):
        return None
    left = int(np.clip(round(box.x + box.width / 2 - side / 2), 0, width - side))
    top = int(np.clip(round(box.y + box.height / 2 - side / 2), 0, height - side))
    return image[top : top + side, left : left + side]


def _probabilities(row: Any) -> Any:
    if row.min() >= 0 and abs(float(row.sum()) - 1) < 1e-3:
        return row
    powers = np.exp(row - row.max())
    return powers / powers.sum()


def _open(path: str, file: str, threads: int) -> Any:  # onnxruntime has no types
    import onnxruntime

    try:
        return onnxruntime.InferenceSession(path, session_options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - as above
        raise _refused(file, f"ONNX Runtime cannot load it ({type(error).__name__})") from None


def _refused(file: str, reason: str) -> FaceError:
    return FaceError(FaceErrorCode.MODEL_REFUSED, f"{file}: {reason}")
