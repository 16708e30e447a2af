"""What several commands share."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
DEFAULT_PACK = _ASSETS / "models" / "yunet-sface"
DEFAULT_PEOPLE = _ASSETS / "people"

Commands = Any  # argparse keeps the type of what ``add_subparsers`` returns private


def add_pack_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pack", type=Path, default=DEFAULT_PACK, help="folder of a model pack")


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def print_json(answer: object) -> None:
    print(json.dumps(answer, ensure_ascii=False, allow_nan=False))


def progress_of(noun: str) -> Callable[[int, int], None] | None:
    """Counts on one line of standard error; None when nobody watches."""
    if not sys.stderr.isatty():
        return None

    def count(done: int, total: int) -> None:
        print(f"\r{done} of {total} {noun}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return count


def complain(message: str) -> int:
    """Say on standard error why the command did nothing. The exit code for that is 2."""
    print(message, file=sys.stderr)
    return 2
