"""The measurement behind the detector's half copy, on the four demonstration people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.near_copy import measure, stand
from face.detect import Detector
from face.evaluation.pairs import read_pairs
from face.models.pack import ModelPack


def test_on_a_near_face_half_the_copy_scores_as_the_whole_one(people_directory: Path, tmp_path: Path) -> None:
    names = ("hung", "lan")
    lines = [
        f"{people_directory / chip / 'chip.jpg'},{people_directory / live / 'live.jpg'},{int(chip == live)}"
        for chip in names
        for live in names
    ]
    path = tmp_path / "pairs.csv"
    path.write_text("a,b,same\n" + "\n".join(lines), encoding="utf-8")
    rows = list(measure(read_pairs(path), (0.45,)))
    assert [(row.poor, row.half) for row in rows] == [(False, False), (False, True), (True, False), (True, True)]
    for whole, half in (rows[:2], rows[2:]):
        assert whole != half  # another copy was looked at
        assert whole.missed == half.missed == 0
        assert abs(whole.genuine_mean - half.genuine_mean) < 0.1
        assert half.genuine_min > 0.6 > 0.4 > half.impostor_max


def test_the_face_stands_where_and_as_large_as_asked(pack: ModelPack, people: Mapping[str, Any]) -> None:
    detector, portrait = Detector(pack), people["lan"].live
    frame = stand(portrait, detector.detect(portrait)[0].box, 0.4, poor=False, seed=2)
    [face] = detector.detect(frame)
    assert abs(face.box.height / 720 - 0.4) < 0.06
    assert abs(face.box.x + face.box.width / 2 - 640) < 25
