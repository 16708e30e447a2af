"""A guard keeps the contract of the port it guards: the same stories, with the real adapters behind it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.guard import BreakerPolicy, GuardedHospital, GuardedPortal, OutsideMetrics
from his_adapter.simulation import OutsideWorld
from tests.his_adapter.contract.hospital_contract import HospitalContract
from tests.his_adapter.contract.portal_contract import PortalBench, PortalContract
from tests.his_adapter.contract.test_hispro_contract import HisProBench
from tests.his_adapter.contract.test_hispro_contract import world as hospital_world

__all__ = ["hospital_world"]

PATIENT = BreakerPolicy(failures=1_000)
"""The stories make systems fail on purpose, and want to see each of them fail."""


class GuardedHisProBench(HisProBench):
    """The HisPro adapter behind its guard."""

    def adapter(self, timeout_s: float = 8.0) -> GuardedHospital:
        return GuardedHospital(super().adapter(timeout_s), OutsideMetrics(), policy=PATIENT)


class TestGuardedHospital(HospitalContract):
    """What a kiosk talks to."""

    @pytest.fixture
    def bench(self, hospital_world: OutsideWorld) -> Iterator[GuardedHisProBench]:  # type: ignore[override]
        bench = GuardedHisProBench(hospital_world)
        yield bench
        bench.close()


class TestGuardedPortal(PortalContract):
    """What a kiosk or a hub asks."""

    @pytest.fixture
    def bench(self, world: OutsideWorld) -> Iterator[PortalBench]:
        def make(*, timeout_s: float = 8.0, cache_s: float = 0.0, rest_s: float = 0.0) -> GuardedPortal:
            settings = replace(world.portal_settings(timeout_s, cache_s), rest_s=rest_s)
            inner = BhytPortal(settings, EntitlementRules(FacilityProfile("01999")))
            return GuardedPortal(inner, OutsideMetrics(), policy=PATIENT)

        bench = PortalBench(world, make)
        yield bench
        bench.close()
