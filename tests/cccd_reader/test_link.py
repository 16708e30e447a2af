"""Following up 61xx and 6Cxx, and counting what goes over the air."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_messaging import ChipSession
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import MAX_APDUS, MAX_FOLLOW_UPS, Link, protected_data_room
from cccd_reader.transport.local import LocalConnection

READ = CommandApdu(0, 0xB0, 0, 0, le=256)


def test_the_rest_of_an_answer_is_fetched(scripted: Any) -> None:
    connection = scripted(("00B0000000", "01026102"), ("00C0000002", "03046100"), ("00C0000000", "059000"))
    link = Link(connection)
    assert link.send(READ) == ResponseApdu(b"\x01\x02\x03\x04\x05", 0x9000)
    assert link.apdus == 3
    assert link.bytes_moved == 3 * 5 + 5 + 3 * 2


def test_the_right_length_is_asked_for_again(scripted: Any) -> None:
    link = Link(scripted(("00B0000000", "6C04"), ("00B0000004", "010203049000")))
    assert link.send(READ).data == b"\x01\x02\x03\x04"


def test_a_command_without_le_is_not_repeated(scripted: Any) -> None:
    link = Link(scripted(("00A4000C", "6C04")))
    assert link.send(CommandApdu(0, 0xA4, 0, 0x0C)).sw == 0x6C04


def test_an_answer_without_end_is_given_up() -> None:
    class Endless:
        kind, name, atr, max_data_bytes = "local", "endless", b"", None

        def transmit(self, apdu: bytes) -> tuple[bytes, int]:
            return b"\x00", 0x6101

        def reset(self) -> None: ...

        def close(self) -> None: ...

    link = Link(Endless())
    with pytest.raises(CardError) as caught:
        link.send(READ)
    assert caught.value.code is CardErrorCode.BAD_ANSWER
    assert link.apdus == MAX_FOLLOW_UPS + 1


def test_a_card_that_answers_in_drops_is_given_up() -> None:
    card = Scripted(lambda command: ResponseApdu(b"\x00", 0x9000))
    link = Link(LocalConnection(card))
    for _ in range(MAX_APDUS):
        link.send(READ)
    with pytest.raises(CardError, match="not done after") as caught:
        link.send(READ)
    assert caught.value.code is CardErrorCode.BAD_ANSWER
    link.reset()
    with pytest.raises(CardError, match="not done after"):
        link.send(READ)
    assert link.apdus == MAX_APDUS


@pytest.mark.parametrize(("size", "sw", "rounds"), [(65_537, 0x9000, 1), (40_000, 0x61FF, 2)])
def test_an_answer_that_is_longer_than_any_may_be(size: int, sw: int, rounds: int) -> None:
    link = Link(LocalConnection(Scripted(lambda command: ResponseApdu(bytes(size), sw))))
    with pytest.raises(CardError, match="longer than any") as caught:
        link.send(READ)
    assert caught.value.code is CardErrorCode.BAD_ANSWER
    assert link.apdus == rounds


class Scripted:
    """A card that answers by a function."""

    def __init__(self, answer: Callable[[CommandApdu], ResponseApdu]) -> None:
        self.answer = answer
        self.log: list[CommandApdu] = []

    def process(self, apdu: bytes) -> bytes:
        self.log.append(CommandApdu.decode(apdu))
        return self.answer(self.log[-1]).encode()

    def reset(self) -> None:
        pass


class InSession:
    """The chip's side of a session: answers what is inside protected commands, and keeps them."""

    def __init__(self, suite: CipherSuite, answer: Callable[[CommandApdu], ResponseApdu]) -> None:
        keys = bytes(range(suite.key_bytes)), bytes(range(1, suite.key_bytes + 1))
        self.channel = SecureChannel(suite, *keys)
        self._session = ChipSession(suite, *keys)
        self._answer = answer
        self.log: list[CommandApdu] = []
        self.outer: list[CommandApdu] = []

    def __call__(self, command: CommandApdu) -> ResponseApdu:
        self.outer.append(command)
        self.log.append(self._session.unwrap(command))
        return self._session.wrap(self._answer(self.log[-1]))

    def link(self, *, max_data_bytes: int | None = None) -> Link:
        link = Link(LocalConnection(Scripted(self), max_data_bytes=max_data_bytes))
        link.channel = self.channel
        return link


