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


Scene = ShowNobody | ShowPerson | ShowTwo | ShowQr | ShowDark | ShowBlack
Command = Scene | ShowFrozen | ShowGone | ShowBack | Prompt

PARSER: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="show")])


class Ready(_Command):
    """The first line of output."""

    url: str


class Answer(_Command):
    """The line of output after each command."""

    ok: bool
    error: str | None = None
