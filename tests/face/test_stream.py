"""From a real HTTP stream to a decision: the simulated camera's process, the camera, the models."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from face.camera import Camera, CameraFault, CameraFaultCode, Frame
from face.decision import Decision, Outcome
from face.detect import Detector
from face.mesh import MeshModel
from face.models.pack import ModelPack
from face.qr import read_codes
from face.quality import Guidance
from face.simulation.stage import CameraStage, StageError
from face.verify import Template, Verifier

CARD_TEXT = "001198990001||NGUYỄN THỊ LAN|12031998|Nữ|Số 4, Phố Năm, Phường Sáu, Hà Nội|15072024"


def decide(verifier: Verifier, template: Template, camera: Camera, watching: Any) -> Decision:
    with verifier.session(template, time.monotonic) as session:
        for frame in watching.frames(camera):
            decision = session.feed(frame.image).decision
            if decision is not None:
                return decision
    raise AssertionError("unreachable: watching.frames fails the test first")


def wait_for(verifier: Verifier, camera: Camera, watching: Any, wanted: Guidance) -> None:
    for frame in watching.frames(camera):
        if verifier.look(frame.image)[0] is wanted:
            return


def test_the_card_holder_on_the_stream_is_a_match(
    verifier: Verifier, people: Mapping[str, Any], stage: CameraStage, camera: Camera, watching: Any
) -> None:
    stage.show_person("minh")
    wait_for(verifier, camera, watching, Guidance.GOOD)
    with verifier.enrol(people["minh"].chip) as template:
        decision = decide(verifier, template, camera, watching)
    assert decision.outcome is Outcome.MATCH
    assert decision.score is not None
    assert decision.score > 0.8


def test_another_person_on_the_stream_is_no_match(
    verifier: Verifier, people: Mapping[str, Any], stage: CameraStage, camera: Camera, watching: Any
) -> None:
    stage.show_person("hung")
    wait_for(verifier, camera, watching, Guidance.GOOD)
    with verifier.enrol(people["lan"].chip) as template:
        assert decide(verifier, template, camera, watching).outcome is Outcome.NO_MATCH


def test_the_stream_shows_what_the_stage_says(
    verifier: Verifier, stage: CameraStage, camera: Camera, watching: Any
) -> None:
    stage.show_two("lan", "duc")
    wait_for(verifier, camera, watching, Guidance.TWO_FACES)
    stage.show_dark("lan")
    wait_for(verifier, camera, watching, Guidance.TOO_DARK)
    stage.show_nobody()
    wait_for(verifier, camera, watching, Guidance.NO_FACE)
    stage.show_person("lan")
    wait_for(verifier, camera, watching, Guidance.GOOD)


def test_the_picture_lives_no_two_frames_are_the_same(stage: CameraStage, camera: Camera, watching: Any) -> None:
    stage.show_person("lan")
    frames = watching.frames(camera)
    seen = {next(frames).image.tobytes() for _ in range(8)}
    assert len(seen) == 8


@pytest.mark.parametrize("holder", [None, "lan"])
def test_the_card_held_up_gives_its_qr_text_with_every_tone_mark(
    stage: CameraStage, camera: Camera, watching: Any, holder: str | None
) -> None:
    stage.show_qr(CARD_TEXT, holder)
    for frame in watching.frames(camera):
        codes = read_codes(frame.image)
        if codes:
            assert codes == (CARD_TEXT,)
            return


def test_whoever_stands_there_follows_the_prompt(
    pack: ModelPack, stage: CameraStage, camera: Camera, watching: Any
) -> None:
    detector, mesh = Detector(pack), MeshModel(pack)
    stage.prompt()
    stage.show_person("duc")
    straight: float | None = None
    for frame in watching.frames(camera):
        faces = detector.detect(frame.image)
        if not faces:
            continue
        yaw = mesh.fit(frame.image, faces[0].box).yaw
        if straight is None:
            straight = yaw
            stage.prompt("turn_left", "mint")
        elif yaw > straight + 9:
            break
    stage.prompt()
    with pytest.raises(ValueError, match="stand on your head"):
        stage.prompt("stand on your head")


def test_a_frame_without_a_card_has_no_code(people: Mapping[str, Any]) -> None:
    assert read_codes(people["lan"].live) == ()


def test_unplugged_is_gone_and_plugged_in_again_comes_back(stage: CameraStage, camera: Camera, watching: Any) -> None:
    stage.show_person("lan")
    assert isinstance(next(watching.frames(camera)), Frame)
    stage.gone()
    assert watching.fault(camera) == CameraFault(CameraFaultCode.GONE)
    stage.back()
    assert next(watching.frames(camera)).image.shape == (720, 1280, 3)


def test_a_frozen_picture_is_a_fault_though_frames_keep_coming(
    stage: CameraStage, camera: Camera, watching: Any
) -> None:
    stage.show_person("lan")
    next(watching.frames(camera))
    stage.freeze()
    assert watching.fault(camera) == CameraFault(CameraFaultCode.FROZEN)
    stage.show_person("lan")
    next(watching.frames(camera))


def test_a_covered_lens_is_a_fault(stage: CameraStage, camera: Camera, watching: Any) -> None:
    stage.show_black()
    assert watching.fault(camera) == CameraFault(CameraFaultCode.BLACK)


def test_a_proxy_for_everything_else_is_not_asked_for_the_camera(stage: CameraStage) -> None:
    code = f"from face.camera import Camera\nwith Camera({stage.url!r}) as camera: print(type(camera.read(5)).__name__)"
    environment = {**os.environ, "http_proxy": "http://127.0.0.1:9"}
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert answer.stdout.strip() == "Frame"


def test_an_unknown_person_is_refused_and_the_picture_stays(
    verifier: Verifier, stage: CameraStage, camera: Camera, watching: Any
) -> None:
    stage.show_person("lan")
    with pytest.raises(StageError, match="unknown person nobody-here"):
        stage.show_person("nobody-here")
    with pytest.raises(ValueError, match="pattern"):
        stage.show_person("../hung")
    wait_for(verifier, camera, watching, Guidance.GOOD)


def test_the_process_ends_with_its_standard_input(people_directory: Path) -> None:
    stage = CameraStage(people_directory)
    stage.close()
    assert stage._process.returncode == 0
    with Camera(stage.url) as camera:
        assert camera.read(5) == CameraFault(CameraFaultCode.NOT_FOUND)


def test_a_process_that_cannot_start_says_so(people_directory: Path) -> None:
    with pytest.raises(StageError, match="has ended"):
        CameraStage(people_directory, port=1, command=("/bin/false",))


def test_an_exported_clip_is_a_camera_too_and_never_ends(
    people_directory: Path, tmp_path: Path, verifier: Verifier, watching: Any
) -> None:
    from face.simulation.__main__ import export
    from face.simulation.commands import ShowPerson
    from face.simulation.scene import SceneRenderer

    clip = tmp_path / "duc.avi"
    assert export(SceneRenderer(people_directory), ShowPerson(id="duc"), clip, seconds=0.5) == 0
    with Camera(clip) as camera:
        frames = watching.frames(camera)
        seen = [next(frames) for _ in range(15)]
    assert seen[-1].sequence > 10  # ten frames in the file
    assert verifier.look(seen[-1].image)[0] is Guidance.GOOD
