"""The seven cases of command APDUs, answers, and the names of status words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.apdu import CommandApdu, ResponseApdu, sw_name
from cccd_reader.errors import ChipDataError


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (CommandApdu(0, 0xA4, 0, 0x0C), "00A4000C"),
        (CommandApdu(0, 0x84, 0, 0, le=8), "0084000008"),
        (CommandApdu(0, 0xB0, 0, 0, le=256), "00B0000000"),
        (CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x1c"), "00A4020C02011C"),
        (CommandApdu(0x10, 0x86, 0, 0, b"\x7c\x00", le=256), "10860000027C0000"),
        (CommandApdu(0, 0xB0, 0, 0, le=4096, extended=True), "00B00000001000"),
        (CommandApdu(0, 0xB0, 0, 0, le=65536, extended=True), "00B00000000000"),
        (CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x1c", extended=True), "00A4020C000002011C"),
        (CommandApdu(0, 0x86, 0, 0, b"\x01", le=65536, extended=True), "0086000000000101" + "0000"),
    ],
)
def test_a_command_is_encoded_and_decoded(command: CommandApdu, encoded: str) -> None:
    assert command.encode() == bytes.fromhex(encoded)
    assert CommandApdu.decode(bytes.fromhex(encoded)) == command


def test_long_data_takes_the_extended_form_by_itself() -> None:
    command = CommandApdu(0, 0x86, 0, 0, bytes(256), le=256)
    assert command.encode()[4:7] == b"\x00\x01\x00"
    assert CommandApdu.decode(command.encode()).data == bytes(256)


@pytest.mark.parametrize(
    "encoded", ["", "00A400", "00A4000C0201", "00A4000C0201020000", "00A4000C0001", "00A4000C000002AA"]
)
def test_lengths_that_do_not_fit_are_refused(encoded: str) -> None:
    with pytest.raises(ChipDataError):
        CommandApdu.decode(bytes.fromhex(encoded))


def test_impossible_commands_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at most 65535"):
        CommandApdu(0, 0xB0, 0, 0, le=0).encode()
    with pytest.raises(ValueError, match="at most 65535"):
        CommandApdu(0, 0xB0, 0, 0, bytes(65536)).encode()


def test_answers() -> None:
    answer = ResponseApdu.decode(bytes.fromhex("60149000"))
    assert answer == ResponseApdu(b"\x60\x14", 0x9000)
    assert answer.ok
    assert not ResponseApdu.decode(bytes.fromhex("6A82")).ok
    assert answer.encode() == bytes.fromhex("60149000")
    with pytest.raises(ChipDataError, match="status word"):
        ResponseApdu.decode(b"\x90")


@pytest.mark.parametrize(
    ("sw", "name"),
    [
        (0x9000, "OK"),
        (0x6A82, "FILE_NOT_FOUND"),
        (0x6110, "MORE_DATA_16"),
        (0x6C08, "CORRECT_LE_8"),
        (0x63C2, "TRIES_LEFT_2"),
        (0x6300, "AUTHENTICATION_FAILED"),
        (0x1234, "1234"),
    ],
)
def test_status_words_have_names(sw: int, name: str) -> None:
    assert sw_name(sw) == name


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_bad_data(raw: bytes) -> None:
    try:
        command = CommandApdu.decode(raw)
    except ChipDataError:
        return
    assert CommandApdu.decode(command.encode()) == command
