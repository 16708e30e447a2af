"""The flow has words of its own for what the face room says: they must be the same words."""

from enum import StrEnum

import pytest

from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.quality import Guidance
from kiosk.flow.values import FaceGuidance, FaceMove, ScreenLight


def values(words: type[StrEnum]) -> set[str]:
    return {word.value for word in words}


@pytest.mark.parametrize(("ours", "theirs"), [(FaceMove, Move), (ScreenLight, LightColour)])
def test_both_rooms_know_the_same_prompts(ours: type[StrEnum], theirs: type[StrEnum]) -> None:
    assert values(ours) == values(theirs)


def test_every_guidance_can_be_said_on_the_screen() -> None:
    assert values(Guidance) <= values(FaceGuidance)
