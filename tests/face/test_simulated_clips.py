"""Simulated people follow the prompts, simulated attacks cannot, each in its own way; one seed is one clip."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest

from face.detect import Detector
from face.evaluation.pad_clips import find_folders, is_simulated
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.script import ChallengeScript
from face.simulation.behaviour import Behaviour, Traits
from face.simulation.cast import Cast, UnknownPersonError
from face.simulation.clip_command import main as clips_command
from face.simulation.clips import Clip, ClipMaker
from face.simulation.commands import Scene, ShowCutIn, ShowPerson, ShowPrint, ShowReplay
from face.simulation.head import HeadModel
from face.simulation.injected import CutIn, VirtualCamera
from face.simulation.performer import Performer
from face.simulation.pose import Pose3d
from face.simulation.scene import SceneRenderer
from face.simulation.sensor import Sensor
from face.simulation.sheet import held
from face.simulation.staging import Species, Staging
from face.simulation.timeline import length_of, random_script

FRAME_S = 0.08


@pytest.fixture(scope="module")
def maker(people_directory: Path) -> ClipMaker:
    return ClipMaker(people_directory)


def frames(clip: Clip, count: int) -> list[Image]:
    return [image for _, image in islice(clip.frames, count)]


@pytest.mark.parametrize("species", Species)
def test_a_seed_is_a_clip_and_another_seed_is_another(maker: ClipMaker, species: Species) -> None:
    first, again = (maker.make(species, 1) for _ in range(2))
    assert (first.script, first.person, first.notes) == (again.script, again.person, again.notes)
    assert maker.make(species, 2).script != first.script
    seen = [frames(clip, 2) for clip in (first, again)]
    assert all((a == b).all() for a, b in zip(*seen, strict=True))
    assert all(image.shape == (480, 640, 3) for image in seen[0])


def test_a_script_lights_the_face_then_asks_two_moves_with_a_turn_and_a_return_each() -> None:
    for seed in range(30):
        script = random_script(Random(seed))
        assert len(script.moves) == 2
        assert any(move.is_turn for move in script.moves)
        lit = [prompt for prompt in script.prompts if prompt.light is not None]
        assert len(lit) == 4
        assert all(prompt.move is None for prompt in lit)
        assert script.prompts[-1].move is None
        assert length_of(script) < 13
        assert ChallengeScript.from_json(script.to_json()) == script


# --- people


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [(Move.TURN_LEFT, "yaw", 1), (Move.TURN_RIGHT, "yaw", -1), (Move.LOOK_UP, "pitch", 1)],
)
def test_a_person_follows_a_prompt_after_reading_it_and_comes_back(move: Move, axis: str, sign: int) -> None:
    behaviour = Behaviour(Traits(reaction_s=0.5, duration_s=0.5), 80.0, seed=4)
    behaviour.tell(move, 1.0)
    angles = {at / 10: sign * getattr(behaviour.at(at / 10)[0], axis) for at in range(10, 30)}
    assert all(angle < 4 for at, angle in angles.items() if at <= 1.4)
    assert all(angle > 9 for at, angle in angles.items() if at >= 2.3)
    behaviour.tell(None, 3.0)
    assert abs(behaviour.at(4.5)[0].yaw) < 4
    assert abs(behaviour.at(4.5)[0].pitch) < 4


def test_a_person_who_is_asked_to_blink_shuts_both_eyes_and_opens_them() -> None:
    behaviour = Behaviour(Traits(blink_every_s=1000.0), 80.0, seed=4)
    behaviour.tell(Move.BLINK, 1.0)
    lids = [behaviour.at(1.0 + number / 20)[1] for number in range(60)]
    assert lids[0] == 0
    assert max(lids) == 1
    assert 0 in lids[lids.index(1) :]


def test_a_person_comes_closer_and_an_unwilling_one_does_nothing() -> None:
    for follows in (True, False):
        behaviour = Behaviour(Traits(follows=follows), 80.0, seed=4)
        behaviour.tell(Move.COME_CLOSER, 0.0)
        assert (behaviour.at(2.0)[0].scale > 1.2) is follows


def test_the_camera_sees_the_person_turn_the_way_the_prompt_says(maker: ClipMaker, pack: ModelPack) -> None:
    detector, mesh = Detector(pack), MeshModel(pack)
    actor = Staging(maker.cast).actor("duc", Random(5))

    def yaw(at: float) -> float:
        image = actor.frame(at)
        return mesh.fit(image, detector.detect(image)[0].box).yaw

    before = yaw(0.0)
    actor.tell(Move.TURN_LEFT, None, 0.1)
    assert yaw(2.5) > before + 9
    actor.tell(Move.TURN_RIGHT, None, 2.6)
    assert yaw(5.0) < before - 9


# --- attacks


def projected(surface_view: object) -> float:
    """How far, in pixels, the places seen are from any plane's picture (a homography)."""
    pixels = surface_view.pixels[40:-40:12, 40:-40:12]  # type: ignore[attr-defined]
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    seen = np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float32) * 12
    there = pixels.reshape(-1, 2).astype(np.float32)
    inside = (there > 30).all(axis=1) & (there < 370).all(axis=1)
    plane, _ = cv2.findHomography(seen[inside], there[inside])
    back = cv2.perspectiveTransform(seen[inside][:, None], plane)[:, 0]
    return float(np.abs(back - there[inside]).max())


