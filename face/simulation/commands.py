"""What the simulated camera can be told: one JSON object a line on its standard input, one answer a line back."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from face.pad.light_colours import LightColour
from face.pad.moves import Move

PersonId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShowNobody(_Command):
    show: Literal["nobody"] = "nobody"


class ShowPerson(_Command):
    show: Literal["person"] = "person"
    id: PersonId


class ShowTwo(_Command):
    show: Literal["two"] = "two"
    ids: tuple[PersonId, PersonId]


class ShowQr(_Command):
    """A card held up; ``id``: the person who holds it, or nobody in view."""

    show: Literal["qr"] = "qr"
    text: str = Field(min_length=1, max_length=600)
    id: PersonId | None = None


class ShowDark(_Command):
    """A person in a room without light."""

    show: Literal["dark"] = "dark"
    id: PersonId


class ShowBlack(_Command):
    """The lens is covered."""

    show: Literal["black"] = "black"


class ShowPrint(_Command):
    """A print attack: somebody holds up a printed portrait of this person, and moves it as the prompts say."""

    show: Literal["print"] = "print"
    id: PersonId


class ShowReplay(_Command):
    """A replay attack: a video of this person on a screen."""

    show: Literal["replay"] = "replay"
    id: PersonId


class ShowCutIn(_Command):
    """The first person stands there until ``after_moves`` moves were asked for and are over (0: until the first one is
    asked for), then the second one does."""

    show: Literal["cut_in"] = "cut_in"
    ids: tuple[PersonId, PersonId]
    after_moves: int = Field(ge=0, le=5)


class ShowFrozen(_Command):
    """The last picture again and again, as from a hung driver; until something else is shown."""

    show: Literal["frozen"] = "frozen"


class ShowGone(_Command):
    """Unplugged: open connections are dropped and new ones refused, until ``back``."""

    show: Literal["gone"] = "gone"


class ShowBack(_Command):
    show: Literal["back"] = "back"


class Prompt(_Command):
    """What the kiosk's screen asks for and shows at this moment: whoever stands there follows it. Has no answer line:
    it comes often, and nobody waits for it."""

    show: Literal["prompt"] = "prompt"
    move: Move | None = None
    light: LightColour | None = None


Scene = ShowNobody | ShowPerson | ShowTwo | ShowQr | ShowDark | ShowBlack | ShowPrint | ShowReplay | ShowCutIn
Command = Scene | ShowFrozen | ShowGone | ShowBack | Prompt

PARSER: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="show")])


class Ready(_Command):
    """The first line of output."""

    url: str


class Answer(_Command):
    """The line of output after each command."""

    ok: bool
    error: str | None = None
