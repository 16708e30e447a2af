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
        LookAtCamera(light=ScreenLight.AMBER),
        LookAtCamera(light=ScreenLight.AMBER, progress=0.4),
        LookAtCamera(light=ScreenLight.MINT),
        LookAtCamera(move=FaceMove.TURN_LEFT),
        CheckingInsurance(1.0),
        CheckingInsurance(2.0),
    ):
        onlooker(replace(initial(), screen=screen))
    assert told.prompts == [
        (None, ScreenLight.AMBER),
        (None, ScreenLight.MINT),
        (FaceMove.TURN_LEFT, None),
        (None, None),
    ]
