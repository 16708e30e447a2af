"""`hub serve` runs the console and the kiosks' gateway; `hub user` and `hub kiosk` say who may sign in and ask."""

import argparse
import contextlib
import os
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from his_adapter.settings_file import SettingsError, SettingsFile
from hub.accounts import AccountError, Accounts
from hub.database import open_hub_database
from hub.gateway.commands import add_kiosk_parser, run_kiosk_command
from hub.gateway.kiosks import KioskError
from hub.logs import set_up_logs
from hub.network import is_loopback
from hub.payments.commands import add_payments_parser, run_payments_command
from hub.payments.review import ReviewError
from hub.tables import Role
from records.errors import StoreError
from records.store import open_store_read_only

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2
DEFAULT_PORT = 8443
KEEP_ALIVE_S = 75
"""Longer than kiosks keep an idle connection (5 s): one that we closed as a question came would leave them in doubt."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 failed, 2 wrong use."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.command == "serve":
            return _serve(arguments)
        if arguments.command == "kiosk":
            with open_hub_database(arguments.data) as own:
                run_kiosk_command(arguments, own)
            return EXIT_OK
        if arguments.command == "payments":
            with open_hub_database(arguments.data) as own:
                run_payments_command(arguments, own)
            return EXIT_OK
        return _user(arguments)
    except (StoreError, AccountError, KioskError, SettingsError, ReviewError) as error:
        print(f"hub: {error}", file=sys.stderr)
        return EXIT_FAILED


def parser() -> argparse.ArgumentParser:
    """The command line, for `main` and for whoever checks what a page says about it."""
    parser = argparse.ArgumentParser(prog="hub", description="The hospital's server for its kiosks.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve the console, and the gateway when the settings name one")
    serve.add_argument(
        "--store", type=Path, help="the kiosk's store, opened read-only (default: what the hub's own database holds)"
    )
    serve.add_argument("--settings", type=Path, help="TOML file: the systems behind the gateway")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT)
    serve.add_argument("--tls-cert", type=Path, help="certificate chain, PEM")
    serve.add_argument("--tls-key", type=Path, help="private key, PEM")
    serve.add_argument("--tls-client-ca", type=Path, help="only clients with a certificate of this authority, PEM")
    serve.add_argument("--behind-tls", action="store_true", help="a proxy on this machine does TLS: cookies are Secure")
    _add_data(serve)

    user = commands.add_parser("user", help="who may sign in").add_subparsers(
        dest="user_command", required=True, metavar="COMMAND"
    )
    add = user.add_parser("add", help="add a person")
    add.add_argument("name")
    add.add_argument("--role", type=Role, choices=list(Role), required=True)
    add.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    _add_data(add)
    disable = user.add_parser("disable", help="take a person's access away, also in open browsers")
    disable.add_argument("name")
    _add_data(disable)
    add_kiosk_parser(commands, _add_data)
    add_payments_parser(commands, _add_data)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=_default_data(), help="the hub's own database (default: %(default)s)"
    )


def _default_data() -> Path:
    """Where programs keep their state, by the XDG base directory specification."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "tiepdon" / "hub.db"


def _serve(arguments: argparse.Namespace) -> int:
    tls = arguments.tls_cert is not None
    if tls != (arguments.tls_key is not None):
        print("hub: --tls-cert and --tls-key belong together", file=sys.stderr)
        return EXIT_USAGE
    if arguments.tls_client_ca is not None and not tls:
        print("hub: --tls-client-ca needs --tls-cert and --tls-key", file=sys.stderr)
        return EXIT_USAGE
    if not tls and not is_loopback(arguments.host):
        print("hub: passwords need TLS outside this machine: give --tls-cert and --tls-key", file=sys.stderr)
        return EXIT_USAGE

    import uvicorn  # late: `hub user` does not serve

    from hub.app import create_app
    from hub.gateway.adapters import TABLES
    from hub.gateway.start import open_gateway

    # A stop is a normal end: uvicorn finishes the open requests and raises the signal again, and the stores are closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    file = SettingsFile(arguments.settings, TABLES) if arguments.settings is not None else None
    set_up_logs()  # before anything works by itself: a log line on standard output would be taken for the address
    with contextlib.ExitStack() as opened:
        own = opened.enter_context(open_hub_database(arguments.data))
        log = opened.enter_context(open_store_read_only(arguments.store or arguments.data))
        gateway = opened.enter_context(open_gateway(file, own)) if file is not None else None
        config = uvicorn.Config(
            create_app(log=log, own=own, secure_cookies=tls or arguments.behind_tls, gateway=gateway),
            host=arguments.host,
            port=arguments.port,
            ssl_certfile=arguments.tls_cert,
            ssl_keyfile=arguments.tls_key,
            ssl_ca_certs=None if arguments.tls_client_ca is None else str(arguments.tls_client_ca),
            ssl_cert_reqs=ssl.CERT_NONE if arguments.tls_client_ca is None else ssl.CERT_REQUIRED,
            timeout_keep_alive=KEEP_ALIVE_S,
            log_level="warning",
            server_header=False,
        )
        with config.bind_socket() as listening, contextlib.suppress(KeyboardInterrupt):
            listening.listen()
            port = listening.getsockname()[1]  # the real one when 0 was asked for
            print(f"hub: {'https' if tls else 'http'}://{arguments.host}:{port}", flush=True)
            uvicorn.Server(config).run(sockets=[listening])
    return EXIT_OK


def _user(arguments: argparse.Namespace) -> int:
    with open_hub_database(arguments.data) as own:
        accounts = Accounts(own)
        if arguments.user_command == "disable":
            accounts.disable_user(arguments.name)
            print(f"hub: {arguments.name} may no longer sign in")
            return EXIT_OK
        password = sys.stdin.readline().rstrip("\r\n")
        accounts.add_user(arguments.name, arguments.role, password)
        print(f"hub: {arguments.name} may sign in as {arguments.role.value}")
        return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
