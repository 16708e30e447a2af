"""`python -m records outbox`: the operator's way to what waits and to what was given up.

Run it as the kiosk's own user, also while the kiosk runs. Exit code 0 done, 1 not possible, 2 store unreadable or busy.
"""

import argparse
import getpass
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from records.errors import StoreError, StoreErrorCode
from records.outbox_desk import EntryRow, EntryState, NotAllowedError, Operator, OutboxDesk
from records.store import open_existing_store, open_store_read_only

EXIT_DONE, EXIT_NOT_POSSIBLE, EXIT_UNREADABLE = 0, 1, 2
Answer = tuple[int, str]
"""Exit code and text; the text of any other code than 0 is an error's."""

DEFAULT_LIMIT = 100
_COLUMNS = ("id", "kind", "state", "tries", "last error", "promised", "next try", "visit")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `outbox` and what is below it to the command line."""
    outbox = commands.add_parser("outbox", help="calls to other systems: what waits, what was given up")
    acts = outbox.add_subparsers(required=True, metavar="ACT")

    listing = acts.add_parser("list", help="calls without their content, oldest first")
    listing.add_argument("path", type=Path, help="the store's file")
    listing.add_argument("--state", type=EntryState, choices=list(EntryState), help="only such")
    listing.add_argument("--destination", help="only to this system: his, bhyt")
    listing.add_argument("--limit", type=int, default=DEFAULT_LIMIT)
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(act=_list)

    show = acts.add_parser("show", help="one call")
    show.add_argument("path", type=Path)
    show.add_argument("id")
    show.add_argument("--personal", action="store_true", help="with what would be sent; goes to the audit trail")
    show.add_argument("--reason", default="", help="why you look, with --personal")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_show)

    for name, act, text in (
        ("retry", _retry, "make the call again now, with its old key"),
        ("drop", _drop, "give the call up for ever: a person has taken over"),
    ):
        command = acts.add_parser(name, help=text)
        command.add_argument("path", type=Path)
        command.add_argument("id")
        command.add_argument("--reason", required=True, help="goes to the audit trail; name no patient")
        command.set_defaults(act=act)
    for command in acts.choices.values():
        command.add_argument("--who", default="", help="your name for the audit trail; without it your account's")


def run(arguments: argparse.Namespace) -> Answer:
    """Do what the command line says."""
    try:
        operator = _operator(arguments.who)
        answer: Answer = arguments.act(arguments, operator)
    except NotAllowedError as error:
        return EXIT_NOT_POSSIBLE, str(error)
    except ValueError as error:
        return EXIT_NOT_POSSIBLE, str(error)
    except StoreError as error:
        not_found = error.code is StoreErrorCode.NOT_FOUND
        return (EXIT_NOT_POSSIBLE, "no such entry") if not_found else (EXIT_UNREADABLE, str(error))
    return answer


def _operator(who: str) -> Operator:
    account = getpass.getuser()
    return Operator(who or account, f"local:{account}"[:64])


def _list(arguments: argparse.Namespace, operator: Operator) -> Answer:
    with open_store_read_only(arguments.path) as store:
        desk = OutboxDesk(store, operator)
        rows = desk.entries(state=arguments.state, destination=arguments.destination, limit=arguments.limit)
    if arguments.json:
        return EXIT_DONE, "\n".join(_json(row) for row in rows)
    return EXIT_DONE, _table(rows)


def _show(arguments: argparse.Namespace, operator: Operator) -> Answer:
    if not arguments.personal:
        with open_store_read_only(arguments.path) as store:
            row, content = OutboxDesk(store, operator).entry(arguments.id), None
    else:
        with open_existing_store(arguments.path) as store:
            desk = OutboxDesk(store, operator)
            content = desk.content(arguments.id, arguments.reason)
            row = desk.entry(arguments.id)
    if arguments.json:
        return EXIT_DONE, _json(row, content)
    lines = [f"{name:16} {value}" for name, value in _plain(row).items()]
    return EXIT_DONE, "\n".join(lines if content is None else [*lines, f"{'content':16} {content}"])


def _retry(arguments: argparse.Namespace, operator: Operator) -> Answer:
    with open_existing_store(arguments.path) as store:
        row = OutboxDesk(store, operator).retry(arguments.id, arguments.reason)
    return EXIT_DONE, f"{row.kind} {row.outbox_id} is due now"


def _drop(arguments: argparse.Namespace, operator: Operator) -> Answer:
    with open_existing_store(arguments.path) as store:
        row = OutboxDesk(store, operator).drop(arguments.id, arguments.reason)
    return EXIT_DONE, f"{row.kind} {row.outbox_id} is dropped"


def _plain(row: EntryRow) -> dict[str, object]:
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in asdict(row).items()
    }


def _json(row: EntryRow, content: str | None = None) -> str:
    fields = _plain(row) if content is None else {**_plain(row), "content": content}
    return json.dumps(fields, ensure_ascii=False)


def _table(rows: Sequence[EntryRow]) -> str:
    if not rows:
        return "nothing"
    lines = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(row: EntryRow) -> tuple[str, ...]:
    at = f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}"
    due = f"{row.next_attempt_at:%Y-%m-%dT%H:%M:%SZ}" if row.state is EntryState.PENDING else "-"
    error = row.error or "-"
    return row.outbox_id, row.kind, row.state.value, str(row.attempts), error, at, due, row.visit_id
