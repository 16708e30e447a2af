"""Scripted faults: each happens once, at its command, and the card is a good card again after it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.emulation import (
    AirTime,
    CardImage,
    EmulatedCard,
    EmulationError,
    EmulationErrorCode,
    Fault,
    Proof,
    PullAt,
    PullInFile,
    SilenceAt,
    StatusWordAt,
    StatusWordOn,
    TruncateAt,
    WrongMacAt,
    WrongProof,
)
from cccd_reader.emulation.air import FRAME_DELAY_S
from cccd_reader.emulation.faults import (
    FAULT_KINDS,
    CardPulledError,
    CardSilentError,
    fault_from_json,
    fault_from_text,
    fault_to_json,
    fault_usage,
)
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
    StatusWordAt(3, 0x6A82, protected=True),
    StatusWordOn(0x86, 0x6300, nth=4),
    StatusWordOn(0xB0, 0x6282, protected=True),
    *(WrongProof(proof) for proof in Proof),
]

MET = (0x6282, 0x6283, 0x6300, 0x63C2, 0x6700, 0x6982, 0x6983, 0x6985, 0x6987, 0x6988, 0x6A80, 0x6A82, 0x6A88, 0x6B00)
MET += (0x6C10, 0x6110, 0x6D00, 0x6E00, 0x6F00)
"""The status words that readers have met."""


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


@pytest.mark.parametrize("sw", MET)
def test_any_status_word_may_come_under_protection(terminal: MakeTerminal, sw: int) -> None:
    inside = terminal().pace()
    inside.card.arm(StatusWordAt(inside.card.apdus + 1, sw, protected=True))
    command = inside.link.channel.protect(CommandApdu(0, 0xB0, 0x81, 0, le=4))
    assert inside.link.channel.unprotect(inside.link.send_plain(command)) == ResponseApdu(b"", sw)
    assert inside.read(1).ok


@pytest.mark.parametrize("protected", [False, True])
def test_without_a_session_protection_is_none(image: CardImage, protected: bool) -> None:
    card = EmulatedCard(image)
    card.arm(StatusWordAt(1, 0x6F00, protected=protected))
    assert card.process(READ_CARD_ACCESS) == bytes.fromhex("6F00")
    assert card.process(READ_CARD_ACCESS)[-2:] == bytes.fromhex("9000")


@pytest.mark.parametrize(
    ("nth", "code"),
    [
        (1, CardErrorCode.BAD_ANSWER),
        (2, CardErrorCode.BAD_ANSWER),
        (3, CardErrorCode.BAD_ANSWER),
        (4, CardErrorCode.WRONG_KEY),
    ],
)
def test_a_status_word_in_a_step_of_pace(terminal: MakeTerminal, nth: int, code: CardErrorCode) -> None:
    outside = terminal()
    outside.card.arm(StatusWordOn(0x86, 0x6300, nth))
    with pytest.raises(CardError) as caught:
        outside.pace()
    assert (caught.value.code, caught.value.sw) == (code, 0x6300)
    assert outside.card.apdus == 1 + nth
    outside.card.reset()
    assert outside.pace().read(1).ok


def test_status_words_of_one_kind_wait_for_each_other(image: CardImage) -> None:
    card = EmulatedCard(image)
    for sw in (0x6700, 0x6F00):
        card.arm(StatusWordOn(0xB0, sw, nth=2))
    answers = [card.process(command)[-2:].hex() for command in [READ_CARD_ACCESS] * 2 + [b"\x00", READ_CARD_ACCESS]]
    assert answers == ["9000", "6700", "6700", "6f00"]


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=str)
def test_faults_travel_as_json(fault: Fault) -> None:
    assert fault_from_json(json.loads(json.dumps(fault_to_json(fault)))) == fault


def test_there_is_a_fault_of_every_kind() -> None:
    assert {type(fault) for fault in ALL_FAULTS} == set(FAULT_KINDS.values())
    assert all(name.replace("_", "-") in fault_usage() for name in FAULT_KINDS)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("pull-in-file:DG2:6000", PullInFile("DG2", 6000)),
        ("pull-at:3", PullAt(3)),
        ("truncate-at:3", TruncateAt(3)),
        ("truncate-at:3:5", TruncateAt(3, 5)),
        ("status-word-at:3:6F00", StatusWordAt(3, 0x6F00)),
        ("status-word-on:86:6300:4", StatusWordOn(0x86, 0x6300, 4)),
        ("status-word-on:B0:6a82:1:protected", StatusWordOn(0xB0, 0x6A82, protected=True)),
        ("status-word-on:B0:6a82:1:plain", StatusWordOn(0xB0, 0x6A82)),
        ("wrong-proof:pace-token", WrongProof(Proof.PACE_TOKEN)),
    ],
)
def test_faults_on_a_command_line(text: str, fault: Fault) -> None:
    assert fault_from_text(text) == fault


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("explode", None),
        ("pull-at", None),
        ("pull-at:1:2", None),
        ("pull-at:x", "apdu"),
        ("pull-in-file:DG17:1", "file"),
        ("status-word-on:B0:9z", "sw"),
        ("status-word-on:100:6300", "ins"),
        ("status-word-at:1:6300:maybe", "protected"),
        ("wrong-proof:good-looks", "proof"),
    ],
)
def test_texts_that_are_no_fault(text: str, field: str | None) -> None:
    with pytest.raises(EmulationError) as caught:
        fault_from_text(text)
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_COMMAND, field)


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
        ({"kind": "status_word_on", "ins": 256, "sw": 0x6300}, "ins"),
        ({"kind": "status_word_on", "ins": 0x86, "sw": 0x6300, "nth": 0}, "nth"),
        ({"kind": "status_word_on", "ins": 0x86, "sw": 0x6300, "protected": 1}, "protected"),
        ({"kind": "wrong_proof", "proof": "good_looks"}, "proof"),
        ({"kind": "wrong_proof", "proof": 1}, "proof"),
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
    # Command and answer with a frame of three bytes each, nine bits a byte, and a pause after each.
    assert waits == [pytest.approx(0.005 + (5 + len(answer) + 6) * 9 / 106_000 + 2 * FRAME_DELAY_S)]


def on_air(rate: int, sent: int, received: int, frames: int) -> float:
    """The time without the pauses."""
    return AirTime(rate).seconds(sent, received) - frames * FRAME_DELAY_S


def test_long_answers_take_more_frames() -> None:
    # 1000 bytes are four frames, three of which are acknowledged.
    assert on_air(106, 5, 1000, 8) == pytest.approx((1005 + 5 * 3 + 3 * 3) * 9 / 106_000)
    assert on_air(106, 5, 1000, 8) == pytest.approx(8 * on_air(848, 5, 1000, 8))
    assert on_air(848, 0, 0, 2) == pytest.approx(2 * 3 * 9 / 848_000)
    assert on_air(848, 254, 0, 4) - on_air(848, 253, 0, 2) == pytest.approx((1 + 3 + 3) * 9 / 848_000)
