"""The bench that counts registrations on the hospital's side: a small run is sound, a broken adapter is found out."""

import json
import subprocess
import sys

import pytest

from bench.exactly_once import Plan, run
from bench.exactly_once_visits import PlannedVisit, share
from his_adapter.simulation.command import Interface
from his_adapter.simulation.fault_plan import Rates


def test_two_hundred_visits_through_kills_and_a_bad_network_are_there_once_each() -> None:
    result = run(Plan(200, seed=1, kiosks=2))
    counted, happened, proxy = result.rows
    assert result.sound, result.rows
    assert (counted["visits"], counted["payments"]) == (200, 67)
    assert counted["missing"] == counted["doubled"] == counted["undelivered"] == 0
    assert (happened["hospital_killed"], happened["kiosks_killed"]) == (1, 1)
    assert happened["retries"]
    assert proxy["drop_after_send"]
    assert proxy["http_5xx"]
    assert any(str(name).startswith("duplicate") for name in proxy)


@pytest.mark.parametrize("interface", [Interface.FHIR, Interface.HL7])
def test_so_are_visits_at_hospitals_that_speak_something_else(interface: Interface) -> None:
    result = run(Plan(18, seed=1, kiosks=1, interface=interface))
    assert result.sound, result.rows
    assert (result.rows[0]["visits"], result.rows[0]["payments"]) == (18, 6)


def test_an_adapter_that_makes_a_new_key_for_each_try_is_found_out() -> None:
    result = run(Plan(25, seed=1, kiosks=1, broken=True, rates=Rates(drop_after_send=0.3)))
    assert not result.sound
    assert result.rows[0]["doubled"]
    assert result.rows[0]["visits_without_key"]


def test_the_command_refuses_a_run_without_visits() -> None:
    command = [sys.executable, "-m", "bench", "exactly-once", "--count", "0"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "one visit" in refused.stderr


def test_every_visit_has_its_own_person_order_and_transfer_at_one_kiosk() -> None:
    visits = [visit for kiosk in range(3) for visit in share(kiosk, 3, 30_000, seed=0)]
    assert sorted(visit.number for visit in visits) == list(range(30_000))
    for name in ("citizen_number", "order_code", "transfer", "session_id"):
        assert len({getattr(visit, name) for visit in visits}) == 30_000


def test_the_same_seed_brings_the_same_people_with_fresh_keys() -> None:
    one, again = (PlannedVisit(7, seed=3).check_in("kiosk-1") for _ in range(2))
    assert one.patient == again.patient
    assert one.idempotency_key != again.idempotency_key
    assert json.loads(one.message.payload)["idempotency_key"] == one.idempotency_key
    assert PlannedVisit(7, seed=4).check_in("kiosk-1").patient != one.patient


def test_kills_are_drawn_from_the_seed() -> None:
    assert Plan(10_000, seed=1).kills(500, "kiosks") == Plan(10_000, seed=1).kills(500, "kiosks")
    assert len(Plan(10_000, seed=1).kills(500, "kiosks")) == 20
    assert len(Plan(24, seed=1).kills(500, "kiosks")) == 1
    with pytest.raises(ValueError, match="visit"):
        Plan(2, seed=0, kiosks=3)
