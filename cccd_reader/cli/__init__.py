"""The command line: `python -m cccd_reader COMMAND`. One module a command; each registers itself with the parser."""

import argparse
import os
import sys
from collections.abc import Sequence

from cccd_reader.cli import diagnose, monitor, read, trust
from cccd_reader.cli.exit_codes import ExitCode, epilog
from cccd_reader.cli.help_text import HelpFormatter
from cccd_reader.emulation import cli as emulation

_DESCRIPTION = (
    "Reads the chip of Vietnam's citizen card (CCCD, thẻ Căn cước), and of other ICAO 9303 documents, over PC/SC. "
    "`%(prog)s COMMAND --help` explains a command."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code (see `ExitCode`)."""
    options = build_parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return ExitCode.KEYBOARD
    except BrokenPipeError:
        # Whoever read our output has left. Python would complain once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OTHER


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cccd_reader",
        description=_DESCRIPTION,
        epilog=epilog(),
        formatter_class=HelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    read.register(commands)
    diagnose.register(commands)
    monitor.register(commands)
    trust.register(commands)
    emulation.register(commands)
    return parser
