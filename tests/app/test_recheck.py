"""A card the portal could not be asked about: the patient is received, the portal asked again, the hospital told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from his_adapter.faults import OutsideFaultCode
from his_adapter.model import (
    CopaymentAnswer,
    Coverage,
    CoverageAction,
    CoverageAnswer,
    CoverageOutcome,
    Entitlement,
    InsuranceQuery,
)
from kiosk.app.delivery import OutboxDelivery
from kiosk.app.recheck import DAY_OVER, CardRecheck
from kiosk.app.services.insurance import InsuranceService, shown
from kiosk.app.services.visit import VisitService
from kiosk.flow import Patient, effects, initial, values
from kiosk.flow.values import FaultCode, Honorific, Identity
from records.evidence import InsuranceOutcome
from records.match_log import verify
from records.portal_evidence import evidence_of_visit
from records.tables import MatchLogEntry, OutboxEntry, Visit
from records.values import BHYT_RECHECK, COPAYMENT, HIS_COVERAGE

PAUSE = timedelta(minutes=10)
RAW = '{"maKetQua":"000","hoTen":"NGUYỄN THỊ LAN"}'.encode()
PAID = b'{"MaKetQua":"200","DataCCT":[{"tBNCCTLuyKe":90000000}]}'
PAID_SHA256 = sha256(PAID).hexdigest()
NOTE = "Dữ liệu tính đến 00:00 ngày 24/11/2026"
CARD = Coverage("DN4010000000001", "NGUYỄN THỊ LAN", None, None, "01999")
HALF = Entitlement("1.18", 50, 80, Decimal(40), "")


class Portal:
    """Silent until told otherwise; remembers what it was asked and when."""

    def __init__(self, now):
        self.now = now
        self.asked = []
        self.says = self.silence()

    def silence(self, fault=OutsideFaultCode.TIMEOUT):
        return CoverageAnswer(
            CoverageOutcome.UNVERIFIED,
            CoverageAction.GO_ON_UNVERIFIED,
            "",
            "no_answer",
            self.now(),
            message="silence",
            fault=fault,
        )

    def answer(self, outcome, action, code, coverage=None, entitlement=None):
        self.says = CoverageAnswer(outcome, action, code, code, self.now(), "", coverage, entitlement, raw=RAW)

    def confirm(self):
        self.answer(CoverageOutcome.VALID, CoverageAction.GO_ON, "000", CARD, HALF)

    def exempt(self):
        self.confirm()
        figure = CopaymentAnswer("200", self.now(), 90_000_000, NOTE, raw=PAID)
        self.says = replace(self.says, copayment=figure)

    def check(self, query):
        self.asked.append((self.now(), query))
        figure = self.says.copayment
        figure = None if figure is None else replace(figure, asked_at=self.now() + timedelta(seconds=1))
        return replace(self.says, asked_at=self.now(), copayment=figure)


@pytest.fixture
def portal(now):
    return Portal(now)


@pytest.fixture
def recheck(portal, now):
    return CardRecheck(portal, now, pause=PAUSE)


@pytest.fixture
def delivery(store, hospital, now, recheck):
    return OutboxDelivery(store, hospital, now, others={BHYT_RECHECK: recheck.ask})


@pytest.fixture
def service(store, hospital, delivery, tasks, heard, holder, now, tmp_path, recheck):
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
        recheck=recheck,
    )


@pytest.fixture
def check_in(service, portal, tasks, heard, holder, now, hospital):
    """A patient whose card is asked about and who then registers, insured or not, or goes to the counter."""

    def act(*, self_pay=False, hears_answer=True, to_counter=False, hospital_away=False):
        insurance = InsuranceService(portal, tasks, heard.append, holder, waiting=lambda: hears_answer, now=now)
        insurance.check(effects.CheckInsurance(1))
        silent = values.Coverage(values.CoverageOutcome.UNVERIFIED, code="")
        told = shown(holder.present.coverage) if holder.present.coverage else silent
        identity = Identity("NGUYỄN T*** LAN", 1998, "001******123", 28, Honorific.CHI)
        patient = Patient(identity=identity, consent=True, coverage=told)
        model = replace(initial(), session=1, active=True, patient=patient)
        service.list_services(effects.ListServices(1))
        hospital.fault = OutsideFaultCode.UNREACHABLE if hospital_away else None
        if to_counter:
            service.refer(effects.RecordReferral(1, FaultCode.PATIENT_CHOICE), model)
        else:
            service.register(effects.Register(1, "NOI", self_pay=self_pay), model)

    return act


def entries(store, kind):
    with store.snapshot() as session:
        return session.query(OutboxEntry).filter_by(kind=kind).all()


def visit(store):
    with store.snapshot() as session:
        return session.query(Visit).one()


def kept(store):
    return [item.evidence for item in evidence_of_visit(store, visit(store).id)]


def later(now, delivery, **span):
    now.pass_by(**span)
    delivery.deliver_all()


def test_the_outage_is_evidence_and_the_question_is_promised_with_the_visit(store, check_in, now):
    check_in()
    (promised,) = entries(store, BHYT_RECHECK)
    assert promised.destination == "bhyt"
    assert promised.next_attempt_at == now() + PAUSE
    (outage,) = kept(store)
    assert (outage.outcome, outage.fault, outage.entry) == (InsuranceOutcome.UNVERIFIED, "timeout", "no_answer")
    assert (outage.message, outage.raw) == ("silence", b"")
    with store.snapshot() as session:
        entry = session.query(MatchLogEntry).one()
    assert f'"reference":"{outage.sha256}"' in entry.entry, "the match log names the evidence"
    assert verify(store).ok


def assert_both_are_kept(store):
    *_, card, figure = kept(store)
    assert (card.outcome, card.entry, card.raw) == (InsuranceOutcome.VALID, "000", RAW)
    assert (figure.outcome, figure.entry, figure.code) == (InsuranceOutcome.NOT_ASKED, COPAYMENT, "200")
    assert (figure.raw, figure.sha256, figure.message) == (PAID, PAID_SHA256, NOTE)
    known = visit(store)
    assert (known.insurance_outcome, known.insurance_code) == ("valid", "000"), "the figure says nothing about the card"


def test_the_reply_about_co_payments_is_evidence_beside_the_cards(store, portal, check_in):
    portal.exempt()
    check_in()
    assert_both_are_kept(store)


def test_a_later_reply_about_co_payments_is_evidence_as_well(store, portal, check_in, delivery, now):
    check_in()
    portal.exempt()
    later(now, delivery, minutes=10)
    assert len(kept(store)) == 3
    assert_both_are_kept(store)


def test_the_portal_is_not_asked_before_the_pause_is_over(portal, check_in, delivery, now):
    check_in()
    later(now, delivery, minutes=9, seconds=59)
    assert len(portal.asked) == 1
    later(now, delivery, seconds=1)
    assert len(portal.asked) == 2
    for _ in range(60):
        later(now, delivery, minutes=1)
    times = [at for at, _ in portal.asked]
    assert all(after - before >= PAUSE for before, after in pairwise(times))
    assert 5 <= len(times) <= 8


def test_a_confirmed_card_becomes_evidence_and_is_told_to_the_hospital_once(
    store, portal, hospital, check_in, delivery, now
):
    check_in()
    portal.confirm()
    later(now, delivery, minutes=10)
    later(now, delivery, seconds=1)
    later(now, delivery, hours=1)
    (report,) = hospital.coverage.values()
    assert (report.his_visit_id, report.patient_code) == ("V1", "P1")
    assert (report.verified, report.result_code, report.coverage, report.entitlement) == (True, "000", CARD, HALF)
    assert report.patient.number == "001198990123"
    assert report.idempotency_key == entries(store, HIS_COVERAGE)[0].idempotency_key
    _, answer = kept(store)
    assert (answer.outcome, answer.code, answer.raw) == (InsuranceOutcome.VALID, "000", RAW)
    assert answer.sha256 == sha256(RAW).hexdigest()
    known = visit(store)
    assert (known.insurance_outcome, known.insurance_code, known.insurance_verified) == ("valid", "000", True)
    assert len(portal.asked) == 2, "what is answered is not asked again"
    assert portal.asked[0][1] == portal.asked[1][1], "the question of the first time"
    assert delivery.pending() == 0
    assert verify(store).ok


@pytest.mark.parametrize(("action", "code"), [(CoverageAction.SELF_PAY, "010"), (CoverageAction.COUNTER, "060")])
def test_a_refused_card_is_told_as_such(store, portal, hospital, check_in, delivery, now, action, code):
    check_in()
    portal.answer(CoverageOutcome.EXPIRED, action, code)
    later(now, delivery, minutes=10)
    later(now, delivery, seconds=1)
    (report,) = hospital.coverage.values()
    assert (report.verified, report.result_code, report.entitlement) == (False, code, None)


def test_a_portal_that_stays_silent_ends_at_a_person_when_the_day_ends(store, portal, check_in, delivery, now):
    check_in()
    for _ in range(16):
        later(now, delivery, hours=1)
    asked = len(portal.asked)
    (given_up,) = entries(store, BHYT_RECHECK)
    assert (given_up.dead, given_up.last_error_code) == (True, DAY_OVER)
    assert portal.asked[-1][0].date() == portal.asked[0][0].date()
    assert len(kept(store)) == asked, "each silence is kept"
    later(now, delivery, days=1)
    assert len(portal.asked) == asked


def test_a_hospital_may_ask_on_after_midnight(store, portal, hospital, now, check_in):
    check_in()
    longer = CardRecheck(portal, now, pause=PAUSE, extra=timedelta(hours=12))
    delivery = OutboxDelivery(store, hospital, now, others={BHYT_RECHECK: longer.ask})
    portal.confirm()
    later(now, delivery, hours=20)
    later(now, delivery, seconds=1)
    assert len(hospital.coverage) == 1


def test_what_the_portal_said_waits_for_a_hospital_that_is_away_and_comes_after_the_registration(
    store, portal, hospital, check_in, delivery, now
):
    check_in(hospital_away=True)
    portal.confirm()
    later(now, delivery, minutes=10)
    assert len(portal.asked) == 2, "the portal is asked although the hospital is away"
    assert hospital.coverage == {}
    hospital.fault = None
    later(now, delivery, minutes=10)
    assert list(hospital.visits)
    assert [report.his_visit_id for report in hospital.coverage.values()] == ["V1"]


def test_a_portal_that_is_away_does_not_keep_visits_from_the_hospital(store, hospital, portal, check_in, delivery, now):
    check_in(hospital_away=True)
    hospital.fault = None
    later(now, delivery, minutes=15)
    assert len(hospital.visits) == 1
    assert entries(store, BHYT_RECHECK)[0].last_error_code == "timeout"


def test_late_questions_keep_their_distance_from_each_other(store, hospital, now, recheck, portal, check_in, holder):
    for session in ("s1", "s2", "s3"):
        holder.present.session_id = session
        check_in()
    delivery = OutboxDelivery(
        store, hospital, now, others={BHYT_RECHECK: recheck.ask}, gaps={"bhyt": timedelta(seconds=5)}
    )
    portal.confirm()
    asked = []
    now.pass_by(minutes=10)
    for _ in range(12):
        later(now, delivery, seconds=1)
        asked.append(len(portal.asked))
    assert asked == [4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6]
    later(now, delivery, seconds=1)
    assert len(hospital.coverage) == 3


def test_who_pays_alone_is_not_asked_about(store, check_in):
    check_in(self_pay=True)
    assert entries(store, BHYT_RECHECK) == []
    assert len(kept(store)) == 1, "that the portal was silent is evidence all the same"


def test_a_confirmed_card_needs_no_second_question(store, portal, check_in):
    portal.confirm()
    check_in()
    assert entries(store, BHYT_RECHECK) == []
    (answer,) = kept(store)
    assert (answer.outcome, answer.raw) == (InsuranceOutcome.VALID, RAW)


def test_an_answer_the_patient_did_not_wait_for_is_not_what_the_visit_rests_on(store, portal, check_in, now):
    portal.confirm()
    check_in(hears_answer=False)
    (silence,) = kept(store)
    assert (silence.outcome, silence.fault, silence.raw) == (InsuranceOutcome.UNVERIFIED, "no_answer", b"")
    assert silence.asked_at == portal.asked[0][0]
    assert len(entries(store, BHYT_RECHECK)) == 1
    with store.snapshot() as session:
        assert silence.sha256 in session.query(MatchLogEntry).one().entry


def test_at_the_counter_the_counter_asks_but_the_evidence_stays(store, check_in):
    check_in(to_counter=True)
    assert entries(store, BHYT_RECHECK) == []
    assert len(kept(store)) == 1


def test_an_unreadable_question_is_for_a_person(store, portal, check_in, delivery, now):
    check_in()
    with store.transaction() as session:
        session.query(OutboxEntry).filter_by(kind=BHYT_RECHECK).update({"payload": '{"v":1}'})
    later(now, delivery, minutes=10)
    (entry,) = entries(store, BHYT_RECHECK)
    assert (entry.dead, entry.last_error_code) == (True, "unreadable")
    assert len(portal.asked) == 1


def test_a_bug_in_one_delivery_does_not_hold_up_the_others(store, hospital, portal, check_in, delivery, now):
    check_in(hospital_away=True)
    hospital.fault = None
    portal.check = None
    later(now, delivery, minutes=10)
    assert len(hospital.visits) == 1
    (entry,) = entries(store, BHYT_RECHECK)
    assert (entry.last_error_code, entry.dead) == ("bug", False)


def test_logs_name_nobody(check_in, portal, delivery, now):
    with capture_logs() as lines:
        check_in()
        later(now, delivery, minutes=10)
        portal.confirm()
        later(now, delivery, minutes=15)
        later(now, delivery, minutes=1)
    assert {line["event"] for line in lines} >= {"card answered later", "coverage told"}
    for secret in ("001198990123", "LAN", "DN4010000000001"):
        assert secret not in str(lines)


def test_killed_after_the_portals_answer_the_card_is_asked_again_and_told_once(
    store, hospital, portal, check_in, delivery, now, recheck
):
    class Killed(BaseException):
        """Stands for SIGKILL at this instruction."""

    def answer_and_die(query: InsuranceQuery):
        Portal.check(portal, query)
        raise Killed

    check_in()
    portal.confirm()
    portal.check = answer_and_die
    with pytest.raises(Killed):
        later(now, delivery, minutes=10)
    del portal.check
    restarted = OutboxDelivery(store, hospital, now, others={BHYT_RECHECK: recheck.ask})
    restarted.deliver_all()
    later(now, restarted, seconds=1)
    assert len(hospital.coverage) == 1
    assert len(kept(store)) == 2
