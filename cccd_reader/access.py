"""Opening a chip: EF.CardAccess, then PACE with the CAN, else BAC with the likely MRZ keys, and no more guesses."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu, StatusWord
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
    card_security: bytes | None = None
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
    by_short = link.send(CommandApdu(0x00, _INS_READ_BINARY, 0x80 | _SFI_CARD_ACCESS, 0, le=256))
    if by_short.data:
        return by_short.data
    select_file = CommandApdu(0x00, _INS_SELECT, 0x02, 0x0C, _FID_CARD_ACCESS)
    if not link.send(select_file).ok:
        link.send(CommandApdu(0x00, _INS_SELECT, 0x00, 0x0C, _FID_MASTER_FILE))
        if not link.send(select_file).ok:
            return b""
    return link.send(CommandApdu(0x00, _INS_READ_BINARY, 0, 0, le=256)).data


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


def _read_card_security(link: Link, suite: CipherSuite, largest_read: int | None) -> bytes | None:
    """The whole file over the open session, or None when the chip does not give it."""
    short = short_chunk(suite)
    piece = largest_read or short

    def read(p1: int, p2: int, le: int) -> bytes:
        return link.send(CommandApdu(0x00, _INS_READ_BINARY, p1, p2, le=le, extended=le > short)).data

    data = bytearray(read(0x80 | _SFI_CARD_SECURITY, 0, piece))
    if not data:
        if not link.send(CommandApdu(0x00, _INS_SELECT, 0x02, 0x0C, _FID_CARD_SECURITY)).ok:
            return None
        data = bytearray(read(0, 0, piece))
    try:
        total = tlv.read_header(bytes(data), "CardSecurity").total
    except ChipDataError:
        return None
    if total > MAX_FILE_BYTES:
        return None
    while (offset := len(data)) < total:
        more = read(offset >> 8, offset & 0xFF, min(piece, total - offset))
        if not more:
            return None
        data += more
    return bytes(data[:total])


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
