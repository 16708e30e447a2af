"""``python -m face`` and what importing the room costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from face.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    code = main(["verify", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_two_pictures_of_one_person_match(people_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    minh = people_directory / "minh"
    code, answer = run(capsys, str(minh / "chip.jp2"), str(minh / "live.jpg"))
    assert code == 0
    assert answer["outcome"] == "match"
    assert isinstance(answer["score"], float)
    assert answer["score"] > 0.9
    assert answer["pad"] == "not_assessed"


def test_between_the_two_scores_nothing_is_decided(
    people_directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    minh = people_directory / "minh"
    monkeypatch.setattr("face.verify.Verifier.compare", lambda self, one, other: 0.46)
    code, answer = run(capsys, str(minh / "chip.jp2"), str(minh / "live.jpg"))
    assert (code, answer["outcome"], answer["reason"]) == (2, "undecided", "near_threshold")
    assert answer["reject"] < 0.46 < answer["threshold"]  # type: ignore[operator]


def test_two_people_do_not(people_directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, str(people_directory / "lan/chip.jpg"), str(people_directory / "hung/live.jpg"))
    assert (code, answer["outcome"]) == (1, "no_match")


@pytest.mark.parametrize(
    ("options", "reason"),
    [(["--fmr", "1e-8"], "unknown_fmr"), (["--pack", "/nonexistent"], "model_refused")],
)
def test_what_cannot_be_compared_has_a_reason(
    people_directory: Path, capsys: pytest.CaptureFixture[str], options: list[str], reason: str
) -> None:
    lan = people_directory / "lan"
    code, answer = run(capsys, str(lan / "chip.jpg"), str(lan / "live.jpg"), *options)
    assert (code, answer["outcome"], answer["reason"]) == (2, "error", reason)


def test_a_missing_file_has_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "/nonexistent/a.jpg", "/nonexistent/b.jpg")[1]["reason"] == "unreadable"


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys, json, os\nprint(json.dumps([sorted(sys.modules), dict(os.environ)]))"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("QT_")}
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    modules, variables = json.loads(answer.stdout)
    assert not {"QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"} & set(variables)
    return set(modules)


def test_importing_the_room_loads_nothing_heavy() -> None:
    assert not {"onnxruntime", "cv2", "numpy", "insightface"} & loaded_after("import face, face.errors")


def test_the_commands_are_listed_without_a_model_or_a_picture() -> None:
    assert not {"onnxruntime", "cv2", "numpy", "insightface", "PIL"} & loaded_after("import face.__main__")


def test_a_camera_loads_no_recognition_model_and_leaves_qt_alone() -> None:
    heavy = {"onnxruntime", "insightface", "onnx", "scipy"}
    loaded = loaded_after("import face.camera, face.qr, face.simulation.stage, face.verify")
    assert "cv2" in loaded
    assert not heavy & loaded
