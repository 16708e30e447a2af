"""What several commands share."""

import argparse
import json
import sys
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


def complain(message: str) -> int:
    """Say on standard error why the command did nothing. The exit code for that is 2."""
    print(message, file=sys.stderr)
    return 2
