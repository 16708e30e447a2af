"""When the kiosk of a simulated clip asks for what: the phases of face.pad, with times that do not wait."""

from random import Random
from typing import Final

from face.pad.light_colours import STEP_S, random_sequence
from face.pad.moves import Move, random_moves
from face.pad.script import ChallengeScript, TimedPrompt

LIGHT_STEPS: Final = 4
MOVES: Final = 2
# Seconds. A person reacts within 1 s and moves for up to 0.8 s; an adaptive kiosk would go on as soon as it saw that.
_POSITION: Final = 0.7
_BEFORE_MOVES: Final = (0.3, 0.6)
_MOVE: Final = 2.3
_RETURN: Final = (1.7, 2.1)


def random_script(source: Random, moves: tuple[Move, ...] | None = None) -> ChallengeScript:
    """Straight with the colours of light, then the moves (random unless given), each with a return to the front."""
    prompts = [TimedPrompt(0.0, None, None)]
    at = _POSITION
    for colour in random_sequence(source, LIGHT_STEPS):
        prompts.append(TimedPrompt(round(at, 3), None, colour))
        at += STEP_S
    prompts.append(TimedPrompt(round(at, 3), None, None))
    at += source.uniform(*_BEFORE_MOVES)
    for move in moves if moves is not None else random_moves(source, MOVES):
        prompts.append(TimedPrompt(round(at, 3), move, None))
        at += _MOVE
        prompts.append(TimedPrompt(round(at, 3), None, None))
        at += source.uniform(*_RETURN)
    return ChallengeScript(tuple(prompts))


def length_of(script: ChallengeScript) -> float:
    """Seconds a clip must last for the last return to the front to be seen."""
    return script.prompts[-1].at_s + _RETURN[1]
