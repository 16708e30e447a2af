"""``python -m his_adapter reconcile``: the day's three books compared; ends with 0 when they agree, 1 when not, 2 when
one cannot be read.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from his_adapter.payment.purpose import DEFAULT_PREFIX
from his_adapter.reconciliation.compare import Row, Source, reconcile
from his_adapter.reconciliation.files import COLUMNS, Problem, UnreadableError, read_file
from his_adapter.reconciliation.report import LANGUAGES, as_json, as_text

AGREED, DIFFERENT, UNREADABLE = 0, 1, 2

_COLUMN = re.compile(r"(statement|his|ledger)\.([a-z_]+)=(.+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    fields = "; ".join(f"{source}: {', '.join(names)}" for source, names in COLUMNS.items())
    parser.add_argument("--statement", type=Path, required=True, help="the bank's statement, CSV in UTF-8")
    parser.add_argument("--his", type=Path, required=True, help="the hospital's receipts, CSV or JSON")
    parser.add_argument(
        "--ledger",
        type=Path,
        required=True,
        action="append",
        help="our own ledger, CSV: the hub's, or one of each kiosk's",
    )
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, help="what transfer codes begin with")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="BOOK.FIELD=NAME",
        help=f"a column with an unusual name; fields of each book: {fields}",
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="the report's language")
    parser.add_argument("--json", action="store_true", help="a report for machines")


def run(arguments: argparse.Namespace) -> int:
    """Compare, and print the report."""
    paths: Mapping[Source, list[Path]] = {
        Source.STATEMENT: [arguments.statement],
        Source.HIS: [arguments.his],
        Source.LEDGER: arguments.ledger,
    }
    problems: list[Problem] = []
    rows: list[Row] = []
    try:
        columns = _columns(arguments.column)
    except UnreadableError as error:
        return _unreadable(error.problems)
    for source, path in ((source, path) for source, files in paths.items() for path in files):
        try:
            rows += read_file(path, source, prefix=arguments.prefix, columns=columns[source])
        except UnreadableError as error:
            problems += error.problems
    if problems:
        return _unreadable(problems)
    result = reconcile(rows)
    sys.stdout.write((as_json(result) if arguments.json else as_text(result, arguments.lang)) + "\n")
    return AGREED if result.clean else DIFFERENT


def _columns(told: list[str]) -> dict[Source, dict[str, str]]:
    columns: dict[Source, dict[str, str]] = {source: {} for source in Source}
    for one in told:
        match = _COLUMN.fullmatch(one)
        if match is None:
            raise UnreadableError([Problem("--column", 0, "", "write it as statement.amount=NAME")])
        columns[Source(match[1])][match[2]] = match[3]
    return columns


def _unreadable(problems: tuple[Problem, ...] | list[Problem]) -> int:
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return UNREADABLE
