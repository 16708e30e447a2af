"""The hospital contract over the FHIR adapter: a server that can do everything, and servers that cannot."""

from collections.abc import Iterator

import pytest

from tests.his_adapter.contract.hospital_contract import HospitalContract
from tests.his_adapter.fhir.bench import FhirBench, FhirServer


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    server = FhirServer(tmp_path_factory.mktemp("fhir") / "state.jsonl")
    yield server
    server.close()


class TestFhir(HospitalContract):
    """Transactions, conditional creates, versions."""

    @pytest.fixture
    def bench(self, whole: FhirServer) -> Iterator[FhirBench]:  # type: ignore[override]
        bench = FhirBench(whole)
        yield bench
        bench.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    lacks = ["transactions", "versions", "answers"]
    server = FhirServer(tmp_path_factory.mktemp("fhir") / "state.jsonl", lacks)
    yield server
    server.close()


class TestFhirStepByStep(HospitalContract):
    """No transactions, no versions, no word on what was found: every resource by a conditional create of its own."""

    @pytest.fixture
    def bench(self, plain: FhirServer) -> Iterator[FhirBench]:  # type: ignore[override]
        bench = FhirBench(plain, search_by_post=False)
        yield bench
        bench.close()
