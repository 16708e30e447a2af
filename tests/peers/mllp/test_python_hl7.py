"""Our messages at python-hl7's own MLLP server."""

from dataclasses import replace

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from tests.his_adapter.hl7v2.story import PATIENT, insured, transfer, visit
from tests.peers.mllp.conftest import HospitalMaker, PythonHl7


@pytest.mark.parametrize("name", ["NGUYỄN THỊ HỢP LỆ", "LÊ VĂN A|B^C~D&E\\F"])
def test_a_visit_arrives_as_it_was_meant(python_hl7: PythonHl7, hospital_at: HospitalMaker, name: str) -> None:
    done = hospital_at(python_hl7.port).register(visit(patient=replace(PATIENT, full_name=name), **insured()))
    (seen,) = python_hl7.seen
    assert f"{seen.extract_field('PID', 1, 5, 1, 1)} {seen.extract_field('PID', 1, 5, 1, 2)}" == name
    assert seen.extract_field("PID", 1, 3, 1, 1) == PATIENT.number
    assert seen.extract_field("PV1", 1, 19, 1, 1) == done.visit_id
    assert seen.extract_field("PID", 1, 11, 1, 1) == PATIENT.residence


def test_a_hundred_visits_on_one_connection(python_hl7: PythonHl7, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(python_hl7.port)
    done = {hospital.register(visit(f"key-{place}")).visit_id for place in range(100)}
    assert {seen.extract_field("PV1", 1, 19, 1, 1) for seen in python_hl7.seen} == done
    assert len(done) == 100


def test_money_arrives_whole(python_hl7: PythonHl7, hospital_at: HospitalMaker) -> None:
    hospital_at(python_hl7.port).record_payment(transfer())
    (seen,) = python_hl7.seen
    assert seen.extract_field("FT1", 1, 11, 1, 1, 1) == "26565"
    assert seen.extract_field("FT1", 1, 11, 1, 1, 2) == "VND"


@pytest.mark.parametrize(
    ("code", "fault"),
    [("AE", OutsideFaultCode.REJECTED), ("AR", OutsideFaultCode.SERVER_ERROR), ("CR", OutsideFaultCode.REJECTED)],
)
def test_its_refusals_are_understood(
    python_hl7: PythonHl7, hospital_at: HospitalMaker, code: str, fault: OutsideFaultCode
) -> None:
    python_hl7.code = code
    hospital = hospital_at(python_hl7.port)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is fault
    python_hl7.code = "AA"
    assert hospital.register(visit()).visit_id
