"""Secure messaging on the chip's side: the terminal's own objects come back, and every change ends the session."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_messaging import ChipSession, SecureMessagingError
from cccd_reader.secure_messaging import SecureChannel

MakeTerminal = Callable[..., Any]


def pair(suite: CipherSuite) -> tuple[SecureChannel, ChipSession]:
    keys = bytes(range(1, suite.key_bytes + 1)), bytes(range(2, suite.key_bytes + 2))
    ssc = bytes(range(suite.block_bytes))
    return SecureChannel(suite, *keys, ssc), ChipSession(suite, *keys, ssc)


@given(
    suite=st.sampled_from(CipherSuite),
    ins=st.sampled_from([0xB0, 0xB1, 0xA4]),
    data=st.binary(max_size=400),
    le=st.none() | st.integers(1, 65536),
    answer=st.binary(max_size=400),
    sw=st.sampled_from([0x9000, 0x6282, 0x6A82]),
)
def test_what_one_side_protects_the_other_opens(
    suite: CipherSuite, ins: int, data: bytes, le: int | None, answer: bytes, sw: int
) -> None:
    terminal, chip = pair(suite)
    for _ in range(2):
        inner = chip.unwrap(terminal.protect(CommandApdu(0x00, ins, 1, 2, data, le)))
        assert (inner.cla, inner.ins, inner.p1, inner.p2, inner.data, inner.le) == (0x00, ins, 1, 2, data, le)
        wrapped = chip.wrap(ResponseApdu(answer, sw))
        assert len(wrapped.data) == chip.wrapped_length(len(answer))
        assert terminal.unprotect(wrapped) == ResponseApdu(answer, sw)
    assert terminal.ssc == chip.ssc


@pytest.mark.parametrize("suite", list(CipherSuite))
def test_every_bit_of_a_command_counts(suite: CipherSuite) -> None:
    terminal, _ = pair(suite)
    good = terminal.protect(CommandApdu(0x00, 0xA4, 0x02, 0x0C, b"\x01\x01"))
    for position in range(len(good.data) * 8):
        _, chip = pair(suite)
        changed = bytearray(good.data)
        changed[position // 8] ^= 0x80 >> position % 8
        with pytest.raises(SecureMessagingError):
            chip.unwrap(CommandApdu(good.cla, good.ins, good.p1, good.p2, bytes(changed), good.le))


def test_the_header_is_protected_too() -> None:
    terminal, chip = pair(CipherSuite.AES128)
    good = terminal.protect(CommandApdu(0x00, 0xB0, 0x81, 0, le=4))
    with pytest.raises(SecureMessagingError) as caught:
        chip.unwrap(CommandApdu(good.cla, good.ins, 0x82, 0, good.data, good.le))
    assert caught.value.sw == 0x6988


def signed(chip: ChipSession, objects: bytes, ins: int = 0xB0) -> CommandApdu:
    """A command whose MAC is right, whatever its objects are."""
    twin = ChipSession(chip.suite, chip._ks_enc, chip._ks_mac, chip.ssc)
    twin._step()
    header = bytes([0x0C, ins, 0, 0, 0x80]) + bytes(chip.suite.block_bytes - 5)
    return CommandApdu(0x0C, ins, 0, 0, objects + tlv.encode(0x8E, twin._mac(header + objects)))


@pytest.mark.parametrize(
    ("objects", "sw"),
    [
        (tlv.encode(0x87, b"\x02" + bytes(16)), 0x6988),  # another padding
        (tlv.encode(0x87, b"\x01" + bytes(15)), 0x6988),  # no whole block
        (tlv.encode(0x87, b"\x01" + bytes(16)), 0x6988),  # no padding inside
        (tlv.encode(0x97, b"\x00\x00\x00"), 0x6988),
        (tlv.encode(0x97, b"\x04") + tlv.encode(0x97, b"\x04"), 0x6988),
        (tlv.encode(0x85, bytes(16)), 0x6988),  # the object of odd instructions
    ],
    ids=["indicator", "block", "padding", "Le", "twice", "odd"],
)
def test_objects_that_do_not_belong_there(objects: bytes, sw: int) -> None:
    _, chip = pair(CipherSuite.AES128)
    with pytest.raises(SecureMessagingError) as caught:
        chip.unwrap(signed(chip, objects))
    assert caught.value.sw == sw


@pytest.mark.parametrize(
    ("data", "sw"), [(b"", 0x6987), (tlv.encode(0x97, b"\x04"), 0x6987), (b"\x8e\x09\x00", 0x6988)]
)
def test_missing_and_broken_objects(data: bytes, sw: int) -> None:
    _, chip = pair(CipherSuite.AES128)
    with pytest.raises(SecureMessagingError) as caught:
        chip.unwrap(CommandApdu(0x0C, 0xB0, 0, 0, data))
    assert caught.value.sw == sw


@pytest.mark.parametrize("way", ["pace", "bac"])
def test_a_wrong_mac_ends_the_session(terminal: MakeTerminal, way: str) -> None:
    inside = getattr(terminal(), way)()
    command = inside.link.channel.protect(CommandApdu(0, 0xB0, 0x81, 0, le=4))
    broken = command.data[:-1] + bytes([command.data[-1] ^ 1])
    answer = inside.link.send_plain(CommandApdu(0x0C, 0xB0, 0x81, 0, broken, le=256))
    assert answer == ResponseApdu(b"", 0x6988)
    assert inside.plain("00B0810004").sw == 0x6982


def test_a_command_cannot_be_played_twice(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    command = inside.link.channel.protect(CommandApdu(0, 0xB0, 0x81, 0, le=4))
    assert inside.link.send_plain(command).ok
    assert inside.link.send_plain(command).sw == 0x6988
