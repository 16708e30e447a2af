"""What verification costs on this machine: ``run()`` gives a row for one thread and one for two.

Every time is the median of repeated runs on the same simulated 1280x720 frames, given with what it is measured against
in the same run: a limit the product sets itself, or a rival way of doing the same.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from face.align import align
from face.detect import Detector
from face.embed import load_embedder
from face.models.pack import ModelPack, load_pack
from face.opencv import Image, cv2
from face.quality import Guidance
from face.simulation.commands import ShowPerson
from face.simulation.scene import SceneRenderer
from face.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "assets" / "models" / "yunet-sface"
PEOPLE = ROOT / "assets" / "people"

GUIDANCE_LIMIT_MS = 25.0
EMBED_PATH_LIMIT_MS = 45.0
DECISION_LIMIT_MS = 400.0  # three good frames, cameras' waiting not counted
START_LIMIT_S = 2.5
RSS_LIMIT_MB = 350.0
REPEATS = 15

_COLD_START = """
import json, time
began = time.perf_counter()
from pathlib import Path
from face.models.pack import load_pack
from face.verify import Verifier
Verifier(load_pack(Path({pack!r})), threads={threads})
seconds = time.perf_counter() - began
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([seconds, int(status["VmRSS"].split()[0]) / 1024]))
"""


def run() -> list[dict[str, object]]:
    pack = load_pack(PACK)
    renderer = SceneRenderer(PEOPLE, seed=1)
    frames = [
        renderer.render(ShowPerson(id=person), 7 * number) for number, person in enumerate(("lan", "hung", "duc"))
    ]
    return [_row(pack, frames, threads) for threads in (1, 2)]


def _row(pack: ModelPack, frames: list[Image], threads: int) -> dict[str, object]:
    verifier = Verifier(pack, threads=threads)  # also sets OpenCV's thread count for what follows
    detector, embedder = Detector(pack), load_embedder(pack, threads)
    whole = pack.detector.model_copy(update={"long_side": 1280})
    full_detector = Detector(ModelPack(pack.directory, pack.manifest.model_copy(update={"detector": whole})))

    def guidance(frame: Image) -> None:
        assert verifier.see(frame).guidance is Guidance.GOOD

    crops = [align(frame, detector.detect(frame)[0].landmarks) for frame in frames]
    opencv = _opencv_embedder(pack)
    agreement = min(float(embedder.embed(crop) @ opencv(crop)) for crop in crops)
    assert agreement > 0.9999, "the rivals must compute the same"

    guidance_ms = _time(guidance, frames)
    embed_path_ms = _time(verifier.look, frames)
    recogniser_ms, opencv_ms = _time(embedder.embed, crops), _time(opencv, crops)
    small_ms, full_ms = _time(detector.detect, frames), _time(full_detector.detect, frames)
    decision_ms = _decision(verifier, frames)
    start_s, rss_mb = _cold_start(threads)
    return {
        "threads": threads,
        "guidance_ms": guidance_ms,
        "guidance_of_limit": round(guidance_ms / GUIDANCE_LIMIT_MS, 2),
        "embed_path_ms": embed_path_ms,
        "embed_path_of_limit": round(embed_path_ms / EMBED_PATH_LIMIT_MS, 2),
        "decision_ms": decision_ms,
        "decision_of_limit": round(decision_ms / DECISION_LIMIT_MS, 2),
        "recogniser_ms": recogniser_ms,
        "recogniser_opencv_ms": opencv_ms,
        "recogniser_of_opencv": round(recogniser_ms / opencv_ms, 2),
        "detect_ms": small_ms,
        "detect_full_frame_ms": full_ms,
        "detect_of_full_frame": round(small_ms / full_ms, 2),
        "start_s": start_s,
        "start_of_limit": round(start_s / START_LIMIT_S, 2),
        "rss_mb": rss_mb,
        "rss_of_limit": round(rss_mb / RSS_LIMIT_MB, 2),
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
            while session.feed(frames[0]).decision is None:
                pass
            spans.append(time.perf_counter() - began)
    template.close()
    return round(median(spans) * 1000, 1)


def _cold_start(threads: int) -> tuple[float, float]:
    """Seconds from the first import to warm, and the resident MB then, of a process of its own."""
    code = _COLD_START.format(pack=str(PACK), threads=threads)
    answers = []
    for _ in range(3):
        answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
        answers.append(json.loads(answer.stdout))
    return round(median(item[0] for item in answers), 2), round(median(item[1] for item in answers), 0)


if __name__ == "__main__":
    print(json.dumps({"runs": run()}, indent=2))
