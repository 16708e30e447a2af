"""`hub kiosk`: which kiosks may ask through this hub."""

import argparse
import getpass
import sys
from collections.abc import Callable

from hub.gateway.kiosks import Kiosks
from hub.localtime import local_text
from records.audit import AuditTrail
from records.store import Store

ACTIONS = {"add": "kiosk_added", "renew": "kiosk_renewed", "disable": "kiosk_disabled"}
"""What the access history calls the commands that change something."""


def add_kiosk_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_data: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command to the hub's own; `add_data` adds the option that names the hub's database."""
    kiosk = commands.add_parser("kiosk", help="which kiosks may ask through this hub").add_subparsers(
        dest="kiosk_command", required=True, metavar="COMMAND"
    )
    for name, purpose in (
        ("add", "let a kiosk ask; prints its key, this once"),
        ("renew", "give a kiosk a new key; the old one stops working"),
        ("disable", "take a kiosk's access away"),
    ):
        parser = kiosk.add_parser(name, help=purpose)
        parser.add_argument("kiosk_id")
        if name != "disable":
            parser.add_argument(
                "--key-stdin", action="store_true", help="read a key made elsewhere from standard input; prints nothing"
            )
        add_data(parser)
    add_data(kiosk.add_parser("list", help="all kiosks: id, state, when the key was made"))


def run_kiosk_command(arguments: argparse.Namespace, own: Store) -> None:
    """Do what was asked, and write down who did it. Raises KioskError, StoreError."""
    kiosks = Kiosks(own)
    if arguments.kiosk_command == "list":
        for known in kiosks.all():
            state = "disabled" if known.disabled else "active"
            print(f"{known.kiosk_id}\t{state}\t{local_text(known.key_made_at)}")  # noqa: T201 — the command's output
        return
    if arguments.kiosk_command == "disable":
        kiosks.disable(arguments.kiosk_id)
        print(f"hub: kiosk {arguments.kiosk_id} may no longer ask", file=sys.stderr)  # noqa: T201
    else:
        change = kiosks.add if arguments.kiosk_command == "add" else kiosks.renew
        given = sys.stdin.readline().strip() if arguments.key_stdin else None
        key = change(arguments.kiosk_id, given)
        if given is None:
            print(key)  # noqa: T201 — the one time it is shown
    AuditTrail(own).append(
        actor=_operator(),
        role="",
        action=ACTIONS[arguments.kiosk_command],
        target=arguments.kiosk_id,
        allowed=True,
        address="",
    )


def _operator() -> str:
    """The account on this machine that runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name: KeyError before Python 3.13
        return "?"
