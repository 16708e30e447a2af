"""How much each command asks for: what a chip or reader that cannot carry it costs, and what is remembered of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cccd_reader import CardError, CardErrorCode
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_messaging import ChipSession
from cccd_reader.keys import keyring_from_number
from cccd_reader.read_profile import MAX_PROFILES, RETRY_AFTER, ReadProfile, ReadProfiles
from cccd_reader.read_tactics import protected_length, short_chunk
from cccd_reader.reader import read_card
from cccd_reader.transport.local import DEFAULT_ATR, READER_NAME, LocalConnection

NUMBER = "001099012345"
HANDSHAKE = 7 + 3
"""EF.CardAccess, five commands of PACE, SELECT; the proofs that this chip refuses."""


def failure(read: Callable[..., Any], *args: Any, **options: Any) -> CardError:
    with pytest.raises(CardError) as caught:
        read(*args, **options)
    return caught.value


def states(readout: Any) -> dict[str, str]:
    return {verdict.check.value: verdict.state.value for verdict in readout.verdicts}


def learned(profiles: ReadProfiles) -> ReadProfile:
    return profiles.get(READER_NAME, DEFAULT_ATR)


def in_session(chip: Any, answer: Callable[[CommandApdu], int | None]) -> None:
    """READ BINARY in a session, answered under protection by a status word alone."""

    def intercept(command: CommandApdu) -> ResponseApdu | None:
        sw = answer(command) if chip.pace.done and command.ins == 0xB0 else None
        return None if sw is None else ResponseApdu(b"", sw)

    chip.on_plain = intercept


def session_dies(chip: Any, answer: Callable[[CommandApdu], int | None]) -> None:
    """READ BINARY in a session, answered by a status word without protection."""
    process = chip.process

    def end(raw: bytes) -> bytes:
        before = len(chip.log)
        done = chip.pace.done
        found: bytes = process(raw)
        if done and len(chip.log) > before and chip.log[-1].ins == 0xB0:
            sw = answer(chip.log[-1])
            if sw is not None:
                return sw.to_bytes(2, "big")
        return found

    chip.process = end


def past_the_end(files: dict[int, bytes]) -> Callable[[CommandApdu], bool]:
    """Whether a READ BINARY reaches beyond the end of its file."""
    current = 0

    def reaches(command: CommandApdu) -> bool:
        nonlocal current
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            current, offset = 0x0100 | command.p1 & 0x1F, command.p2
        assert command.le is not None
        return offset + command.le > len(files.get(current, b"\x00" * 999))

    return reaches


@pytest.mark.parametrize("suite", list(CipherSuite))
def test_the_length_of_a_protected_answer(suite: CipherSuite) -> None:
    chip = ChipSession(suite, bytes(suite.key_bytes), bytes(suite.key_bytes))
    for size in (1, 95, 111, 112, 223, 224, 231, 232, 239, 240, 479, 487, 991, 4096, 32767, 65500):
        assert protected_length(suite, size) == chip.wrapped_length(size), size
    assert protected_length(suite, short_chunk(suite)) <= 256 < protected_length(suite, short_chunk(suite) + 1)
    assert protected_length(CipherSuite.AES128, 479) <= 512 < protected_length(CipherSuite.AES128, 480)


def test_every_file_that_fits_takes_one_command(read: Callable[..., Any], chip: Any, files: dict[int, bytes]) -> None:
    for largest in (223, 479, 4096):
        pieces = sum(-(-len(data) // largest) for data in files.values())
        assert read(largest_read=largest).apdus == HANDSHAKE + pieces


def test_short_apdus_when_the_reader_says_so(chip: Any, files: dict[int, bytes]) -> None:
    short = LocalConnection(chip, max_data_bytes=256)
    readout = read_card(short, keyring_from_number(NUMBER))
    assert readout.apdus == HANDSHAKE + sum(-(-len(data) // 223) for data in files.values())
    chip.log.clear()
    # An APDU buffer of 522 bytes, as many readers have, holds 479 under protection and no 1500.
    read_card(LocalConnection(chip, max_data_bytes=522), keyring_from_number(NUMBER))
    assert max(command.le or 0 for command in chip.log) == 479


def test_a_chip_that_refuses_to_read_past_the_end(read: Callable[..., Any], chip: Any, files: dict[int, bytes]) -> None:
    profiles = ReadProfiles()
    reaches = past_the_end(files)
    for sw in (0x6B00, 0x6700, 0x6A86, 0x6F00):
        in_session(chip, lambda command, sw=sw: sw if reaches(command) else None)
        assert states(read(profiles=profiles))["dg_hashes"] == "successful"
        assert learned(profiles).over_read is False
        assert learned(profiles).largest is None
        profiles = ReadProfiles()


def test_a_chip_that_ends_the_session_when_read_past_the_end(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    """It costs one session, once: the next reading of such a card on this reader asks with care from the start."""
    profiles = ReadProfiles()
    reaches = past_the_end(files)
    session_dies(chip, lambda command: 0x6B00 if reaches(command) else None)
    before = chip.resets
    first = read(profiles=profiles)
    assert states(first)["dg_hashes"] == "successful"
    assert chip.resets == before + 2  # connected, and opened again
    before = chip.resets
    second = read(profiles=profiles)
    assert states(second)["dg_hashes"] == "successful"
    assert chip.resets == before + 1
    assert second.apdus < first.apdus
    assert learned(profiles) == ReadProfile(
        proven=4096, largest=None, extended=True, short_identifiers=True, over_read=False
    )


def test_a_chip_without_short_identifiers_is_asked_once(read: Callable[..., Any], chip: Any) -> None:
    chip.short_identifiers = False
    profiles = ReadProfiles()

    def by_short() -> int:
        return sum(command.ins == 0xB0 and command.p1 in (0x81, 0x8D, 0x9D, 0x8E, 0x8F, 0x82) for command in chip.log)

    read(profiles=profiles)
    assert by_short() == 2  # as long as it may be the length that it does not like
    assert learned(profiles).short_identifiers is False
    assert learned(profiles).over_read is True
    chip.log.clear()
    read(profiles=profiles)
    assert by_short() == 0


@pytest.mark.parametrize(("limit", "piece"), [(222, 160), (159, 112)])
def test_smaller_pieces_when_the_chip_finds_them_too_long(
    read: Callable[..., Any], chip: Any, limit: int, piece: int
) -> None:
    profiles = ReadProfiles()
    in_session(chip, lambda command: 0x6700 if (command.le or 0) > limit else None)
    assert states(read(profiles=profiles))["dg_hashes"] == "successful"
    assert max(command.le or 0 for command in chip.log[-20:]) == piece
    assert learned(profiles).largest == piece
    chip.log.clear()
    read(profiles=profiles)
    assert max(command.le or 0 for command in chip.log if command.ins == 0xB0 and command.p1 != 0x9C) == piece


def test_no_smaller_piece_left(read: Callable[..., Any], chip: Any) -> None:
    in_session(chip, lambda command: 0x6700 if (command.le or 0) > 50 else None)
    error = failure(read)
    assert error.code is CardErrorCode.BAD_ANSWER
    assert error.sw == 0x6700


def test_a_reader_that_truncates_answers_costs_a_session_once(
    read: Callable[..., Any], chip: Any, files: dict[int, bytes]
) -> None:
    """What a reader with small frames does: the answer is cut, its MAC is gone, and the session with it."""
    process = chip.process

    def cut(raw: bytes) -> bytes:
        answer: bytes = process(raw)
        return answer if len(answer) <= 200 else answer[:150] + answer[-2:]

    chip.process = cut
    profiles = ReadProfiles()
    readout = read(profiles=profiles)
    assert states(readout)["dg_hashes"] == "successful"
    assert readout.files["DG2"].size == len(files[0x0102])
    # DG1 needs no full piece; it is not read a second time in the second session.
    assert sum(command.p1 == 0x81 for command in chip.log) == 1
    before = chip.resets
    read(profiles=profiles)
    assert chip.resets == before + 1


def test_a_disturbance_is_no_limit(read: Callable[..., Any], chip: Any) -> None:
    """A size that worked before fails once: it is tried again, and not held against the reader."""
    profiles = ReadProfiles()
    disturbed = iter([False] * 12 + [True])
    session_dies(chip, lambda command: 0x6988 if next(disturbed, False) else None)
    assert states(read(profiles=profiles, largest_read=223))["dg_hashes"] == "successful"
    assert chip.resets == 3
    assert learned(profiles).largest is None
    assert max(command.le or 0 for command in chip.log[-5:]) == 223


def test_a_size_that_fails_again_and_again_is_left(read: Callable[..., Any], chip: Any) -> None:
    profiles = ReadProfiles()
    read(profiles=profiles, largest_read=223)
    session_dies(chip, lambda command: 0x6988 if (command.le or 0) > 160 else None)
    assert states(read(profiles=profiles, largest_read=223))["dg_hashes"] == "successful"
    assert learned(profiles).largest is None  # it did work once


def test_a_session_that_never_holds_is_given_up(read: Callable[..., Any], chip: Any) -> None:
    session_dies(chip, lambda command: 0x6988)
    error = failure(read)
    assert error.code is CardErrorCode.SECURE_MESSAGING
    assert error.sw == 0x6988


def test_a_chip_for_short_apdus_alone_costs_one_session(read: Callable[..., Any], chip: Any) -> None:
    profiles = ReadProfiles()
    chip.on_raw = lambda command: ResponseApdu(b"", 0x6700) if command.is_extended else None
    assert states(read(profiles=profiles))["dg_hashes"] == "successful"
    assert chip.resets == 3
    assert learned(profiles).extended is False
    read(profiles=profiles)
    assert chip.resets == 4


def refuse_extended(command: CommandApdu) -> ResponseApdu | None:
    if command.is_extended:
        raise CardError(CardErrorCode.BAD_ANSWER, "SCardTransmit answers 80100008")
    return None


def test_a_reader_that_fails_at_extended_length_is_read_in_short_pieces(read: Callable[..., Any], chip: Any) -> None:
    chip.on_raw = refuse_extended
    profiles = ReadProfiles()
    assert states(read(largest_read=4096, profiles=profiles))["dg_hashes"] == "successful"
    assert chip.resets == 2 + 3  # it said that it can: smaller long ones are tried before short ones
    read(largest_read=4096, profiles=profiles)
    assert chip.resets == 6


def test_a_reader_that_does_not_say_is_tried_once(chip: Any) -> None:
    chip.on_raw = refuse_extended
    readout = read_card(LocalConnection(chip, max_data_bytes=None), keyring_from_number(NUMBER))
    assert states(readout)["dg_hashes"] == "successful"
    assert chip.resets == 3


def test_a_reader_that_hangs_at_extended_length_does_not_hang_at_every_reading(
    read: Callable[..., Any], chip: Any
) -> None:
    def hang(command: CommandApdu) -> ResponseApdu | None:
        if command.is_extended:
            raise CardError(CardErrorCode.TIMEOUT, "no answer")
        return None

    chip.on_raw = hang
    profiles = ReadProfiles()
    assert failure(read, profiles=profiles).code is CardErrorCode.TIMEOUT
    assert states(read(profiles=profiles))["dg_hashes"] == "successful"


def test_profiles_are_kept_in_a_file(read: Callable[..., Any], chip: Any, tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    read(profiles=ReadProfiles(path))
    again = ReadProfiles(path)
    assert learned(again) == ReadProfile(
        proven=4096, largest=None, extended=True, short_identifiers=True, over_read=True
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles.json"]
    stamp = path.stat().st_mtime_ns
    read(profiles=again)
    assert path.stat().st_mtime_ns == stamp  # nothing new, nothing written


def test_a_file_that_cannot_be_written_fails_no_reading(read: Callable[..., Any], tmp_path: Path) -> None:
    assert states(read(profiles=ReadProfiles(tmp_path / "missing" / "profiles.json")))["dg_hashes"] == "successful"


ENTRY = {
    "reader": "R",
    "atr": "3b00",
    "proven": 223,
    "largest": None,
    "extended": None,
    "short_identifiers": True,
    "over_read": False,
}


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(json.dumps({"version": 1, "profiles": [ENTRY]}))
    found = ReadProfiles(path).get("R", b"\x3b\x00")
    assert found == ReadProfile(proven=223, short_identifiers=True, over_read=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        "\x00",
        json.dumps({"version": 2, "profiles": [ENTRY]}),
        json.dumps({"version": 1}),
        json.dumps({"version": 1, "profiles": 5}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "atr": "xx"}]}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "proven": -1}]}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "proven": 1e3}]}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "largest": "big"}]}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "over_read": 1}]}),
        json.dumps({"version": 1, "profiles": [{**ENTRY, "extended": "yes"}]}),
        json.dumps({"version": 1, "profiles": [{}]}),
        json.dumps({"version": 1, "profiles": [None]}),
    ],
)
def test_a_bad_file_is_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(text)
    assert ReadProfiles(path).get("R", b"\x3b\x00") == ReadProfile()


def test_profiles_do_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "profiles.json"
    profiles = ReadProfiles(path)
    for index in range(MAX_PROFILES + 5):
        profiles.put(f"Reader {index}", b"", ReadProfile(proven=index + 1))
    again = ReadProfiles(path)
    assert again.get("Reader 4", b"") == ReadProfile()
    assert again.get("Reader 5", b"").proven == 6


def test_one_bad_card_does_not_slow_the_others_down_for_good() -> None:
    profiles = ReadProfiles()
    slow = ReadProfile(proven=112, largest=112, extended=False, short_identifiers=True, over_read=False)
    for reading in range(1, RETRY_AFTER + 1):
        profiles.put("R", b"", slow)
        assert profiles.get("R", b"").limited is (reading < RETRY_AFTER)
    assert profiles.get("R", b"") == ReadProfile(proven=112, short_identifiers=True)
    profiles.put("R", b"", slow)  # and if it was no bad card, it is found out again
    assert profiles.get("R", b"") == slow


def test_what_works_is_never_forgotten() -> None:
    profiles = ReadProfiles()
    quick = ReadProfile(proven=4096, extended=True, short_identifiers=True, over_read=True)
    for _ in range(2 * RETRY_AFTER):
        profiles.put("R", b"", quick)
    assert profiles.get("R", b"") == quick
