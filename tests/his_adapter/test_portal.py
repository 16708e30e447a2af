"""The adapter that speaks to the insurance portal itself: the contract, and what no other adapter has."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.clock import now
from his_adapter.faults import OutsideFaultCode
from his_adapter.model import CoverageOutcome, InsuranceQuery
from his_adapter.settings import PortalSettings
from his_adapter.simulation import Fault, OutsideWorld, System
from tests.his_adapter.contract.portal_contract import STRANGER, PortalBench, PortalContract

PortalAt = Callable[[PortalSettings], BhytPortal]


class TestBhytPortal(PortalContract):
    @pytest.fixture
    def bench(self, world: OutsideWorld) -> Iterator[PortalBench]:
        def make(*, timeout_s: float = 8.0, cache_s: float = 0.0, rest_s: float = 0.0) -> BhytPortal:
            settings = replace(world.portal_settings(timeout_s, cache_s), rest_s=rest_s)
            return BhytPortal(settings, EntitlementRules(FacilityProfile("01999")))

        bench = PortalBench(world, make)
        yield bench
        bench.close()


@pytest.fixture
def bench(world: OutsideWorld) -> PortalBench:
    """For its counts alone."""
    return PortalBench(world, lambda **_: pytest.fail("not made here"))


def test_code_401_is_not_renewed_twice(world: OutsideWorld, portal: BhytPortal, bench: PortalBench) -> None:
    portal.check(STRANGER)
    before = bench.asked()
    world.force_portal_code("401")
    answer = portal.check(STRANGER)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.AUTH)
    assert bench.asked_since(before) == {"sign_ins": 1, "checks": 2}


def test_a_session_near_its_end_is_replaced_in_time(
    world: OutsideWorld, valid: InsuranceQuery, bench: PortalBench
) -> None:
    later = timedelta(0)
    portal = BhytPortal(
        world.portal_settings(), EntitlementRules(FacilityProfile("01999")), clock=lambda: now() + later
    )
    portal.check(valid)
    before = bench.asked()
    later = timedelta(minutes=9, seconds=50)
    assert portal.check(valid).outcome is CoverageOutcome.VALID
    assert bench.asked_since(before) == {"sign_ins": 1, "checks": 1, "copayments": 1}
    portal.close()


def test_a_clock_ahead_of_the_portals_does_not_sign_in_for_every_question(
    world: OutsideWorld, bench: PortalBench
) -> None:
    portal = BhytPortal(
        world.portal_settings(),
        EntitlementRules(FacilityProfile("01999")),
        clock=lambda: now() + timedelta(hours=1),
    )
    before = bench.asked()
    portal.check(STRANGER)
    portal.check(STRANGER)
    assert bench.asked_since(before) == {"sign_ins": 1, "checks": 2}
    portal.close()


def test_the_case_of_the_md5_is_a_setting(world: OutsideWorld, portal_at: PortalAt) -> None:
    assert portal_at(world.portal_settings()).health().well
    assert portal_at(replace(world.portal_settings(), md5_upper=False)).health().fault is OutsideFaultCode.AUTH


def test_a_refused_account_is_not_tried_for_every_patient(
    world: OutsideWorld, portal_at: PortalAt, bench: PortalBench
) -> None:
    portal = portal_at(replace(world.portal_settings(), sign_in_rest_s=600))
    before = bench.asked()
    world.fault(System.PORTAL, Fault.UNAUTHORIZED)
    assert portal.check(STRANGER).fault is OutsideFaultCode.AUTH
    world.fault(System.PORTAL, Fault.NONE)
    answer = portal.check(STRANGER)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.AUTH)
    assert "resting" in answer.message
    assert bench.asked_since(before) == {}
    assert portal.health().well  # a person insists, and may
    assert portal.check(STRANGER).outcome is CoverageOutcome.NOT_FOUND
    assert bench.asked_since(before) == {"sign_ins": 1, "checks": 1}


def test_a_check_can_do_without_co_payments(world: OutsideWorld, portal_at: PortalAt, valid: InsuranceQuery) -> None:
    portal = portal_at(replace(world.portal_settings(), copayment_wait_s=0))
    assert portal.check(valid).copayment is None


@pytest.mark.parametrize("wrong", [{"timeout_s": 0}, {"cache_s": -1}, {"rest_s": -1}])
def test_limits_make_sense(world: OutsideWorld, wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        replace(world.portal_settings(), **wrong)  # type: ignore[arg-type]
