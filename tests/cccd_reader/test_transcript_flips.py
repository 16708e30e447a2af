"""No single bit of a chip's answers can be turned so that a reading accepts other data.

Whole sessions with the emulated card are recorded. Under protection, the terminal's end of the session is put back to
the moment of each answer, and must refuse it with any bit turned. Then whole readings run against the live card while
one answer is hit: they end with an error, or with exactly the same files and no better a verdict.
"""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cccd_reader import CardError, CardErrorCode, CheckState, KeyRing, LocalConnection, keyring_from_number, read_card
from cccd_reader.access import Access, open_chip
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.emulation import CardImage, EmulatedCard, personalise
from cccd_reader.emulation.variants import PaceVariant
from cccd_reader.keys import MrzKey
from cccd_reader.lds.files import READING_ORDER
from cccd_reader.readout import CardReadout
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link
from tests.people import BICH

NUMBER = BICH.number
SEED = 9303
PIECE = 180
FULL, SAMPLED = 1, 8
"""Every bit, or one of each byte: 3DES takes three times as long."""

WAYS = {
    "PACE AES": ("ecdh-gm-aes128:13", Access.PACE, FULL),
    "PACE 3DES": ("ecdh-gm-3des:12", Access.PACE, SAMPLED),
    "BAC": ("ecdh-gm-aes128:13", Access.BAC, SAMPLED),
}
"""What PACE the card has, how it is opened, and how many bits of each answer are turned."""


@pytest.fixture(scope="module")
def make(small_photo: bytes) -> Callable[[str], CardImage]:
    """make(PACE variant): a card with a photo as small as can be."""
    return lambda pace: personalise(BICH, small_photo, pace=[PaceVariant.parse(pace)])


@pytest.fixture(scope="module")
def keys() -> KeyRing:
    mrz = MrzKey(NUMBER[-9:], "990115", "390115")
    return KeyRing(can=keyring_from_number(NUMBER).can, mrz=(mrz,), number=NUMBER)


class Recorder(LocalConnection):
    """Keeps every exchange, and turns one bit of the answer with the number `hit`."""

    def __init__(self, card: EmulatedCard, hit: int | None = None, bit: int = 0) -> None:
        super().__init__(card)
        self.exchanges: list[tuple[bytes, bytes]] = []
        self._hit, self._bit = hit, bit

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        answer = ResponseApdu(*super().transmit(apdu)).encode()
        if len(self.exchanges) == self._hit:
            answer = turned(answer, self._bit % (8 * len(answer)))
        self.exchanges.append((apdu, answer))
        response = ResponseApdu.decode(answer)
        return response.data, response.sw


def turned(answer: bytes, bit: int) -> bytes:
    return (int.from_bytes(answer, "big") ^ 1 << bit).to_bytes(len(answer), "big")


@dataclass
class Session:
    """The terminal's end as it was when the chip was open, and the exchanges under protection."""

    channel: SecureChannel
    exchanges: list[tuple[CommandApdu, bytes, bytes]]


def record(image: CardImage, keys: KeyRing, access: Access) -> Session:
    connection = Recorder(EmulatedCard(image))
    link = Link(connection)
    open_chip(link, keys, access)
    assert link.channel is not None
    session = Session(copy.copy(link.channel), [])
    for ef in READING_ORDER:
        size = len(image.files[ef.fid])
        for offset in range(0, size, PIECE):
            p1, p2 = divmod(offset, 256) if offset else (0x80 | ef.sfi, 0)
            command = CommandApdu(0x00, 0xB0, p1, p2, le=min(PIECE, size - offset))
            assert link.send(command).data == image.files[ef.fid][offset : offset + PIECE]
            session.exchanges.append((command, *connection.exchanges[-1]))
    return session


@pytest.mark.parametrize("way", WAYS)
def test_under_protection_every_turned_bit_is_refused(
    make: Callable[[str], CardImage], keys: KeyRing, way: str
) -> None:
    pace, access, every = WAYS[way]
    session = record(make(pace), keys, access)
    draw = random.Random(SEED)
    for command, sent, answer in session.exchanges:
        assert session.channel.protect(command).encode() == sent
        for bit in range(0, 8 * len(answer), every):
            probe = copy.copy(session.channel)
            with pytest.raises(CardError) as caught:
                probe.unprotect(ResponseApdu.decode(turned(answer, bit + draw.randrange(every))))
            assert caught.value.code is CardErrorCode.SECURE_MESSAGING
            assert not probe.alive
        session.channel.unprotect(ResponseApdu.decode(answer))
    assert len(session.exchanges) > len(READING_ORDER)


def files_of(readout: CardReadout) -> dict[str, str]:
    return {name: summary.sha256 for name, summary in readout.files.items()}


def successes(readout: CardReadout) -> set[str]:
    return {verdict.check.value for verdict in readout.verdicts if verdict.state is CheckState.SUCCESSFUL}


def read(image: CardImage, keys: KeyRing, access: Access, **hit: int) -> tuple[CardReadout, Recorder]:
    connection = Recorder(EmulatedCard(image), **hit)
    return read_card(connection, keys, access=access), connection


def hits(exchanges: list[tuple[bytes, bytes]], wanted: int) -> Iterator[tuple[int, int]]:
    """Answers and bits, spread over the whole reading: each answer in turn, at random places."""
    draw = random.Random(SEED)
    for number in range(wanted):
        hit = number % len(exchanges)
        yield hit, draw.randrange(8 * len(exchanges[hit][1]))


@pytest.mark.parametrize(("way", "readings"), [("PACE AES", 80), ("PACE 3DES", 40), ("BAC", 160)])
def test_a_reading_with_one_turned_bit_ends_or_gives_the_same(
    make: Callable[[str], CardImage], keys: KeyRing, way: str, readings: int
) -> None:
    pace, access, _ = WAYS[way]
    image = make(pace)
    whole, recorded = read(image, keys, access)
    outcomes: set[str] = set()
    for hit, bit in hits(recorded.exchanges, readings):
        try:
            readout, _ = read(image, keys, access, hit=hit, bit=bit)
        except CardError as error:
            outcomes.add(error.code)
            continue
        assert files_of(readout) == files_of(whole), f"answer {hit}, bit {bit}"
        assert readout.citizen == whole.citizen
        assert successes(readout) <= successes(whole)
        outcomes.add("same")
    assert "same" in outcomes
    assert len(outcomes) > 1
