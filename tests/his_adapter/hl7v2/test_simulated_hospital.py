"""The simulated HL7 hospital on its bad days, and what it keeps of them."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2 import AckMode, Hl7Hospital, Hl7Settings, outgoing
from his_adapter.hospital.hl7v2.head import visit_number
from his_adapter.hospital.hl7v2.message import encode
from his_adapter.model import RegistrationRequest
from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_wire import Address
from his_adapter.simulation.hl7_hospital import Hl7SimulatedHospital
from his_adapter.simulation.hl7_listener import Mishap, MllpListener
from his_adapter.simulation.listener import HOST
from tests.his_adapter.hl7v2.story import HEART, HospitalMaker, insured, transfer, visit


@pytest.fixture
def simulated() -> Hl7SimulatedHospital:
    return Hl7SimulatedHospital()


@pytest.fixture
def listener(simulated: Hl7SimulatedHospital) -> Iterator[MllpListener]:
    started = MllpListener(simulated.answer)
    started.up()
    yield started
    started.close()


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        (Mishap.CUT, OutsideFaultCode.TIMEOUT),
        (Mishap.HALF, OutsideFaultCode.TIMEOUT),
        (Mishap.WRONG_ID, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_done_and_not_heard_is_done_once(
    listener: MllpListener,
    simulated: Hl7SimulatedHospital,
    hospital_at: HospitalMaker,
    mishap: Mishap,
    code: OutsideFaultCode,
) -> None:
    hospital = hospital_at(listener.port)
    listener.begin(mishap)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is code
    assert len(simulated.state.visits) == 1
    listener.begin(Mishap.NONE)
    assert hospital.register(visit()).repeated
    assert len(simulated.state.visits) == 1


@pytest.mark.parametrize("mishap", [Mishap.TWICE, Mishap.NOISE])
def test_untidy_answers_are_answers(
    listener: MllpListener, simulated: Hl7SimulatedHospital, hospital_at: HospitalMaker, mishap: Mishap
) -> None:
    hospital = hospital_at(listener.port)
    listener.begin(mishap)
    done = [hospital.register(visit(f"key-{place}")).visit_id for place in range(5)]
    assert done == list(simulated.state.visits)


def test_deaf_is_unknown_and_nothing_was_done(
    listener: MllpListener, simulated: Hl7SimulatedHospital, hospital_at: HospitalMaker
) -> None:
    listener.begin(Mishap.DEAF)
    with pytest.raises(OutsideFault) as caught:
        hospital_at(listener.port, timeout_s=0.3).register(visit())
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert not simulated.state.visits


@pytest.mark.parametrize("mode", list(AckMode))
def test_busy(
    listener: MllpListener, simulated: Hl7SimulatedHospital, hospital_at: HospitalMaker, mode: AckMode
) -> None:
    hospital = hospital_at(listener.port, ack_mode=mode)
    simulated.busy = True
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.SERVER_ERROR
    assert hospital.health().fault is OutsideFaultCode.SERVER_ERROR
    simulated.busy = False
    assert hospital.health().well
    assert hospital.register(visit()).visit_id in {*simulated.state.visits, *simulated.state.announced}


def test_what_was_answered_survives_and_half_a_line_does_not(tmp_path: Path, hospital_at: HospitalMaker) -> None:
    path = tmp_path / "journal"
    for run in range(3):
        simulated = Hl7SimulatedHospital(path)
        assert len(simulated.state.visits) == (run + 1 if run else 0)
        listener = MllpListener(simulated.answer)
        listener.up()
        hospital = hospital_at(listener.port)
        done = hospital.register(visit(**insured()))
        assert done.repeated is bool(run)
        hospital.register(visit(f"another-{run}"))
        hospital.record_payment(replace(transfer(), his_visit_id=done.visit_id))
        assert [one.amount for one in simulated.state.payments.values()] == [26_565]
        listener.close()
        simulated.close()
        with path.open("a") as file:
            file.write('["message", "MSH|half')


@pytest.mark.parametrize("content", [b"", b"\xff", b"MSH", b"MSH|^~\\&", b"<html>", b"PID|1\rMSH|^~\\&|x"])
def test_what_is_no_message_is_refused(simulated: Hl7SimulatedHospital, content: bytes) -> None:
    (answer,) = simulated.answer(content)
    assert b"\rMSA|AR|" in answer
    assert not simulated.state.told


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        (("|2.5.1|", "|3.0|"), "203"),
        (("ADT^A04", "ADT^A40"), "200"),
        (("|KTM|", "|XXX|"), "103"),
        (("^NI^", "^XX^"), "101"),
    ],
)
def test_what_it_refuses(simulated: Hl7SimulatedHospital, change: tuple[str, str], condition: str) -> None:
    sent = encode(outgoing.registration(Hl7Settings("his.invalid", 1, (HEART,)), visit(), HEART)).decode()
    assert change[0] in sent
    (answer,) = simulated.answer(sent.replace(*change).encode())
    assert f"|{condition}^^HL70357|E".encode() in answer
    assert not simulated.state.visits


def test_many_at_once_through_one_adapter(
    listener: MllpListener, simulated: Hl7SimulatedHospital, hospital_at: HospitalMaker
) -> None:
    hospital = hospital_at(listener.port, timeout_s=20.0)
    with ThreadPoolExecutor(8) as kiosks:
        done = list(kiosks.map(hospital.register, [visit(f"key-{place}") for place in range(40)]))
    numbers = [visit_number(f"key-{place}") for place in range(40)]
    assert [one.visit_id for one in done] == [simulated.state.announced[number].number for number in numbers]


def test_a_bad_network_loses_and_doubles_nothing(
    listener: MllpListener, simulated: Hl7SimulatedHospital, hospital_at: HospitalMaker
) -> None:
    """As the outbox does: what may have failed is sent again, with the same key, until it is answered."""
    rates = Rates(drop_before_send=0.05, drop_after_send=0.1, duplicate=0.1, reset=0.05, truncated=0.05, garbage=0.05)
    with FaultProxy(Address(HOST, listener.port), TalkKind.MLLP, FaultPlan(rates, seed=7)) as proxy:
        hospital = hospital_at(proxy.address.port, timeout_s=2.0)
        tries = [_until_answered(hospital, visit(f"key-{place}")) for place in range(150)]
    assert max(tries) > 1
    assert set(simulated.state.announced) == {visit_number(f"key-{place}") for place in range(150)}
    assert len(simulated.state.visits) == 150


def _until_answered(hospital: Hl7Hospital, request: RegistrationRequest) -> int:
    for tries in range(1, 50):
        with contextlib.suppress(OutsideFault):
            hospital.register(request)
            return tries
    raise AssertionError("never answered")
