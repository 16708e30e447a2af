"""MLLP frames in whatever pieces they come."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.hospital.hl7v2.frames import MAX_NOISE_BYTES, Deframer, FramingError, framed

content = st.binary(min_size=1, max_size=64).filter(lambda value: b"\x0b" not in value and b"\x1c" not in value)
noise = st.binary(max_size=16).filter(lambda value: b"\x0b" not in value)


@given(st.lists(st.tuples(noise, content), max_size=6), st.integers(1, 40))
def test_frames_arrive_whole_in_any_pieces(sent: list[tuple[bytes, bytes]], size: int) -> None:
    stream = b"".join(before + framed(one) for before, one in sent)
    deframer = Deframer()
    got: list[bytes] = []
    for begin in range(0, len(stream), size):
        got.extend(deframer.feed(stream[begin : begin + size]))
    assert got == [one for _, one in sent]
    assert deframer.idle


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_frames_or_a_framing_error(data: bytes, size: int) -> None:
    deframer = Deframer(max_frame_bytes=64)
    with contextlib.suppress(FramingError):
        for begin in range(0, len(data), size):
            for one in deframer.feed(data[begin : begin + size]):
                assert 0 < len(one) <= 64


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x0bMSH\x1c\n", "carriage return"),
        (b"\x0bMSH\x0bMSH\x1c\r", "within a frame"),
        (b"\x0b\x1c\r", "empty"),
        (b"\x0b" + b"x" * 101, "too long"),
        (b"\x0b" + b"x" * 101 + b"\x1c\r", "too long"),
        (b"x" * (MAX_NOISE_BYTES + 1), "noise"),
    ],
)
def test_what_is_no_frame(data: bytes, rule: str) -> None:
    with pytest.raises(FramingError, match=rule):
        Deframer(max_frame_bytes=100).feed(data)


def test_half_a_frame_is_waited_for() -> None:
    deframer = Deframer()
    assert deframer.feed(b"\x0bMSH|") == ()
    assert not deframer.idle
    assert deframer.feed(b"^~\\&\x1c") == ()
    assert deframer.feed(b"\r\n") == (b"MSH|^~\\&",)
    assert deframer.idle


@pytest.mark.parametrize("wrong", [b"", b"MSH\x0b", b"MSH\x1c"])
def test_only_what_fits_a_frame_is_sent(wrong: bytes) -> None:
    with pytest.raises(FramingError):
        framed(wrong)
