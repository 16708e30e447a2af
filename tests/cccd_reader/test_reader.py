"""Whole readings of a chip: what is read in which order, and what happens when something is wrong with it."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import (
    Access,
    CardError,
    CardErrorCode,
    Check,
    CheckState,
    KeyRing,
    MrzKey,
    Progress,
    Stage,
    keyring_from_number,
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


def test_a_card_is_read_whole(read: Callable[..., Any], chip: Any, files: dict[int, bytes]) -> None:
    ticks = iter([100.0, 101.5])
    readout = read(clock=lambda: next(ticks))
    assert (readout.access, readout.transport, readout.reader) == (Access.PACE, "local", "Local")
    assert readout.seconds == 1.5
    assert readout.citizen.full_name == "NGUYỄN VĂN AN"
    assert readout.citizen.father == "NGUYỄN VĂN BÌNH"
    present = readout.citizen.fields_present()
    assert [name for name, there in present.items() if not there] == ["fingerprints"]
    assert (readout.photo.width, readout.photo.height) == (413, 531)
    assert readout.mrz.personal_number == NUMBER
    assert readout.sod == files[SOD]
    assert {name: found.size for name, found in readout.files.items()} == {
        ef.label: len(files[ef.fid]) for ef in (EF.DG1, EF.DG13, EF.SOD, EF.DG14, EF.DG15, EF.DG2)
    }
    assert states(readout) == {
        "dg_hashes": "successful",
        "sod_signature": "successful",
        "issuer": "undetermined",
        "chip_authentication": "failed",  # the specimen's private keys are nowhere
        "active_authentication": "failed",
        "cross_check": "successful",
        "online": "undetermined",
    }
    assert readout.verdict(Check.ISSUER).reason == "no trust store"
    assert "NGUYỄN" not in repr(readout)


def test_progress_shows_the_holder_before_the_photo(read: Callable[..., Any]) -> None:
    seen: list[Progress] = []
    read(on_progress=seen.append)
    assert seen[0].stage is Stage.OPENING
    assert seen[-1].stage is Stage.CHECKING
    assert seen[-1].done == seen[-1].total
    first = next(report for report in seen if report.identity is not None)
    assert first.file == "DG1"
    assert first.identity is not None
    assert first.identity.number == NUMBER
    assert first.identity.full_name is None
    named = next(report for report in seen if report.identity is not None and report.identity.full_name)
    assert named.file == "DG13"
    assert not any(report.file == "DG2" for report in seen[: seen.index(named)])
    reading = [report.done for report in seen if report.stage is Stage.READING]
    assert reading == sorted(reading)
    assert all(report.done <= report.total for report in seen)


def test_a_wrong_number_is_a_wrong_key(read: Callable[..., Any], chip: Any) -> None:
    error = failure(read, keyring_from_number("001099999999"))
    assert error.code is CardErrorCode.WRONG_KEY
    assert error.partial is None
    assert "99999" not in str(error)
    # One try: a second would only make the chip slower, and PACE with the CAN is not tried by other means.
    assert chip.resets == 2  # made and connected, and not reset for a second try


def test_another_number_with_an_equal_end_opens_but_does_not_match(read: Callable[..., Any]) -> None:
    readout = read(keyring_from_number("079199" + NUMBER[-6:]))
    verdict = readout.verdict(Check.CROSS_CHECK)
    assert verdict.state is CheckState.FAILED
    assert verdict.reason == "different: typed number and MRZ, typed number and DG13"


def test_a_changed_dg13_fails_the_hashes_and_is_no_error(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    chip.files[DG13] = files[DG13].replace("VĂN AN".encode(), "VĂN ÂN".encode()[:7].ljust(7, b"N"))
    readout = read()
    verdict = readout.verdict(Check.DG_HASHES)
    assert verdict.state is CheckState.FAILED
    assert verdict.reason == "different: DG13"
    assert readout.verdict(Check.SOD_SIGNATURE).state is CheckState.SUCCESSFUL


@pytest.mark.parametrize(
    ("fid", "data", "file"),
    [
        (DG13, "6D0430023000", "DG13"),
        (DG13, "6E00", "DG13"),
        (DG13, "6D84FFFFFFFF00", "DG13"),
        (DG13, "6D80", "DG13"),
        (DG1, "6103020100", "DG1"),
        (SOD, "7702FFFF", "SOD"),
        (DG2, "75027F61", "DG2"),
    ],
)
def test_corrupt_files_are_named(read: Callable[..., Any], chip: Any, fid: int, data: str, file: str) -> None:
    chip.files[fid] = bytes.fromhex(data)
    error = failure(read)
    assert error.code is CardErrorCode.BAD_DATA
    assert error.file == file
    assert error.partial is None  # reading it again would not help


@pytest.mark.parametrize("fid", [DG1, SOD])
def test_a_card_without_a_required_file(read: Callable[..., Any], chip: Any, fid: int) -> None:
    del chip.files[fid]
    error = failure(read)
    assert error.code is CardErrorCode.BAD_ANSWER
    assert error.detail == "the card has no such file"


def test_a_card_that_shows_only_what_it_must(read: Callable[..., Any], chip: Any, sod_factory: Any) -> None:
    chip.files = {fid: data for fid, data in chip.files.items() if fid in (0x011C, DG1)}
    chip.files[SOD] = sod_factory({1: chip.files[DG1]})
    readout = read()
    assert readout.photo is None
    assert readout.citizen.number == NUMBER
    assert readout.citizen.full_name is None
    assert readout.citizen.birth is not None
    assert readout.citizen.birth.year == 1999
    assert states(readout)["chip_authentication"] == "not_supported"
    assert states(readout)["active_authentication"] == "not_supported"
    assert readout.verdict(Check.CROSS_CHECK).reason.startswith("equal: typed number and MRZ, ")


def deny(fid: int) -> Callable[[CommandApdu], ResponseApdu | None]:
    def answer(command: CommandApdu) -> ResponseApdu | None:
        by_short = command.ins == 0xB0 and command.p1 == 0x80 | fid & 0x1F
        return ResponseApdu(b"", 0x6982) if by_short else None

    return answer


def test_files_that_the_chip_denies(read: Callable[..., Any], chip: Any) -> None:
    chip.on_plain = deny(DG13)
    readout = read()
    assert "DG13" not in readout.files
    chip.on_plain = deny(DG1)
    error = failure(read)
    assert (error.code, error.file, error.sw) == (CardErrorCode.ACCESS_DENIED, "DG1", 0x6982)


def test_a_chip_without_short_identifiers(read: Callable[..., Any], chip: Any) -> None:
    chip.short_identifiers = False
    assert states(read())["dg_hashes"] == "successful"
    assert sum(command.ins == 0xA4 and command.p1 == 0x02 for command in chip.log) == 7  # CardAccess and six files


def test_select_may_be_denied_or_fail_too(read: Callable[..., Any], chip: Any) -> None:
    chip.short_identifiers = False

    def answer(sw: int) -> Callable[[CommandApdu], ResponseApdu | None]:
        return lambda command: ResponseApdu(b"", sw) if command.data == b"\x01\x01" else None

    for sw, code in ((0x6982, CardErrorCode.ACCESS_DENIED), (0x6F00, CardErrorCode.BAD_ANSWER)):
        chip.on_plain = answer(sw)
        assert failure(read).code is code


def test_reading_denied_after_select(read: Callable[..., Any], chip: Any) -> None:
    chip.short_identifiers = False
    for sw, code in ((0x6985, CardErrorCode.ACCESS_DENIED), (0x6F00, CardErrorCode.BAD_ANSWER)):
        chip.on_plain = lambda command, sw=sw: (
            ResponseApdu(b"", sw) if command.ins == 0xB0 and command.p1 == 0 and chip.pace.done else None
        )
        assert failure(read).code is code


def test_cancelling_stops_before_the_next_command(read: Callable[..., Any], chip: Any) -> None:
    error = failure(read, cancelled=lambda: any(command.p1 == 0x9D for command in chip.log))
    assert error.code is CardErrorCode.CANCELLED
    assert error.partial is not None
    assert EF.DG13 in error.partial.files
    assert failure(read, cancelled=lambda: True).partial is None


def test_keys_that_fit_no_protocol(read: Callable[..., Any]) -> None:
    assert failure(read, KeyRing(can=None)).code is CardErrorCode.UNSUPPORTED
    assert failure(read, keyring_from_number(NUMBER), access=Access.BAC).code is CardErrorCode.UNSUPPORTED
    guess = KeyRing(can=None, mrz=(MrzKey("099012345", "990115", "390115"),))
    assert failure(read, guess, access=Access.PACE).code is CardErrorCode.WRONG_KEY
