"""How large the pieces are that files are read in, and what a reader that cannot carry them costs."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import (
    CardError,
    CardErrorCode,
)
from cccd_reader.apdu import CommandApdu, ResponseApdu

NUMBER = "001099012345"
DG1, DG2, DG13, DG14, DG15, SOD = 0x0101, 0x0102, 0x010D, 0x010E, 0x010F, 0x011D


def failure(read: Callable[..., Any], *args: Any, **options: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        read(*args, **options)
    return caught.value


def states(readout: Any) -> dict[str, str]:
    return {verdict.check.value: verdict.state.value for verdict in readout.verdicts}


def too_long(limit: int) -> Callable[[CommandApdu], ResponseApdu | None]:
    def answer(command: CommandApdu) -> ResponseApdu | None:
        if command.ins == 0xB0 and (command.le or 0) > limit:
            return ResponseApdu(b"", 0x6700)
        return None

    return answer


@pytest.mark.parametrize(("limit", "piece"), [(222, 160), (159, 112)])
def test_smaller_pieces_when_the_chip_finds_them_too_long(
    read: Callable[..., Any], chip: Any, limit: int, piece: int
) -> None:
    chip.on_plain = too_long(limit) if not chip.pace.done else None
    chip.on_plain = lambda command: too_long(limit)(command) if chip.pace.done else None
    assert states(read())["dg_hashes"] == "successful"
    assert max(command.le or 0 for command in chip.log[-20:]) == piece


def test_no_smaller_piece_left(read: Callable[..., Any], chip: Any) -> None:
    chip.on_plain = lambda command: too_long(50)(command) if chip.pace.done else None
    error = failure(read)
    assert error.code is CardErrorCode.BAD_ANSWER
    assert error.sw == 0x6700


def test_a_reader_that_truncates_answers_costs_a_new_session_and_nothing_else(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    """What a reader with small frames does: the answer is cut, its MAC is gone, and the session with it."""
    process = chip.process

    def cut(raw: bytes) -> bytes:
        answer: bytes = process(raw)
        return answer if len(answer) <= 200 else answer[:150] + answer[-2:]

    chip.process = cut
    readout = read()
    assert states(readout)["dg_hashes"] == "successful"
    assert readout.files["DG2"].size == len(files[DG2])
    # DG1 needs no full piece; it is not read a second time in the second session.
    assert sum(command.p1 == 0x81 for command in chip.log) == 1


def test_unprotected_6700_costs_a_new_session(read: Callable[..., Any], chip: Any) -> None:
    def answer(command: CommandApdu) -> ResponseApdu | None:
        too_big = chip.pace.done and len(chip.log) > 10 and chip.resets < 3
        return ResponseApdu(b"", 0x6700) if too_big else None

    chip.on_raw = answer
    assert states(read())["dg_hashes"] == "successful"
    assert chip.resets == 3


def test_a_session_that_never_holds_is_given_up(read: Callable[..., Any], chip: Any) -> None:
    chip.on_raw = lambda command: ResponseApdu(b"", 0x6988) if chip.pace.done and len(chip.log) > 3 else None
    error = failure(read)
    assert error.code is CardErrorCode.SECURE_MESSAGING
    assert error.sw == 0x6988


def test_longer_reads_when_they_are_allowed(read: Callable[..., Any], chip: Any) -> None:
    short = read().apdus
    chip.log.clear()
    readout = read(largest_read=4096)
    assert states(readout)["dg_hashes"] == "successful"
    assert readout.apdus < short / 2


def test_a_reader_that_fails_at_extended_length_is_read_in_short_pieces(read: Callable[..., Any], chip: Any) -> None:
    def refuse(command: CommandApdu) -> ResponseApdu | None:
        if command.is_extended:
            raise CardError(CardErrorCode.BAD_ANSWER, "SCardTransmit answers 80100008")
        return None

    chip.on_raw = refuse
    assert states(read(largest_read=4096))["dg_hashes"] == "successful"
    assert chip.resets == 3
