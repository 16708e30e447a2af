"""From bytes and key strokes to whole scans, and a scanner at the other end of a real terminal line."""

import os
import pty
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.scanner import (
    IDLE,
    LEAST_BURST,
    MAX_BYTES,
    MAX_KEY_GAP,
    LineAssembler,
    WedgeAssembler,
)
from cccd_reader.serial_scanner import SerialScanner

CARD = "001199012345||Nguyễn Thị Bình|15011999|Nữ|Số 4, Phố Năm|20032022"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x03"])
def test_a_line_ends_as_the_scanner_is_set_up(end: str) -> None:
    assert LineAssembler().feed((CARD + end + CARD + end).encode(), 0.0) == [CARD, CARD]


def test_the_frame_of_stx_and_etx() -> None:
    lines = LineAssembler()
    assert lines.feed(b"rest of something\x02" + CARD.encode() + b"\x03\r\n", 0.0) == [CARD]


def test_a_scan_without_terminator_ends_in_silence() -> None:
    lines = LineAssembler()
    assert lines.feed(CARD.encode(), 10.0) == []
    assert lines.tick(10.0 + IDLE / 2) == []
    assert lines.tick(10.0 + IDLE) == [CARD]
    assert lines.tick(20.0) == []


def test_a_scan_that_comes_after_silence_is_another_one() -> None:
    lines = LineAssembler()
    lines.feed(b"first", 0.0)
    assert lines.feed(b"second\r", 1.0) == ["first", "second"]


def test_more_than_any_card_has_is_dropped_to_its_end() -> None:
    lines = LineAssembler()
    assert lines.feed(b"x" * (MAX_BYTES + 1), 0.0) == []
    assert lines.feed(b"tail\r" + CARD.encode() + b"\r", 0.01) == [CARD]
    assert lines.feed(b"x" * (MAX_BYTES + 1), 1.0) == []
    assert lines.tick(2.0) == []
    assert lines.feed(b"x" * (MAX_BYTES + 1) + b"\x02ok\x03", 3.0) == ["ok"]


def test_bytes_of_another_code_page_keep_their_digits() -> None:
    assert LineAssembler().feed("001199012345|Nữ".encode("utf-16-be") + b"\r", 0.0)[0].startswith("001199012345")
    assert LineAssembler().feed(b"15011999|H\xe0 N\xf4i\r", 0.0) == ["15011999|H\ufffd N\ufffdi"]


def test_empty_lines_and_byte_order_marks_are_nothing() -> None:
    assert LineAssembler().feed(b"\r\n\r\n\xef\xbb\xbf\r\n\x00\x00\n", 0.0) == []


@given(st.lists(st.integers(1, 7), max_size=40))
def test_pieces_may_be_cut_anywhere(cuts: list[int]) -> None:
    lines, data, found = LineAssembler(), (CARD + "\r\n").encode(), []
    for size in cuts:
        found += lines.feed(data[:size], 0.0)
        data = data[size:]
    assert found + lines.feed(data, 0.0) == [CARD]


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 0.3))))
def test_any_bytes_at_any_pace_are_lines_or_nothing(pieces: list[tuple[bytes, float]]) -> None:
    lines, at = LineAssembler(), 0.0
    for data, gap in pieces:
        at += gap
        assert all(text and not set(text) & set("\r\n\x00\x03") for text in lines.feed(data, at))


def typed(wedge: WedgeAssembler, text: str, gap: float, start: float = 100.0) -> tuple[list[str], float]:
    found, at = [], start
    for character in text:
        scan = wedge.feed(character, at)
        found += [scan] if scan is not None else []
        at += gap
    return found, at


@pytest.mark.parametrize("end", ["\r", "\n", "\t"])
def test_a_burst_of_keys_is_a_scan(end: str) -> None:
    assert typed(WedgeAssembler(), CARD + end, 0.01)[0] == [CARD]


def test_a_person_types_slower_and_is_left_alone() -> None:
    wedge = WedgeAssembler()
    assert typed(wedge, "001199012345\r", 2 * MAX_KEY_GAP)[0] == []
    assert not wedge.bursting
    # A few keys at once, as somebody leans on the keyboard, are no scan either.
    assert typed(wedge, "asdf\r", 0.001, 200.0)[0] == []
    assert LEAST_BURST > 4


