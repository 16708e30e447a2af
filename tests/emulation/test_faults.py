"""Scripted faults: each happens once, at its command, and the card is a good card again after it."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader.apdu import ResponseApdu
from cccd_reader.emulation import (
    AirTime,
    CardImage,
    EmulatedCard,
    EmulationError,
    EmulationErrorCode,
    Fault,
    PullAt,
    PullInFile,
    SilenceAt,
    StatusWordAt,
    TruncateAt,
    WrongMacAt,
)
from cccd_reader.emulation.faults import CardPulledError, CardSilentError, fault_from_json, fault_to_json
from cccd_reader.errors import CardError, CardErrorCode

MakeTerminal = Callable[..., Any]

READ_CARD_ACCESS = bytes.fromhex("00B09C0000")
ALL_FAULTS = [
    PullInFile("DG2", 6000),
    PullAt(3),
    SilenceAt(3),
    WrongMacAt(3),
    TruncateAt(3, 5),
    StatusWordAt(3, 0x6F00),
]


def test_pulled_at_a_command(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(PullAt(2))
    assert card.process(READ_CARD_ACCESS)
    with pytest.raises(CardPulledError) as caught:
        card.process(READ_CARD_ACCESS)
    assert caught.value.code is CardErrorCode.CARD_REMOVED
    assert card.process(READ_CARD_ACCESS)
    assert (card.apdus, card.total_apdus) == (3, 3)


def test_commands_are_counted_from_the_reset(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(PullAt(2))
    card.process(READ_CARD_ACCESS)
    card.reset()
    card.process(READ_CARD_ACCESS)
    with pytest.raises(CardPulledError):
        card.process(READ_CARD_ACCESS)
    assert (card.apdus, card.total_apdus) == (2, 3)


def test_pulled_in_the_middle_of_a_file(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    inside.card.arm(PullInFile("DG2", after_bytes=1000))
    inside.read_file(13)
    with pytest.raises(CardPulledError):
        inside.read_file(2)
    inside.card.reset()
    inside.link.channel = None
    assert inside.pace().read_file(2) == inside.card.image.files[0x0102]


def test_silence_lasts_until_the_reset(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(SilenceAt(1))
    for _ in range(2):
        with pytest.raises(CardSilentError) as caught:
            card.process(READ_CARD_ACCESS)
        assert caught.value.code is CardErrorCode.TIMEOUT
    card.reset()
    assert card.process(READ_CARD_ACCESS)


def test_a_wrong_mac(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    inside.card.arm(WrongMacAt(inside.card.apdus + 1))
    with pytest.raises(CardError) as caught:
        inside.read(1)
    assert caught.value.code is CardErrorCode.SECURE_MESSAGING


def test_a_wrong_mac_where_there_is_none(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(WrongMacAt(1))
    assert card.process(bytes.fromhex("00A4020C02011C")) == bytes.fromhex("9000")


def test_a_truncated_answer(image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(TruncateAt(1))
    assert card.process(READ_CARD_ACCESS) == image.files[0x011C][:1]
    assert ResponseApdu.decode(card.process(READ_CARD_ACCESS)).ok


def test_a_status_word_out_of_nowhere_ends_the_session(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    inside.card.arm(StatusWordAt(inside.card.apdus + 1, 0x6F00))
    with pytest.raises(CardError) as caught:
        inside.read(1)
    assert (caught.value.code, caught.value.sw) == (CardErrorCode.SECURE_MESSAGING, 0x6F00)
    assert inside.plain("00B0810004").sw == 0x6982


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: type(fault).__name__)
def test_faults_travel_as_json(fault: Fault) -> None:
    assert fault_from_json(fault_to_json(fault)) == fault


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({}, None),
        ({"kind": "explode"}, None),
        ({"kind": "pull_at"}, None),
        ({"kind": "pull_at", "apdu": "3"}, "apdu"),
        ({"kind": "pull_at", "apdu": True}, "apdu"),
        ({"kind": "pull_at", "apdu": -1}, "apdu"),
        ({"kind": "pull_at", "apdu": 3, "colour": 1}, "colour"),
        ({"kind": "status_word_at", "apdu": 3, "sw": 0x10000}, "sw"),
        ({"kind": "truncate_at", "apdu": 3, "keep": 0}, "keep"),
        ({"kind": "silence_at", "apdu": 0}, "apdu"),
        ({"kind": "pull_in_file", "file": "DG17", "after_bytes": 0}, "file"),
        ({"kind": "pull_in_file", "file": "DG2", "after_bytes": -1}, "after_bytes"),
    ],
)
def test_json_that_is_no_fault(table: dict[str, Any], field: str | None) -> None:
    with pytest.raises(EmulationError) as caught:
        fault_from_json(table)
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_COMMAND, field)


def test_the_air_takes_its_time(image: CardImage) -> None:
    waits: list[float] = []
    card = EmulatedCard(image, air=AirTime(106, fixed_s=0.005), sleep=waits.append)
    answer = card.process(READ_CARD_ACCESS)
    # Command and answer with a frame of three bytes each, nine bits a byte.
    assert waits == [pytest.approx(0.005 + (5 + len(answer) + 6) * 9 / 106_000)]


def test_long_answers_take_more_frames() -> None:
    slow, fast = AirTime(106), AirTime(848)
    assert slow.seconds(5, 1000) == pytest.approx(8 * fast.seconds(5, 1000))
    assert fast.seconds(0, 0) == pytest.approx(2 * 3 * 9 / 848_000)
    assert fast.seconds(254, 0) - fast.seconds(253, 0) == pytest.approx((1 + 3) * 9 / 848_000)
