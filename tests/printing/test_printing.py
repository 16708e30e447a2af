"""A ticket goes over TCP to the printer and comes out dot for dot; a fault is told, and nothing is claimed."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kiosk.flow.values import FaultCode
from kiosk.printing import PrinterFault, PrintResult, flow_fault, print_bitmap, query
from kiosk.printing.simulated import SimulatedPrinter, SimulatedPrinterError

PrintOn = Callable[[Image.Image], PrintResult]
PRINTED = PrintResult(ok=True)


def same_dots(path: Path, image: Image.Image) -> bool:
    with Image.open(path) as printed:
        return printed.size == image.size and ImageChops.logical_xor(printed.convert("1"), image).getbbox() is None


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Something on a port that is no printer; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                line, _ = server.accept()
                with line:
                    answer(line)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_the_paper_shows_the_ticket_dot_for_dot(
    printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image
) -> None:
    assert print_on(ticket) == PRINTED
    (path,) = printer.tickets()
    assert same_dots(path, ticket)
    assert printer.unknown_bytes() == 0


def test_two_tickets_are_two_pieces_of_paper(printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image) -> None:
    assert print_on(ticket) == PRINTED
    assert print_on(ticket.transpose(Image.Transpose.FLIP_TOP_BOTTOM)) == PRINTED
    first, second = printer.tickets()
    assert same_dots(first, ticket)
    assert not same_dots(second, ticket)


def test_without_paper_nothing_is_sent(printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image) -> None:
    printer.set_paper("out")
    assert print_on(ticket) == PrintResult(False, PrinterFault.PAPER_OUT)
    printer.set_paper("ok")
    assert printer.tickets() == []
    assert print_on(ticket) == PRINTED


def test_paper_that_ends_in_the_middle_is_told_and_the_rest_never_comes_out(
    printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image
) -> None:
    printer.set_paper("out", after_bands=3)
    assert print_on(ticket) == PrintResult(False, PrinterFault.PAPER_OUT)
    assert printer.tickets() == []

    printer.set_paper("ok")
    assert printer.torn_off() == 1
    assert print_on(ticket) == PRINTED
    (path,) = printer.tickets()
    assert same_dots(path, ticket)


def test_low_paper_prints_and_warns(printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image) -> None:
    printer.set_paper("low")
    assert print_on(ticket) == PrintResult(True, PrinterFault.PAPER_LOW)
    assert len(printer.tickets()) == 1


def test_an_open_cover_is_told(printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image) -> None:
    printer.set_cover("open")
    assert print_on(ticket) == PrintResult(False, PrinterFault.COVER_OPEN)
    printer.set_cover("closed")
    assert print_on(ticket) == PRINTED


def test_a_printer_switched_off_is_unreachable_until_it_is_on_again(
    printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image
) -> None:
    printer.set_power("off")
    assert print_on(ticket) == PrintResult(False, PrinterFault.UNREACHABLE)
    printer.set_power("on")
    assert print_on(ticket) == PRINTED


def test_a_printer_that_keeps_silent_never_counts_as_printed(printer: SimulatedPrinter, ticket: Image.Image) -> None:
    printer.set_answers("off")
    result = print_bitmap(ticket, printer.host, printer.port, timeout_s=0.5)
    assert result == PrintResult(False, PrinterFault.TIMEOUT)


def test_a_line_cut_in_the_middle_is_unreachable_and_the_next_ticket_is_whole(
    printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image
) -> None:
    with socket.create_connection((printer.host, printer.port)) as line:
        line.sendall(b"\x1b@" + b"\x1dv0\x00\x48\x00\x60\x00" + b"\xff" * 100)  # 100 of 6912 bytes, then gone
    assert print_on(ticket) == PRINTED
    assert same_dots(printer.tickets()[0], ticket)


def test_a_printer_that_hangs_up_after_the_status_is_unreachable(ticket: Image.Image) -> None:
    def ready_then_gone(line: socket.socket) -> None:
        line.recv(64)
        line.sendall(b"\x12\x12\x12")
        line.recv(64)

    with listening(ready_then_gone) as port:
        assert print_bitmap(ticket, "127.0.0.1", port, timeout_s=5.0) == PrintResult(False, PrinterFault.UNREACHABLE)


def test_something_else_on_the_port_is_no_printer(ticket: Image.Image) -> None:
    def web_server(line: socket.socket) -> None:
        line.recv(64)
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\xff\xfe")
        line.recv(64)

    with listening(web_server) as port:
        assert print_bitmap(ticket, "127.0.0.1", port, timeout_s=5.0) == PrintResult(False, PrinterFault.UNKNOWN)


def test_a_name_that_does_not_exist_is_unreachable(ticket: Image.Image) -> None:
    result = print_bitmap(ticket, "printer.invalid", 9100, timeout_s=2.0)  # RFC 6761: never resolves
    assert result == PrintResult(False, PrinterFault.UNREACHABLE)


def test_a_picture_that_contains_status_requests_confuses_nobody(printer: SimulatedPrinter, print_on: PrintOn) -> None:
    dots = b"\x10\x04\x01\x10\x04\x04\x10\x04\x02" * 8
    rows = bytes(byte ^ 0xFF for byte in dots) * 200
    image = Image.frombytes("1", (576, 200), rows)
    printer.set_paper("low")  # the answer to n = 4 taken for n = 2 would read "cover open"
    assert print_on(image) == PrintResult(True, PrinterFault.PAPER_LOW)
    assert same_dots(printer.tickets()[0], image)


def test_the_state_is_told_without_printing(printer: SimulatedPrinter) -> None:
    assert query(printer.host, printer.port) == PRINTED
    printer.set_paper("out")
    assert query(printer.host, printer.port) == PrintResult(False, PrinterFault.PAPER_OUT)
    printer.set_cover("open")
    printer.set_paper("ok")
    assert query(printer.host, printer.port) == PrintResult(False, PrinterFault.COVER_OPEN)
    assert printer.tickets() == []


def test_garbage_is_counted_and_does_no_harm(printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image) -> None:
    with socket.create_connection((printer.host, printer.port)) as line:
        line.sendall(b"hello" + b"\x1dr\x01")
        assert line.recv(1) == b"\x00"
    assert printer.unknown_bytes() == 5
    assert print_on(ticket) == PRINTED
    assert same_dots(printer.tickets()[0], ticket)


def test_python_escpos_prints_on_the_simulated_printer_too(printer: SimulatedPrinter, ticket: Image.Image) -> None:
    """A foreign implementation of ESC/POS, so the two rooms' own mistakes cannot cancel out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package has no profile for "any printer" and says so
        from escpos.printer import Network

        foreign = Network(printer.host, printer.port, timeout=10)
        foreign.open()
        assert foreign.is_online()
        assert foreign.paper_status() == 2
        foreign.image(ticket, impl="bitImageRaster", fragment_height=128)
        foreign.cut(feed=False)
        assert foreign.paper_status() == 2
        foreign.device.sendall(b"\x1dr\x01")
        assert foreign.device.recv(1) == b"\x00"
        foreign.close()
    (path,) = printer.tickets()
    assert same_dots(path, ticket)
    assert printer.unknown_bytes() == 0


