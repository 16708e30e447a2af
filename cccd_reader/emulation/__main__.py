"""`python -m cccd_reader.emulation personalise|emulate`: the emulated card's commands without the reader's."""

import argparse
import sys
from collections.abc import Sequence

from cccd_reader.emulation import cli


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="cccd_reader.emulation", description=__doc__)
    cli.register(parser.add_subparsers(dest="command", required=True))
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
