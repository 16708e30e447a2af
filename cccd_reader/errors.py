"""The one family of expected failures of this room. A bug raises anything else."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cccd_reader.readout import PartialRead


class CardErrorCode(StrEnum):
    """What went wrong, in words an application can branch on. Stable: fault catalogues refer to them."""

    NO_CARD = "no_card"
    CARD_REMOVED = "card_removed"
    CARD_RESET = "card_reset"
    SEVERAL_CARDS = "several_cards"
    READER_GONE = "reader_gone"
    READER_BUSY = "reader_busy"
    SERVICE_DOWN = "service_down"
    WRONG_KEY = "wrong_key"
    ACCESS_DENIED = "access_denied"
    BAD_ANSWER = "bad_answer"
    SECURE_MESSAGING = "secure_messaging"
    BAD_DATA = "bad_data"
    UNSUPPORTED = "unsupported"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class CardError(Exception):
    """An expected failure of the reader, the link, the card or its data.

    `detail` is technical English without personal data, `file` the elementary file concerned ("DG13", "SOD"), `sw` the
    status word that the card answered, when there was one. `partial` is set when a reading was interrupted: what was
    read before.
    """

    partial: "PartialRead | None" = None

    def __init__(self, code: CardErrorCode, detail: str, *, file: str | None = None, sw: int | None = None) -> None:
        self.code = code
        self.detail = detail
        self.file = file
        self.sw = sw
        where = f" in {file}" if file else ""
        status = f" (SW {sw:04X})" if sw is not None else ""
        super().__init__(f"{code}{where}: {detail}{status}")

    def __reduce__(self) -> "tuple[object, ...]":
        # Readings run in a process of their own: their errors have to cross with all they carry.
        return _restore, (type(self), self.args, self.__dict__.copy())


class ChipDataError(CardError):
    """Bytes that do not follow their format. Names the file or field and the rule, never the value."""

    def __init__(self, file: str, detail: str) -> None:
        super().__init__(CardErrorCode.BAD_DATA, detail, file=file)


def _restore(kind: type[CardError], args: tuple[object, ...], state: dict[str, object]) -> CardError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error
