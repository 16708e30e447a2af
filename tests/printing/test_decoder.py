"""The ESC/POS decoder: whole commands only, whatever the pieces they arrive in."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kiosk.printing.decoder import (
    CLEAR_BUFFERS,
    Align,
    Cut,
    Feed,
    Ignored,
    Raster,
    Reset,
    TellPaper,
    Unknown,
    next_command,
)
from kiosk.printing.paper_printer import Paper, PaperPrinter

TICKET = b"\x1b@" + b"\x1dv0\x00\x02\x00\x02\x00\xff\x00\x0f\xf0" + b"\x1bJ\x03" + b"\x1dVB\x00" + b"\x1dr\x01"


@pytest.mark.parametrize(
    ("data", "command"),
    [
        (b"\x1b@", Reset()),
        (b"\x1ba\x01", Align(1)),
        (b"\x1ba2", Align(2)),
        (b"\x1bd\x02", Feed(60)),
        (b"\x1bJ\x07", Feed(7)),
        (b"\n", Feed(30)),
        (b"\x1dv0\x00\x01\x00\x02\x00\xaa\x55", Raster(0, 1, 2, b"\xaa\x55")),
        (b"\x1dV\x00", Cut()),
        (b"\x1dV1", Cut()),
        (b"\x1dVA\x10", Cut()),
        (b"\x1dr\x01", TellPaper()),
        (b"\x1da\x00", Ignored()),
        (b"\x1d(k\x03\x00\x31\x43\x05", Ignored()),
        (b"\x1bt\x1e", Ignored()),
        (b"\x10\x04\x02", Ignored()),
        (CLEAR_BUFFERS, Ignored()),
    ],
)
def test_a_command_is_known_when_it_is_whole_and_awaited_until_then(data: bytes, command: object) -> None:
    for length in range(1, len(data)):
        assert next_command(data[:length]) is None
    assert next_command(data + b"rest") == (command, len(data))


@pytest.mark.parametrize("data", [b"A", b"\x1bq", b"\x1dz", b"\x1dv1\x00\x01\x00\x01\x00", b"\x1dV\x07", b"\x10\x99"])
def test_what_is_no_command_costs_one_byte(data: bytes) -> None:
    assert next_command(data) == (Unknown(), 1)


def cut_tickets(pieces: list[bytes]) -> tuple[list[Image.Image], bytes]:
    tickets: list[Image.Image] = []
    printer = PaperPrinter(16, tickets.append)
    return tickets, b"".join(printer.feed(piece) for piece in pieces)


@given(st.sets(st.integers(1, len(TICKET) - 1)))
def test_the_pieces_a_ticket_arrives_in_do_not_matter(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(TICKET)]
    (whole,), answer = cut_tickets([TICKET])
    (pieced,), pieced_answer = cut_tickets([TICKET[a:b] for a, b in itertools.pairwise(edges)])
    assert whole.tobytes() == pieced.tobytes()
    assert answer == pieced_answer == b"\x00"


def test_ones_are_black_and_a_feed_is_white() -> None:
    (ticket,), _ = cut_tickets([TICKET])
    assert ticket.size == (16, 5)
    assert [ticket.getpixel((0, row)) for row in range(5)] == [0, 255, 255, 255, 255]
    assert [ticket.getpixel((x, 1)) for x in (3, 4, 11, 12)] == [255, 0, 0, 255]


def test_a_narrow_picture_stands_where_it_is_told() -> None:
    picture = b"\x1dv0\x00\x01\x00\x01\x00\xff"
    (ticket,), _ = cut_tickets([b"\x1b@" + picture + b"\x1ba\x01" + picture + b"\x1ba\x02" + picture + b"\x1dV\x00"])
    black = [[x for x in range(16) if ticket.getpixel((x, row)) == 0] for row in range(3)]
    assert black == [list(range(8)), list(range(4, 12)), list(range(8, 16))]


def test_doubled_pictures_are_doubled() -> None:
    (ticket,), _ = cut_tickets([b"\x1dv0\x03\x01\x00\x01\x00\x80" + b"\x1dV\x00"])
    assert [(x, y) for y in range(2) for x in range(16) if ticket.getpixel((x, y)) == 0] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
    ]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_bring_it_down(pieces: list[bytes]) -> None:
    tickets: list[Image.Image] = []
    printer = PaperPrinter(16, tickets.append)
    for piece in pieces:
        printer.feed(piece)
    printer.set_paper(Paper.OUT)
    assert printer.feed(b"\x10\x04\x04")[-1:] in (b"\x7e", b"")  # still answers, unless it awaits a longer request


def test_a_status_request_split_in_two_is_answered_once() -> None:
    printer = PaperPrinter(16, lambda _: None)
    assert printer.feed(b"\x10") == b""
    assert printer.feed(b"\x04") == b""
    assert printer.feed(b"\x01") == b"\x12"
    assert printer.feed(b"\x10\x04\x02") == b"\x12"


def test_clearing_forgets_the_held_job_and_keeps_what_comes_after() -> None:
    tickets: list[Image.Image] = []
    printer = PaperPrinter(16, tickets.append)
    printer.set_paper(Paper.OUT)
    printer.feed(TICKET + CLEAR_BUFFERS + b"\x1dr\x01")
    printer.set_paper(Paper.OK)
    assert printer.run() == b"\x00"
    assert tickets == []
