"""Everybody and everything that can be put before the simulated camera, each drawn from a seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from face.opencv import Image
from face.pad.light_colours import LightColour
from face.pad.moves import Move
from face.pad.script import ChallengeScript
from face.simulation.behaviour import Behaviour, Traits
from face.simulation.cast import Cast
from face.simulation.head import HeadModel
from face.simulation.injected import CutIn, VirtualCamera, encoded_again
from face.simulation.performer import Actor, Performer
from face.simulation.printed import HeldPrint
from face.simulation.replay import HeldScreen
from face.simulation.room import Room
from face.simulation.sensor import Sensor
from face.simulation.timeline import MOVES, length_of, random_script

SCREEN_SHARE: Final = (0.12, 0.30)  # of the light on a face 60 cm away: from a bright hall to a dim corner
_NOISE: Final = (1.5, 3.5)
_LUCKY: Final = 0.1  # replays whose video happens to show what is asked
_RECORDED_FPS: Final = 15.0


class Species(StrEnum):
    """Presentation attack instrument species (ISO/IEC 30107-3), and people without an attack."""

    BONA_FIDE = "bona_fide"
    PRINT = "print"
    REPLAY = "replay"
    CUT_IN = "cut_in"
    INJECTED = "injected"


ATTACKS: Final = tuple(species for species in Species if species is not Species.BONA_FIDE)


@dataclass(frozen=True, slots=True)
class Staged:
    """``person``: whose face is shown to be matched. ``notes``: the variant, for a report."""

    performer: Performer
    person: str
    notes: str


class Staging:
    def __init__(self, cast: Cast) -> None:
        self._cast = cast

    def stage(self, species: Species, person: str, source: Random, accomplice: str | None = None) -> Staged:
        """Raises ``UnknownPersonError``; ``ValueError`` for a cut-in without an accomplice."""
        match species:
            case Species.BONA_FIDE:
                return Staged(self.actor(person, source), person, "follows the prompts")
            case Species.PRINT:
                return self._print(person, source)
            case Species.REPLAY:
                return self._replay(person, source)
            case Species.INJECTED:
                return self._injected(person, source)
            case Species.CUT_IN:
                if accomplice is None or accomplice == person:
                    raise ValueError("a cut-in needs somebody else as accomplice")
                return self._cut_in(person, accomplice, source)

    def actor(self, person: str, source: Random, *, follows: bool = True, room: Room | None = None) -> Actor:
        """A living person."""
        head = self._head(person, source, room)
        traits = Traits.random(source)
        if not follows:
            traits = Traits(follows=False, sway=traits.sway, blink_every_s=traits.blink_every_s)
        behaviour = Behaviour(traits, head.eye_distance, source.randrange(2**31))
        return Actor(head, behaviour, self._sensor(source), share=source.uniform(*SCREEN_SHARE))

    def _print(self, person: str, source: Random) -> Staged:
        portrait = self._cast.portrait(person, self._eyes(source))
        eyes = (*portrait.centre, portrait.eye_distance)
        held = HeldPrint(
            portrait.picture,
            eyes,
            self._head(person, source).room,
            self._sensor(source),
            seed=source.randrange(2**31),
            share=source.uniform(*SCREEN_SHARE),
        )
        return Staged(held, person, "bent paper" if held.bend else "flat paper")

    def _replay(self, person: str, source: Random) -> Staged:
        scale = source.uniform(0.8, 1.02)  # of the frame: a tablet close to the lens, its edges in view or not
        head = HeadModel(self._cast.portrait(person, self._eyes(source)), self._cast.frame)
        lucky = source.random() < _LUCKY
        film = _Film(self._filmed(head, source), None if lucky else random_script(source))
        width, height = self._cast.frame
        held = HeldScreen(
            film,
            (width / 2, 0.46 * height, head.eye_distance),
            head.room,
            self._sensor(source),
            seed=source.randrange(2**31),
            share=source.uniform(*SCREEN_SHARE),
            size=scale,
            tilts=source.random() < 0.3,
        )
        return Staged(held, person, "shows the moves asked for" if lucky else "shows other moves")

    def _injected(self, person: str, source: Random) -> Staged:
        kind = source.choice(("still", "video", "re-encoded video", "slow video"))
        fps = 7.0 if kind == "slow video" else _RECORDED_FPS
        head = self._head(person, source)
        if kind == "still":
            return Staged(VirtualCamera([head.render()], fps), person, "a still picture")
        film = _Film(self._filmed(head, source), random_script(source))
        recorded = [film.frame(number / fps) for number in range(round(source.uniform(2.0, 5.0) * fps))]
        if kind == "re-encoded video":
            recorded = encoded_again(recorded, source.randrange(40, 75))
        return Staged(VirtualCamera(recorded, fps), person, f"{kind}, {fps:.0f} pictures a second")

    def _cut_in(self, person: str, accomplice: str, source: Random) -> Staged:
        same_room = self._cast.head(person).room if source.random() < 0.5 else None
        helper = self.actor(accomplice, source, room=same_room)
        kind = source.choice(("living", "print", "replay"))
        victim: Performer
        if kind == "living":
            victim = self.actor(person, source, follows=False, room=same_room)
        else:
            victim = self.stage(Species(kind), person, source).performer
        gap = source.choice((0.0, 0.0, source.uniform(0.2, 0.6)))
        order = source.choice(("victim first", "accomplice first", "accomplice between"))
        what = f"{order}, {kind}, {'lens covered between' if gap else 'hard cut'}"
        if order == "accomplice first":
            return Staged(CutIn(helper, victim, source, after_moves=MOVES, gap_s=gap), person, what)
        after: Performer = helper
        if order == "accomplice between":
            again = self.actor(person, source, follows=False, room=same_room)
            after = CutIn(helper, again, source, after_moves=MOVES, gap_s=gap)
        return Staged(CutIn(victim, after, source, after_moves=0, gap_s=gap), person, what)

    def _filmed(self, head: HeadModel, source: Random) -> Actor:
        """Recorded earlier and elsewhere: in other light, by a better camera."""
        behaviour = Behaviour(Traits.random(source), head.eye_distance, source.randrange(2**31))
        sensor = Sensor(self._cast.frame, source.randrange(2**31), noise=source.uniform(0.5, 1.5))
        return Actor(head, behaviour, sensor, share=0.0)

    def _head(self, person: str, source: Random, room: Room | None = None) -> HeadModel:
        portrait = self._cast.portrait(person, self._eyes(source))
        return HeadModel(portrait, self._cast.frame, room.wall if room is not None else None)

    def _eyes(self, source: Random) -> float:
        """Pixels between the eyes: people stand 54 to 66 cm away. Few sizes, each is fitted once."""
        return self._cast.frame[1] * source.choice((0.155, 0.18))

    def _sensor(self, source: Random) -> Sensor:
        balance = source.choice((0.0, 0.0, source.uniform(0.05, 0.3)))  # most kiosks lock the white balance
        return Sensor(self._cast.frame, source.randrange(2**31), noise=source.uniform(*_NOISE), balance=balance)


class _Film:
    """An actor before another camera, who follows a script of the film's own, over and over."""

    def __init__(self, actor: Actor, script: ChallengeScript | None) -> None:
        """``script`` None: by chance the film shows what the kiosk asks."""
        self._actor = actor
        self._script = script
        self._length = length_of(script) if script is not None else 0.0

    def tell(self, move: Move | None, light: LightColour | None, at: float) -> None:
        if self._script is None:
            self._actor.tell(move, None, at)

    def frame(self, at: float) -> Image:
        if self._script is not None:
            prompt = self._script.at(at % self._length)
            self._actor.tell(prompt.move if prompt is not None else None, None, at)
        return self._actor.frame(at)
