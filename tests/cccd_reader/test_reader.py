"""Whole readings of a chip: what is read in which order, and what happens when something is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cccd_reader import (
    Access,
    CardError,
    CardErrorCode,
    Check,
    CheckState,
    KeyRing,
    LocalConnection,
    MrzKey,
    PartialRead,
    Progress,
    Stage,
    keyring_from_number,
    read_card,
)
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.lds.files import EF

NUMBER = "001099012345"
DG1, DG2, DG13, DG14, DG15, SOD = 0x0101, 0x0102, 0x010D, 0x010E, 0x010F, 0x011D


@pytest.fixture(scope="module")
def sod_factory(sod_maker: Any) -> Any:
    return sod_maker()


@pytest.fixture(scope="module")
def files(vietnam: dict[str, Any], emrtd_data: Path, sod_factory: Any) -> dict[int, bytes]:
    found = {
        DG1: bytes.fromhex(vietnam["dg1_hex"]),
        DG2: (emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes(),
        DG13: bytes.fromhex(vietnam["dg13"][0]["hex"]),
        DG14: (emrtd_data / "bsi2008" / "Datagroup14.bin").read_bytes(),
        DG15: (emrtd_data / "bsi2008" / "Datagroup15.bin").read_bytes(),
    }
    return {**found, SOD: sod_factory({fid & 0xFF: data for fid, data in found.items()})}


@pytest.fixture
def chip(fake_chip: Any, files: dict[int, bytes]) -> Any:
    return fake_chip(files, NUMBER[-6:])


@pytest.fixture
def read(chip: Any) -> Callable[..., Any]:
    def go(keys: KeyRing | None = None, **options: Any) -> Any:
        connection = LocalConnection(chip)
        try:
            return read_card(connection, keys or keyring_from_number(NUMBER), **options)
        finally:
            connection.close()

    return go


def failure(read: Callable[..., Any], *args: Any, **options: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        read(*args, **options)
    return caught.value


def states(readout: Any) -> dict[str, str]:
    return {verdict.check.value: verdict.state.value for verdict in readout.verdicts}


def test_a_genuine_card_is_read_whole(read: Callable[..., Any], chip: Any, files: dict[int, bytes]) -> None:
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
        "chip_authentication": "undetermined",
        "active_authentication": "undetermined",
        "cross_check": "successful",
    }
    assert readout.verdict(Check.ISSUER).reason == "no trust store"
    assert "NGUYỄN" not in repr(readout)


def test_no_command_asks_for_bytes_past_the_end_of_a_file(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    read()
    sizes = {fid & 0x1F: len(data) for fid, data in files.items()}
    current = 0
    for command in chip.log:
        if command.ins != 0xB0 or not chip.pace.done or command.p1 == 0x9C:
            continue
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            current, offset = command.p1 & 0x1F, command.p2
        assert command.le is not None
        assert command.le <= 223
        assert offset + command.le <= sizes[current]


def test_the_number_of_commands_is_what_the_sizes_need(read: Callable[..., Any], files: dict[int, bytes]) -> None:
    readout = read()
    pieces = sum(-(-len(data) // 223) for data in files.values())
    # EF.CardAccess, five commands of PACE and SELECT; DG14 and DG15 take a first short read each.
    assert readout.apdus <= pieces + 7 + 3


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
    assert readout.verdict(Check.CROSS_CHECK).reason == "equal: typed number and MRZ"


def test_a_listed_file_that_is_hidden_is_not_called_unsupported(read: Callable[..., Any], chip: Any) -> None:
    del chip.files[DG15]
    verdict = read().verdict(Check.ACTIVE_AUTHENTICATION)
    assert verdict.state is CheckState.UNDETERMINED
    assert "did not give it" in verdict.reason


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
