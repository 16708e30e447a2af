"""The fewest commands and bytes that the standard allows for reading given files with a given Le.

Counted is what no reader can leave out: EF.CardAccess (for PACE), the access protocol, selecting the application, chip
authentication, and for each file its size divided by Le, rounded up: a READ BINARY with a short file identifier needs
no SELECT, and one that reaches the end of a file needs no other to learn its length (ISO/IEC 7816-4, 11.3.3). Each
command and answer has the shortest form that ISO/IEC 7816-4, 5.2 and ICAO 9303-11, 9.8 have for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from cccd_reader.access import Access
from cccd_reader.crypto import CipherSuite
from cccd_reader.read_tactics import protected_length, short_chunk

_HEADER, _STATUS = 4, 2
_DO_MAC, _DO_STATUS = 10, 4
_SHORT_DATA, _SHORT_ANSWER = 255, 256

FIELD_BYTES = 32
POINT = 1 + 2 * FIELD_BYTES
OID = 10
"""The curve of Vietnamese cards has 256 bits; the protocols' identifiers have ten bytes."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bytes over the air of a command and of its answer."""

    sent: int
    received: int

    @property
    def total(self) -> int:
        return self.sent + self.received


def plain(data: int, answer: int | None) -> Exchange:
    """A command with so many data bytes (0: none), and an answer with so many (None: none is asked for)."""
    return Exchange(
        _HEADER + (1 + data if data else 0) + (answer is not None),
        (answer or 0) + _STATUS,
    )


def protected(suite: CipherSuite, data: int, answer: int | None) -> Exchange:
    """The same in a session."""
    block = suite.block_bytes
    cryptogram = (data // block + 1) * block + 1
    body = 0
    if data:
        body += 1 + (1 if cryptogram < 0x80 else 2) + cryptogram
    answered = protected_length(suite, answer) if answer else _DO_STATUS + _DO_MAC
    long = answered > _SHORT_ANSWER
    if answer is not None:
        body += 4 if long else 3  # DO97
    body += _DO_MAC
    assert body <= _SHORT_DATA
    lengths = 3 + 2 if long else 1 + 1  # Lc and Le
    return Exchange(_HEADER + lengths + body, answered + _STATUS)


def opening(access: Access, card_access_bytes: int) -> list[Exchange]:
    """PACE with generic mapping, or BAC, up to the selected application."""
    if access is Access.BAC:
        return [plain(7, None), plain(0, 8), plain(40, 40)]
    mapping = 2 + 2 + POINT
    return [
        plain(0, card_access_bytes),
        plain(2 + OID + 3, None),  # MSE:Set AT
        plain(2, 2 + 2 + 16),  # the encrypted nonce
        plain(mapping, mapping),
        plain(mapping, mapping),
        plain(2 + 2 + 8, 2 + 2 + 8),  # the tokens
        protected(CipherSuite.AES128, 7, None),  # SELECT
    ]


def chip_authentication(suite: CipherSuite) -> list[Exchange]:
    """MSE:Set AT and GENERAL AUTHENTICATE (9303-11, 6.2.4.2), as the card's AES protocol has them."""
    return [protected(suite, 2 + OID, None), protected(suite, 2 + 2 + POINT, 2)]


def reading(suite: CipherSuite, sizes: Iterable[int], le: int) -> list[Exchange]:
    """The files in pieces of `le` bytes, or of what a short answer holds when `le` is a full short piece."""
    piece = min(le, short_chunk(suite)) if le in map(short_chunk, CipherSuite) else le
    return [
        protected(suite, 0, min(piece, size - index * piece)) for size in sizes for index in range(ceil(size / piece))
    ]


def bound(
    access: Access, card_access_bytes: int, before: Sequence[int], after: Sequence[int], le: int
) -> list[Exchange]:
    """The whole reading: the sizes of the files before and after chip authentication (DG14 is the last before it)."""
    opened = CipherSuite.AES128 if access is Access.PACE else CipherSuite.DES3
    return [
        *opening(access, card_access_bytes),
        *reading(opened, before, le),
        *chip_authentication(opened),
        *reading(CipherSuite.AES128, after, le),
    ]