def test_keys_before_and_after_a_scan_are_not_part_of_it() -> None:
    wedge = WedgeAssembler()
    _, at = typed(wedge, "12", 0.3)
    found, at = typed(wedge, CARD + "\r", 0.01, at)
    assert found == [CARD]
    assert typed(wedge, "34", 0.3, at + 1)[0] == []


def test_a_wedge_without_terminator_ends_in_silence_or_with_the_next_key() -> None:
    wedge = WedgeAssembler()
    _, at = typed(wedge, CARD, 0.01)
    assert wedge.bursting
    assert wedge.tick(at) is None
    assert wedge.tick(at + IDLE) == CARD
    assert wedge.tick(at + 9) is None
    _, at = typed(wedge, CARD, 0.01, at + 10)
    assert wedge.feed("x", at + 1) == CARD
    _, at = typed(wedge, CARD, 0.01, at + 10)
    assert wedge.feed("\r", at + 1) == CARD
    assert not wedge.bursting


def test_an_input_method_commits_several_letters_at_once() -> None:
    wedge = WedgeAssembler()
    assert [wedge.feed(stroke, 0.0) for stroke in ["001199012345", *"||Nguy", "ễ", "n", "", *"|1501199", "\r"]][-1] == (
        "001199012345||Nguyễn|1501199"
    )


def test_an_endless_burst_is_dropped() -> None:
    wedge = WedgeAssembler()
    assert typed(wedge, "x" * 5000 + "\r", 0.0)[0] == []
    assert typed(wedge, CARD + "\r", 0.0, 200.0)[0] == [CARD]


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(0, 0.3))))
def test_any_strokes_at_any_pace_are_scans_or_nothing(strokes: list[tuple[str, float]]) -> None:
    wedge, at = WedgeAssembler(), 0.0
    for stroke, gap in strokes:
        at += gap
        scan = wedge.feed(stroke, at)
        assert scan is None or len(scan) >= LEAST_BURST


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """A terminal line: the scanner's end (a file descriptor), and the name of the port at the other end."""
    scanner, port = pty.openpty()
    name = os.ttyname(port)
    yield scanner, name
    for end in (scanner, port):
        try:
            os.close(end)
        except OSError:
            continue


def test_a_scanner_on_a_line(line: tuple[int, str]) -> None:
    scanner, port = line
    with SerialScanner(port, 115_200) as serial:
        raw = CARD.encode()
        cut = raw.index("ễ".encode()) + 1  # inside a letter
        os.write(scanner, raw[:cut])
        assert serial.read(0.0) is None
        os.write(scanner, raw[cut:] + b"\r\nsecond\r\n")
        assert serial.read(5.0) == CARD
        assert serial.read(5.0) == "second"
        assert serial.read(0.0) is None
        os.write(scanner, b"no terminator")
        assert serial.read(5.0) == "no terminator"
    serial.close()


def test_a_port_is_opened_once(line: tuple[int, str]) -> None:
    with SerialScanner(line[1]), pytest.raises(CardError) as caught:
        SerialScanner(line[1])
    assert caught.value.code is CardErrorCode.READER_GONE


def test_a_scanner_that_is_unplugged(line: tuple[int, str]) -> None:
    scanner, port = line
    with SerialScanner(port) as serial:
        os.close(scanner)
        with pytest.raises(CardError) as caught:
            serial.read(5.0)
    assert caught.value.code is CardErrorCode.READER_GONE
    assert "port is gone" in caught.value.detail


def test_a_port_that_fails_to_close_is_closed(line: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    serial = SerialScanner(line[1])
    port = serial._serial
    close = port.close

    def fail() -> None:
        close()
        raise OSError

    monkeypatch.setattr(port, "close", fail)
    serial.close()
    assert not port.is_open


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(CardError) as caught:
        SerialScanner("/dev/no-such-port")
    assert caught.value.code is CardErrorCode.READER_GONE


def test_without_pyserial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(CardError) as caught:
        SerialScanner("/dev/ttyS0")
    assert caught.value.code is CardErrorCode.UNSUPPORTED
    assert "pyserial" in caught.value.detail
