"""The hospital contract over a real GNU Health 5.0 on Tryton 7.0 and PostgreSQL, with the kiosk's own role."""

from collections.abc import Iterator

import pytest

from tests.his_adapter.contract.hospital_contract import HospitalContract
from tests.peers.gnuhealth.bench import GnuHealthBench


class TestGnuHealth(HospitalContract):
    """One server for all stories."""

    @pytest.fixture
    def bench(self, running: GnuHealthBench) -> Iterator[GnuHealthBench]:  # type: ignore[override]
        yield running
        running.settle()
