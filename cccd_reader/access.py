"""Opening a chip: EF.CardAccess, then PACE with the CAN, else BAC with the likely MRZ keys, and no more guesses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cccd_reader import tlv
from cccd_reader.apdu import SHORT_MAX_LE, CommandApdu, StatusWord
from cccd_reader.bac import run_bac
from cccd_reader.card_access import CardAccess, fallback_card_access, parse_card_access
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.file_reader import MAX_FILE_BYTES
from cccd_reader.keys import Can, KeyRing, MrzKey
from cccd_reader.lds.security_infos import PaceInfo
from cccd_reader.pace import PaceSession, run_pace
from cccd_reader.pace_cam import CamEvidence
from cccd_reader.read_tactics import short_chunk
from cccd_reader.transport.link import Link

EMRTD_AID = bytes.fromhex("A0000002471001")
"""The eMRTD application (ICAO 9303-10, 3.1)."""

_INS_SELECT, _INS_READ_BINARY = 0xA4, 0xB0
_SFI_CARD_ACCESS = 0x1C
_FID_CARD_ACCESS = bytes.fromhex("011C")
_SFI_CARD_SECURITY = 0x1D
_FID_CARD_SECURITY = bytes.fromhex("011D")
_FID_MASTER_FILE = bytes.fromhex("3F00")

MAX_PIECES = 300
"""READ BINARY commands for one file: the longest one in the smallest pieces that readers need."""

MAX_OFFERS = 3
"""PACE protocols that are proposed to a chip which refuses to start the better ones. That costs no try of the key."""

_PROTOCOL_FAILURES = frozenset(
    {
        CardErrorCode.UNSUPPORTED,
        CardErrorCode.BAD_ANSWER,
        CardErrorCode.BAD_DATA,
        CardErrorCode.ACCESS_DENIED,
        CardErrorCode.SECURE_MESSAGING,
    }
)
"""What makes PACE fall back to BAC. A wrong key does not: the same number is in both keys."""


class Access(StrEnum):
    """Which protocol opens the chip. AUTO is PACE, and BAC when the chip has no PACE that works."""

    AUTO = "auto"
    PACE = "pace"
    BAC = "bac"


@dataclass(frozen=True, slots=True)
class Opened:
    """How the chip was opened; `key` is what worked, so that a session that broke can be opened again."""

    access: Access
    key: Can | MrzKey
    pace: PaceInfo | None = None
    """The protocol that ran, after PACE."""
    cam: CamEvidence | None = None
    """What the chip said of its static key, after PACE with chip authentication mapping."""
    card_security: bytes | None = field(default=None, repr=False)
    """EF.CardSecurity, which has that key, where the chip sent the evidence and let the file be read."""


def open_chip(
    link: Link,
    keys: KeyRing,
    access: Access,
    check: Callable[[], None] = lambda: None,
    *,
    largest_read: int | None = None,
) -> Opened:
    """Leaves `link` with a session and the eMRTD application selected. `check` is called before each key is tried, and
    may raise to stop.

    `largest_read` (bytes) is the largest READ BINARY that reader and chip are known to carry; None is what short APDUs
    carry.

    Raises `CardError`: wrong_key when no key fits, unsupported when there is no key for the protocol, and what the
    protocols and the link raise.
    """
    if access is Access.BAC:
        return _open_bac(link, keys, check)
    try:
        return _open_pace(link, keys, check, largest_read)
    except CardError as error:
        if access is Access.PACE or not keys.mrz or error.code not in _PROTOCOL_FAILURES:
            raise
    # Some chips refuse BAC until they are reset after a PACE that failed.
    link.reset()
    return _open_bac(link, keys, check)


def read_card_access(link: Link) -> CardAccess:
    """EF.CardAccess, or the constant that Vietnamese cards are known to have when it cannot be read or parsed."""
    data = _read_card_access_file(link)
    try:
        return parse_card_access(data) if data else fallback_card_access()
    except ChipDataError:
        return fallback_card_access()


def select_application(link: Link) -> None:
    answer = link.send(CommandApdu(0x00, _INS_SELECT, 0x04, 0x0C, EMRTD_AID))
    if not answer.ok and answer.sw != StatusWord.FILE_DEACTIVATED:
        raise CardError(CardErrorCode.BAD_ANSWER, "no eMRTD application", sw=answer.sw)


def _read_card_access_file(link: Link) -> bytes:
    """By its short identifier; else by SELECT, from the master file when that is not the current one.

    Vietnamese chips answer 6D00 to SELECT MF, so its answer is not looked at.
    """
    read = _reader(link, SHORT_MAX_LE)
    first = read(0x80 | _SFI_CARD_ACCESS, 0, SHORT_MAX_LE)
    if not first:
        select_file = CommandApdu(0x00, _INS_SELECT, 0x02, 0x0C, _FID_CARD_ACCESS)
        if not link.send(select_file).ok:
            link.send(CommandApdu(0x00, _INS_SELECT, 0x00, 0x0C, _FID_MASTER_FILE))
            if not link.send(select_file).ok:
                return b""
        first = read(0, 0, SHORT_MAX_LE)
    # A chip with explicit parameters, or many protocols, has more than one answer holds.
    return _read_rest(read, first, SHORT_MAX_LE) or first


def _read_card_security(link: Link, suite: CipherSuite, largest_read: int | None) -> bytes | None:
    """The whole file over the open session, or None when the chip does not give it."""
    read, piece = _reader(link, short_chunk(suite)), largest_read or short_chunk(suite)
    first = read(0x80 | _SFI_CARD_SECURITY, 0, piece)
    if not first:
        if not link.send(CommandApdu(0x00, _INS_SELECT, 0x02, 0x0C, _FID_CARD_SECURITY)).ok:
            return None
        first = read(0, 0, piece)
    return _read_rest(read, first, piece)


_Read = Callable[[int, int, int], bytes]


def _reader(link: Link, short: int) -> _Read:
    """READ BINARY by P1, P2 and Le; more than `short` is asked for in the long form."""

    def read(p1: int, p2: int, le: int) -> bytes:
        return link.send(CommandApdu(0x00, _INS_READ_BINARY, p1, p2, le=le, extended=le > short)).data

    return read


def _read_rest(read: _Read, first: bytes, piece: int) -> bytes | None:
    """The current file, of which the first piece is there. None when it ends before its length, or says that it is
    longer than a file may be, or comes in drops."""
    try:
        total = tlv.read_header(first, "file").total
    except ChipDataError:
        return None
    if total > MAX_FILE_BYTES:
        return None
    data = bytearray(first)
    for _ in range(MAX_PIECES):
        if (offset := len(data)) >= total:
            return bytes(data[:total])
        more = read(offset >> 8, offset & 0xFF, min(piece, total - offset))
        if not more:
            return None
        data += more
    return None


def _open_pace(link: Link, keys: KeyRing, check: Callable[[], None], largest_read: int | None) -> Opened:
    card_access = read_card_access(link)
    offers = card_access.ranked(extended=link.extended)[:MAX_OFFERS]
    if not offers:
        raise CardError(CardErrorCode.UNSUPPORTED, "the chip offers no PACE that this reader runs", file="CardAccess")

    def attempt(key: Can | MrzKey) -> Opened:
        check()
        info, session = _first_that_starts(link, offers, key, name_parameters=card_access.several_parameters)
        link.channel = session.channel
        card_security = None
        if session.cam is not None and session.cam.ca_ic is not None:
            # It is in the master file, which the application's selection leaves.
            card_security = _read_card_security(link, info.suite, largest_read)
        select_application(link)
        return Opened(Access.PACE, key, info, session.cam, card_security)

    return attempt(keys.can) if keys.can is not None else _first_that_fits("PACE", keys.mrz, attempt)


def _first_that_starts(
    link: Link, offers: list[PaceInfo], key: Can | MrzKey, *, name_parameters: bool
) -> tuple[PaceInfo, PaceSession]:
    """The session of the best protocol that the chip starts. If it refuses one, no key has been used yet."""
    for info in offers[:-1]:
        try:
            return info, run_pace(link.send_plain, info, key, name_parameters=name_parameters)
        except CardError as error:
            if error.code is not CardErrorCode.UNSUPPORTED:
                raise
    return offers[-1], run_pace(link.send_plain, offers[-1], key, name_parameters=name_parameters)


def _open_bac(link: Link, keys: KeyRing, check: Callable[[], None]) -> Opened:
    select_application(link)
    return _first_that_fits("BAC", keys.mrz, lambda key: _bac_once(link, key, check))


def _bac_once(link: Link, key: MrzKey, check: Callable[[], None]) -> Opened:
    check()
    link.channel = run_bac(link.send_plain, key)
    return Opened(Access.BAC, key)


def _first_that_fits(protocol: str, keys: tuple[MrzKey, ...], attempt: Callable[[MrzKey], Opened]) -> Opened:
    refused: CardError | None = None
    for key in keys:
        try:
            return attempt(key)
        except CardError as error:
            if error.code is not CardErrorCode.WRONG_KEY:
                raise
            refused = error
    raise refused or CardError(CardErrorCode.UNSUPPORTED, "there is no MRZ key to try", file=protocol)
