"""A real GNU Health on a real PostgreSQL, started once and ended afterwards. Missing, it fails; it is never skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.gnuhealth.bench import GnuHealthBench
from tests.peers.gnuhealth.postgres import Postgres
from tests.peers.gnuhealth.server import DATABASE, Trytond
from tests.peers.gnuhealth.steps import Steps

DUMP = Path(__file__).parent / "gnuhealth.dump"


@pytest.fixture(scope="session")
def running() -> Iterator[GnuHealthBench]:
    """The server, with everything before and behind it."""
    postgres = Postgres()
    try:
        server = Trytond(postgres.uri)
        try:
            postgres.restore(DUMP, DATABASE)
            server.start()
            bench = GnuHealthBench(postgres, server)
            yield bench
            bench.close()
        finally:
            server.close()
    finally:
        postgres.close()


@pytest.fixture
def bench(running: GnuHealthBench) -> Iterator[GnuHealthBench]:
    """In good health before each test."""
    yield running
    running.settle()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Which calls of an adapter change something."""
    return Steps(monkeypatch)