def test_narrow_paper_prints_narrow_tickets(tmp_path: Path, ticket: Image.Image) -> None:
    narrow = ticket.resize((384, ticket.height))
    with SimulatedPrinter(tmp_path, width_px=384) as printer:
        assert print_bitmap(narrow, printer.host, printer.port) == PRINTED
        assert same_dots(printer.tickets()[0], narrow)


def test_the_simulated_printer_ends_with_its_owner_and_says_so_afterwards(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path)
    printer.close()
    printer.close()
    with pytest.raises(SimulatedPrinterError):
        printer.set_paper("out")
    assert query(printer.host, printer.port, timeout_s=2.0) == PrintResult(False, PrinterFault.UNREACHABLE)


def test_a_printer_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SimulatedPrinterError):
        SimulatedPrinter(tmp_path, command=[sys.executable, "-c", "pass"])


def test_every_fault_has_a_word_of_the_flow() -> None:
    assert flow_fault(PrinterFault.PAPER_OUT) is FaultCode.PAPER_OUT
    assert flow_fault(PrinterFault.PAPER_LOW) is None
    rest = set(PrinterFault) - {PrinterFault.PAPER_OUT, PrinterFault.PAPER_LOW}
    assert {flow_fault(fault) for fault in rest} == {FaultCode.PRINTER_DOWN}


def test_a_line_held_by_somebody_else_ends_in_a_time_out_and_then_works(
    printer: SimulatedPrinter, print_on: PrintOn, ticket: Image.Image
) -> None:
    with socket.create_connection((printer.host, printer.port)) as other:
        other.sendall(b"\x10\x04\x01")
        assert other.recv(1) == b"\x12"
        result = print_bitmap(ticket, printer.host, printer.port, timeout_s=0.5)
        assert result == PrintResult(False, PrinterFault.TIMEOUT)
    assert print_on(ticket) == PRINTED
    (path,) = printer.tickets()
    assert same_dots(path, ticket)


def test_the_printers_process_refuses_nonsense_and_ends_with_its_input(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk.printing.simulated", "--port", "0", "--out", str(tmp_path / "paper")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    ready, *answers = process.communicate('nonsense\n{"paper": "blue"}\n[]\n{"report": true}\n', timeout=30)[
        0
    ].splitlines()
    assert json.loads(ready).keys() == {"ready", "host", "port"}
    assert [json.loads(answer) for answer in answers] == [
        {"error": "not a JSON object"},
        {"error": "unknown command"},
        {"error": "not a JSON object"},
        {"tickets": 0, "unknown_bytes": 0, "torn_off": 0},
    ]
    assert process.returncode == 0
