"""The chip's files: which are there, how they answer, how large they are."""

from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.diagnosis.classes import milliseconds, size_class
from cccd_reader.diagnosis.keys import describe_infos
from cccd_reader.diagnosis.report import attempt
from cccd_reader.diagnosis.session import INS_READ_BINARY, FoundFile, Session, plain_status, status_text
from cccd_reader.errors import CardError
from cccd_reader.transport.link import Link


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file of the application. `whole` files are read for the other probes; `telling` sizes are told as a class."""

    name: str
    fid: int
    sfi: int
    whole: bool = False
    telling: bool = True


def _group(number: int, *, whole: bool = False, telling: bool = True) -> _Asked:
    return _Asked(f"DG{number}", 0x0100 | number, number, whole, telling)


_FILES = (
    _Asked("COM", 0x011E, 0x1E, whole=True, telling=False),
    _group(1, whole=True, telling=False),
    _group(13, whole=True),
    _Asked("SOD", 0x011D, 0x1D, whole=True, telling=False),
    _group(14, whole=True, telling=False),
    _group(15, whole=True, telling=False),
    _group(2, whole=True),
    *(_group(number) for number in (5, 6, 7, 8, 9, 10, 11, 12, 16)),
    # Protected by terminal authentication: reading them may end the session, so they come last.
    _group(3),
    _group(4),
)
_P1_PATH_FROM_MASTER_FILE = 0x08
_FID_CARD_SECURITY = 0x011D
_SFI_CARD_ACCESS = 0x1C


def probe_files(session: Session, clock: Callable[[], float]) -> tuple[dict[str, object], dict[str, bytes]]:
    """(a line for each file, the content of those that were read whole). Content is for parsers, never for a report."""
    report: dict[str, object] = {}
    content: dict[str, bytes] = {}
    for asked in _FILES:
        started = clock()
        found: list[FoundFile] = []
        value = attempt(_probe_file, session, asked, found)
        if isinstance(value, dict):
            value["ms"] = milliseconds(clock() - started)
        report[asked.name] = value
        if asked.whole and found and found[0].whole:
            content[asked.name] = found[0].data
    report["CardSecurity"] = attempt(_probe_card_security, session)
    return report, content


def _probe_file(session: Session, asked: _Asked, found: list[FoundFile]) -> dict[str, object]:
    short = attempt(_by_short_identifier, session, asked.sfi)
    selected = session.select(asked.fid)
    value: dict[str, object] = {"READ by short identifier": short, "SELECT": status_text(selected.sw)}
    if not selected.ok:
        return value
    file = session.read_selected(asked.fid, asked.name, whole=asked.whole)
    found.append(file)
    value["READ"] = file.read_status
    if file.size is not None:
        value["tag"] = f"{file.tag:02X}"
        value["size"] = size_class(file.size) if asked.telling else file.size
    return value


def _by_short_identifier(session: Session, sfi: int) -> str:
    return status_text(session.read_by_short_identifier(sfi).sw)


def _probe_card_security(session: Session) -> dict[str, object]:
    """EF.CardSecurity, in the master file, from inside the application: selected by its path."""
    selected = session.select(_FID_CARD_SECURITY, _P1_PATH_FROM_MASTER_FILE)
    value: dict[str, object] = {"SELECT by path": status_text(selected.sw)}
    if selected.ok:
        file = session.read_selected(_FID_CARD_SECURITY, "CardSecurity", whole=False)
        value |= {"READ": file.read_status, "size": file.size}
    return value


def probe_card_access(link: Link) -> dict[str, object]:
    """EF.CardAccess by its short identifier and by SELECT, and the protocols that it offers. Leaves the card reset."""
    link.reset()
    short = link.send_plain(CommandApdu(0x00, INS_READ_BINARY, 0x80 | _SFI_CARD_ACCESS, 0, le=256))
    found: dict[str, object] = {"READ by short identifier": status_text(short.sw)}
    link.reset()
    found["SELECT"] = plain_status(link, "00A4020C02011C")
    selected = link.send_plain(CommandApdu(0x00, INS_READ_BINARY, 0, 0, le=256))
    found["READ"] = status_text(selected.sw)
    content = short.data or selected.data
    if content:
        found["bytes"] = len(content)
        found["is the constant known of Vietnamese cards"] = content == FALLBACK
        found["protocols"] = attempt(describe_infos, content, "CardAccess")
    link.reset()
    return found


def probe_master_file(link: Link) -> dict[str, object]:
    """How the chip answers outside the application and without a session. Leaves it reset.

    Vietnamese chips answer 6D00 to SELECT of the master file, and need none.
    """
    commands = {
        "SELECT MF (00A4000C)": "00A4000C",
        "SELECT MF (00A4000C023F00)": "00A4000C023F00",
        "SELECT EF.CardAccess": "00A4020C02011C",
        "SELECT EF.DIR": "00A4020C022F00",
        "SELECT EF.ATR/INFO": "00A4020C022F01",
        "SELECT application": "00A4040C07A0000002471001",
        "READ EF.COM without a session": "00B09E0004",
        "GET CHALLENGE": "0084000008",
    }
    found: dict[str, object] = {}
    for name, command in commands.items():
        found[name] = attempt(plain_status, link, command)
    try:
        link.reset()
    except CardError as error:
        found["reset"] = str(error)
    return found
