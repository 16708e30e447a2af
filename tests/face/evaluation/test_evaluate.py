"""``python -m face evaluate`` over a small set with everything that goes wrong in large ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face.__main__ import main
from face.degradation.live import Level
from face.evaluation.pictures import read_picture
from face.evaluation.reading import PictureReader, Settings
from face.models.pack import ModelPack
from face.opencv import cv2

KEYS = {
    "genuine", "impostor", "fte", "fta", "eer", "fnmr", "policy", "histograms", "det", "groups", "calibration",
    "notes", "simulated",
}  # fmt: skip


@pytest.fixture(scope="module")
def answer(picture_set: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run for the module: figures, and a plot beside them."""
    import contextlib
    import io
    import json

    plot = tmp_path_factory.mktemp("plot") / "out.png"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["evaluate", str(picture_set / "pairs.csv"), "--json", "--plot", str(plot)])
    assert code == 0
    return {**json.loads(out.getvalue()), "plot": plot}


def test_the_keys_are_an_interface(answer: dict[str, Any]) -> None:
    assert set(answer) - {"plot"} == KEYS
    assert set(answer["fnmr"]) == {"1e-2", "1e-3", "1e-4", "1e-5"}
    for item in answer["fnmr"].values():
        assert set(item) == {"value", "low", "high", "threshold", "measurable"}


def test_comparisons_are_counted_where_both_sides_have_a_face(answer: dict[str, Any]) -> None:
    # Of 20 pairs, three lack a side. The grey picture of 96 pixels is compared: it has a face.
    assert (answer["genuine"], answer["impostor"]) == (5, 12)
    assert answer["fte"] == pytest.approx(1 / 5)  # the torn picture
    assert answer["fta"] == pytest.approx(2 / 7)  # the wall and the missing file
    assert answer["eer"] == 0
    assert any("bad_image: chip: " in note and "torn.jpg" in note for note in answer["notes"])
    assert any("no_face: live: " in note and "wall.png" in note for note in answer["notes"])
    assert any("unreadable: live: " in note and "nowhere.jpg" in note for note in answer["notes"])


def test_a_rate_that_twelve_impostors_cannot_show_is_not_called_measured(answer: dict[str, Any]) -> None:
    item = answer["fnmr"]["1e-3"]
    assert not item["measurable"]
    assert item["value"] == 0
    assert 0.4 < item["high"] < 0.5  # none of five
    assert answer["calibration"]["thresholds"] == []
    assert "1e-3" in answer["calibration"]["not_measurable"]


def test_the_policy_refuses_what_the_comparison_still_counts(answer: dict[str, Any]) -> None:
    genuine, impostor = answer["policy"]["genuine"], answer["policy"]["impostor"]
    assert genuine["total"] == 6
    assert (genuine["accepted"], genuine["refused"]) == (4, 2)
    assert genuine["reasons"] == {"live: too_far": 1, "live: unreadable": 1}
    assert genuine["missed_without_rejection"] == 1.0
    assert (impostor["total"], impostor["accepted"], impostor["refused"]) == (14, 0, 2)
    without_gate = answer["policy"]["without_gate"]
    assert without_gate["genuine"] == {"accepted": 5, "undecided": 0, "rejected": 0}
    assert without_gate["impostor"]["accepted"] == 0
    for counts in (genuine, impostor):
        parts = counts["accepted"] + counts["undecided"] + counts["rejected"] + counts["refused"]
        assert parts == counts["total"]


def test_groups_hold_the_pairs_of_their_people_alone(answer: dict[str, Any]) -> None:
    gender = answer["groups"]["gender"]
    assert (gender["male"]["genuine"], gender["male"]["impostor"]) == (3, 6)
    assert (gender["female"]["genuine"], gender["female"]["impostor"]) == (1, 0)
    assert gender["female"]["fmr"]["value"] is None
    assert gender["male"]["genuine_lowest"] > gender["male"]["impostor_highest"]


