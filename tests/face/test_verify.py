"""Sessions over the real models and the demonstration people, with a clock that only moves when told."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face.align import align
from face.decision import Decision, Outcome, Policy, Reason
from face.degradation.chip import encode
from face.errors import FaceError, FaceErrorCode
from face.models.pack import ModelPack
from face.opencv import Image, cv2
from face.pad.evidence import PadVerdict
from face.picture import decode_picture
from face.quality import Guidance
from face.simulation.commands import Scene, ShowDark, ShowNobody, ShowPerson, ShowTwo
from face.simulation.scene import SceneRenderer
from face.verify import FaceSession, Verifier

FRAME_S = 0.05


@pytest.fixture(scope="module")
def renderer(people_directory: Path) -> SceneRenderer:
    return SceneRenderer(people_directory, seed=3)


def run(session: FaceSession, clock: Any, renderer: SceneRenderer, scene: Scene, limit: int = 400) -> Decision:
    """Feed frames until the session decides."""
    for number in range(limit):
        report = session.feed(renderer.render(scene, number))
        if report.decision is not None:
            return report.decision
        clock.advance(FRAME_S)
    pytest.fail("the session never decided")


@pytest.mark.parametrize("person", ["lan", "hung", "duc", "minh"])
def test_the_person_on_the_chip_matches_within_a_second(
    verifier: Verifier, people: Mapping[str, Any], renderer: SceneRenderer, clock: Any, person: str
) -> None:
    with verifier.enrol(people[person].chip) as template, verifier.session(template, clock) as session:
        decision = run(session, clock, renderer, ShowPerson(id=person))
    assert decision.outcome is Outcome.MATCH
    assert decision.reason is Reason.ABOVE_THRESHOLD
    assert decision.score is not None
    assert decision.score > 0.8
    assert (decision.threshold, decision.fmr) == (pytest.approx(0.5746, abs=1e-4), "1e-5")
    assert decision.frames_used == 3
    assert decision.seconds < 1.0
    assert [item.role for item in decision.model_hashes] == ["detector", "recogniser", "mesh", "eyes"]
    assert decision.pad.verdict is PadVerdict.NOT_ASSESSED


@pytest.mark.parametrize(("holder", "impostor"), [("lan", "hung"), ("hung", "lan"), ("duc", "minh"), ("minh", "duc")])
def test_an_impostor_with_a_genuine_card_is_no_match(
    verifier: Verifier,
    people: Mapping[str, Any],
    renderer: SceneRenderer,
    clock: Any,
    holder: str,
    impostor: str,
) -> None:
    with verifier.enrol(people[holder].chip) as template, verifier.session(template, clock) as session:
        decision = run(session, clock, renderer, ShowPerson(id=impostor))
    assert decision.outcome is Outcome.NO_MATCH
    assert decision.score is not None
    assert decision.score < verifier.scores.reject == decision.reject
    assert decision.pad.verdict is PadVerdict.NOT_ASSESSED
    assert decision.frames_good >= 8
    assert 2.0 <= decision.seconds <= 10.0


@pytest.mark.parametrize(
    ("scene", "guidance"),
    [
        (ShowNobody(), Guidance.NO_FACE),
        (ShowTwo(ids=("lan", "hung")), Guidance.TWO_FACES),
        (ShowDark(id="lan"), Guidance.TOO_DARK),
    ],
)
def test_without_one_good_face_the_session_ends_undecided(
    verifier: Verifier, people: Mapping[str, Any], renderer: SceneRenderer, clock: Any, scene: Scene, guidance: Guidance
) -> None:
    with verifier.enrol(people["lan"].chip) as template, verifier.session(template, clock) as session:
        seen = set()
        for number in range(5):
            seen.add(session.feed(renderer.render(scene, number)).guidance)
            clock.advance(2.5)
        decision = session.poll()
    assert seen <= {guidance, Guidance.GOOD}  # "good" once decided: nothing is asked of the person any more
    assert guidance in seen
    assert decision is not None
    assert (decision.outcome, decision.reason) == (Outcome.UNDECIDED, Reason.TOO_FEW_FRAMES)
    assert decision.score is None
    assert decision.frames_good == 0


def test_the_time_limit_ends_a_session_even_when_no_frame_arrives(
    verifier: Verifier, people: Mapping[str, Any], clock: Any
) -> None:
    with verifier.enrol(people["lan"].chip) as template, verifier.session(template, clock) as session:
        clock.advance(9.9)
        assert session.poll() is None
        clock.advance(0.1)
        decision = session.poll()
        assert decision is not None
        assert decision.outcome is Outcome.UNDECIDED
        assert decision.seconds == pytest.approx(10.0)


def test_a_decision_stays_whoever_steps_in_front_afterwards(
    verifier: Verifier, people: Mapping[str, Any], renderer: SceneRenderer, clock: Any
) -> None:
    with verifier.enrol(people["lan"].chip) as template, verifier.session(template, clock) as session:
        first = run(session, clock, renderer, ShowPerson(id="lan"))
        clock.advance(20)
        assert session.feed(renderer.render(ShowPerson(id="hung"), 0)).decision is first


def test_a_stricter_policy_takes_its_threshold_from_the_pack(pack: ModelPack) -> None:
    strict, lax = (Verifier(pack, Policy(fmr=fmr)) for fmr in ("1e-5", "1e-3"))
    assert strict.threshold == pack.accept_score("1e-5").score > lax.threshold
    assert (strict.accept.extrapolated, lax.accept.extrapolated) == (True, False)
    assert strict.scores.reject == pack.reject_score().score
    with pytest.raises(FaceError) as caught:
        Verifier(pack, Policy(fmr="1e-9"))
    assert caught.value.code is FaceErrorCode.UNKNOWN_FMR


def test_a_fast_movement_is_asked_to_hold_still(
    verifier: Verifier, people: Mapping[str, Any], renderer: SceneRenderer, clock: Any
) -> None:
    frame = renderer.render(ShowPerson(id="lan"), 0)
    with verifier.enrol(people["lan"].chip) as template, verifier.session(template, clock) as session:
        assert session.feed(frame).guidance is Guidance.GOOD
        clock.advance(FRAME_S)
        assert session.feed(np.roll(frame, 60, axis=1)).guidance is Guidance.HOLD_STILL
        clock.advance(FRAME_S)
        assert session.feed(np.roll(frame, 60, axis=1)).guidance is Guidance.GOOD


def picture(image: Image) -> bytes:
    encoded, data = cv2.imencode(".jpg", image)
    assert encoded
    return data.tobytes()


def test_a_chip_picture_without_a_face_is_said_so(verifier: Verifier) -> None:
    with pytest.raises(FaceError) as caught:
        verifier.enrol(picture(np.full((400, 300, 3), 170, np.uint8)))
    assert caught.value.code is FaceErrorCode.NO_FACE


def test_a_chip_picture_with_two_people_is_said_so(verifier: Verifier, people: Mapping[str, Any]) -> None:
    with pytest.raises(FaceError) as caught:
        verifier.enrol(picture(np.hstack([people["lan"].live, people["duc"].live])))
    assert caught.value.code is FaceErrorCode.SEVERAL_FACES


def test_a_chip_picture_with_a_face_too_small_to_compare_is_said_so(
    verifier: Verifier, people: Mapping[str, Any]
) -> None:
    wide = np.full((600, 600, 3), 200, np.uint8)
    wide[200:270, 200:270] = cv2.resize(people["lan"].live, (70, 70), interpolation=cv2.INTER_AREA)
    with pytest.raises(FaceError) as caught:
        verifier.enrol(picture(wide))
    assert caught.value.code is FaceErrorCode.PHOTO_UNUSABLE


@pytest.mark.parametrize("person", ["lan", "hung", "duc", "minh"])
def test_a_chip_picture_of_four_kilobytes_will_do(verifier: Verifier, people: Mapping[str, Any], person: str) -> None:
    """The chip holds the one picture there is: no gate for live frames is asked of it."""
    small = encode(people[person].live, kind="jp2", size=(120, 160), limit_bytes=4000)
    with verifier.enrol(people[person].chip) as whole, verifier.enrol(small) as coarse:
        assert verifier.compare(whole, coarse) > verifier.threshold


def test_templates_of_another_pack_are_not_compared(
    verifier: Verifier, pack: ModelPack, people: Mapping[str, Any], clock: Any
) -> None:
    recogniser = pack.recogniser.model_copy(update={"sha256": "0" * 64})
    other = Verifier(replace(pack, manifest=pack.manifest.model_copy(update={"recogniser": recogniser})))
    with verifier.enrol(people["lan"].chip) as ours, other.enrol(people["lan"].chip) as theirs:
        with pytest.raises(ValueError, match="another model pack"):
            verifier.session(theirs, clock)
        with pytest.raises(ValueError, match="another model pack"):
            verifier.compare(ours, theirs)
        assert other.compare(theirs, theirs) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.9, (Outcome.MATCH, Reason.ABOVE_THRESHOLD)),
        (0.5, (Outcome.UNDECIDED, Reason.NEAR_THRESHOLD)),
        (0.1, (Outcome.NO_MATCH, Reason.BELOW_THRESHOLD)),
    ],
)
def test_two_pictures_alone_are_judged_by_the_same_scores(
    verifier: Verifier, score: float, expected: tuple[Outcome, Reason]
) -> None:
    assert verifier.classify(score) == expected


def test_the_error_of_a_damaged_chip_picture_tells_nothing_about_the_person(
    verifier: Verifier, people: Mapping[str, Any]
) -> None:
    with pytest.raises(FaceError) as caught:
        verifier.enrol(people["minh"].chip[:900])
    assert caught.value.code is FaceErrorCode.BAD_IMAGE
    assert caught.value.__cause__ is None


def test_a_closed_template_is_overwritten_and_cannot_be_compared(
    verifier: Verifier, people: Mapping[str, Any], clock: Any
) -> None:
    template = verifier.enrol(people["lan"].chip)
    memory = template.embedding
    session = verifier.session(template, clock)
    assert np.linalg.norm(memory) == pytest.approx(1.0, abs=1e-5)
    template.close()
    assert not memory.any()
    with pytest.raises(ValueError, match="closed"):
        session.feed(people["lan"].live)


def test_crops_and_the_chip_picture_are_overwritten(
    pack: ModelPack, people: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Image] = []

    def keeping(make: Callable[..., Image]) -> Callable[..., Image]:
        def made(*arguments: Any) -> Image:
            kept.append(make(*arguments))
            return kept[-1]

        return made

    monkeypatch.setattr("face.verify.align", keeping(align))
    monkeypatch.setattr("face.verify.decode_picture", keeping(decode_picture))
    verifier = Verifier(pack)
    with verifier.enrol(people["lan"].chip):
        guidance, _, _, _ = verifier.look(people["lan"].live)
    assert guidance is Guidance.GOOD
    assert [item.shape for item in kept] == [(400, 300, 3), *[(112, 112, 3)] * 3]
    assert not any(item.any() for item in kept)


def test_the_callers_frame_is_left_as_it_was(verifier: Verifier, people: Mapping[str, Any]) -> None:
    frame = people["lan"].live.copy()
    verifier.look(frame)
    assert (frame == people["lan"].live).all()


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((720, 1280), np.uint8),
        np.zeros((720, 1280, 4), np.uint8),
        np.zeros((9, 9, 3)),
        np.zeros((0, 9, 3), np.uint8),
    ],
    ids=["grey", "four channels", "floats", "empty"],
)
def test_an_array_that_is_no_frame_is_a_bug_and_said_so(
    verifier: Verifier, people: Mapping[str, Any], clock: Any, frame: Any
) -> None:
    with (
        verifier.enrol(people["lan"].chip) as template,
        verifier.session(template, clock) as session,
        pytest.raises(ValueError, match="H x W x 3"),
    ):
        session.feed(frame)
