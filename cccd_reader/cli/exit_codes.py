"""How the commands end: one exit code per kind of ending, one kind per fault. Help and documents show this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from cccd_reader.errors import CardErrorCode


class ExitCode(IntEnum):
    """What a command's exit code says. `meaning` is the line of `--help`."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "done; no check failed, and every one of --require is successful"
    OTHER = 1, "another failure, such as a file that cannot be read or written"
    USAGE = 2, "wrong options, or a key that cannot be one"
    NO_READER = 3, "no reader, no smart card service, or another program has the card"
    NO_CARD = 4, "no card within the time, or cards on more than one reader"
    WRONG_KEY = 5, "the chip refuses the key"
    INTERRUPTED = 6, "the card was removed or reset, or the time limit passed"
    PROTOCOL = 7, "the chip's answers or data do not follow the standard, or are not supported"
    CHECK_FAILED = 8, "a check failed, or one of --require is not successful"
    KEYBOARD = 130, "interrupted from the keyboard"


@dataclass(frozen=True, slots=True)
class Fault:
    """A `CardErrorCode` for people: how the command ends, what happened, and what helps."""

    exit: ExitCode
    meaning: str
    advice: str


FAULTS: Mapping[CardErrorCode, Fault] = MappingProxyType(
    {
        CardErrorCode.NO_CARD: Fault(
            ExitCode.NO_CARD, "no card on the reader", "put the card flat on the reader and leave it there"
        ),
        CardErrorCode.CARD_REMOVED: Fault(
            ExitCode.INTERRUPTED, "the card left while it was read", "leave the card in place until the end"
        ),
        CardErrorCode.CARD_RESET: Fault(
            ExitCode.INTERRUPTED, "another program reset the card", "close other programs that use the reader"
        ),
        CardErrorCode.SEVERAL_CARDS: Fault(
            ExitCode.NO_CARD, "cards on more than one reader", "leave one card, or choose the reader with --reader"
        ),
        CardErrorCode.READER_GONE: Fault(
            ExitCode.NO_READER, "no such reader is plugged in", "check the cable; `monitor` shows the readers"
        ),
        CardErrorCode.READER_BUSY: Fault(
            ExitCode.NO_READER, "another program has the card", "close other programs that use the reader"
        ),
        CardErrorCode.SERVICE_DOWN: Fault(
            ExitCode.NO_READER, "the smart card service does not answer", "start the service (pcscd, or SCardSvr)"
        ),
        CardErrorCode.WRONG_KEY: Fault(
            ExitCode.WRONG_KEY,
            "the chip refuses the key",
            "check the number or the QR code; with a number alone some chips need --qr or --mrz",
        ),
        CardErrorCode.ACCESS_DENIED: Fault(
            ExitCode.PROTOCOL, "the chip does not allow what was asked", "take the card off, wait, and try once more"
        ),
        CardErrorCode.BAD_ANSWER: Fault(
            ExitCode.PROTOCOL, "an answer that the protocol does not allow", "try again; `diagnose` shows where it is"
        ),
        CardErrorCode.SECURE_MESSAGING: Fault(
            ExitCode.PROTOCOL, "an answer that is not authentic", "try again; with --largest-read 112 if it comes back"
        ),
        CardErrorCode.BAD_DATA: Fault(
            ExitCode.PROTOCOL, "data that does not follow its format", "`diagnose` shows which file it is"
        ),
        CardErrorCode.UNSUPPORTED: Fault(
            ExitCode.PROTOCOL,
            "the chip asks for something that is not supported, or for a key that was not given",
            "give the QR code or the MRZ in place of the number",
        ),
        CardErrorCode.TIMEOUT: Fault(
            ExitCode.INTERRUPTED, "no answer within the time limit", "take the card off and try again"
        ),
        CardErrorCode.CANCELLED: Fault(ExitCode.INTERRUPTED, "the reading was cancelled", "start it again"),
    }
)
"""Every code of the library. An unknown one would end with `PROTOCOL`; a test holds that there is none."""

_UNKNOWN = Fault(ExitCode.PROTOCOL, "a failure without an entry in the table", "`diagnose` shows more")


def fault_of(code: CardErrorCode) -> Fault:
    return FAULTS.get(code, _UNKNOWN)


def epilog() -> str:
    """The exit codes as `--help` shows them."""
    return "exit codes:\n" + "\n".join(f"  {code.value:>3}  {code.meaning}" for code in ExitCode)


def exit_code_table() -> str:
    """The exit codes as Markdown, for the documents."""
    lines = ["| exit code | meaning |", "|---|---|"]
    return "\n".join(lines + [f"| {code.value} | {code.meaning} |" for code in ExitCode])


def fault_table() -> str:
    """The faults as Markdown, for the documents."""
    lines = ["| `CardErrorCode` | exit code | what happened | what helps |", "|---|---|---|---|"]
    return "\n".join(
        lines
        + [
            f"| `{code.value}` | {fault.exit.value} | {fault.meaning} | {fault.advice} |"
            for code, fault in FAULTS.items()
        ]
    )
