"""The hospital system's adapter against the simulated hospital."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital import HisProHospital
from his_adapter.hospital.wire import PatientRow
from his_adapter.model import (
    BirthDate,
    Coverage,
    Entitlement,
    PatientIdentity,
    Priority,
    QueueTicket,
    RegistrationRequest,
    Sex,
)
from his_adapter.settings import HisSettings
from his_adapter.simulation import Duplicates, Fault, OutsideWorld, System

Visit = Callable[..., RegistrationRequest]
Inspect = Callable[[System, str], dict[str, Any]]

COVERAGE = Coverage("DN4010000000101", "NGUYỄN THỊ HỢP LỆ", date(2026, 1, 1), date(2026, 12, 31), "01999")


def insured(percent: str) -> dict[str, object]:
    entitlement = Entitlement("1.1", 100, 80, Decimal(percent), "basis")
    return {"coverage": COVERAGE, "entitlement": entitlement, "insurance_verified": True}


def test_departments_with_rooms_and_prices(hospital: HisProHospital) -> None:
    services = {service.code: service for service in hospital.list_services()}
    assert len(services) >= 6
    heart = services["KTM"]
    assert (heart.name_vi, heart.name_en, heart.room.name) == ("Tim mạch", "Cardiology", "203")
    assert heart.price_dong > heart.insured_price_dong > 0
    assert services["KNT"].waiting is None


def test_a_registration_gets_a_number_in_a_room(hospital: HisProHospital, visit: Visit) -> None:
    waiting = {service.code: service.waiting for service in hospital.list_services()}
    done = hospital.register(visit(**insured("80")))
    assert done.ticket is not None
    assert done.ticket.room.name == "203"
    assert done.ticket.people_ahead == waiting["KTM"]
    assert done.ticket.number.isdigit()
    assert len(done.ticket.number) >= 3
    assert done.visit_id
    assert done.patient_code
    assert done.fee_dong == 10_120
    assert not done.repeated


@pytest.mark.parametrize(
    ("others", "fee"),
    [
        (insured("47.5"), 26_565),
        ({"self_pay": True, "insurance_verified": True}, 150_000),
        (insured("80") | {"insurance_verified": False}, 150_000),
    ],
)
def test_the_hospital_prices_the_visit(
    hospital: HisProHospital, visit: Visit, others: dict[str, object], fee: int
) -> None:
    assert hospital.register(visit(**others)).fee_dong == fee


def test_a_visit_without_the_portal_is_an_unverified_insured_one(
    hospital: HisProHospital, visit: Visit, inspect: Inspect
) -> None:
    request = visit()
    hospital.register(request)
    seen = next(row for row in inspect(System.HIS, "visits")["visits"] if row["key"] == request.idempotency_key)
    assert (seen["insured"], seen["verified"], seen["face_verified"]) == (True, False, False)


def test_the_same_key_twice_is_one_visit(hospital: HisProHospital, visit: Visit, inspect: Inspect) -> None:
    request = visit()
    before = inspect(System.HIS, "visits")["count"]
    first = hospital.register(request)
    second = hospital.register(request)
    assert second == replace(first, repeated=True)
    assert inspect(System.HIS, "visits")["count"] == before + 1


def test_a_key_for_another_visit_is_a_conflict(hospital: HisProHospital, visit: Visit) -> None:
    request = visit()
    hospital.register(request)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(replace(request, service_code="KMAT"))
    assert caught.value.code is OutsideFaultCode.CONFLICT
    assert not caught.value.retryable


def test_an_answer_that_never_came_is_found_by_its_key(
    world: OutsideWorld, hospital: HisProHospital, impatient_hospital: HisProHospital, visit: Visit, inspect: Inspect
) -> None:
    request = visit()
    before = inspect(System.HIS, "visits")["count"]
    world.fault(System.HIS, Fault.SLOW)
    with pytest.raises(OutsideFault) as caught:
        impatient_hospital.register(request)
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert caught.value.retryable
    world.fault(System.HIS, Fault.NONE)
    found = hospital.registration_by_key(request.idempotency_key)
    again = hospital.register(request)
    assert found is not None
    assert again.visit_id == found.visit_id
    assert again.repeated
    assert inspect(System.HIS, "visits")["count"] == before + 1


def test_an_unknown_key_has_no_visit(hospital: HisProHospital) -> None:
    assert hospital.registration_by_key("never used") is None


def test_numbers_are_unique_when_kiosks_register_together(hospital: HisProHospital, visit: Visit) -> None:
    requests = [visit(service="KDL") for _ in range(24)]
    with ThreadPoolExecutor(8) as kiosks:
        done = list(kiosks.map(hospital.register, requests))
    assert len({registration.ticket for registration in done}) == 24
    assert len({registration.visit_id for registration in done}) == 24
    assert len({registration.patient_code for registration in done}) == 1


def test_priority_patients_wait_for_one_another_only(hospital: HisProHospital, visit: Visit) -> None:
    hospital.register(visit(service="KRHM"))
    first = hospital.register(visit(service="KRHM", priority=Priority.AGE))
    second = hospital.register(visit(service="KRHM", priority=Priority.PREGNANCY))
    assert first.ticket is not None
    assert second.ticket is not None
    assert (first.ticket.people_ahead, second.ticket.people_ahead) == (0, 1)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.DOWN, OutsideFaultCode.UNREACHABLE),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_failing_hospital_registers_nothing(
    world: OutsideWorld, hospital: HisProHospital, visit: Visit, fault: Fault, code: OutsideFaultCode, inspect: Inspect
) -> None:
    before = inspect(System.HIS, "visits")["count"]
    world.fault(System.HIS, fault)
    for call in (lambda: hospital.register(visit()), hospital.list_services):
        with pytest.raises(OutsideFault) as caught:
            call()
        assert (caught.value.code, caught.value.system) == (code, "his")
    assert hospital.health().fault is code
    world.fault(System.HIS, Fault.NONE)
    assert hospital.health().well
    assert inspect(System.HIS, "visits")["count"] == before


def test_an_unknown_department_is_rejected(hospital: HisProHospital, visit: Visit) -> None:
    with pytest.raises(OutsideFault, match="SERVICE_UNKNOWN") as caught:
        hospital.register(visit(service="KHONG"))
    assert caught.value.code is OutsideFaultCode.REJECTED


def test_a_wrong_key_is_refused(world: OutsideWorld) -> None:
    adapter = HisProHospital(HisSettings(world.urls[System.HIS], SecretStr("wrong")))
    assert adapter.health().fault is OutsideFaultCode.AUTH
    adapter.close()


def test_a_patient_who_exists_keeps_the_file(
    world: OutsideWorld, hospital: HisProHospital, visit: Visit, inspect: Inspect
) -> None:
    known = hospital.register(visit()).patient_code
    before = inspect(System.HIS, "visits")
    world.duplicates(Duplicates.SAME)
    assert hospital.register(visit()).patient_code == known
    after = inspect(System.HIS, "visits")
    assert (after["count"], after["patients"]) == (before["count"] + 1, before["patients"])


@pytest.mark.parametrize("mode", [Duplicates.AMBIGUOUS, Duplicates.OTHER_PERSON])
def test_several_files_or_another_persons_are_for_the_counter(
    world: OutsideWorld, hospital: HisProHospital, visit: Visit, inspect: Inspect, mode: Duplicates
) -> None:
    before = inspect(System.HIS, "visits")["count"]
    world.duplicates(mode)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT
    assert "HỢP LỆ" not in str(caught.value)
    assert inspect(System.HIS, "visits")["count"] == before


def test_what_was_answered_survives_a_power_cut(people: Path, tmp_path: Path, visit: Visit) -> None:
    with OutsideWorld(people, state=tmp_path / "his.json") as world:
        hospital = HisProHospital(world.his_settings())
        request = visit()
        first = hospital.register(request)
        world.restart(System.HIS)
        assert hospital.register(request) == replace(first, repeated=True)
        assert hospital.register(visit()).ticket != first.ticket
        hospital.close()


def test_no_person_in_the_logs(
    hospital: HisProHospital, visit: Visit, world: OutsideWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = visit(**insured("80"))
    hospital.register(request)
    assert "ExamRegisterKiosk" in caplog.text
    for secret in ("HỢP LỆ", request.patient.number, COVERAGE.card_number, "simulated-his-key"):
        assert secret not in caplog.text
        assert secret not in f"{request!r} {world.his_settings()!r}"


ROW = {
    "TreatmentCode": "T1",
    "PatientCode": "BN1",
    "NumOrder": 7,
    "RoomName": "P.1",
    "TotalPatientPrice": 1000,
    "SomethingNew": {"in": "a later version"},
}


def test_fields_of_a_later_version_pass(script: Any, visit: Visit) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say({"Success": True, "Data": ROW, "Param": {"Messages": ["xin chào"]}, "More": 1})
    done = adapter.register(visit())
    assert done.ticket == QueueTicket("007", done.ticket.room, None)
    assert done.ticket.room.floor == ""
    adapter.close()


@pytest.mark.parametrize(
    "data",
    [
        None,
        ROW | {"NumOrder": "7"},
        ROW | {"NumOrder": 0},
        ROW | {"TotalPatientPrice": 10.5},
        ROW | {"TotalPatientPrice": -1},
        ROW | {"TreatmentCode": ""},
    ],
)
def test_answers_that_break_the_contract(script: Any, visit: Visit, data: object) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say({"Success": True, "Data": data})
    with pytest.raises(OutsideFault) as caught:
        adapter.register(visit())
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    adapter.close()


EXISTS = {"Success": False, "Param": {"BugCodes": ["PATIENT_EXISTS"]}}
THE_FILE = {
    "PatientCode": "BN1",
    "PatientName": "Nguyễn  Thị Hợp Lệ",
    "Dob": 19900203000000,
    "CccdNumber": "001190990101",
}


def test_the_visit_goes_to_the_file_that_is_surely_the_patients(script: Any, visit: Visit) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say(EXISTS | {"Data": [THE_FILE | {"PatientCode": "BN2", "CccdNumber": ""}, THE_FILE]})
    script.say({"Success": True, "Data": ROW})
    adapter.register(visit())
    (_, first), (_, second) = script.asked
    assert json.loads(first)["ApiData"]["CardSDO"]["PatientCode"] is None
    assert json.loads(second)["ApiData"]["CardSDO"]["PatientCode"] == "BN1"
    adapter.close()


@pytest.mark.parametrize("other", [{"PatientName": "NGUYỄN THỊ HỢP LÊ"}, {"Dob": 19900204000000}, {"CccdNumber": ""}])
def test_a_file_that_is_nearly_the_patients_is_not(script: Any, visit: Visit, other: dict[str, object]) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say(EXISTS | {"Data": [THE_FILE | other]})
    with pytest.raises(OutsideFault) as caught:
        adapter.register(visit())
    assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT
    adapter.close()


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([EXISTS | {"Data": [THE_FILE]}, EXISTS], OutsideFaultCode.DUPLICATE_PATIENT),
        ([EXISTS], OutsideFaultCode.BAD_ANSWER),
        ([EXISTS | {"Data": [{"PatientCode": "BN1"}]}], OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_files_that_lead_nowhere(
    script: Any, visit: Visit, answers: list[dict[str, object]], code: OutsideFaultCode
) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    for answer in answers:
        script.say(answer)
    with pytest.raises(OutsideFault) as caught:
        adapter.register(visit())
    assert caught.value.code is code
    adapter.close()


def test_departments_that_break_the_contract(script: Any) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say({"Success": True, "Data": [{"ServiceCode": "K1", "ServiceName": "Mắt", "RoomName": "", "Price": "1"}]})
    with pytest.raises(OutsideFault, match=r"services: 0\.Price, 0\.HeinPrice"):
        adapter.list_services()
    adapter.close()


def test_a_success_under_an_error_status_is_no_success(script: Any, visit: Visit) -> None:
    adapter = HisProHospital(HisSettings(script.url, SecretStr("key")))
    script.say({"Success": True, "Data": ROW}, status=409)
    with pytest.raises(OutsideFault) as caught:
        adapter.register(visit())
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    adapter.close()


@pytest.mark.parametrize(
    ("file", "birth", "surely"),
    [
        ({"Dob": 19380506000000}, BirthDate(1938, 5, 6), True),
        ({"Dob": 19380506000000}, BirthDate(1938), True),
        ({"Dob": 19380506000000}, BirthDate(1938, 5, 7), False),
        ({"Dob": 19380101000000, "IsHasNotDayDob": True}, BirthDate(1938, 5, 6), True),
        ({"Dob": 19380101000000, "IsHasNotDayDob": True}, BirthDate(1939), False),
        ({"Dob": 19380101000000}, BirthDate(1938, 5, 6), False),
        ({"Dob": 0}, BirthDate(1938), False),
        ({"Dob": -19380101000000}, BirthDate(1938), False),
        ({"Dob": 19389901000000}, BirthDate(1938), False),
        ({"Dob": 10**40}, BirthDate(1938), False),
    ],
)
def test_a_birth_date_may_be_known_to_different_parts(file: dict[str, object], birth: BirthDate, surely: bool) -> None:
    row = PatientRow.model_validate(
        {"PatientCode": "BN1", "PatientName": "NGUYỄN THỊ HỢP LỆ", "CccdNumber": "001190990101"} | file
    )
    assert row.is_surely(PatientIdentity("001190990101", "Nguyễn Thị Hợp Lệ", birth, Sex.FEMALE)) is surely
    assert repr(row) == "PatientRow()"
