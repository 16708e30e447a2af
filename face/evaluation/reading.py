"""One picture of a test set, as the pipeline would have read it, and a vector even where it would have refused.

The pipeline's own gate answers what a kiosk would do. Error rates of the comparison itself need every score there is:
a set that is one day evaluated may have pictures the gate turns down, and leaving those out would flatter the rates.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from face.align import align
from face.degradation.chip import encode
from face.degradation.live import Level, frames
from face.detect import DetectedFace, Detector
from face.embed import Embedder, Embedding, load_embedder
from face.errors import FaceError, FaceErrorCode
from face.evaluation.pictures import read_picture
from face.models.calibration import Threshold
from face.models.pack import ModelPack
from face.opencv import Image
from face.picture import MAX_BYTES, decode_picture
from face.quality import Guidance
from face.tight import detect_tight
from face.verify import Verifier

ChipKind = Literal["jp2", "jpeg", "original"]
Vectors = npt.NDArray[np.float32]

CHIP_SIZE = (480, 640)  # a document's portrait at 300 dpi is 413 x 531; cards hold up to this


@dataclass(frozen=True, slots=True)
class Settings:
    """How pictures are read. ``level`` None: a live picture is taken as it is, and is one frame."""

    chip: ChipKind = "jp2"
    chip_bytes: int = 12_000
    level: Level | None = None
    frames: int = 5
    seed: int = 0

    @property
    def frames_each(self) -> int:
        return self.frames if self.level is not None else 1

    @property
    def simulated(self) -> bool:
        return self.level is not None or self.chip != "original"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """``vectors``: k x d, unit length, one for each frame that counts; k = 0 if there is no face: ``fault`` says why.

    ``refusal``: why the kiosk would not compare this picture, None if it would.
    """

    vectors: Vectors
    refusal: str | None
    fault: str | None


class PictureReader:
    """The models of one process. Raises :class:`FaceError` (``model_refused``)."""

    def __init__(self, pack: ModelPack, settings: Settings) -> None:
        self._settings = settings
        self._verifier = Verifier(decidable(pack))
        self._detector = Detector(pack)
        self._embedder: Embedder = load_embedder(pack, 1)
        self._none = np.zeros((0, pack.recogniser.dimensions), dtype=np.float32)

    def chip(self, path: Path) -> Reading:
        """The picture as on a card: encoded again unless the settings say otherwise."""
        try:
            data = self._chip_bytes(path)
        except (FaceError, OSError) as error:
            return self._failed(error)
        try:
            with self._verifier.enrol(data) as template:
                return Reading(template.embedding[np.newaxis].copy(), None, None)
        except FaceError as error:
            refusal = str(error.code)
        image = decode_picture(data)
        face = _subject(image, detect_tight(self._detector, image))
        if face is None:
            return Reading(self._none, refusal, str(FaceErrorCode.NO_FACE))
        return Reading(self._embed(image, face)[np.newaxis], refusal, None)

    def live(self, path: Path, number: int) -> Reading:
        """The picture as frames of one stay before the camera; ``number`` makes the stay another for each picture."""
        try:
            image = read_picture(path)
        except (FaceError, OSError) as error:
            return self._failed(error)
        if self._settings.level is None:
            return self._stay([image])
        found = _subject(image, detect_tight(self._detector, image))
        if found is None:
            return Reading(self._none, str(Guidance.NO_FACE), str(FaceErrorCode.NO_FACE))
        seed = self._settings.seed * 1_000_003 + number
        stay = frames(image, self._settings.level, seed, self._settings.frames, landmarks=found.landmarks)
        return self._stay(list(stay))

    def _stay(self, images: list[Image]) -> Reading:
        """The best frames, as :func:`face.decision.fuse` takes them; of a stay without a good one the rest's best."""
        policy = self._verifier.policy
        seen: list[tuple[bool, float, Embedding]] = []
        advice: list[Guidance] = []
        for image in images:
            guidance, _, quality, vector = self._verifier.look(image)
            if vector is None:
                advice.append(guidance)
                face = _subject(image, detect_tight(self._detector, image))
                if face is None:
                    continue
                seen.append((False, face.eye_distance, self._embed(image, face)))
            else:
                seen.append((True, quality.score if quality else 0.0, vector))
        good = sum(is_good for is_good, _, _ in seen)
        enough = good >= min(policy.early_frames, len(images))
        refusal = None if enough else str(max(set(advice), key=advice.count))
        if not seen:
            return Reading(self._none, refusal, str(FaceErrorCode.NO_FACE))
        chosen = sorted((item for item in seen if item[0] or not good), key=lambda item: item[1], reverse=True)
        return Reading(np.stack([vector for _, _, vector in chosen[: policy.best_of]]), refusal, None)

    def _chip_bytes(self, path: Path) -> bytes:
        kind, limit = self._settings.chip, self._settings.chip_bytes
        if kind == "original":
            data = path.read_bytes()
            if _is_chip_format(data):
                return data
            kind, limit = "jp2", MAX_BYTES  # a PNG, without loss
        image = read_picture(path)
        # A smaller picture is neither enlarged nor cropped: it may already be nothing but a face.
        larger = image.shape[1] > CHIP_SIZE[0] and image.shape[0] > CHIP_SIZE[1]
        size = CHIP_SIZE if larger and self._settings.chip != "original" else None
        try:
            return encode(image, kind=kind, size=size, limit_bytes=limit)
        except ValueError as error:
            raise FaceError(FaceErrorCode.BAD_IMAGE, str(error)) from None

    def _embed(self, image: Image, face: DetectedFace) -> Embedding:
        return self._embedder.embed(align(image, face.landmarks))

    def _failed(self, error: FaceError | OSError) -> Reading:
        fault = str(error.code) if isinstance(error, FaceError) else "unreadable"
        return Reading(self._none, fault, fault)


def decidable(pack: ModelPack) -> ModelPack:
    """A verifier does not start with a pack that was never calibrated. Reading asks for no decision."""
    if pack.recogniser.threshold:
        return pack
    unused = {
        "fnmr": 0.0,
        "fmr_low": 0.0,
        "fmr_high": 1.0,
        "genuine": 1,
        "impostor": 1,
        "data": "none",
        "simulated": True,
    }
    thresholds = tuple(
        Threshold.model_validate({"fmr": f"1e-{decade}", "score": decade / 10, **unused}) for decade in range(1, 10)
    )
    recogniser = pack.recogniser.model_copy(update={"threshold": thresholds})
    return replace(pack, manifest=pack.manifest.model_copy(update={"recogniser": recogniser}))


def _is_chip_format(data: bytes) -> bool:
    try:
        decode_picture(data)
    except FaceError:
        return False
    return True


def _subject(image: Image, faces: tuple[DetectedFace, ...]) -> DetectedFace | None:
    """Whom a picture with several faces is of: the large one near the middle, as photographers mean it."""

    def importance(face: DetectedFace) -> float:
        across = face.box.x + face.box.width / 2 - image.shape[1] / 2
        down = face.box.y + face.box.height / 2 - image.shape[0] / 2
        return float(face.box.width * face.box.height - 2.0 * (across * across + down * down))

    return max(faces, key=importance, default=None)