@pytest.mark.parametrize("suite", list(CipherSuite))
def test_the_right_length_inside_a_session_takes_a_new_protected_command(suite: CipherSuite) -> None:
    chip = InSession(
        suite, lambda command: ResponseApdu(b"\x01" * 4, 0x9000) if command.le == 4 else ResponseApdu(b"", 0x6C04)
    )
    link = chip.link()
    assert link.send(READ) == ResponseApdu(b"\x01" * 4, 0x9000)
    assert [command.le for command in chip.log] == [256, 4]
    assert link.apdus == 2


def test_the_rest_of_an_answer_is_fetched_inside_a_session() -> None:
    rests = iter([ResponseApdu(b"\x01\x02", 0x6102), ResponseApdu(b"\x03", 0x6100), ResponseApdu(b"\x04", 0x9000)])
    chip = InSession(CipherSuite.AES128, lambda command: next(rests))
    assert chip.link().send(READ) == ResponseApdu(b"\x01\x02\x03\x04", 0x9000)
    assert [(command.ins, command.le) for command in chip.log] == [(0xB0, 256), (0xC0, 2), (0xC0, 256)]
    assert all(command.cla == 0x0C for command in chip.outer)


def test_a_protected_answer_in_two_parts_is_put_together_first() -> None:
    """What a T=0 transport does to a long answer: the chip's counter stands still meanwhile."""
    chip = InSession(CipherSuite.DES3, lambda command: ResponseApdu(b"\x07" * 200, 0x9000))
    waiting = b""

    def in_parts(command: CommandApdu) -> ResponseApdu:
        nonlocal waiting
        if command.ins == 0xC0:
            return ResponseApdu(waiting, 0x9000)
        answer = chip(command)
        first, waiting = answer.data[:100], answer.data[100:]
        return ResponseApdu(first, 0x6100 | len(waiting))

    link = Link(LocalConnection(Scripted(in_parts)))
    link.channel = chip.channel
    assert link.send(READ).data == b"\x07" * 200
    assert link.apdus == 2


DATA = bytes(index % 251 for index in range(600))
PUT = CommandApdu(0x00, 0x22, 0x41, 0xA6, DATA, le=16)


def test_long_data_goes_in_a_chain_where_there_is_no_extended_length() -> None:
    card = Scripted(lambda command: ResponseApdu(b"", 0x9000))
    assert Link(LocalConnection(card, max_data_bytes=256)).send(PUT).ok
    assert [(command.cla, len(command.data), command.le) for command in card.log] == [
        (0x10, 255, None),
        (0x10, 255, None),
        (0x00, 90, 16),
    ]
    assert b"".join(command.data for command in card.log) == DATA
    assert not any(command.extended for command in card.log)
    card.log.clear()
    assert Link(LocalConnection(card)).send(PUT).ok
    assert [command.extended for command in card.log] == [True]


@pytest.mark.parametrize("suite", list(CipherSuite))
def test_each_part_of_a_chain_is_protected(suite: CipherSuite) -> None:
    chip = InSession(suite, lambda command: ResponseApdu(b"", 0x9000))
    assert chip.link(max_data_bytes=256).send(PUT).ok
    room = protected_data_room(suite)
    assert [len(command.data) for command in chip.log] == [room, room, 600 - 2 * room]
    assert [command.cla for command in chip.outer] == [0x1C, 0x1C, 0x0C]
    assert all(len(command.data) <= 255 and not command.extended for command in chip.outer)
    assert b"".join(command.data for command in chip.log) == DATA


def test_a_chain_ends_where_the_card_refuses_it() -> None:
    card = Scripted(lambda command: ResponseApdu(b"", 0x6884))
    assert Link(LocalConnection(card, max_data_bytes=256)).send(PUT).sw == 0x6884
    assert len(card.log) == 1


def test_a_chain_inside_a_chain_cannot_be_sent() -> None:
    card = Scripted(lambda command: ResponseApdu(b"", 0x9000))
    with pytest.raises(CardError) as caught:
        Link(LocalConnection(card, max_data_bytes=256)).send(CommandApdu(0x10, 0x86, 0, 0, DATA, le=256))
    assert caught.value.code is CardErrorCode.UNSUPPORTED
    assert not card.log


def test_the_end_of_a_link_is_the_end_of_its_session() -> None:
    chip = InSession(CipherSuite.AES128, lambda command: ResponseApdu(b"", 0x9000))
    for end in (Link.close, Link.reset):
        link = chip.link()
        end(link)
        assert link.channel is None
