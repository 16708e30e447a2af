"""Commands and answers in parts: put together, taken apart, and never longer than any APDU."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.emulation import CardImage, EmulatedCard
from cccd_reader.emulation.chip_chaining import AnswerQueue, CommandChain
from cccd_reader.emulation.chip_messaging import RefusedError

MakeTerminal = Callable[..., Any]

CHAINED, LAST = 0x10, 0x00


@given(parts=st.lists(st.binary(max_size=255), min_size=1, max_size=8))
def test_parts_make_the_whole(parts: list[bytes]) -> None:
    chain = CommandChain()
    for part in parts[:-1]:
        assert chain.add(CommandApdu(CHAINED, 0x22, 0x41, 0xA6, part)) is None
    whole = chain.add(CommandApdu(LAST, 0x22, 0x41, 0xA6, parts[-1], 256))
    assert whole == CommandApdu(LAST, 0x22, 0x41, 0xA6, b"".join(parts), 256)
    assert not chain.open


@given(size=st.integers(0, 700), cut=st.integers(1, 300))
def test_a_step_is_whole_when_its_data_object_is(size: int, cut: int) -> None:
    data = tlv.encode(0x7C, bytes(size))
    chain = CommandChain()
    found = []
    for start in range(0, len(data), cut):
        found.append(chain.add_step(CommandApdu(CHAINED, 0x86, 0, 0, data[start : start + cut])))
        if cut == 1 and found[-1] is not None:
            break  # a header that is cut off is no header yet: such a step is taken as it comes
    if cut > 3:
        assert found[:-1] == [None] * (len(found) - 1)
        assert found[-1] == CommandApdu(CHAINED, 0x86, 0, 0, data)


def test_another_command_breaks_a_chain_off() -> None:
    chain = CommandChain()
    assert chain.add(CommandApdu(CHAINED, 0x22, 0x41, 0xA6, b"lost")) is None
    assert chain.add(CommandApdu(LAST, 0x22, 0x41, 0xA4, b"whole")) == CommandApdu(LAST, 0x22, 0x41, 0xA4, b"whole")


def test_a_chain_is_no_longer_than_an_apdu() -> None:
    chain = CommandChain()
    assert chain.add(CommandApdu(CHAINED, 0x86, 0, 0, bytes(65535))) is None
    with pytest.raises(RefusedError) as caught:
        chain.add(CommandApdu(CHAINED, 0x86, 0, 0, b"\x00"))
    assert caught.value.sw == 0x6700
    assert not chain.open


@given(data=st.binary(max_size=1200), rooms=st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_an_answer_comes_whole_out_of_its_parts(data: bytes, rooms: list[int]) -> None:
    queue = AnswerQueue()
    parts = [queue.first(ResponseApdu(data, 0x6A80), rooms[0])]
    while queue.waiting:
        left = len(data) - sum(len(part.data) for part in parts)
        assert parts[-1].sw == 0x6100 | (left if left < 256 else 0)
        parts.append(queue.next(rooms[len(parts) % len(rooms)]))
    assert b"".join(part.data for part in parts) == data
    assert parts[-1].sw == 0x6A80


def test_a_protected_chain_without_end_ends_the_session(terminal: MakeTerminal, image: CardImage) -> None:
    card = EmulatedCard(image)
    inside = terminal(card).pace()
    part = CommandApdu(0x1C, 0x86, 0, 0, bytes(65000)).encode()
    assert card.process(part).hex() == "9000"
    assert card.process(part).hex() == "6700"
    assert card.process(part).hex() == "6982"
    inside.link.channel = None
    card.reset()
    assert inside.pace().read(1).ok


def test_a_protected_chain_is_forgotten_with_its_session(terminal: MakeTerminal, image: CardImage) -> None:
    card = EmulatedCard(image)
    inside = terminal(card).pace()
    assert card.process(CommandApdu(0x1C, 0xB0, 0x81, 0, b"\x97\x01").encode()).hex() == "9000"
    assert card.process(bytes.fromhex("00B0810004")).hex() == "6987"
    inside.link.channel = None
    assert inside.bac().read(1).ok
