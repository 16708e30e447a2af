"""What GNU Health itself has after a kiosk's check-in, and after one that was cut off at every single call."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    AppointmentState,
    BirthDate,
    CoverageReport,
    PatientIdentity,
    Priority,
    Referral,
    RegistrationRequest,
    Sex,
)
from his_adapter.simulation.fault_plan import Mishap
from tests.his_adapter.contract.hospital_bench import Person, insured, paid, visit_of
from tests.peers.gnuhealth.bench import GnuHealthBench
from tests.peers.gnuhealth.steps import Steps


@pytest.fixture
def person() -> Person:
    return Person()


def party(bench: GnuHealthBench, patient: PatientIdentity, *fields: str) -> dict[str, Any]:
    (row,) = bench.read("party.party", [["ref", "=", patient.number]], *fields)
    return row


def appointments(bench: GnuHealthBench, patient: PatientIdentity, *fields: str) -> list[dict[str, Any]]:
    return bench.read("gnuhealth.appointment", [["patient.party.ref", "=", patient.number]], *fields)


def test_the_file_says_what_the_chip_says(bench: GnuHealthBench, person: Person) -> None:
    patient = person("Nguyễn Thị Ước Hợp", birth_date=BirthDate(1938), sex=Sex.FEMALE, phone="0912345678")
    bench.adapter().register(visit_of(patient, "KTM"))
    row = party(bench, patient, "name", "rec_name", "lastname", "dob", "est_dob", "gender", "fed_country", "is_patient")
    assert (row["name"], row["rec_name"], row["lastname"]) == (patient.full_name, patient.full_name, None)
    assert (row["dob"], row["est_dob"], row["gender"]) == (date(1938, 1, 1), True, "f")
    assert (row["fed_country"], row["is_patient"]) == ("VNM", True)
    (address,) = bench.read("party.address", [["party.ref", "=", patient.number]], "street", "country.code")
    assert (address["street"], address["country."]["code"]) == (patient.residence, "VN")
    (phone,) = bench.read("party.contact_mechanism", [["party.ref", "=", patient.number]], "value")
    assert phone["value"].replace(" ", "").endswith("912345678")


def test_the_appointment_tells_the_department(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    slip = Referral("GCT-77", "01998", "Trung tâm y tế mẫu", "I10", "Tăng huyết áp")
    done = bench.adapter().register(visit_of(patient, "KTM", priority=Priority.AGE, referral=slip, face_verified=True))
    fields = ("name", "state", "checked_in_date", "healthprof.code", "comments", "consultations.code")
    (row,) = appointments(bench, patient, *fields)
    assert (row["name"], row["state"]) == (done.visit_id, "checked_in")
    assert row["checked_in_date"] is not None
    assert (row["healthprof."]["code"], row["consultations."]["code"]) == ("BS002", "KTM")
    for words in ("kiosk-1", "từ 75 tuổi", "GCT-77", "I10 Tăng huyết áp", "Đã đối chiếu khuôn mặt"):
        assert words in row["comments"]


def test_a_booked_appointment_keeps_its_comments(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    booked = bench.book(patient, "KTM", datetime.now(ZONE))
    bench.adapter().register(visit_of(patient, "KTM", appointment_id=booked))
    (row,) = appointments(bench, patient, "name", "comments", "state")
    assert (row["name"], row["comments"], row["state"]) == (booked, "bí mật của phòng khám", "checked_in")


def test_a_person_the_hospital_numbers_itself_is_found(bench: GnuHealthBench, person: Person) -> None:
    """Its own PUID, family and given name apart, the citizen number among the other IDs, and no patient so far."""
    patient = person("NGUYỄN VĂN THỬ")
    other = {"code": patient.number, "alternative_id_type": "country_id"}
    values = {
        "ref": f"BV-{patient.number}",
        "name": "Văn Thử",
        "lastname": "Nguyễn",
        "dob": date(1990, 2, 3),
        "gender": "m",
        "is_person": True,
        "create_target": False,
        "fed_country": "VNM",
        "alternative_identification": True,
        "alternative_ids": [["create", [other]]],
        "addresses": [["create", [{"street": "Quầy"}]]],
    }
    bench.ask("model.party.party.create", [values])
    done = bench.adapter().register(visit_of(patient, "KTM"))
    assert done.patient_code == f"BV-{patient.number}"
    assert bench.read("party.party", [["ref", "=", patient.number]], "id") == []


def test_two_files_with_one_number_are_for_the_counter(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    bench.patient(patient)
    other = {"code": patient.number, "alternative_id_type": "country_id"}
    double = {
        "ref": f"BV-{patient.number}",
        "name": patient.full_name,
        "gender": "f",
        "is_person": True,
        "create_target": False,
        "fed_country": "VNM",
        "alternative_ids": [["create", [other]]],
    }
    bench.ask("model.party.party.create", [double])
    with pytest.raises(OutsideFault) as caught:
        bench.adapter().register(visit_of(patient, "KTM"))
    assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT
    assert bench.adapter().appointments(patient, datetime.now(ZONE).date()) == ()


def test_a_file_that_was_put_away_is_for_the_counter(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    bench.patient(patient)
    bench.ask("model.party.party.write", [party(bench, patient, "id")["id"]], {"active": False})
    with pytest.raises(OutsideFault) as caught:
        bench.adapter().register(visit_of(patient, "KTM"))
    assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT


# insurance


def test_a_card_is_kept_once_and_renewed(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    hospital = bench.adapter()
    first = insured(patient, "80")
    hospital.register(visit_of(patient, "KTM", **first))
    coverage = first["coverage"]
    longer = replace(coverage, valid_to=date(2030, 12, 31))  # type: ignore[type-var]
    hospital.register(visit_of(patient, "KMAT", **{**insured(patient, "40"), "coverage": longer}))
    fields = ("number", "member_since", "member_exp", "plan_id.product.code", "company.ref", "category", "party.ref")
    (card,) = bench.read("gnuhealth.insurance", [["party.ref", "=", patient.number]], *fields)
    assert card["number"] == longer.card_number
    assert card["member_exp"] == date(2030, 12, 31)
    assert card["plan_id."]["product."]["code"] == "BHYT40"
    assert (card["company."]["ref"], card["category"]) == ("BHXH", "GD4")


def test_a_percentage_without_a_plan_costs_the_full_price_and_is_shown(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    done = bench.adapter().register(visit_of(patient, "KTM", **insured(patient, "47.5")))
    assert done.fee_dong == 150_000
    (line,) = bench.read(
        "gnuhealth.health_service.line", [["appointment.name", "=", done.visit_id]], "action_required", "remarks"
    )
    assert line["action_required"]
    assert "insurance=unpriced" in line["remarks"]


def test_somebody_elses_card_is_not_taken(bench: GnuHealthBench, person: Person) -> None:
    holder, patient = person(), person()
    card = insured(holder)
    bench.adapter().register(visit_of(holder, "KTM", **card))
    done = bench.adapter().register(visit_of(patient, "KTM", **card))
    assert done.fee_dong == 150_000
    (row,) = bench.read("gnuhealth.insurance", [["number", "=", card["coverage"].card_number]], "party.ref")  # type: ignore[attr-defined]
    assert row["party."]["ref"] == holder.number


def late(patient: PatientIdentity, visit_id: str, key: str, *, verified: bool = True) -> CoverageReport:
    card: Mapping[str, Any] = insured(patient)
    at = datetime.now(ZONE).replace(microsecond=0)
    return CoverageReport(
        key, visit_id, "", patient, "000", at, verified, card["coverage"], card["entitlement"] if verified else None
    )


def test_a_late_confirmation_lowers_the_price_that_gnu_health_asks(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    hospital = bench.adapter()
    request = visit_of(patient, "KTM", **insured(patient, verified=False))
    done = hospital.register(request)
    report = late(patient, done.visit_id, f"late-{patient.number}")
    hospital.report_coverage(report)
    again = hospital.register(request)
    assert (done.fee_dong, again.fee_dong) == (150_000, 10_120)
    assert hospital.record_payment(paid(done.visit_id, 10_120)).receipt_number
    with pytest.raises(OutsideFault) as caught:
        hospital.report_coverage(replace(report, result_code="010"))
    assert caught.value.code is OutsideFaultCode.CONFLICT


def test_a_late_refusal_is_seen_by_staff(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    hospital = bench.adapter()
    done = hospital.register(visit_of(patient, "KTM", **insured(patient, verified=False)))
    hospital.report_coverage(late(patient, done.visit_id, f"late-{patient.number}", verified=False))
    domain = [["appointment.name", "=", done.visit_id]]
    (line,) = bench.read("gnuhealth.health_service.line", domain, "action_required", "remarks")
    assert line["action_required"]
    assert "insurance=refused" in line["remarks"]


def test_after_the_invoice_a_late_confirmation_is_the_cashiers(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    hospital = bench.adapter()
    done = hospital.register(visit_of(patient, "KTM", **insured(patient, verified=False)))
    hospital.record_payment(paid(done.visit_id, done.fee_dong))
    report = late(patient, done.visit_id, f"late-{patient.number}")
    hospital.report_coverage(report)
    hospital.report_coverage(report)
    (invoice,) = bench.invoices(done.visit_id, "comment", "total_amount", "state")
    assert (invoice["total_amount"], invoice["state"]) == (Decimal(150_000), "paid")
    assert invoice["comment"].count("BHYT hợp lệ") == 1


# appointments


def test_every_state_of_an_appointment_is_told(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    at = datetime.now(ZONE).replace(hour=8, minute=0, second=0, microsecond=0)
    wanted = {"confirmed": "BOOKED", "checked_in": "CHECKED_IN", "done": "OVER", "no_show": "OVER"}
    for hours, state in enumerate(wanted):
        code = bench.book(patient, "KTM", at + timedelta(hours=hours))
        (row,) = bench.read("gnuhealth.appointment", [["name", "=", code]], "id")
        bench.ask("model.gnuhealth.appointment.write", [row["id"]], {"state": state, "name": code})
    found = bench.adapter().appointments(patient, at.date())
    assert [one.state for one in found] == [AppointmentState[name] for name in wanted.values()]
    assert {(one.service_code, one.starts_at.tzinfo) for one in found} == {("KTM", ZONE)}


@pytest.mark.parametrize(("hour", "minute", "today"), [(0, 0, True), (23, 59, True), (24, 0, False), (-1, 59, False)])
def test_a_day_is_the_hospitals_day(bench: GnuHealthBench, person: Person, hour: int, minute: int, today: bool) -> None:
    patient = person()
    day = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    bench.book(patient, "KTM", day + timedelta(hours=hour, minutes=minute))
    assert bool(bench.adapter().appointments(patient, day.date())) == today


def test_one_appointment_at_two_kiosks_with_two_keys_is_checked_in_once(bench: GnuHealthBench, person: Person) -> None:
    patient = person()
    booked = bench.book(patient, "KTM", datetime.now(ZONE))
    requests = [visit_of(patient, "KTM", appointment_id=booked) for _ in range(2)]
    hospitals = [bench.adapter() for _ in requests]
    with ThreadPoolExecutor(2) as kiosks:
        futures = [kiosks.submit(hospitals[place].register, request) for place, request in enumerate(requests)]
    (fault,) = [future.exception() for future in futures if future.exception() is not None]
    assert isinstance(fault, OutsideFault)
    assert fault.code is OutsideFaultCode.REJECTED
    assert len([visit for visit in bench.visits() if visit.citizen_number == patient.number]) == 1


# cut off


@pytest.mark.parametrize("booked", [False, True])
def test_cut_off_after_any_step_it_heals_with_its_key(
    bench: GnuHealthBench, person: Person, steps: Steps, booked: bool
) -> None:
    """After each thing that GNU Health does: its answer is lost, and so is the kiosk. The key finds what is there."""

    def request() -> RegistrationRequest:
        patient = person()
        at = datetime.now(ZONE).replace(microsecond=0)
        named = {"appointment_id": bench.book(patient, "KTM", at)} if booked else {}
        return visit_of(patient, "KTM", **insured(patient), **named)

    hospital = bench.adapter()
    hospital.list_services()
    first = request()
    whole = steps.of(lambda: hospital.register(first))
    assert len(whole) == (3 if booked else 6)
    for step in whole:
        wanted = request()
        bench.plan.next(*[Mishap.NONE] * step, Mishap.DROP_AFTER_SEND)
        with pytest.raises(OutsideFault) as caught:
            hospital.register(wanted)
        assert caught.value.code is OutsideFaultCode.TIMEOUT
        done = hospital.register(wanted)
        (seen,) = [visit for visit in bench.visits() if visit.citizen_number == wanted.patient.number]
        assert (seen.visit_id, done.fee_dong) == (done.visit_id, 10_120)
        rows = appointments(bench, wanted.patient, "name", "state")
        counted = [row for row in rows if row["name"] is not None]
        assert [(row["name"], row["state"]) for row in counted] == [(done.visit_id, "checked_in")]
        assert {row["state"] for row in rows if row["name"] is None} <= {"center_cancelled"}
        assert len(bench.read("gnuhealth.patient", [["party.ref", "=", wanted.patient.number]], "id")) == 1
