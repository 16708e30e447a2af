"""A visit is on disk before the hospital hears of it, and reaches it exactly once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import (
    Appointment,
    AppointmentState,
    CopaymentAnswer,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Entitlement,
    Room,
)
from kiosk.app.delivery import OutboxDelivery
from kiosk.app.services.insurance import InsuranceService, mask_card, shown
from kiosk.app.services.visit import VisitService
from kiosk.flow import Patient, effects, events, initial, values
from kiosk.flow.values import FaceOutcome, FaultCode, Honorific, Identity
from records.errors import StoreError, StoreErrorCode
from records.match_log import verify
from records.tables import MatchLogEntry, OutboxEntry, Visit

VALID = values.Coverage(values.CoverageOutcome.VALID, "000", payable_percent=Decimal(80))


@pytest.fixture
def model():
    identity = Identity("NGUYỄN T*** LAN", 1998, "001******123", 28, Honorific.CHI)
    patient = Patient(identity=identity, consent=True, face=FaceOutcome.MATCH, coverage=VALID)
    return replace(initial(), session=1, active=True, patient=patient)


@pytest.fixture
def delivery(store, hospital, now):
    return OutboxDelivery(store, hospital, now)


@pytest.fixture
def service(store, hospital, delivery, tasks, heard, holder, now, tmp_path):
    return VisitService(
        store,
        hospital,
        delivery,
        tasks,
        heard.append,
        holder,
        kiosk_id="k1",
        services_file=tmp_path / "services.json",
        consent_text=lambda model: "the words",
        now=now,
    )


def register(service, holder, model):
    service.note_consent(1, model)
    service.list_services(effects.ListServices(1))
    service.register(effects.Register(1, "NOI", self_pay=False), model)


def rows(store, table):
    with store.snapshot() as session:
        return session.query(table).all()


def test_a_visit_is_registered_and_confirmed(service, holder, model, heard, hospital, store):
    register(service, holder, model)
    assert heard[-1] == events.VisitRegistered(1, values.Visit("A 001", "203", "2", 3, 10_120, provisional=False))
    (visit,) = rows(store, Visit)
    assert (visit.state, visit.queue_number, visit.his_visit_id) == ("confirmed", "A 001", "V1")
    (request,) = hospital.visits.values()
    assert request.patient.number == "001198990123"
    assert request.face_verified
    assert request.insurance_verified
    assert verify(store).ok


def test_where_the_hospital_gives_no_numbers_the_kiosks_own_stands(service, holder, model, heard, hospital, store):
    hospital.gives_numbers = False
    register(service, holder, model)
    assert heard[-1] == events.VisitRegistered(1, values.Visit("T 001", "203", "2", None, 10_120, provisional=False))
    (visit,) = rows(store, Visit)
    assert (visit.state, visit.queue_number, visit.provisional) == ("confirmed", "T 001", False)


def appointment(at, state=AppointmentState.BOOKED, code="NOI", room=None):
    return Appointment(f"LH{at.hour}", code, "Nội", at, state, room=room)


def test_todays_appointment_comes_first_and_is_checked_in(service, holder, model, heard, hospital, now):
    half_past_nine = now().replace(hour=9, minute=30)
    hospital.booked = (
        appointment(half_past_nine.replace(hour=8), AppointmentState.CHECKED_IN),
        appointment(half_past_nine, room=Room("301", "3")),
        appointment(half_past_nine.replace(hour=14), code="CLOSED"),
    )
    service.list_services(effects.ListServices(1))
    offered = heard[-1].services
    assert [(one.appointment, one.time, one.room, one.floor) for one in offered] == [
        ("LH9", "09:30", "301", "3"),
        ("", "", "203", "2"),
    ]
    service.register(effects.Register(1, "NOI", False, "LH9"), model)
    (request,) = hospital.visits.values()
    assert request.appointment_id == "LH9"


def test_unknown_appointments_keep_nobody_from_a_department(service, heard, hospital):
    hospital.booked = None
    service.list_services(effects.ListServices(1))
    assert [one.appointment for one in heard[-1].services] == [""]


def test_the_consent_that_was_on_screen_is_recorded_with_the_visit(service, holder, model, store):
    register(service, holder, model)
    (entry,) = rows(store, MatchLogEntry)
    assert '"choice":"accepted"' in entry.entry
    assert "NGUYỄN" not in entry.entry
    assert "001198990123" not in entry.entry


@pytest.mark.parametrize(
    "fault", [OutsideFaultCode.UNREACHABLE, OutsideFaultCode.TIMEOUT, OutsideFaultCode.SERVER_ERROR]
)
def test_hospital_away_the_patient_is_admitted_and_the_visit_follows(
    service, holder, model, heard, hospital, delivery, store, now, fault
):
    register_later = hospital
    service.list_services(effects.ListServices(1))
    register_later.fault = fault
    service.register(effects.Register(1, "NOI", self_pay=False), model)
    visit = heard[-1].visit
    assert visit.provisional
    assert visit.number == "T 001"
    assert delivery.pending() == 1
    hospital.fault = None
    now.pass_by(minutes=10)
    delivery.deliver_all()
    delivery.deliver_all()
    assert delivery.pending() == 0
    assert len(hospital.visits) == 1
    assert rows(store, Visit)[0].queue_number == "A 001"


def test_killed_between_commit_and_call_nothing_is_lost_and_nothing_doubled(
    service, holder, model, hospital, store, now, delivery
):
    class Killed(BaseException):
        """Stands for SIGKILL at this instruction."""

    done = hospital.register

    def dies_after(request):
        done(request)
        raise Killed

    hospital.register = dies_after
    with pytest.raises(Killed):
        register(service, holder, model)
    hospital.register = done
    assert len(rows(store, OutboxEntry)) == 1, "recorded first"
    restarted = OutboxDelivery(store, hospital, now)
    restarted.deliver_all()
    assert restarted.pending() == 0
    assert len(hospital.visits) == 1, "the same key, the same visit"


def test_several_files_for_one_person_go_to_the_counter_and_are_not_repeated(
    service, holder, model, heard, hospital, delivery, store, now
):
    service.list_services(effects.ListServices(1))
    hospital.fault = OutsideFaultCode.DUPLICATE_PATIENT
    service.register(effects.Register(1, "NOI", self_pay=False), model)
    assert heard[-1] == events.RegistrationFailed(1, FaultCode.DUPLICATE_PATIENT)
    service.refer(effects.RecordReferral(1, FaultCode.DUPLICATE_PATIENT), model)
    assert heard[-1].number == "Q 002"
    calls = hospital.calls
    now.pass_by(days=1)
    delivery.deliver_all()
    assert hospital.calls == calls
    assert [visit.state for visit in rows(store, Visit)] == ["counter"]


def test_disk_full_is_the_counter_and_the_hospital_hears_nothing(service, holder, model, heard, hospital, monkeypatch):
    def full(record):
        raise StoreError(StoreErrorCode.DISK_FULL, "SQLITE_FULL")

    monkeypatch.setattr(service._journal, "record_check_in", full)
    register(service, holder, model)
    assert heard[-1] == events.RegistrationFailed(1, FaultCode.STORE_FAILED)
    assert hospital.calls == 0
    monkeypatch.setattr(service._journal, "record_referral", full)
    service.refer(effects.RecordReferral(1, FaultCode.STORE_FAILED), model)
    assert heard[-1] == events.ReferralRecorded(1, ""), "the person still gets a slip"


def test_the_last_known_list_serves_when_the_hospital_is_away(service, holder, heard, hospital):
    hospital.fault = OutsideFaultCode.UNREACHABLE
    service.list_services(effects.ListServices(1))
    assert heard[-1] == events.ServicesListed(1, ()), "nothing was ever known"
    hospital.fault = None
    service.list_services(effects.ListServices(1))
    assert heard[-1].services[0].waiting == 4
    hospital.fault = OutsideFaultCode.UNREACHABLE
    service.list_services(effects.ListServices(1))
    assert heard[-1].services[0].code == "NOI"
    assert heard[-1].services[0].waiting is None


def test_settling_locally_gives_the_recorded_number(service, holder, model, heard, hospital):
    service.settle_locally(effects.SettleLocally(1))
    assert heard == [], "nothing is recorded yet: nothing to settle with"
    service.list_services(effects.ListServices(1))
    hospital.fault = OutsideFaultCode.TIMEOUT
    service.register(effects.Register(1, "NOI", self_pay=False), model)
    service.settle_locally(effects.SettleLocally(1))
    assert heard[-1] == heard[-2]


def test_a_referral_without_a_card_names_nobody(service, holder, model, heard, store):
    holder.begin(2, service._now())
    service.refer(effects.RecordReferral(2, FaultCode.NO_CARD), replace(model, session=2, patient=Patient()))
    assert heard == [events.ReferralRecorded(2, "Q 001")]
    (visit,) = rows(store, Visit)
    assert visit.reason == "no_card"
    assert visit.number is None


def test_coverage_on_screen_is_masked_and_exact(now):
    entitlement = Entitlement("1.18", 50, 95, Decimal("47.5"), "")
    answer = CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "000", now(), entitlement=entitlement)
    assert shown(answer).payable_percent == Decimal("47.5")
    assert shown(answer).exempt_as_of is None
    assert not shown(answer).right_place
    assert mask_card("GD4010000000001") == "GD 4 01 ··· 0001"
    assert mask_card("0000000001") == "··· 0001"


def test_who_walks_away_after_the_comparison_leaves_the_comparison_in_the_log(service, holder, model, store, hospital):
    service.note_consent(1, model)
    service.depart(effects.RecordDeparture(1, FaultCode.PATIENT_CHOICE), model)
    service.depart(effects.RecordDeparture(1, FaultCode.PATIENT_CHOICE), model)
    (entry,) = rows(store, MatchLogEntry)
    assert '"decision":"left"' in entry.entry
    assert '"choice":"accepted"' in entry.entry
    assert hospital.calls == 0
    assert [visit.state for visit in rows(store, Visit)] == ["left"]
    assert verify(store).ok
    service.depart(effects.RecordDeparture(9, FaultCode.TOO_SLOW), model)
    assert len(rows(store, Visit)) == 1


@pytest.mark.parametrize("waiting", [True, False])
def test_an_answer_that_comes_too_late_changes_nothing(tasks, heard, holder, now, waiting):
    answer = CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "valid", now())

    class Portal:
        def check(self, query):
            assert query.number == "001198990123"
            return answer

    service = InsuranceService(Portal(), tasks, heard.append, holder, waiting=lambda: waiting)
    service.check(effects.CheckInsurance(1))
    assert len(heard) == waiting
    assert (holder.present.coverage is answer) is waiting


NOTE = "Dữ liệu tính đến 00:00 ngày 27/11/2026"


@pytest.mark.parametrize(
    ("paid", "note", "payable", "exempt"),
    [
        (90_000_000, NOTE, 100, NOTE),
        (90_000_000, "", 100, ""),
        (90_000_000, f"{NOTE}\n" + "và còn nữa " * 90, 100, f"{NOTE} và còn nữa và còn nữa và còn nữa và còn …"),
        (1_000_000, NOTE, 80, None),
        (None, "", 80, None),
    ],
)
def test_who_is_exempt_is_told_how_fresh_the_figure_is(now, paid, note, payable, exempt):
    answer = CoverageAnswer(
        CoverageOutcome.VALID,
        CoverageAction.GO_ON,
        "000",
        "000",
        now(),
        entitlement=Entitlement("1.1", 100, payable, Decimal(payable), ""),
        copayment=CopaymentAnswer("200", now(), paid, note),
    )
    assert shown(answer).exempt_as_of == exempt


def test_a_card_that_always_pays_everything_is_no_exemption(now):
    entitlement = Entitlement("1.1", 100, 100, Decimal(100), "")
    answer = CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "000", now(), entitlement=entitlement)
    assert shown(answer).exempt_as_of is None
