"""A PostgreSQL of our own: in a temporary folder, on the loopback, with a password, gone with the tests.

`initdb` refuses root, so as root everything runs as the user ``postgres`` that Debian's package makes.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.peers.gnuhealth.processes import PeerError, Program, free_port, listens, privileges, wait_until

ROLE = "tryton"
_ACCOUNT = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # nothing here outlives the tests
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "max_wal_size": "512MB",
    "autovacuum": "off",
}


def program(name: str) -> Path:
    """A program of PostgreSQL: of the newest version Debian has installed, else wherever PATH leads."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = versions[-1] if versions else shutil.which(name)
    if not found:
        raise PeerError(f"PostgreSQL's {name} is missing: `make test-peers` installs it")
    return Path(found)


class Postgres:
    """A running cluster. `uri` is for clients, without the database's name."""

    def __init__(self) -> None:
        self._account = _ACCOUNT if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="tiepdon-postgres-"))
        self._password = secrets.token_urlsafe(16)
        self._port = free_port()
        self._program: Program | None = None
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def uri(self) -> str:
        """``postgresql://…:port``"""
        return f"postgresql://{ROLE}:{self._password}@127.0.0.1:{self._port}"

    def _make(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self._password)
        if self._account is not None:
            shutil.chown(self._folder, self._account, self._account)
            shutil.chown(secret, self._account, self._account)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--username={ROLE}"]
        run([*as_account(self._account), program("initdb"), *options, f"--pwfile={secret}", self._data])
        secret.unlink()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Start the server and wait until it takes questions."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._program = Program(
            [program("postgres"), "-D", self._data, "-p", str(self._port), *settings],
            self._folder / "log",
            account=self._account,
            ends_with="INT",
        )
        wait_until(lambda: listens(self._port) and self._answers(), "PostgreSQL", self._program)

    def _answers(self) -> bool:
        asked = subprocess.run(
            [program("pg_isready"), "-h", "127.0.0.1", "-p", str(self._port)], capture_output=True, check=False
        )
        return asked.returncode == 0

    def restore(self, dump: Path, database: str) -> None:
        """Make a database from a dump."""
        self.create(database)
        self.run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-j", "2", "-d", database, str(dump))

    def create(self, database: str) -> None:
        """An empty database."""
        self.run("createdb", "--template=template0", database)

    def run(self, name: str, *arguments: str) -> None:
        """One of PostgreSQL's programs against this cluster."""
        environment = os.environ | {"PGPASSWORD": self._password}
        run([program(name), "-h", "127.0.0.1", "-p", str(self._port), "-U", ROLE, *arguments], environment)

    def close(self) -> None:
        """End the server and delete everything."""
        if self._program is not None:
            self._program.end(signal.SIGQUIT)
            self._program = None
        shutil.rmtree(self._folder, ignore_errors=True)


def as_account(account: str | None) -> list[str]:
    """What goes before a command for it to run as an unprivileged user."""
    return [] if account is None else privileges(account)


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    """One command to its end. Raises PeerError with what it said when it fails."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise PeerError(f"{Path(command[-1]).name}: {command} failed:\n{done.stderr[-2000:]}")
