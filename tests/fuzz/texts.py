"""Texts that a scanner, a keyboard or a chip gives: machine readable zones and QR codes."""

import contextlib

from cccd_reader.citizen import citizen_from_mrz
from cccd_reader.errors import CardError
from cccd_reader.keys import MAX_MRZ_CANDIDATES, keyring_from_mrz, keyring_from_qr
from cccd_reader.mrz import Mrz, MrzFormat, check_digit, parse
from cccd_reader.qr import MAX_CHARACTERS, parse_qr
from cccd_reader.scan import ScannedCard, keyring_from_scan
from cccd_reader.scanner import MAX_BYTES, LineAssembler, WedgeAssembler
from tests.fuzz.registry import target
from tests.fuzz.script import unpack

_ALPHABET = "<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_CHECKED = {
    MrzFormat.TD1: (((5, 14), 14), ((30, 36), 36), ((38, 44), 44)),
    MrzFormat.TD2: (((36, 45), 45), ((49, 55), 55), ((57, 63), 63)),
    MrzFormat.TD3: (((44, 53), 53), ((57, 63), 63), ((65, 71), 71), ((72, 86), 86)),
}
"""Fields with their check digits (ICAO 9303-4, -5 and -6): from, to, and where the digit is."""
_COMPOSITE = {
    MrzFormat.TD1: (((5, 30), (30, 37), (38, 45), (48, 59)), 59),
    MrzFormat.TD2: (((36, 46), (49, 56), (57, 71)), 71),
    MrzFormat.TD3: (((44, 54), (57, 64), (65, 87)), 87),
}


@target(max_len=200)
def mrz(data: bytes) -> None:
    """A zone or its key fields as somebody types them; a zone as it is; and the same characters with all check digits
    made right, so that what is behind them is reached."""
    text = data.decode("latin-1")
    form = next((form for form in MrzFormat if form.characters == len(text)), None)
    if form is not None:
        check_mrz(parse(_with_check_digits("".join(c if c in _ALPHABET else "<" for c in text), form)))
    with contextlib.suppress(CardError):
        check_mrz(parse(text))
    ring = keyring_from_mrz(data.decode("utf-8", "replace"))
    assert 1 <= len(ring.mrz) <= MAX_MRZ_CANDIDATES or ring.can is not None
    assert all(key.information.isascii() for key in ring.mrz)


@target(max_len=4096)
def qr(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    card = parse_qr(text)
    assert len(text) <= MAX_CHARACTERS
    ring = keyring_from_qr(card)
    assert ring.can is not None
    assert 1 <= len(ring.mrz) <= MAX_MRZ_CANDIDATES


@target(max_len=4096)
def scan(data: bytes) -> None:
    """Any scanned text is a card's code with keys, or has a word for what it is; it is never an error."""
    check_scan(data.decode("utf-8", "replace"))


@target(max_len=2048)
def scanner_stream(data: bytes) -> None:
    """What a serial scanner sends in pieces, and the same as key strokes: a moment and a piece each. However it is cut,
    the texts are the same when nothing is waited for."""
    lines, wedge, now = LineAssembler(), WedgeAssembler(), 0.0
    for piece in unpack(data):
        now += piece[0] / 1000 if piece else 0.0
        for text in lines.feed(piece[1:], now):
            check_scan(text)
        for stroke in piece[1:].decode("utf-8", "replace"):
            text = wedge.feed(stroke, now)
            if text is not None:
                check_scan(text)
    wedge.tick(now + 1)
    assert not wedge.bursting
    whole, cut = LineAssembler(), LineAssembler()
    together = whole.feed(data, 0.0) + whole.tick(1.0)
    bytewise = [text for byte in data for text in cut.feed(bytes([byte]), 0.0)] + cut.tick(1.0)
    assert together == bytewise
    assert all(len(text) <= MAX_BYTES for text in together)


def check_scan(text: str) -> None:
    try:
        found = keyring_from_scan(text)
    except CardError as error:
        raise AssertionError("a scanned text that is an error") from error
    if isinstance(found, ScannedCard):
        assert found.keyring.can is not None or found.keyring.mrz
        assert len(found.keyring.mrz) <= MAX_MRZ_CANDIDATES
        assert found.qr is not None or found.problem is not None or "<" in text


def check_mrz(found: Mrz) -> None:
    """What was read can be written, and read again."""
    assert found.information.isascii()
    citizen_from_mrz(found)
    assert parse(found.encode()) == found


def _with_check_digits(text: str, form: MrzFormat) -> str:
    characters = list(text)
    for (start, end), place in _CHECKED[form]:
        characters[place] = check_digit("".join(characters[start:end]))
    parts, place = _COMPOSITE[form]
    characters[place] = check_digit("".join("".join(characters[start:end]) for start, end in parts))
    return "".join(characters)
