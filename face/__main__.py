"""``python -m face COMMAND``: see ``face.cli``; ``python -m face --help`` lists the commands."""

import argparse
import sys

from face.cli import calibrate, evaluate, packs, pad_evaluate, survey, verify, watch

COMMANDS = (verify, evaluate, pad_evaluate, calibrate, watch, packs, survey)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m face", description="Face verification, 1:1.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