def test_re_encoded_pictures_are_called_simulated(answer: dict[str, Any]) -> None:
    assert answer["simulated"] is True
    assert any(note.startswith("simulated: chip pictures") for note in answer["notes"])


def test_histograms_hold_every_comparison(answer: dict[str, Any]) -> None:
    histograms = answer["histograms"]
    assert len(histograms["edges"]) == len(histograms["genuine"]) + 1
    assert (sum(histograms["genuine"]), sum(histograms["impostor"])) == (5, 12)


def test_the_plot_shows_both_kinds_of_scores(answer: dict[str, Any]) -> None:
    picture = cv2.imread(str(answer["plot"]))
    assert picture is not None
    assert picture.shape == (620, 1280, 3)
    left, right = picture[:, :640].astype(int), picture[:, 640:].astype(int)
    blue = (178, 114, 0)  # of genuine scores and of the curve, as OpenCV orders it
    orange = (0, 94, 213)
    assert all((np.abs(half - blue).sum(axis=2) < 30).sum() > 200 for half in (left, right))
    assert (np.abs(left - orange).sum(axis=2) < 30).sum() > 200


def test_pictures_as_given_are_not_simulated_and_people_get_a_table(
    picture_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(picture_set / "pairs.csv"), "--chip", "original"]) == 0
    text = capsys.readouterr().out
    assert "comparisons      genuine 5, impostor 12\n" in text
    assert "chip pictures as given" in text
    assert "genuine  6 pairs: accepted 4, undecided 0, rejected 0, refused 2" in text
    assert "(too few impostors for this rate)" in text


def test_degraded_live_pictures_are_fused_and_said_to_be_simulated(
    picture_set: Path, printed_json: Callable[[], dict[str, Any]]
) -> None:
    pairs = picture_set / "two.csv"
    pairs.write_text("a,b,same\nlan-chip.png,lan-live.jpg,1\nhung-chip.png,lan-live.jpg,0\n", encoding="utf-8")
    assert main(["evaluate", str(pairs), "--level", "normal", "--frames", "2", "--json"]) == 0
    answer = printed_json()
    assert (answer["policy"]["genuine"]["accepted"], answer["policy"]["impostor"]["accepted"]) == (1, 0)
    assert answer["simulated"] is True
    assert any("degraded to level normal, 2 frames" in note for note in answer["notes"])


def test_a_stay_repeats_by_seed_and_has_its_best_frames(picture_set: Path, pack: ModelPack) -> None:
    first, again, other = (
        PictureReader(pack, Settings(level=Level.NORMAL, frames=2, seed=seed)).live(picture_set / "lan-live.jpg", 7)
        for seed in (1, 1, 2)
    )
    assert first.refusal is None
    assert first.vectors.shape == (2, 128)
    assert (first.vectors == again.vectors).all()
    assert 0.8 < float(first.vectors[0] @ other.vectors[0]) < 1 - 1e-6


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["/nowhere/pairs.csv"], "No such file"),
        (["--fmr", "1e-9"], "unknown_fmr"),
        (["--pack", "/nowhere"], "model_refused"),
        (["--labels", "/nowhere/images.csv"], "No such file"),
        (["--plot", "/nowhere/out.png"], "no folder"),
        (["--frames", "0"], "--frames"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_line(
    picture_set: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    pairs = [] if arguments[0].startswith("/") else [str(picture_set / "pairs.csv")]
    assert main(["evaluate", *pairs, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert complaint in captured.err
    assert captured.err.count("\n") == 1


def test_pictures_of_sixteen_bits_and_turned_ones_are_read_upright(tmp_path: Path) -> None:
    from PIL import Image as Pillow

    deep = np.zeros((40, 60), dtype=np.uint16)
    deep[:, 30:] = 65_000
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    read = read_picture(tmp_path / "deep.png")
    assert read.shape == (40, 60, 3)
    assert (int(read.min()), int(read.max())) == (0, 255)
    exif = Pillow.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    Pillow.new("RGB", (60, 40)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").shape == (60, 40, 3)