def test_a_turned_sheet_is_a_plane_a_bent_one_and_a_head_are_not(maker: ClipMaker) -> None:
    pose = Pose3d(yaw=20, scale=1.1)
    flat, bent = (
        held((400, 400), frame=(640, 480), centre=(320, 240), eye_distance=80, bend=bend).look(pose)
        for bend in (0.0, 0.2)
    )
    head = maker.cast.head("duc")._surface.look(pose)
    assert projected(flat) < 0.6
    assert projected(bent) > 3
    assert projected(head) > 3


def answer_to_light(performer: Performer) -> float:
    """How much the middle of the picture changes from blue to red when the screen does, in grey values."""
    means = []
    for number, colour in enumerate((LightColour.AZURE, LightColour.AMBER)):
        performer.tell(None, colour, number * 0.5)
        performer.frame(number * 0.5)
        means.append(performer.frame(number * 0.5 + 0.2)[200:300, 280:360].mean(axis=(0, 1)))
    azure, amber = means
    return float((amber - azure)[2] - (amber - azure)[0])


def test_a_living_face_and_paper_take_the_screens_light_a_screen_and_a_file_do_not(maker: ClipMaker) -> None:
    stage, source = Staging(maker.cast), Random(8)
    shown = (Species.BONA_FIDE, Species.PRINT, Species.REPLAY, Species.INJECTED)
    answers = {species: answer_to_light(stage.stage(species, "lan", source).performer) for species in shown}
    assert answers[Species.BONA_FIDE] > 12
    assert answers[Species.PRINT] > 12
    assert answers[Species.REPLAY] < 0.4 * answers[Species.BONA_FIDE]
    assert abs(answers[Species.INJECTED]) < 3


def test_a_print_keeps_its_eyes_open(maker: ClipMaker) -> None:
    performer = Staging(maker.cast).stage(Species.PRINT, "lan", Random(1)).performer
    performer.tell(Move.BLINK, None, 0.0)
    eyes = [performer.frame(number * 0.1)[150:300, 200:440].astype(float).std() for number in range(12)]
    assert max(eyes) - min(eyes) < 3


def test_a_virtual_camera_repeats_its_file_and_hears_nothing() -> None:
    recorded = [np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 3)]
    camera = VirtualCamera(recorded, fps=10.0)
    camera.tell(Move.TURN_LEFT, LightColour.MINT, 0.0)
    seen = [int(camera.frame(5.0 + number * 0.05)[0, 0, 0]) for number in range(8)]
    assert seen == [1, 1, 2, 2, 3, 3, 1, 1]
    camera.frame(9.0).fill(0)
    assert recorded[0].any()


class Solid:
    """A performer who is one grey."""

    def __init__(self, grey: int) -> None:
        self._grey = grey

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None: ...

    def frame(self, at: float) -> Image:
        return np.full((2, 2, 3), self._grey, np.uint8)


def greys(cut: CutIn) -> Iterator[tuple[Move | None, int]]:
    asked = [None, Move.BLINK, None, Move.LOOK_UP, None, None]
    for number, move in enumerate(asked):
        for part in range(20):
            at = number * 2 + part / 10
            cut.tell(move, None, at)
            yield move, int(cut.frame(at)[0, 0, 0])


