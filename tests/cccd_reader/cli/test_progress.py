"""The progress: a bar for people at a terminal, lines for files and pipes."""

import io

from cccd_reader.cli.progress import ProgressPrinter
from cccd_reader.readout import Progress, Stage

STEPS = [
    Progress(Stage.OPENING, None, 0, 0),
    Progress(Stage.READING, "DG1", 95, 1000),
    Progress(Stage.READING, "DG2", 500, 1000),
    Progress(Stage.READING, "DG2", 1200, 1000),
    Progress(Stage.CHECKING, None, 1000, 1000),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_for_each_file() -> None:
    stream = io.StringIO()
    printer = ProgressPrinter(stream)
    for step in STEPS:
        printer(step)
    printer.close()
    assert stream.getvalue() == "opening the chip\nDG1\nDG2\nchecking\n"


def test_a_bar_that_is_rewritten_and_wiped() -> None:
    stream = Terminal()
    printer = ProgressPrinter(stream)
    for step in STEPS:
        printer(step)
    printer.close()
    printer.close()
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown[0] == ""
    assert shown[1] == "[" + "." * 30 + "]   0% opening the chip"
    assert shown[3] == "[" + "#" * 15 + "." * 15 + "]  50% DG2"
    assert shown[4] == "[" + "#" * 30 + "] 100% DG2"
    assert shown[-1] == ""
    assert "\n" not in stream.getvalue()
