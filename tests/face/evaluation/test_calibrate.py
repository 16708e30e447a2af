"""Staff before the camera: who is asked, what is taken, what is left of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from face.__main__ import main
from face.camera import CameraFault, CameraFaultCode, Frame
from face.evaluation.outcomes import operating_scores
from face.evaluation.site import CONSENT, Collection, Participant, Plan, collect
from face.evaluation.site_light import LightProbe
from face.evaluation.site_report import SiteReport, site_json, site_text, summarise
from face.models.pack import ModelPack
from face.opencv import Image
from face.pad.light_colours import LightColour
from face.quality import Guidance
from face.simulation.commands import ShowNobody, ShowPerson
from face.simulation.scene import SceneRenderer
from face.verify import Verifier


class Staff:
    """A terminal and a camera: whoever says yes stands there next. Ten frames a second."""

    def __init__(self, renderer: SceneRenderer, answers: list[tuple[str, str | None]]) -> None:
        self._renderer = renderer
        self._answers = iter(answers)
        self._person: str | None = None
        self._number = 0
        self.said: list[str] = []
        self.shown: list[Image] = []
        self.faults = 0

    def ask(self, question: str) -> str:
        self.said.append(question)
        if question.startswith("Person"):
            answer, self._person = next(self._answers, ("", None))
            return answer
        self._number += 7
        return ""

    def tell(self, text: str) -> None:
        self.said.append(text)

    def read(self, timeout: float) -> Frame | CameraFault:
        if self.faults:
            self.faults -= 1
            return CameraFault(CameraFaultCode.SILENT)
        self._number += 1
        scene = ShowNobody() if self._person is None else ShowPerson(id=self._person)
        image = self._renderer.render(scene, self._number)
        self.shown.append(image)
        return Frame(image, self._number / 10, self._number)


@pytest.fixture(scope="module")
def renderer(people_directory: Path) -> SceneRenderer:
    return SceneRenderer(people_directory, seed=5)


@pytest.fixture(scope="module")
def staff(renderer: SceneRenderer) -> Staff:
    return Staff(renderer, [("yes", "lan"), ("no", "hung"), ("có", "duc"), ("YES", "minh")])


@pytest.fixture(scope="module")
def collection(staff: Staff, verifier: Verifier) -> Iterator[Collection]:
    with Collection() as taken:
        collect(taken, verifier, staff, Plan(templates=2, pause_s=0.15), ask=staff.ask, tell=staff.tell)
        yield taken


@pytest.fixture(scope="module")
def report(collection: Collection, pack: ModelPack) -> SiteReport:
    at = operating_scores(pack, None)
    return summarise(collection.people, collection.observed, at, pack.hashes, site="test", simulated=True)


def test_consent_is_asked_first_and_a_no_takes_nothing(staff: Staff, collection: Collection) -> None:
    assert staff.said[0] == CONSENT
    assert len(collection.people) == 3
    refusal = staff.said.index("Not taking part; nothing was taken.")
    assert staff.said[refusal + 1].startswith("Person 2")


def test_each_person_gives_two_stays_and_frames_are_wiped(staff: Staff, collection: Collection) -> None:
    assert [[len(stay) for stay in person.stays] for person in collection.people] == [[2, 2]] * 3
    assert all(not image.any() for image in staff.shown)


def test_figures_count_pairs_across_stays_and_across_people(report: SiteReport) -> None:
    figures = site_json(report)
    assert (figures["people"], figures["templates"], figures["pairs_of_people"]) == (3, 12, 3)
    assert (figures["genuine"], figures["impostor"]) == (3 * 4, 3 * 16)
    policy = figures["policy"]
    assert isinstance(policy, dict)
    assert (policy["false_matches"], policy["false_non_matches"]) == (0, 0)
    assert policy["fmr_below"] == 1.0  # three pairs of people show nothing, and that is said
    assert report.scores.genuine[0] > 0.7 > 0.5 > report.scores.impostor[-1]
    camera = figures["camera"]
    assert isinstance(camera, dict)
    assert camera["fps"] == pytest.approx(10)
    assert camera["guidance"]["good"] >= 12


def test_the_figures_hold_no_template_and_say_that_they_are_simulated(report: SiteReport) -> None:
    text = json.dumps(site_json(report))
    assert len(text) < 6000
    assert json.loads(text)["simulated"] is True
    assert "simulated: the camera was a simulation" in site_text(report)
    assert "No picture and no template was kept." in site_text(report)


def test_templates_are_overwritten_at_the_end() -> None:
    template, photo = np.ones(4, dtype=np.float32), np.ones(4, dtype=np.float32)
    taken = Collection()

    def interrupted() -> None:
        with taken:
            taken.people.append(Participant([[template]], photo))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not template.any()
    assert not photo.any()
    assert taken.people == []


def test_photos_are_genuine_to_their_person_alone(pack: ModelPack) -> None:
    def unit(angle: float) -> np.ndarray:
        return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)

    people = [Participant([[unit(0.0)]], photo=unit(0.1)), Participant([[unit(1.0)]])]
    report = summarise(people, Collection().observed, None, pack.hashes, site="x", simulated=False)
    assert report.scores.genuine == pytest.approx([np.cos(0.1)])
    assert report.scores.impostor == pytest.approx([np.cos(1.0), np.cos(0.9)])
    assert site_json(report)["policy"] is None


def test_an_unusable_photo_is_said_and_asked_for_again(
    renderer: SceneRenderer, verifier: Verifier, people_directory: Path, tmp_path: Path
) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    photos = iter([str(tmp_path / "torn.jpg"), str(people_directory / "lan" / "chip.jpg")])
    staff = Staff(renderer, [("yes", "lan")])

    def ask(question: str) -> str:
        return next(photos) if "photo" in question else staff.ask(question)

    with Collection() as taken:
        collect(taken, verifier, staff, Plan(stays=1, templates=1, photos=True), ask=ask, tell=staff.tell)
        [person] = taken.people
        assert person.photo is not None
        assert float(person.photo @ person.stays[0][0]) > 0.7
    assert any("Cannot be used: bad_image" in text for text in staff.said)


def test_a_stay_ends_though_nobody_comes_or_the_camera_is_silent(renderer: SceneRenderer, verifier: Verifier) -> None:
    staff = Staff(renderer, [("yes", None)])
    with Collection() as taken:
        collect(taken, verifier, staff, Plan(stays=1, limit_s=0.5), ask=staff.ask, tell=staff.tell)
        assert taken.people[0].stays == [[]]
        assert taken.observed.guidance[Guidance.NO_FACE] >= 5
        assert "  no_face" in staff.said
    staff = Staff(renderer, [("yes", "lan")])
    staff.faults = 20
    with Collection() as taken:
        collect(taken, verifier, staff, Plan(stays=1), ask=staff.ask, tell=staff.tell)
        assert taken.people[0].stays == [[]]
        assert taken.observed.faults == {"silent": 20}


class Screen:
    def __init__(self) -> None:
        self.shown: list[LightColour | None] = []

    def show(self, colour: LightColour | None) -> None:
        self.shown.append(colour)


def test_the_screen_lights_each_person_once(renderer: SceneRenderer, verifier: Verifier, pack: ModelPack) -> None:
    screen, staff = Screen(), Staff(renderer, [("yes", "lan")])
    with Collection() as taken:
        light = LightProbe(pack, screen, Random(4))
        plan = Plan(stays=2, templates=1)
        collect(taken, verifier, staff, plan, ask=staff.ask, tell=staff.tell, light=light)
        observed = taken.observed
    assert len(screen.shown) == 5
    assert screen.shown[-1] is None
    assert all(a is not b for a, b in zip(screen.shown, screen.shown[1:], strict=False))
    [result] = observed.light
    assert result.state != "successful"  # this scene does not change with the screen
    figures = site_json(summarise([], observed, None, pack.hashes, site="x", simulated=True))
    assert figures["light"]["people"] == 1  # type: ignore[index]


def test_the_command_writes_figures_and_nothing_else(
    people: Mapping[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    printed_json: Callable[[], dict[str, Any]],
    renderer: SceneRenderer,
) -> None:
    staff = Staff(renderer, [("yes", "lan"), ("yes", "hung")])

    class Opened:
        def __init__(self, source: str) -> None:
            assert source == "rtsp://camera"

        def __enter__(self) -> Staff:
            return staff

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr("face.camera.Camera", Opened)
    monkeypatch.setattr("face.cli.calibrate._ask", staff.ask)
    out = tmp_path / "figures.json"
    options = ["--source", "rtsp://camera", "--templates", "1", "--site", "Ward 3", "--simulated", "--out", str(out)]
    assert main(["calibrate", *options, "--json"]) == 0
    printed = printed_json()
    assert printed == json.loads(out.read_text(encoding="utf-8"))
    assert printed["people"] == 2
    assert list(tmp_path.iterdir()) == [out]


def test_nobody_is_no_measurement(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("face.cli.calibrate._ask", lambda question: "")
    assert main(["calibrate", "--source", "/nowhere.avi"]) == 2
    captured = capsys.readouterr()
    assert "nobody took part" in captured.err
    assert captured.out == ""
