"""Following up 61xx and 6Cxx, and counting what goes over the air."""

from typing import Any

import pytest

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.link import MAX_FOLLOW_UPS, Link

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
        kind, name, atr = "local", "endless", b""

        def transmit(self, apdu: bytes) -> tuple[bytes, int]:
            return b"\x00", 0x6101

        def reset(self) -> None: ...

        def close(self) -> None: ...

    link = Link(Endless())
    with pytest.raises(CardError) as caught:
        link.send(READ)
    assert caught.value.code is CardErrorCode.BAD_ANSWER
    assert link.apdus == MAX_FOLLOW_UPS + 1
