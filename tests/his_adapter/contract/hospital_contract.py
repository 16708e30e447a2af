"""The contract of `HospitalSystem`: the same stories for every adapter, counted on the hospital's own side.

A subclass gives the fixture `bench`. What a hospital system cannot do is said in its bench, once, with the reason: the
story then proves that the adapter says so too, instead of being skipped.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    AppointmentState,
    BirthDate,
    CoverageReport,
    Entitlement,
    PatientIdentity,
    Priority,
    Referral,
    Sex,
    TransferVerdict,
    patient_share,
)
from his_adapter.ports import HospitalSystem
from tests.his_adapter.contract.hospital_bench import (
    NUMBERS,
    RUN,
    Bench,
    Cannot,
    Person,
    SeenVisit,
    Trouble,
    insured,
    paid,
    visit_of,
)


class HospitalContract:
    """Every adapter of the port keeps this."""

    @pytest.fixture
    def bench(self) -> Bench:
        raise NotImplementedError("a subclass says which hospital")

    @pytest.fixture
    def person(self) -> Person:
        return Person()

    @pytest.fixture
    def hospital(self, bench: Bench) -> HospitalSystem:
        return bench.adapter()

    def mine(self, bench: Bench, patient: PatientIdentity) -> list[SeenVisit]:
        """The person's visits, on the hospital's side."""
        return [visit for visit in bench.visits() if visit.citizen_number == patient.number]

    # departments

    def test_departments_have_rooms_and_prices(self, bench: Bench, hospital: HospitalSystem) -> None:
        services = {service.code: service for service in hospital.list_services()}
        assert {bench.service, bench.other_service} <= set(services)
        chosen = services[bench.service]
        assert chosen.name_vi
        assert chosen.name_en
        assert chosen.room.name
        assert chosen.price_dong > 0
        assert 0 <= chosen.insured_price_dong <= chosen.price_dong

    # registration

    def test_a_visit_is_registered(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        done = hospital.register(visit_of(patient, bench.service))
        (seen,) = self.mine(bench, patient)
        assert (seen.visit_id, seen.service_code) == (done.visit_id, bench.service)
        assert done.patient_code
        assert not done.repeated
        assert (done.ticket is None) == (Cannot.QUEUE in bench.cannot)

    @pytest.mark.parametrize(
        "name",
        ["NGUYỄN THỊ HỢP LỆ", "ĐẶNG Ỹ", "LÊ VĂN A|B^C~D&E\\F", "TRẦN  THỊ\u0300 PHƯƠNG", "Hồ Đắc Thuỷ-Tiên O'Brien"],
    )
    def test_a_name_arrives_whole(self, bench: Bench, hospital: HospitalSystem, person: Person, name: str) -> None:
        patient = person(name)
        hospital.register(visit_of(patient, bench.service))
        (seen,) = self.mine(bench, patient)
        assert seen.name == patient.full_name

    @pytest.mark.parametrize("birth", [BirthDate(1938), BirthDate(1941, 7), BirthDate(2001, 12, 31)])
    @pytest.mark.parametrize("sex", list(Sex))
    def test_anybody_can_be_registered(
        self, bench: Bench, hospital: HospitalSystem, person: Person, birth: BirthDate, sex: Sex
    ) -> None:
        patient = person(birth_date=birth, sex=sex, residence="")
        first = hospital.register(visit_of(patient, bench.service))
        second = hospital.register(visit_of(patient, bench.service))
        assert second.patient_code == first.patient_code
        assert len(self.mine(bench, patient)) == 2

    def test_insured_priority_and_referred(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        referral = Referral("GCT-001", "01998", "Trung tâm y tế mô phỏng", "I10", "Tăng huyết áp", date(2026, 11, 2))
        request = visit_of(
            patient, bench.service, priority=Priority.AGE, referral=referral, face_verified=True, **insured(patient)
        )
        hospital.register(request)
        (seen,) = self.mine(bench, patient)
        assert seen.insured
        assert seen.verified

    def test_the_fee_is_never_less_than_what_is_sure(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        service = next(one for one in hospital.list_services() if one.code == bench.service)
        patient = person()
        full = hospital.register(visit_of(patient, bench.service, self_pay=True))
        unsure = hospital.register(visit_of(patient, bench.service, **insured(patient, verified=False)))
        sure = hospital.register(visit_of(patient, bench.service, **insured(patient)))
        assert full.fee_dong == service.price_dong
        assert unsure.fee_dong == service.price_dong
        assert sure.fee_dong == patient_share(service, Entitlement("1.1", 100, 80, Decimal(80), "basis"))

    def test_an_unknown_department_is_refused(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        with pytest.raises(OutsideFault) as caught:
            hospital.register(visit_of(patient, "KHONG-CO"))
        assert caught.value.code is OutsideFaultCode.REJECTED
        assert not self.mine(bench, patient)

    # exactly once

    def test_the_same_key_is_the_same_visit(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        request = visit_of(patient, bench.service, **insured(patient))
        first = hospital.register(request)
        again = hospital.register(request)
        elsewhere = bench.adapter().register(request)
        assert again == elsewhere
        assert (again.visit_id, again.patient_code, again.ticket) == (first.visit_id, first.patient_code, first.ticket)
        assert again.fee_dong == first.fee_dong
        assert len(self.mine(bench, patient)) == 1

    def test_the_same_key_at_once_is_one_visit(self, bench: Bench, person: Person) -> None:
        patient = person()
        request = visit_of(patient, bench.service)
        adapters = [bench.adapter() for _ in range(4)]
        with ThreadPoolExecutor(4) as kiosks:
            futures = [kiosks.submit(adapter.register, request) for adapter in adapters]
            done = [future.result() for future in futures if future.exception() is None]
            faults = [future.exception() for future in futures if future.exception() is not None]
        assert all(isinstance(fault, OutsideFault) and fault.retryable for fault in faults), faults
        done.append(adapters[0].register(request))
        assert len({one.visit_id for one in done}) == 1
        assert len(self.mine(bench, patient)) == 1

    def test_one_person_at_two_kiosks_has_one_file(self, bench: Bench, person: Person) -> None:
        patient = person()
        requests = [visit_of(patient, bench.service), visit_of(patient, bench.other_service)]
        adapters = [bench.adapter() for _ in requests]
        with ThreadPoolExecutor(2) as kiosks:
            futures = [kiosks.submit(adapters[place].register, request) for place, request in enumerate(requests)]
        faults = [future.exception() for future in futures if future.exception() is not None]
        assert all(isinstance(fault, OutsideFault) and fault.retryable for fault in faults), faults
        done = [adapters[0].register(request) for request in requests]
        assert len({one.patient_code for one in done}) == 1
        assert len(self.mine(bench, patient)) == 2

    def test_a_key_for_another_visit_is_a_conflict(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        patient = person()
        request = visit_of(patient, bench.service)
        first = hospital.register(request)
        other = replace(request, service_code=bench.other_service)
        if Cannot.OTHER_CONTENT in bench.cannot:
            assert hospital.register(other).visit_id == first.visit_id
        else:
            with pytest.raises(OutsideFault) as caught:
                hospital.register(other)
            assert caught.value.code is OutsideFaultCode.CONFLICT
        assert len(self.mine(bench, patient)) == 1

    def test_a_visit_is_found_by_its_key(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        request = visit_of(person(), bench.service)
        done = hospital.register(request)
        if Cannot.LOOK_UP in bench.cannot:
            with pytest.raises(OutsideFault) as caught:
                hospital.registration_by_key(request.idempotency_key)
            assert caught.value.code is OutsideFaultCode.REJECTED
            return
        found = hospital.registration_by_key(request.idempotency_key)
        assert found is not None
        assert (found.visit_id, found.patient_code, found.ticket) == (done.visit_id, done.patient_code, done.ticket)
        assert found.repeated
        assert hospital.registration_by_key("never-used") is None

    def test_an_answer_that_never_came(self, bench: Bench, person: Person) -> None:
        patient = person()
        request = visit_of(patient, bench.service)
        bench.trouble(Trouble.SILENT)
        with pytest.raises(OutsideFault) as caught:
            bench.adapter(timeout_s=1.0).register(request)
        assert caught.value.code is OutsideFaultCode.TIMEOUT
        assert caught.value.retryable
        bench.trouble(None)
        done = bench.adapter().register(request)
        (seen,) = self.mine(bench, patient)
        assert seen.visit_id == done.visit_id

    def test_a_restart_forgets_nothing(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        request = visit_of(patient, bench.service)
        first = hospital.register(request)
        bench.restart()
        # the connection that was open is gone; a second try of the same call is what the outbox does
        for attempt in range(3):
            try:
                again = hospital.register(request)
                break
            except OutsideFault as fault:
                if not fault.retryable or attempt == 2:
                    raise
        assert again.visit_id == first.visit_id
        assert len(self.mine(bench, patient)) == 1

    # who somebody is

    def test_another_name_under_the_number_is_for_the_counter(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        patient = person()
        hospital.register(visit_of(patient, bench.service))
        stranger = replace(patient, full_name="PHẠM VĂN KHÁC")
        with pytest.raises(OutsideFault) as caught:
            hospital.register(visit_of(stranger, bench.service))
        assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT
        assert len(self.mine(bench, patient)) == 1

    @pytest.mark.parametrize(
        ("file", "card"),
        [
            (BirthDate(1938), BirthDate(1938, 5, 6)),
            (BirthDate(1938, 5, 6), BirthDate(1938)),
            (BirthDate(1941, 7), BirthDate(1941, 7, 8)),
        ],
    )
    def test_a_birth_date_known_to_different_parts_is_one_person(
        self, bench: Bench, hospital: HospitalSystem, person: Person, file: BirthDate, card: BirthDate
    ) -> None:
        patient = person(birth_date=file)
        first = hospital.register(visit_of(patient, bench.service))
        again = hospital.register(visit_of(replace(patient, birth_date=card), bench.service))
        assert again.patient_code == first.patient_code
        assert len(self.mine(bench, patient)) == 2

    @pytest.mark.parametrize(
        ("file", "card"),
        [
            (BirthDate(1938, 5, 6), BirthDate(1938, 5, 7)),
            (BirthDate(1938), BirthDate(1939, 1, 1)),
            (BirthDate(1938, 5, 6), BirthDate(1939)),
        ],
    )
    def test_another_birth_date_under_the_number_is_for_the_counter(
        self, bench: Bench, hospital: HospitalSystem, person: Person, file: BirthDate, card: BirthDate
    ) -> None:
        patient = person(birth_date=file)
        hospital.register(visit_of(patient, bench.service))
        with pytest.raises(OutsideFault) as caught:
            hospital.register(visit_of(replace(patient, birth_date=card), bench.service))
        assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT
        assert len(self.mine(bench, patient)) == 1

    # appointments

    def test_appointments_are_shown_to_nobody_else(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        """Neither another name nor another birth date under the number sees them, and neither is a fault."""
        patient = person()
        at = datetime.now(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
        if Cannot.APPOINTMENTS not in bench.cannot:
            bench.book(patient, bench.service, at)
            assert len(hospital.appointments(patient, at.date())) == 1
        for other in ({"full_name": "PHẠM VĂN KHÁC"}, {"birth_date": BirthDate(1990, 2, 4)}):
            stranger = replace(patient, **other)  # type: ignore[arg-type]
            assert hospital.appointments(stranger, at.date()) == ()

    def test_todays_appointments(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        now = datetime.now(ZONE)
        if Cannot.APPOINTMENTS in bench.cannot:
            assert hospital.appointments(patient, now.date()) == ()
            return
        at = now.replace(hour=9, minute=30, second=0, microsecond=0)
        later = bench.book(patient, bench.service, at + timedelta(hours=2))
        first = bench.book(patient, bench.service, at)
        bench.book(patient, bench.service, at + timedelta(days=3))
        bench.book(person(), bench.service, at)
        found = hospital.appointments(patient, now.date())
        assert [one.appointment_id for one in found] == [first, later]
        assert found[0].starts_at == at
        assert {one.state for one in found} == {AppointmentState.BOOKED}
        assert hospital.appointments(person(), now.date()) == ()

    def test_an_appointment_is_checked_in_once(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        if Cannot.APPOINTMENTS in bench.cannot:
            with pytest.raises(OutsideFault) as caught:
                hospital.register(visit_of(person(), bench.service, appointment_id="LH1"))
            assert caught.value.code is OutsideFaultCode.REJECTED
            return
        patient = person()
        at = datetime.now(ZONE).replace(hour=10, minute=0, second=0, microsecond=0)
        booked = bench.book(patient, bench.service, at)
        request = visit_of(patient, bench.service, appointment_id=booked)
        done = hospital.register(request)
        assert hospital.register(request).visit_id == done.visit_id
        (found,) = hospital.appointments(patient, at.date())
        assert found.state is AppointmentState.CHECKED_IN
        with pytest.raises(OutsideFault) as caught:
            hospital.register(visit_of(patient, bench.service, appointment_id=booked))
        assert caught.value.code is OutsideFaultCode.REJECTED
        assert len(self.mine(bench, patient)) == 1

    def test_somebody_elses_appointment_is_refused(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        if Cannot.APPOINTMENTS in bench.cannot:
            assert hospital.appointments(person(), datetime.now(ZONE).date()) == ()
            return
        at = datetime.now(ZONE).replace(hour=11, minute=0, second=0, microsecond=0)
        booked = bench.book(person(), bench.service, at)
        thief = person()
        with pytest.raises(OutsideFault) as caught:
            hospital.register(visit_of(thief, bench.service, appointment_id=booked))
        assert caught.value.code is OutsideFaultCode.REJECTED
        assert not self.mine(bench, thief)

    # insurance, later

    def test_the_portals_late_answer_is_told(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        patient = person()
        done = hospital.register(visit_of(patient, bench.service, **insured(patient, verified=False)))
        assert not self.mine(bench, patient)[0].verified
        report = self._coverage(done.visit_id, done.patient_code, patient)
        hospital.report_coverage(report)
        hospital.report_coverage(report)
        assert self.mine(bench, patient)[0].verified

    def test_a_late_answer_for_no_visit_is_refused(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        report = self._coverage("999999999", "BN-NONE", person())
        if Cannot.UNKNOWN_VISIT in bench.cannot:
            hospital.report_coverage(report)
            return
        with pytest.raises(OutsideFault) as caught:
            hospital.report_coverage(report)
        assert caught.value.code is OutsideFaultCode.REJECTED

    def _coverage(self, visit_id: str, patient_code: str, patient: PatientIdentity) -> CoverageReport:
        card = insured(patient)
        return CoverageReport(
            idempotency_key=f"coverage-{RUN}-{next(NUMBERS)}",
            his_visit_id=visit_id,
            patient_code=patient_code,
            patient=patient,
            result_code="000",
            asked_at=datetime.now(ZONE).replace(microsecond=0),
            verified=True,
            coverage=card["coverage"],  # type: ignore[arg-type]
            entitlement=card["entitlement"],  # type: ignore[arg-type]
        )

    # money

    def test_money_is_booked_once(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        done = hospital.register(visit_of(person(), bench.service))
        report = paid(done.visit_id, done.fee_dong)
        first = hospital.record_payment(report)
        again = hospital.record_payment(report)
        assert again.receipt_number == first.receipt_number
        assert bool(first.receipt_number) == (Cannot.RECEIPT not in bench.cannot)
        assert list(bench.paid(done.visit_id)) == [done.fee_dong]

    def test_one_transfer_under_two_keys_is_booked_once(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        done = hospital.register(visit_of(person(), bench.service))
        report = paid(done.visit_id, done.fee_dong)
        hospital.record_payment(report)
        hospital.record_payment(replace(report, idempotency_key=f"{report.idempotency_key}-again"))
        assert list(bench.paid(done.visit_id)) == [done.fee_dong]

    def test_money_that_does_not_fit_settles_nothing(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        done = hospital.register(visit_of(person(), bench.service))
        short = hospital.record_payment(paid(done.visit_id, done.fee_dong - 1000, TransferVerdict.UNDERPAID))
        assert short.receipt_number == ""

    def test_money_for_no_visit_is_refused(self, bench: Bench, hospital: HospitalSystem) -> None:
        report = paid("999999999", 1000)
        if Cannot.UNKNOWN_VISIT in bench.cannot:
            hospital.record_payment(report)
            return
        with pytest.raises(OutsideFault) as caught:
            hospital.record_payment(report)
        assert caught.value.code is OutsideFaultCode.REJECTED

    def test_a_transfer_with_another_amount_is_a_conflict(
        self, bench: Bench, hospital: HospitalSystem, person: Person
    ) -> None:
        done = hospital.register(visit_of(person(), bench.service))
        report = paid(done.visit_id, done.fee_dong)
        hospital.record_payment(report)
        other = replace(report, amount_dong=report.amount_dong + 1000)
        if Cannot.OTHER_CONTENT in bench.cannot:
            hospital.record_payment(other)
        else:
            with pytest.raises(OutsideFault) as caught:
                hospital.record_payment(other)
            assert caught.value.code is OutsideFaultCode.CONFLICT
        assert list(bench.paid(done.visit_id)) == [done.fee_dong]

    def test_money_whose_answer_never_came(self, bench: Bench, hospital: HospitalSystem, person: Person) -> None:
        done = hospital.register(visit_of(person(), bench.service))
        report = paid(done.visit_id, done.fee_dong)
        bench.trouble(Trouble.SILENT)
        with pytest.raises(OutsideFault) as caught:
            bench.adapter(timeout_s=1.0).record_payment(report)
        assert caught.value.code is OutsideFaultCode.TIMEOUT
        bench.trouble(None)
        bench.adapter().record_payment(report)
        assert list(bench.paid(done.visit_id)) == [done.fee_dong]

    # bad days

    @pytest.mark.parametrize(
        ("trouble", "code"),
        [
            (Trouble.DOWN, OutsideFaultCode.UNREACHABLE),
            (Trouble.BROKEN, OutsideFaultCode.BAD_ANSWER),
            (Trouble.LOCKED_OUT, OutsideFaultCode.AUTH),
        ],
    )
    def test_trouble_is_named_and_passes(
        self, bench: Bench, person: Person, trouble: Trouble, code: OutsideFaultCode
    ) -> None:
        if trouble is Trouble.LOCKED_OUT and Cannot.ACCOUNT in bench.cannot:
            assert bench.adapter().health().well
            return
        patient = person()
        request = visit_of(patient, bench.service)
        bench.trouble(trouble)
        hospital = bench.adapter()
        assert hospital.health().fault is code
        with pytest.raises(OutsideFault) as caught:
            hospital.register(request)
        assert caught.value.code is code
        assert patient.number not in str(caught.value)
        assert "ƯỚC" not in str(caught.value)
        bench.trouble(None)
        assert not self.mine(bench, patient)
        assert hospital.health().well
        hospital.register(request)
        assert len(self.mine(bench, patient)) == 1
