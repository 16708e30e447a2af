"""The live view: numbers of frames, and what the command prints of a simulated camera."""

import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from face.__main__ import main
from face.camera import Frame
from face.cli.window import has_display
from face.evaluation.live_view import LiveView, draw, lines
from face.models.pack import ModelPack
from face.quality import Guidance
from face.simulation.commands import ShowNobody, ShowPerson
from face.simulation.scene import SceneRenderer
from face.simulation.stage import CameraStage
from face.verify import Verifier


@pytest.fixture(scope="module")
def renderer(people_directory: Path) -> SceneRenderer:
    return SceneRenderer(people_directory, seed=8)


@pytest.fixture
def view(pack: ModelPack, verifier: Verifier) -> LiveView:
    ticks = count()
    return LiveView(pack, verifier, timer=lambda: next(ticks) * 0.004)


def test_a_person_before_the_camera_gives_every_number(renderer: SceneRenderer, view: LiveView) -> None:
    frames = [Frame(renderer.render(ShowPerson(id="lan"), number), number / 20, number) for number in range(3)]
    numbers = [view.look(frame, dropped=2) for frame in frames][-1]
    assert numbers.guidance is Guidance.GOOD
    assert numbers.fps == pytest.approx(20)
    assert numbers.mesh is not None
    assert abs(numbers.mesh.yaw) < 10
    assert numbers.times.detect == pytest.approx(4)
    text = " ".join(lines(numbers))
    for part in ("1280x720", "20.0 fps", "dropped 2", "guidance good", "yaw", "open 0.", "quality", "embed 4.0"):
        assert part in text
    assert text.isascii()


def test_nobody_is_no_numbers_but_those_of_the_camera(renderer: SceneRenderer, view: LiveView) -> None:
    numbers = view.look(Frame(renderer.render(ShowNobody(), 1), 0.0, 1))
    assert (numbers.guidance, numbers.face, numbers.mesh, numbers.fps) == (Guidance.NO_FACE, None, None, None)
    assert "detect -" in " ".join(lines(numbers))


def test_the_picture_is_mirrored_and_the_frame_stays_as_it_was(renderer: SceneRenderer, view: LiveView) -> None:
    frame = Frame(renderer.render(ShowPerson(id="hung"), 1), 0.0, 1)
    before = frame.image.copy()
    drawn = draw(frame.image, view.look(frame))
    assert (frame.image == before).all()
    bottom = slice(-100, None)  # below every drawn thing
    assert (drawn[bottom, :200] == before[bottom, ::-1][:, :200]).all()
    assert np.abs(drawn.astype(int) - before[:, ::-1]).max() > 100


def test_the_command_prints_lines_where_there_is_no_display(
    stage: CameraStage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.show_person("lan")
    assert main(["watch", "--source", stage.url, "--text", "--frames", "2"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert any("guidance" in line and "fps" in line for line in printed)


def test_a_camera_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "--source", "/nowhere.avi", "--text", "--seconds", "0.3"]) == 1
    assert "camera: not_found" in capsys.readouterr().out


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    for name in ("DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return os.environ


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False)],
)
def test_a_window_is_opened_only_where_opencv_can(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_display() is expected
