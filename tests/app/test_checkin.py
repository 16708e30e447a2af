"""The check-in record of a visit is promised when it is due, sent once, and its receipt kept."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from his_adapter.bhyt.xml0 import CheckInReceipt, NationalService
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    BirthDate,
    Coverage,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Entitlement,
    PatientIdentity,
    RegistrationRequest,
    Sex,
)
from kiosk.app.checkin import CheckInRecords
from kiosk.app.delivery import OutboxDelivery, registration_message
from kiosk.app.recheck import CardRecheck
from records.evidence import Evidence
from records.journal import Journal
from records.portal_evidence import evidence_of_visit
from records.tables import OutboxEntry, Visit
from records.values import (
    BHYT_CHECKIN,
    BHYT_RECHECK,
    CHECKIN_RECEIPT,
    CheckInRecord,
    PatientFields,
    ReferralRecord,
    ServiceChoice,
)

KEY = "11111111-1111-4111-8111-111111111111"
LAN = PatientIdentity("001198990123", "NGUYỄN THỊ LAN", BirthDate(1998, 3, 14), Sex.FEMALE)
CARD = Coverage("DN4010000000001", "NGUYỄN THỊ LAN", None, None, "01999")
HALF = Entitlement("1.18", 50, 80, Decimal(40), "")


class Sender:
    """The portal's side of XML0."""

    def __init__(self):
        self.fault = None
        self.sent = []

    def send(self, record):
        if self.fault is not None:
            raise OutsideFault(self.fault, "bhyt_checkin")
        self.sent.append(record)
        return CheckInReceipt("200", "GD-1", "202611240830", "Đã tiếp nhận", "ab" * 32)


class Portal:
    """Confirms every card."""

    def __init__(self, now):
        self.now = now

    def check(self, query):
        return CoverageAnswer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", "000", self.now(), "", CARD, HALF)


@pytest.fixture
def sender():
    return Sender()


@pytest.fixture
def recheck(now):
    return CardRecheck(Portal(now), now, pause=timedelta(minutes=10))


@pytest.fixture
def delivery(store, hospital, now, sender, recheck):
    checkins = CheckInRecords(
        sender, facility_code="01999", services={"NOI": NationalService("02.1896", "Khám Nội")}, now=now
    )
    return OutboxDelivery(
        store,
        hospital,
        now,
        others={BHYT_RECHECK: recheck.ask, BHYT_CHECKIN: checkins.send},
        follow=checkins.messages,
    )


@pytest.fixture
def admit(store, now, recheck):
    """A recorded visit; its card confirmed unless said otherwise."""

    def act(*, verified=True, service="NOI", **request):
        insured = {"coverage": CARD, "entitlement": HALF, "insurance_verified": True} if verified else {}
        asked = RegistrationRequest(KEY, LAN, service, "k1", now(), **{**insured, **request})
        record = CheckInRecord(
            kiosk_id="k1",
            session_id="s1",
            patient=PatientFields(LAN.full_name, LAN.number, "1998-03-14", "female"),
            service=ServiceChoice(service, "Nội tổng hợp", "203"),
            number="T 001",
            fee_dong=0,
            message=registration_message(asked),
            evidence=Evidence(),
            idempotency_key=KEY,
            further=() if verified or request.get("self_pay") else (recheck.message(LAN),),
        )
        return Journal(store).record_check_in(record).visit_id

    return act


def later(now, delivery, **span):
    now.pass_by(**span)
    delivery.deliver_all()


def entries(store):
    with store.snapshot() as session:
        return session.query(OutboxEntry).filter_by(kind=BHYT_CHECKIN).all()


def test_a_confirmed_card_has_its_record_sent_after_the_registration_and_the_receipt_kept(
    store, admit, delivery, now, sender
):
    visit_id = admit()
    delivery.deliver_visit(visit_id)
    later(now, delivery, seconds=1)
    later(now, delivery, hours=1)
    (record,) = sender.sent
    assert (record.ma_lk, record.ma_bn, record.stt) == ("V1", "P1", "1")
    assert (record.so_cccd, record.ma_the_bhyt, record.ma_doituong_kcb) == ("001198990123", "DN4010000000001", "1.18")
    assert (record.ma_cskcb, record.ma_dich_vu, record.ten_dich_vu) == ("01999", "02.1896", "Khám Nội")
    (kept,) = evidence_of_visit(store, visit_id)
    assert kept.is_sound
    assert (kept.evidence.entry, kept.evidence.code) == (CHECKIN_RECEIPT, "200")
    assert json.loads(kept.evidence.raw)["transaction_id"] == "GD-1"
    with store.snapshot() as session:
        assert session.query(Visit).one().insurance_outcome == "not_asked", "a receipt says nothing about the card"
    assert delivery.pending() == 0


def test_an_unverified_card_has_its_record_sent_once_it_is_confirmed(admit, delivery, now, sender, hospital):
    delivery.deliver_visit(admit(verified=False))
    later(now, delivery, seconds=1)
    assert sender.sent == []
    later(now, delivery, minutes=10)
    later(now, delivery, seconds=1)
    later(now, delivery, seconds=1)
    assert len(hospital.coverage) == 1
    (record,) = sender.sent
    assert (record.ma_lk, record.ma_the_bhyt) == ("V1", "DN4010000000001")


def test_who_pays_alone_is_reported_as_such(admit, delivery, now, sender):
    delivery.deliver_visit(admit(verified=False, self_pay=True))
    later(now, delivery, seconds=1)
    assert [(record.ma_doituong_kcb, record.ma_the_bhyt) for record in sender.sent] == [("9", "")]


def test_a_department_without_a_national_code_registers_all_the_same(store, admit, delivery, hospital):
    with capture_logs() as lines:
        delivery.deliver_visit(admit(service="MAT"))
    assert len(hospital.visits) == 1
    assert entries(store) == []
    assert [line["event"] for line in lines] == ["no national code of a department"]


@pytest.mark.parametrize(
    ("fault", "dead"),
    [(OutsideFaultCode.TIMEOUT, False), (OutsideFaultCode.AUTH, False), (OutsideFaultCode.REJECTED, True)],
)
def test_a_portal_that_does_not_take_it(store, admit, delivery, now, sender, fault, dead):
    sender.fault = fault
    delivery.deliver_visit(admit())
    later(now, delivery, seconds=1)
    (waiting,) = entries(store)
    assert (waiting.dead, waiting.last_error_code) == (dead, fault.value)
    sender.fault = None
    later(now, delivery, hours=1)
    assert len(sender.sent) == (not dead)


def test_a_visit_the_counter_took_over_has_no_record_from_here(store, admit, delivery, hospital, now, sender):
    """The registration was under way when the patient was sent to the counter."""
    visit_id = admit()
    register = hospital.register

    def slow(request):
        Journal(store).record_referral(ReferralRecord("k1", "s1", "too_slow"))
        return register(request)

    hospital.register = slow
    delivery.deliver_visit(visit_id)
    later(now, delivery, hours=1)
    assert entries(store) == []
    assert sender.sent == []


def test_an_unreadable_record_is_for_a_person(store, admit, delivery, now, sender):
    delivery.deliver_visit(admit())
    with store.transaction() as session:
        session.query(OutboxEntry).filter_by(kind=BHYT_CHECKIN).update({"payload": "{}"})
    later(now, delivery, seconds=1)
    (entry,) = entries(store)
    assert (entry.dead, entry.last_error_code) == (True, "unreadable")
