"""Does half the detector's copy cost accuracy? ``python -m bench.near_copy PAIRS.csv``.

The live pictures are put into 1280x720 frames with the face at several heights, clean and poor (half the light, blur
and noise), turned by up to 12 degrees, and found on the whole copy and on half of it: simulated. The scores are against
the chip pictures as they are. PAIRS.csv is what ``python -m face evaluate`` takes.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from face.align import align
from face.detect import Box, Detector
from face.embed import Embedding, load_embedder
from face.evaluation.pairs import Pairs, read_pairs
from face.models.pack import load_pack
from face.opencv import Image, cv2

PACK = Path(__file__).resolve().parents[1] / "assets" / "models" / "yunet-sface"
HEIGHTS = (0.2, 0.3, 0.45, 0.65)  # of the frame's
WIDTH, HEIGHT = 1280, 720
NEAR = Box(0, 0, WIDTH, HEIGHT)  # as if the face had been large in the frame before


@dataclass(frozen=True, slots=True)
class Row:
    """``height``: of the face, as part of the frame's. Scores are cosines."""

    height: float
    poor: bool
    half: bool
    missed: int
    genuine_mean: float
    genuine_min: float
    impostor_max: float


def measure(pairs: Pairs, heights: tuple[float, ...] = HEIGHTS) -> Iterator[Row]:
    """A row for each height, clean and poor, whole and half copy."""
    pack = load_pack(PACK)
    detector, embedder = Detector(pack), load_embedder(pack, 1)
    chips, boxes, portraits = [], [], []
    for path in pairs.chip:
        image = _read(path)
        chips.append(embedder.embed(align(image, detector.detect(image)[0].landmarks)))
    for path in pairs.live:
        portraits.append(_read(path))
        boxes.append(detector.detect(portraits[-1])[0].box)
    for height in heights:
        for poor in (False, True):
            frames = [
                stand(portrait, box, height, poor, seed)
                for seed, (portrait, box) in enumerate(zip(portraits, boxes, strict=True))
            ]
            for half in (False, True):
                lives: list[Embedding | None] = []
                for frame in frames:
                    faces = detector.detect(frame, NEAR if half else None)
                    lives.append(embedder.embed(align(frame, faces[0].landmarks)) if faces else None)
                yield _row(pairs, chips, lives, height, poor, half)


def stand(portrait: Image, face: Box, height: float, poor: bool, seed: int) -> Image:
    """A frame with this portrait's face in the middle, ``height`` of the frame high."""
    random = np.random.default_rng(seed)
    scale = height * HEIGHT / face.height
    angle = np.radians(random.uniform(-12, 12))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([face.x + face.width / 2, face.y + face.height / 2])
    matrix = np.column_stack([turn, np.array([WIDTH / 2, HEIGHT / 2]) - turn @ middle])
    size = (WIDTH, HEIGHT)
    moved = cv2.warpAffine(portrait, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    frame = np.asarray(moved, dtype=np.float64)
    if poor:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), 1.5), dtype=np.float64) / 2
    frame += random.normal(0, 12 if poor else 5, frame.shape)
    return np.clip(frame, 0, 255).astype(np.uint8)


def _row(
    pairs: Pairs, chips: list[Embedding], lives: list[Embedding | None], height: float, poor: bool, half: bool
) -> Row:
    found = [live is not None for live in lives]
    blank = np.zeros_like(chips[0])
    scores = np.stack(chips) @ np.stack([blank if live is None else live for live in lives]).T
    made = scores[pairs.a, pairs.b]
    seen = np.array(found)[pairs.b]
    genuine, impostor = made[pairs.same & seen], made[~pairs.same & seen]
    return Row(
        height=height,
        poor=poor,
        half=half,
        missed=found.count(False),
        genuine_mean=float(genuine.mean()),
        genuine_min=float(genuine.min()),
        impostor_max=float(impostor.max()),
    )


def _read(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), dtype=np.uint8)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.near_copy", description=__doc__)
    parser.add_argument("pairs", type=Path)
    options = parser.parse_args()
    print("simulated frames; height: the face's part of the frame's")
    for row in measure(read_pairs(options.pairs)):
        print(
            f"height {row.height:.2f}  {'poor ' if row.poor else 'clean'}  {'half ' if row.half else 'whole'}  "
            f"missed {row.missed}  genuine mean {row.genuine_mean:.3f} min {row.genuine_min:.3f}  "
            f"impostor max {row.impostor_max:.3f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
