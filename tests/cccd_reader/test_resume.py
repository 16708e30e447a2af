"""Readings that are interrupted: a card pulled in its photo, pulled again, or another card put back."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import (
    CardError,
    CardErrorCode,
    PartialRead,
)
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.lds.files import EF

NUMBER = "001099012345"
DG1, DG2, DG13, DG14, DG15, SOD = 0x0101, 0x0102, 0x010D, 0x010E, 0x010F, 0x011D


def failure(read: Callable[..., Any], *args: Any, **options: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        read(*args, **options)
    return caught.value


def states(readout: Any) -> dict[str, str]:
    return {verdict.check.value: verdict.state.value for verdict in readout.verdicts}


def pull_in_dg2(after: int) -> Callable[[CommandApdu], ResponseApdu | None]:
    def answer(command: CommandApdu) -> ResponseApdu | None:
        if command.ins == 0xB0 and not command.p1 & 0x80 and (command.p1 << 8 | command.p2) >= after:
            raise CardError(CardErrorCode.CARD_REMOVED, "the card left while it answered")
        return None

    return answer


def test_a_card_pulled_while_the_photo_is_read_is_resumed(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    chip.on_plain = pull_in_dg2(8000)
    error = failure(read)
    assert error.code is CardErrorCode.CARD_REMOVED
    partial = error.partial
    assert partial is not None
    assert set(partial.files) == {EF.DG1, EF.DG13, EF.SOD, EF.DG14, EF.DG15}
    assert repr(partial) == "PartialRead(DG1, DG13, SOD, DG14, DG15)"

    chip.on_plain = lambda command: None
    chip.log.clear()
    readout = read(resume=partial)
    assert states(readout)["dg_hashes"] == "successful"
    assert readout.citizen.full_name == "NGUYỄN VĂN AN"
    by_short = {command.p1 & 0x1F for command in chip.log if command.ins == 0xB0 and command.p1 & 0x80}
    assert by_short == {0x1C, 0x01, 0x1D}  # DG1 and EF.SOD prove that it is the same card
    offsets = [command.p1 << 8 | command.p2 for command in chip.log if command.ins == 0xB0 and not command.p1 & 0x80]
    assert min(offset for offset in offsets if offset > 2000) > 7700  # the photo goes on where it stopped


def test_a_reading_can_go_to_another_process_and_back(read: Callable[..., Any], chip: Any) -> None:
    chip.on_plain = pull_in_dg2(8000)
    error = pickle.loads(pickle.dumps(failure(read)))
    assert (type(error), error.code, error.detail) == (
        CardError,
        CardErrorCode.CARD_REMOVED,
        "the card left while it answered",
    )
    assert str(error) == "card_removed: the card left while it answered"
    chip.on_plain = lambda command: None
    readout = read(resume=error.partial)
    assert pickle.loads(pickle.dumps(readout)) == readout


def test_a_card_pulled_before_its_sod_is_known_by_dg1(read: Callable[..., Any], chip: Any) -> None:
    def pull_in_sod(command: CommandApdu) -> ResponseApdu | None:
        if command.p1 == 0x9D:
            raise CardError(CardErrorCode.CARD_REMOVED, "pulled")
        return None

    chip.on_plain = pull_in_sod
    partial = failure(read).partial
    assert partial is not None
    assert set(partial.files) == {EF.DG1, EF.DG13}
    chip.on_plain = lambda command: None
    chip.log.clear()
    assert states(read(resume=partial))["dg_hashes"] == "successful"
    assert not any(command.p1 == 0x8D for command in chip.log)


def test_a_card_pulled_twice_keeps_what_the_first_reading_got(read: Callable[..., Any], chip: Any) -> None:
    chip.on_plain = pull_in_dg2(8000)
    first = failure(read).partial

    def pull_at_once(command: CommandApdu) -> ResponseApdu | None:
        if command.p1 == 0x9D:
            raise CardError(CardErrorCode.CARD_REMOVED, "pulled")
        return None

    chip.on_plain = pull_at_once
    assert failure(read, resume=first).partial is first
    chip.on_plain = pull_in_dg2(12_000)
    second = failure(read, resume=first).partial
    assert second is not None
    assert second.unfinished is not None
    assert len(second.unfinished[1]) > 11_000


def test_a_photo_goes_on_although_the_card_has_no_dg14(read: Callable[..., Any], chip: Any) -> None:
    del chip.files[DG14]
    chip.on_plain = pull_in_dg2(8000)
    partial = failure(read).partial
    chip.on_plain = lambda command: None
    chip.log.clear()
    read(resume=partial)
    assert not any(command.p1 == 0x82 for command in chip.log)


def test_bytes_of_an_unknown_card_are_not_taken_over(read: Callable[..., Any]) -> None:
    stray = PartialRead(files={}, unfinished=(EF.DG13, b"\x6d\x03\x01"))
    assert stray.key is None
    assert states(read(resume=stray))["dg_hashes"] == "successful"


def test_another_card_starts_afresh(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes], sod_factory: Any
) -> None:
    chip.on_plain = pull_in_dg2(8000)
    partial = failure(read).partial
    assert partial is not None
    chip.on_plain = lambda command: None
    # A renewed card of the same holder: DG1 is equal, EF.SOD is not.
    groups = {1: files[DG1], 2: files[DG2], 13: files[DG13]}
    chip.files = {
        0x011C: chip.files[0x011C],
        DG1: files[DG1],
        DG2: files[DG2],
        DG13: files[DG13],
        SOD: sod_factory(groups),
    }
    chip.log.clear()
    readout = read(resume=partial)
    assert set(readout.files) == {"DG1", "DG13", "SOD", "DG2"}
    assert any(command.p1 == 0x8D for command in chip.log)


def test_a_card_pulled_before_anything_was_read(read: Callable[..., Any], chip: Any) -> None:
    def pull(command: CommandApdu) -> ResponseApdu | None:
        raise CardError(CardErrorCode.CARD_REMOVED, "pulled")

    chip.on_raw = pull
    assert failure(read).partial is None


def test_a_file_that_vanished_between_two_readings(read: Callable[..., Any], chip: Any) -> None:
    chip.on_plain = pull_in_dg2(8000)
    partial = failure(read).partial
    chip.on_plain = lambda command: None
    del chip.files[DG2]
    readout = read(resume=partial)
    assert readout.photo is None
    assert not readout.citizen.face_image
