"""Embedding: an aligned face to a unit vector whose cosines are the scores.

The default pack runs on a bare ONNX Runtime session: its input convention is in the manifest, and a worker that does
not import ``insightface`` starts earlier and stays smaller. A hospital's licensed InsightFace pack says
``runtime = "insightface"`` and runs through that package's model zoo. Both feed the same aligned crop.
"""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from face.align import SIZE
from face.errors import FaceError, FaceErrorCode
from face.models.pack import ModelPack
from face.opencv import Image, cv2

Embedding = npt.NDArray[np.float32]  # unit length


class Embedder(Protocol):
    def embed(self, aligned: Image) -> Embedding:
        """Return the unit vector of a 112 x 112 aligned face."""


def load_embedder(pack: ModelPack, threads: int) -> Embedder:
    """Open the pack's recogniser on ``threads`` CPU threads. Raises :class:`FaceError` (``model_refused``)."""
    if pack.recogniser.runtime == "insightface":
        return _InsightFaceEmbedder(pack, threads)
    return _OnnxEmbedder(pack, threads)


def session_options(threads: int) -> Any:  # onnxruntime has no types
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The rest is as ONNX Runtime has it: memory arena, layout and denormals change nothing (14.5 ms each), less graph
    # optimisation doubles the time (26 to 31 ms).
    # Spinning threads would keep a core busy between two frames, beside the camera and the screen on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _open_session(pack: ModelPack, threads: int) -> Any:
    import onnxruntime

    options = session_options(threads)
    try:
        return onnxruntime.InferenceSession(str(pack.recogniser_path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime raises its own C++ types, of no common base
        raise _refused(pack.recogniser.file, f"ONNX Runtime cannot load it ({type(error).__name__})") from None


class _OnnxEmbedder:
    def __init__(self, pack: ModelPack, threads: int) -> None:
        self._spec = pack.recogniser
        self._session = _open_session(pack, threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or outputs[0].shape[-1] != self._spec.dimensions:
            raise _refused(self._spec.file, f"not one input and one output of {self._spec.dimensions} numbers")
        self._input = inputs[0].name

    def embed(self, aligned: Image) -> Embedding:
        blob = cv2.dnn.blobFromImage(
            aligned,
            1.0 / self._spec.std,
            (SIZE, SIZE),
            (self._spec.mean,) * 3,
            swapRB=self._spec.channels == "RGB",
        )
        return _unit(self._session.run(None, {self._input: blob})[0])


class _InsightFaceEmbedder:
    def __init__(self, pack: ModelPack, threads: int) -> None:
        from insightface.model_zoo import get_model

        spec = pack.recogniser
        try:
            # Task and input convention are the manifest's; unasked, InsightFace guesses them from the graph.
            self._model = get_model(
                str(pack.recogniser_path),
                model_task="recognition",
                model_metadata={"preprocessing": {"mean": spec.mean, "std": spec.std}},
                providers=["CPUExecutionProvider"],
                sess_options=session_options(threads),
            )
        except Exception as error:  # noqa: BLE001 - as below
            raise _refused(spec.file, f"InsightFace cannot load it ({type(error).__name__})") from None
        self._spec = spec

    def embed(self, aligned: Image) -> Embedding:
        vector = _unit(self._model.get_feat(aligned))
        if vector.size != self._spec.dimensions:
            raise _refused(self._spec.file, f"{vector.size} numbers a face, not {self._spec.dimensions}")
        return vector


def _refused(file: str, reason: str) -> FaceError:
    return FaceError(FaceErrorCode.MODEL_REFUSED, f"{file}: {reason}")


def _unit(raw: npt.NDArray[np.float32]) -> Embedding:
    vector = np.array(raw, dtype=np.float32).reshape(-1)
    length = float(np.linalg.norm(vector))
    if not length > 0:  # zero or NaN: no face gives that, damaged weights do
        raise ValueError("the embedder returned no direction")
    vector /= length
    return vector
