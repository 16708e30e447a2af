"""``python -m his_adapter gnuhealth-role``: a hospital's administrator makes the kiosk's account in GNU Health.

Ends with 0 when it is made, 1 when GNU Health refused it, 2 when it cannot be asked. Passwords are asked for, or taken
from the environment, and never from the command line, which every user of the machine can read.
"""

import argparse
import getpass
import os
import sys

from his_adapter.faults import OutsideFault
from his_adapter.hospital.gnuhealth.role import GROUP, PATIENCE_S, make_role
from his_adapter.hospital.gnuhealth.session import Account, Tryton
from his_adapter.hospital.gnuhealth.wire import RpcRefused

MADE, REFUSED, NOT_ASKED = 0, 1, 2
ADMIN_PASSWORD, KIOSK_PASSWORD = "GNUHEALTH_ADMIN_PASSWORD", "GNUHEALTH_KIOSK_PASSWORD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--url", required=True, help="GNU Health's address, https://his.example")
    parser.add_argument("--database", required=True, help="its database")
    parser.add_argument("--admin", default="admin", help="who makes the account")
    parser.add_argument("--login", default="kiosk", help="the kiosk's account")
    parser.epilog = f"Passwords: {ADMIN_PASSWORD} and {KIOSK_PASSWORD} in the environment, or asked for."


def run(arguments: argparse.Namespace) -> int:
    """Make the role and the account, and try it."""
    kiosk = _password(KIOSK_PASSWORD, arguments.login)
    admin = Account(arguments.url, arguments.database, arguments.admin, _password(ADMIN_PASSWORD, arguments.admin))
    try:
        _make(admin, arguments.login, kiosk)
    except RpcRefused as refused:  # the administrator may read what GNU Health says: a password that is too weak
        sys.stderr.write(f"GNU Health refused: {refused.text or refused.kind.value}\n")
        return REFUSED
    except OutsideFault as fault:
        sys.stderr.write(f"{fault}\n")
        return NOT_ASKED
    sys.stdout.write(f'The group "{GROUP}" and the account {arguments.login} are made.\n')
    return MADE


def _make(admin: Account, login: str, password: str) -> None:
    client = Tryton(admin, PATIENCE_S)
    try:
        make_role(client, login, password)
    finally:
        client.close()


def _password(variable: str, whose: str) -> str:
    return os.environ.get(variable) or getpass.getpass(f"Password of {whose}: ")
