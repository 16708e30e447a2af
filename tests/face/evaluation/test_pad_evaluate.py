"""Presentation attack detection by the numbers: rates from verdicts, clips from disk, one clip through all of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from face.__main__ import main
from face.decision import Outcome
from face.evaluation.pad_clips import ClipError, FolderClip, find_folders, is_simulated
from face.evaluation.pad_report import pad_json, pad_text, report_trials
from face.evaluation.pad_run import play_all
from face.evaluation.pad_trial import Trial
from face.opencv import cv2
from face.pad.evidence import PadCheck, PadResult, PadState, PadVerdict
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.policy import PadPolicy
from face.pad.script import ChallengeScript, TimedPrompt
from face.simulation.commands import ShowPerson
from face.simulation.scene import SceneRenderer

SCRIPT = ChallengeScript(
    (
        TimedPrompt(0.0, None, LightColour.AMBER),
        TimedPrompt(0.5, Move.TURN_LEFT, None),
        TimedPrompt(0.9, None, None),
    )
)


def of(species: str, verdict: PadVerdict, outcome: Outcome, plane: PadState, reason: str) -> Trial:
    results = (PadResult(PadCheck.PLANE, plane, None if plane is PadState.NOT_ASSESSED else 0.5, reason),)
    return Trial(species, "clip", "lan", "", verdict, outcome, "reason", results, 50, 5.0)


def test_rates_are_of_one_species_and_no_response_is_no_classification() -> None:
    passed = of("print", PadVerdict.PASSED, Outcome.MATCH, PadState.SUCCESSFUL, "relief")
    elsewhere = of("print", PadVerdict.PASSED, Outcome.NO_MATCH, PadState.SUCCESSFUL, "relief")
    caught = of("print", PadVerdict.ALARM, Outcome.UNDECIDED, PadState.FAILED, "flat")
    silent = of("print", PadVerdict.INCOMPLETE, Outcome.UNDECIDED, PadState.NOT_ASSESSED, "no_turn")
    mask = of("mask", PadVerdict.ALARM, Outcome.UNDECIDED, PadState.FAILED, "flat")
    person = of("bona_fide", PadVerdict.PASSED, Outcome.MATCH, PadState.SUCCESSFUL, "relief")
    alarmed = of("bona_fide", PadVerdict.ALARM, Outcome.UNDECIDED, PadState.FAILED, "flat")
    slow = of("bona_fide", PadVerdict.INCOMPLETE, Outcome.UNDECIDED, PadState.NOT_ASSESSED, "no_turn")
    trials = [passed, elsewhere, caught, silent, mask, person, person, alarmed, slow]
    report = report_trials(trials, policy="active", pack="p", simulated=False)

    prints = report.attacks["print"]
    assert (prints.clips, prints.classified.value, prints.no_response.value, prints.accepted.value) == (
        4,
        0.5,
        0.25,
        0.25,
    )
    assert prints.checks[PadCheck.PLANE].reasons == {"flat": 1, "no_turn": 1}
    assert report.attacks["mask"].classified.value == 0.0
    assert report.bona_fide is not None
    assert report.bona_fide.classified.value == 0.25
    assert report.bona_fide.no_response.value == 0.25
    assert report.bona_fide.accepted.value == 0.5
    assert (report.passed, report.alarmed) == ((passed, elsewhere), (alarmed,))


def test_the_answer_names_what_passed_and_what_zero_leaves_possible() -> None:
    trials = [of("replay", PadVerdict.ALARM, Outcome.UNDECIDED, PadState.FAILED, "flat")] * 150
    trials += [of("print", PadVerdict.PASSED, Outcome.MATCH, PadState.SUCCESSFUL, "relief")]
    report = report_trials(trials, policy="active", pack="p 1", simulated=True)
    answer = pad_json(report)
    assert answer["apcer"]["replay"]["value"] == 0.0  # type: ignore[index]
    assert answer["bpcer"] is None
    assert [item["species"] for item in answer["passed"]] == ["print"]  # type: ignore[attr-defined]
    assert json.loads(json.dumps(answer)) == answer
    text = pad_text(report)
    assert "replay: none of 150 passed, which leaves up to 2 % possible (rule of 3)" in text
    assert "simulated: people and attacks were rendered" in text
    assert "passed: print clip" in text


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, people_directory: Path) -> Path:
    """Two clips as a site films them, of a person who does nothing that is asked; one has a chip picture."""
    root = tmp_path_factory.mktemp("clips")
    renderer = SceneRenderer(people_directory, seed=2)
    frames = [renderer.render(ShowPerson(id="lan"), number) for number in range(12)]
    for name, species in (("one", "bona_fide"), ("two", "paper mask")):
        folder = root / name
        folder.mkdir()
        writer = cv2.VideoWriter(str(folder / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (1280, 720))
        for frame in frames:
            writer.write(frame)
        writer.release()
        (folder / "script.json").write_text(SCRIPT.to_json(), encoding="utf-8")
        (folder / "label.json").write_text(json.dumps({"species": species}), encoding="utf-8")
    (root / "one" / "chip.jpg").write_bytes((people_directory / "lan" / "chip.jpg").read_bytes())
    return root


def test_clips_of_a_site_are_found_with_their_own_species(clips: Path) -> None:
    one, two = (source.open() for source in find_folders(clips))
    assert (one.species, two.species) == ("bona_fide", "paper mask")
    assert one.chip is not None
    assert two.chip is None
    times = [at for at, _ in one.frames]
    assert times == pytest.approx([number / 10 for number in range(12)])
    assert [source.folder.name for source in find_folders(clips, ["paper mask"])] == ["two"]
    assert not is_simulated(clips)


def test_who_does_not_follow_the_prompts_gets_no_response(clips: Path, pack_directory: Path) -> None:
    trials = play_all(find_folders(clips), pack_directory, PadPolicy.named("active"), jobs=1)
    assert [item.outcome for item in trials] == [Outcome.UNDECIDED] * 2
    assert all(item.verdict is not PadVerdict.PASSED for item in trials)
    assert {result.check for item in trials for result in item.results} >= {PadCheck.CHALLENGE, PadCheck.LIGHT}


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda folder: (folder / "script.json").write_text("{}"), "ValueError"),
        (lambda folder: (folder / "label.json").write_text('{"person": "x"}'), "species"),
        (lambda folder: (folder / "clip.avi").rename(folder / "film.avi"), "0 files"),
    ],
)
def test_a_damaged_clip_is_named(clips: Path, tmp_path: Path, damage: Callable[[Path], object], complaint: str) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for file in (clips / "two").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    damage(folder)
    with pytest.raises(ClipError, match=rf"broken: .*{complaint}"):
        FolderClip(folder).open()


def test_the_command_plays_a_simulated_print_and_it_does_not_pass(printed_json: Callable[[], dict[str, Any]]) -> None:
    assert main(["pad-evaluate", "--simulated", "1", "--species", "print", "--seed", "3", "--jobs", "1", "--json"]) == 0
    answer = printed_json()
    assert answer["simulated"] is True
    assert answer["apcer"] == {"print": answer["apcer"]["print"]}
    assert (answer["apcer"]["print"]["errors"], answer["apcer"]["print"]["trials"]) == (0, 1)
    assert answer["iapar"]["print"]["value"] == 0.0
    assert answer["bpcer"] is None
    assert set(answer["checks"]["print"]) == {"challenge", "plane", "light", "continuity", "passive"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["/nowhere"], "no folder with a label.json"),
        (["--simulated", "0"], "at least 1"),
        (["--simulated", "1", "--species", "mask"], "no simulated species mask"),
        (["--simulated", "1", "--policy", "lenient"], "lenient"),
        (["--simulated", "1", "--pack", "/nowhere"], "model_refused"),
    ],
)
def test_what_cannot_be_played_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert main(["pad-evaluate", *arguments]) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.out == ""