def test_the_accomplice_is_cut_in_when_the_first_move_is_asked() -> None:
    seen = list(greys(CutIn(Solid(50), Solid(200), Random(0), after_moves=0)))
    assert {grey for move, grey in seen[:20]} == {50}
    assert {grey for move, grey in seen[25:]} == {200}


def test_the_victim_is_cut_in_after_the_moves_with_the_lens_covered_between() -> None:
    seen = [grey for _, grey in greys(CutIn(Solid(50), Solid(200), Random(0), after_moves=2, gap_s=0.4))]
    assert set(seen[:80]) == {50}
    assert seen[-1] == 200
    assert sum(grey < 20 for grey in seen) in (3, 4, 5)


def test_a_cut_in_needs_somebody_else(maker: ClipMaker) -> None:
    with pytest.raises(ValueError, match="somebody else"):
        Staging(maker.cast).stage(Species.CUT_IN, "lan", Random(1), accomplice="lan")


def test_the_sensors_exposure_follows_the_light_late_and_its_noise_is_new_each_time() -> None:
    sensor = Sensor((64, 48), seed=1, noise=2.0)
    grey = np.full((48, 64, 3), 120, np.uint8)
    first, second = sensor.develop(grey, 0.0), sensor.develop(grey, 0.1)
    assert (first != second).any()
    assert first.std() == pytest.approx(2.0, abs=0.3)
    for number in range(30):
        gain = sensor.gain[0]
        sensor.develop(np.full((48, 64, 3), 90, np.uint8), 0.2 + number * 0.1)
        assert sensor.gain[0] >= gain
    assert sensor.gain[0] > 1.15


@pytest.fixture(scope="module")
def renderer(people_directory: Path) -> SceneRenderer:
    return SceneRenderer(people_directory, seed=2)


@pytest.mark.parametrize(
    ("scene", "follows"),
    [
        (ShowPerson(id="lan"), True),
        (ShowPrint(id="lan"), True),
        (ShowReplay(id="hung"), False),
        (ShowCutIn(ids=("lan", "hung"), after_moves=0), True),
    ],
    ids=["person", "print", "replay", "cut-in"],
)
def test_the_simulated_camera_shows_who_follows_a_prompt_and_who_does_not(
    renderer: SceneRenderer, scene: Scene, follows: bool
) -> None:
    """Against the same frame number without a prompt: what moves by itself does so in both. These hands hold still."""
    renderer.render(scene, 0)
    without = renderer.render(scene, 40).astype(int)
    renderer.render(scene, 0)
    renderer.tell(Move.TURN_RIGHT, None, 2)
    asked = renderer.render(scene, 40).astype(int)
    moved = float(np.abs(asked - without)[150:600, 450:830].mean())
    assert (moved > 8) is follows


# --- folders


def test_people_may_be_a_folder_of_plain_portraits(people_directory: Path, tmp_path: Path) -> None:
    for person in ("lan", "duc"):
        (tmp_path / f"{person}.jpg").write_bytes((people_directory / person / "live.jpg").read_bytes())
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 150, np.uint8))
    cast = Cast(tmp_path)
    assert cast.people == ("duc", "lan", "wall")
    assert isinstance(cast.head("duc"), HeadModel)
    with pytest.raises(UnknownPersonError, match="no face"):
        cast.head("wall")
    with pytest.raises(UnknownPersonError, match="nobody"):
        cast.head("nobody")


def test_clips_are_written_for_the_evaluation_to_read(
    people_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--species", "injected", "--seed", "3", "--people", str(people_directory)]
    assert clips_command([str(tmp_path), *options]) == 0
    assert "injected-3" in capsys.readouterr().out
    made = ClipMaker(people_directory).make(Species.INJECTED, 3)
    [folder] = find_folders(tmp_path)
    read = folder.open()
    assert (read.species, read.person, read.script) == ("injected", made.person, made.script)
    assert is_simulated(tmp_path)
    pairs = list(zip(read.frames, made.frames, strict=True))
    assert len(pairs) > 80
    for (at, image), (then, before) in pairs[::20]:
        assert at == pytest.approx(then, abs=1e-3)
        assert np.abs(image.astype(int) - before).mean() < 4


def test_clips_need_two_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clips_command([str(tmp_path / "out"), "--people", str(tmp_path)]) == 2
    assert "fewer than two portraits" in capsys.readouterr().err
