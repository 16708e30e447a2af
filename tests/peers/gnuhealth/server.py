"""GNU Health's server process."""

import signal
import tempfile
from pathlib import Path

from tests.peers.gnuhealth.postgres import run
from tests.peers.gnuhealth.processes import PeerError, Program, free_port, listens, wait_until

ROOT = Path(__file__).parents[3]
INSTALLED = ROOT / ".peers" / "gnuhealth" / "bin"
DATABASE = "health"
MODULES = ("health", "health_services", "health_insurance")


def installed(name: str) -> Path:
    """A program of the peer's own environment."""
    found = INSTALLED / name
    if not found.exists():
        raise PeerError("GNU Health is not installed: run `make test-peers`")
    return found


class Trytond:
    """A server over a database. `url` is what an adapter is given."""

    def __init__(self, database_uri: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tiepdon-gnuhealth-")
        self.config = Path(self._folder.name) / "trytond.conf"
        self._port = free_port()
        self._program: Program | None = None
        self.config.write_text(
            f"[database]\nuri = {database_uri}/\nlanguage = en\n"
            f"path = {self._folder.name}\n"
            f"[web]\nlisten = 127.0.0.1:{self._port}\n"
        )
        self.config.chmod(0o600)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it on its port and wait until it answers."""
        log = Path(self._folder.name) / "log"
        self._program = Program([installed("trytond"), "-c", self.config, "-d", DATABASE], log)
        wait_until(lambda: listens(self._port), "GNU Health", self._program)

    def kill(self) -> None:
        """As a power cut does."""
        if self._program is not None:
            self._program.end(signal.SIGKILL)
            self._program = None

    def admin(self, *arguments: str, password_file: Path | None = None) -> None:
        """``trytond-admin``."""
        environment = {} if password_file is None else {"TRYTONPASSFILE": str(password_file)}
        run([installed("trytond-admin"), "-c", self.config, "-d", DATABASE, *arguments], environment)

    def close(self) -> None:
        """End it and delete its folder."""
        self.kill()
        self._folder.cleanup()
