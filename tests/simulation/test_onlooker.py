"""What the person before the simulated camera sees of the kiosk's screen."""

from dataclasses import dataclass, field, replace

from kiosk.flow import initial
from kiosk.flow.screens import CheckingInsurance, LookAtCamera
from kiosk.flow.values import FaceGuidance, FaceMove, ScreenLight
from kiosk.simulation.onlooker import Onlooker


@dataclass
class Told:
    prompts: list[tuple[FaceMove | None, ScreenLight | None]] = field(default_factory=list)

    def prompt(self, move: FaceMove | None, light: ScreenLight | None) -> None:
        self.prompts.append((move, light))


def test_the_stage_is_told_when_the_prompt_changes_and_only_then() -> None:
    told = Told()
    onlooker = Onlooker(told)
    for screen in (
        LookAtCamera(),
        LookAtCamera(guidance=FaceGuidance.TOO_FAR),
        LookAtCamera(move=FaceMove.TURN_LEFT),
        LookAtCamera(move=FaceMove.TURN_LEFT, progress=0.4),
        CheckingInsurance(1.0),
        CheckingInsurance(2.0),
    ):
        onlooker.see(replace(initial(), screen=screen))
    assert told.prompts == [(FaceMove.TURN_LEFT, None), (None, None)]


def test_a_light_falls_on_the_face_when_it_is_painted_and_goes_with_the_screen() -> None:
    told = Told()
    onlooker = Onlooker(told)
    asks = LookAtCamera(light=ScreenLight.AMBER)
    onlooker.see(replace(initial(), screen=asks))
    assert told.prompts == [], "asked for, not yet on the screen"
    onlooker.see_light(ScreenLight.AMBER)
    onlooker.see_light(ScreenLight.AMBER)
    onlooker.see(replace(initial(), screen=replace(asks, light=None, move=FaceMove.BLINK)))
    onlooker.see_light(None)
    onlooker.see_light(ScreenLight.MINT)
    onlooker.see(replace(initial(), screen=CheckingInsurance(1.0)))
    assert told.prompts == [
        (None, ScreenLight.AMBER),
        (FaceMove.BLINK, ScreenLight.AMBER),
        (FaceMove.BLINK, None),
        (FaceMove.BLINK, ScreenLight.MINT),
        (None, None),
    ]
