"""The simulated systems as processes: they come, go, come back, and leave nobody behind."""

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.model import BirthDate, CoverageOutcome, InsuranceQuery
from his_adapter.simulation import Fault, OutsideWorld, SimulatedServer, SimulationError, System
from his_adapter.simulation.cards import load_people
from his_adapter.simulation.commands import SetFault


def port_of(world: OutsideWorld, system: System) -> int:
    return int(world.urls[system].rpartition(":")[2])


def knock(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("system", list(System))
def test_down_is_a_refused_connection_and_back_is_the_same_port(world: OutsideWorld, system: System) -> None:
    port = port_of(world, system)
    for _ in range(3):
        world.fault(system, Fault.DOWN)
        assert not knock(port)
        world.fault(system, Fault.NONE)
        assert knock(port)
        assert port_of(world, system) == port


def test_going_down_cuts_connections_that_are_open(world: OutsideWorld) -> None:
    with httpx.Client(base_url=world.urls[System.HIS], trust_env=False) as client:
        assert client.get("/simulation/visits").status_code == 200
        world.fault(System.HIS, Fault.DOWN)
        with pytest.raises(httpx.ConnectError):
            client.get("/simulation/visits")


def test_the_demonstrations_people_have_their_cards(people: Path) -> None:
    expected = {
        "lan": ("000", CoverageOutcome.VALID, "1.1"),
        "hung": ("000", CoverageOutcome.VALID, "1.18"),
        "minh": ("010", CoverageOutcome.EXPIRED, "9"),
        "duc": ("004", CoverageOutcome.VALID_NEW_CARD, "1.1"),
    }
    with OutsideWorld(people, facility="01555") as world:
        portal = BhytPortal(world.portal_settings(), EntitlementRules(FacilityProfile("01555")))
        for person, holder in load_people(people).items():
            answer = portal.check(InsuranceQuery(holder.number, holder.full_name, BirthDate.of(holder.birth_date)))
            assert answer.entitlement is not None
            assert (answer.code, answer.outcome, answer.entitlement.object_code) == expected.pop(person)
        portal.close()
    assert not expected


def test_commands_it_does_not_know_are_refused(world: OutsideWorld) -> None:
    with pytest.raises(SimulationError, match="no such order"):
        world.pay(42)
    server = world._servers[System.HIS]

    class Nonsense(SetFault):
        extra: str = "x"

    with pytest.raises(SimulationError, match="not permitted"):
        server.tell(Nonsense(fault=Fault.NONE))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_closing_leaves_no_process(people: Path) -> None:
    world = OutsideWorld(people).start()
    pids = [world.pid(system) for system in System]
    world.fault(System.HIS, Fault.SLOW)
    world.close()
    world.close()
    assert all(gone(pid) for pid in pids)
    with pytest.raises(SimulationError, match="not been started"):
        world.fault(System.HIS, Fault.NONE)


def test_a_system_that_cannot_start_leaves_no_process(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = OutsideWorld(tmp_path)  # no people: the default cards name some
    with pytest.raises(SimulationError, match="has ended"):
        world.start()
    assert not world.urls
    assert "no such person" in capfd.readouterr().err


def test_a_dead_system_says_so(people: Path) -> None:
    server = SimulatedServer(System.HIS)
    server.wait_ready()
    server.kill()
    with pytest.raises(SimulationError, match="has ended"):
        server.tell(SetFault(fault=Fault.NONE))


PARENT = """
import os, sys
from his_adapter.simulation import SimulatedServer, System
server = SimulatedServer(System.BANK)
server.wait_ready()
os.write(1, f"{server.pid}\\n".encode())
os.read(0, 1)
os._exit(9)
"""


def test_a_killed_parent_leaves_no_process() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        watched = os.pidfd_open(pid)
        parent.kill()
        parent.wait()
    try:
        ended, _, _ = select.select([watched], [], [], 30)
        assert ended == [watched]
    finally:
        os.close(watched)
