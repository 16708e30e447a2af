"""InsightFace's own FaceAnalysis on the same frames, where somebody has its weights: ``--pack DIR``."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from face.opencv import Image

DETECTION_SIZE = (640, 640)  # as large as the copy our own detector works on


class RivalError(Exception):
    """The folder has no weights that FaceAnalysis can run. The text says what is missing."""


def face_analysis(folder: Path, threads: int) -> Callable[[Image], object]:
    """Detect and embed, nothing else, on ``threads`` CPU threads. Raises :class:`RivalError`."""
    import onnxruntime
    from insightface.app import FaceAnalysis

    if not folder.is_dir():
        raise RivalError(f"{folder} is no folder")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        analysis = FaceAnalysis(
            name=str(folder),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
            sess_options=options,
        )
        analysis.prepare(ctx_id=-1, det_size=DETECTION_SIZE)
        # Whatever has five outputs passes for a detector, YuNet too, until it runs.
        _faces(analysis, np.zeros((*DETECTION_SIZE, 3), dtype=np.uint8))
    except AssertionError:
        raise RivalError(f"{folder} has no InsightFace detector (such as det_500m.onnx)") from None
    except Exception as error:
        raise RivalError(f"{folder}: FaceAnalysis cannot run it ({type(error).__name__}: {error})") from error
    if "recognition" not in analysis.models:
        raise RivalError(f"{folder} has no InsightFace recogniser (such as w600k_mbf.onnx)")

    def look(frame: Image) -> object:
        faces = _faces(analysis, frame)
        if not faces:
            raise RivalError(f"{folder}: its detector found no face on a frame of the bench")
        return faces[0].normed_embedding

    return look


def _faces(analysis: Any, frame: Image) -> list[Any]:  # insightface has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-image renames what insightface calls
        found: list[Any] = analysis.get(frame)
    return found
