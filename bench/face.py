"""What verification costs on this machine: ``run()`` gives a row for one thread and one for two.

Every time is the median of repeated runs on the same simulated 1280x720 frames, given with what it is measured against
in the same run: a limit the product sets itself, or a rival way of doing the same.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from bench import face_worker
from bench.face_rival import face_analysis
from face.align import align
from face.detect import Box, DetectedFace, Detector
from face.embed import load_embedder
from face.mesh import MeshModel
from face.models.pack import ModelPack, load_pack
from face.opencv import Image, cv2
from face.pad.policy import PadPolicy
from face.quality import Guidance
from face.simulation.commands import ShowPerson
from face.simulation.scene import SceneRenderer
from face.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "assets" / "models" / "yunet-sface"
PEOPLE = ROOT / "assets" / "people"

GUIDANCE_LIMIT_MS = 25.0
EMBED_PATH_LIMIT_MS = 45.0
DECISION_LIMIT_MS = 400.0  # three good frames, cameras' waiting and PAD not counted
START_LIMIT_S = 2.5
RSS_LIMIT_MB = 350.0
REPEATS = 15


def run(insightface: Path | None = None) -> list[dict[str, object]]:
    """``insightface``: a folder with InsightFace's weights, to be run on the same frames.

    Raises :class:`bench.face_rival.RivalError` when it holds none.
    """
    rivals = {threads: face_analysis(insightface, threads) for threads in (1, 2)} if insightface else {}
    pack = load_pack(PACK)
    renderer = SceneRenderer(PEOPLE, seed=1)
    frames = [
        renderer.render(ShowPerson(id=person), 7 * number) for number, person in enumerate(("lan", "hung", "duc"))
    ]
    waiting = [renderer.render(ShowPerson(id="lan"), number) for number in range(12)]
    return [_row(pack, frames, waiting, threads, rivals.get(threads)) for threads in (1, 2)]


def _row(
    pack: ModelPack,
    frames: list[Image],
    waiting: list[Image],
    threads: int,
    rival: Callable[[Image], object] | None,
) -> dict[str, object]:
    verifier = Verifier(pack, pad=PadPolicy.named("off"), threads=threads)  # sets OpenCV's thread count too
    session = _Session(verifier)
    guidance_ms, embed_path_ms = _time(session.guide, frames), _time(session.guide_and_embed, frames)
    row = {
        "threads": threads,
        "guidance_ms": guidance_ms,
        "guidance_of_limit": round(guidance_ms / GUIDANCE_LIMIT_MS, 2),
        "embed_path_ms": embed_path_ms,
        "embed_path_of_limit": round(embed_path_ms / EMBED_PATH_LIMIT_MS, 2),
    }
    if rival is not None:
        rival_ms = _time(rival, frames)
        row |= {"insightface_ms": rival_ms, "embed_path_of_insightface": round(embed_path_ms / rival_ms, 2)}
    decision_ms = _decision(verifier, waiting)
    start_s, rss_mb = face_worker.measure(PEOPLE, PACK, threads)
    return {
        **row,
        "decision_ms": decision_ms,
        "decision_of_limit": round(decision_ms / DECISION_LIMIT_MS, 2),
        "start_s": start_s,
        "start_of_limit": round(start_s / START_LIMIT_S, 2),
        "rss_mb": rss_mb,
        "rss_of_limit": round(rss_mb / RSS_LIMIT_MB, 2),
        **_parts(pack, frames, threads),
    }


class _Session:
    """What a session does with a frame: where the face was in the frame before is known from the second one on."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._before: Box | None = None

    def guide(self, frame: Image) -> DetectedFace:
        """Detect, mesh and lids, align, quality: what the person is told."""
        sight = self._verifier.see(frame, self._before)
        assert sight.guidance is Guidance.GOOD, sight.guidance
        assert sight.face is not None
        self._before = sight.face.box
        return sight.face

    def guide_and_embed(self, frame: Image) -> None:
        self._verifier.embed(frame, self.guide(frame)).fill(0)


def _parts(pack: ModelPack, frames: list[Image], threads: int) -> dict[str, object]:
    """Single steps against another way of doing them."""
    detector, embedder, mesh = Detector(pack), load_embedder(pack, threads), MeshModel(pack)
    boxes = {id(frame): detector.detect(frame)[0].box for frame in frames}
    crops = [align(frame, detector.detect(frame)[0].landmarks) for frame in frames]
    opencv = _opencv_embedder(pack)
    agreement = min(float(embedder.embed(crop) @ opencv(crop)) for crop in crops)
    assert agreement > 0.9999, "the rivals must compute the same"
    recogniser_ms, opencv_ms = _time(embedder.embed, crops), _time(opencv, crops)
    whole = pack.detector.model_copy(update={"long_side": 1280})
    full_frame = Detector(ModelPack(pack.directory, pack.manifest.model_copy(update={"detector": whole})))
    near_ms = _time(lambda frame: detector.detect(frame, boxes[id(frame)]), frames)
    copy_ms, full_ms = _time(detector.detect, frames), _time(full_frame.detect, frames)
    return {
        "recogniser_ms": recogniser_ms,
        "recogniser_opencv_ms": opencv_ms,
        "recogniser_of_opencv": round(recogniser_ms / opencv_ms, 2),
        "detect_near_ms": near_ms,
        "detect_ms": copy_ms,
        "detect_full_frame_ms": full_ms,
        "detect_near_of_full_frame": round(near_ms / full_ms, 2),
        "detect_of_full_frame": round(copy_ms / full_ms, 2),
        "mesh_ms": _time(lambda frame: mesh.fit(frame, boxes[id(frame)], eyes=False), frames),
        "mesh_and_eyes_ms": _time(lambda frame: mesh.fit(frame, boxes[id(frame)]), frames),
    }


def _time(work: Callable[[Image], object], images: list[Image]) -> float:
    """Median milliseconds a picture."""
    for image in images:
        work(image)
    spans = []
    for _ in range(REPEATS):
        for image in images:
            began = time.perf_counter()
            work(image)
            spans.append(time.perf_counter() - began)
    return round(median(spans) * 1000, 1)


def _opencv_embedder(pack: ModelPack) -> Callable[[Image], np.ndarray]:
    """The same file through OpenCV's own engine.

    The published int8 file is not shipped; OpenCV takes about as long for it as ONNX Runtime for ours.
    """
    spec = pack.recogniser
    net = cv2.dnn.readNetFromONNX(str(pack.recogniser_path))

    def embed(crop: Image) -> np.ndarray:
        blob = cv2.dnn.blobFromImage(crop, 1 / spec.std, (spec.size, spec.size), (spec.mean,) * 3, swapRB=True)
        net.setInput(blob)
        vector = np.asarray(net.forward()).reshape(-1)
        return vector / np.linalg.norm(vector)

    return embed


def _decision(verifier: Verifier, frames: list[Image]) -> float:
    """From the first good frame to the decision of a genuine person, with frames that never keep it waiting."""
    template = verifier.enrol((PEOPLE / "lan" / "chip.jpg").read_bytes())
    spans = []
    for _ in range(REPEATS):
        with verifier.session(template, time.monotonic) as session:
            began = time.perf_counter()
            for frame in frames:
                report = session.feed(frame)
                assert report.guidance is Guidance.GOOD, report.guidance
                if report.decision is not None:
                    break
            else:
                raise AssertionError("a genuine person was not decided on")
            spans.append(time.perf_counter() - began)
    template.close()
    return round(median(spans) * 1000, 1)


if __name__ == "__main__":
    print(json.dumps({"runs": run()}, indent=2))
