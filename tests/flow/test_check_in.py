"""One whole check-in, and every way its middle may go."""

from dataclasses import replace

import pytest

from kiosk.flow import Delays, effects, events, screens
from kiosk.flow.rules.chip import MOST_HOLDS
from kiosk.flow.values import (
    ChipTrust,
    Coverage,
    CoverageOutcome,
    Device,
    FaceGuidance,
    FaceMove,
    FaceOutcome,
    FaultCode,
    HoldReason,
    Honorific,
    Identity,
    KeyMode,
    Outcome,
    PaymentRequest,
    PaymentState,
    PrintState,
    ReadStage,
    ScreenLight,
    Visit,
    honorific_for,
)


def test_genuine_patient_walks_through_and_leaves_nothing_behind(front):
    front.paying()
    assert isinstance(front.screen, screens.Paying)
    front.do(events.PaymentSettled(front.session, PaymentState.PAID))
    assert isinstance(front.screen, screens.ShowTicket)
    assert front.asked_for(effects.PrintTicket) == [effects.PrintTicket(front.session)]
    front.do(events.TicketPrinted(front.session))
    assert front.screen.printing is PrintState.PRINTED
    front.do(events.DonePressed())
    assert isinstance(front.screen, screens.ThankYou)
    assert front.model.patient.identity is None
    assert front.asked[-1] == effects.EndSession(1, Outcome.CHECKED_IN)
    front.do(events.CardTaken()).wait(Delays().thanks_shown)
    assert isinstance(front.screen, screens.Welcome)
    assert not front.model.active


def test_a_card_on_the_reader_starts_the_session_and_is_read_as_soon_as_the_key_is_known(front):
    front.do(events.CardPlaced())
    assert front.screen == screens.GiveKey(KeyMode.QR)
    assert front.asked == [effects.BeginSession(1), effects.ScanCode(1)]
    front.do(events.KeyReady(1))
    assert isinstance(front.screen, screens.Reading)
    assert front.asked[-1] == effects.ReadChip(1)


def test_the_key_first_then_the_card(front):
    front.do(events.StartPressed(), events.KeyReady(1))
    assert front.screen == screens.PlaceCard()
    front.do(events.CardPlaced())
    assert isinstance(front.screen, screens.Reading)


def test_typed_number_takes_twelve_digits_and_nothing_else(front):
    front.do(events.StartPressed(), events.DigitPressed("1"))
    assert front.screen.digits == "", "the keypad counts only when it is shown"
    front.do(events.KeyModeChosen(KeyMode.KEYPAD), events.DigitPressed("x"), events.DigitPressed("²"))
    assert front.screen.digits == ""
    front.do(*(events.DigitPressed(d) for d in "0011989901234"), events.DigitErased(), events.NumberEntered())
    assert front.screen.digits == "00119899012"
    assert front.asked_for(effects.UseNumber) == []
    front.do(events.DigitPressed("3"), events.NumberEntered(), events.NumberEntered(), events.DigitErased())
    assert front.asked_for(effects.UseNumber) == [effects.UseNumber(1, "001198990123")]
    assert "001198990123" not in repr(front.asked)
    front.do(events.KeyRefused(1, FaultCode.NUMBER_INVALID))
    assert front.screen.problem is FaultCode.NUMBER_INVALID
    assert front.screen.digits == "001198990123", "the patient mends a digit, and does not start again"


def test_a_code_that_is_no_card_is_said_and_scanning_goes_on(front):
    front.do(events.StartPressed(), events.KeyRefused(1, FaultCode.QR_NOT_A_CARD))
    assert front.screen.problem is FaultCode.QR_NOT_A_CARD
    assert front.asked_for(effects.ScanCode) == [effects.ScanCode(1)], "the camera never stopped looking"
    front.do(events.KeyModeChosen(KeyMode.KEYPAD), events.KeyModeChosen(KeyMode.QR))
    assert front.screen.problem is None
    assert front.asked[-2:] == [effects.StopCamera(1), effects.ScanCode(1)]


def test_progress_shows_early_identity_and_never_runs_backwards(front, lan):
    front.reading().do(events.ReadProgressed(1, ReadStage.PROVING, 0.6, lan))
    assert front.model.patient.identity == lan
    front.do(events.ReadProgressed(1, ReadStage.PHOTO, 0.2))
    assert front.screen.fraction == 0.6
    assert front.screen.stage is ReadStage.PHOTO
    assert front.model.patient.identity == lan


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(FaultCode.CARD_PULLED, HoldReason.CARD_PULLED), (FaultCode.READER_DOWN, HoldReason.READER_DOWN)],
)
def test_interrupted_read_resumes_when_the_card_is_back(front, fault, reason):
    front.reading().do(events.DeviceChanged(Device.READER, fault is FaultCode.CARD_PULLED))
    front.do(events.ReadProgressed(1, ReadStage.PHOTO, 0.7), events.ReadFailed(1, fault), events.CardTaken())
    assert front.screen.reason is reason
    front.wait(3)
    assert isinstance(front.screen, screens.HoldCard), "no card, nothing to resume"
    front.do(events.DeviceChanged(Device.READER, True), events.CardPlaced())
    assert isinstance(front.screen, screens.Reading)
    assert front.screen.fraction == 0.7
    assert len(front.asked_for(effects.ReadChip)) == 2


def test_a_card_that_never_left_is_read_again_after_the_reader_settled(front):
    front.reading().do(events.ReadFailed(1, FaultCode.CARD_PULLED))
    front.wait(0.5)
    assert isinstance(front.screen, screens.HoldCard)
    front.wait(1.0)
    assert isinstance(front.screen, screens.Reading)


@pytest.mark.parametrize("fault", [FaultCode.CARD_PULLED, FaultCode.READER_DOWN])
def test_a_card_that_does_not_return_sends_to_the_counter(front, fault):
    front.reading().do(events.DeviceChanged(Device.READER, fault is FaultCode.CARD_PULLED))
    front.do(events.CardTaken(), events.ReadFailed(1, fault)).wait(Delays().card_return)
    assert front.screen.reason is fault
    assert effects.RecordReferral(1, fault) in front.asked


def test_three_wrong_keys_then_the_counter_and_never_a_loop(front):
    front.do(events.CardPlaced())
    for _ in range(2):
        front.do(events.KeyReady(1), events.ReadFailed(1, FaultCode.WRONG_KEY))
        assert front.screen.problem is FaultCode.WRONG_KEY
    front.do(events.KeyReady(1), events.ReadFailed(1, FaultCode.WRONG_KEY))
    assert front.screen.reason is FaultCode.WRONG_KEY
    assert len(front.asked_for(effects.ReadChip)) == 3


def test_two_cards_ask_for_one(front):
    front.do(events.CardPlaced(), events.CardsCollide(), events.KeyReady(1))
    assert front.screen == screens.PlaceCard(problem=FaultCode.SEVERAL_CARDS)
    front.do(events.CardPlaced())
    assert isinstance(front.screen, screens.Reading)
    front.do(events.ReadFailed(1, FaultCode.SEVERAL_CARDS), events.CardTaken())
    assert front.screen == screens.PlaceCard()
    front.do(events.CardsCollide())
    assert front.screen.problem is FaultCode.SEVERAL_CARDS


@pytest.mark.parametrize(
    ("trust", "expired", "reason"),
    [
        (ChipTrust.FAILED, False, FaultCode.CHIP_NOT_PROVEN),
        (ChipTrust.INTEGRITY_ONLY, True, FaultCode.CARD_EXPIRED),
    ],
)
def test_a_doubtful_card_goes_to_the_counter(front, lan, trust, expired, reason):
    front.reading().do(events.ChipRead(1, replace(lan, card_expired=expired), trust, True))
    assert front.screen.reason is reason


def test_unreadable_chip_and_endless_read_go_to_the_counter(front):
    front.reading().do(events.ReadFailed(1, FaultCode.CARD_UNREADABLE))
    assert front.screen.reason is FaultCode.CARD_UNREADABLE
    slow = type(front)().reading().wait(Delays().read_limit)
    assert slow.screen.reason is FaultCode.CARD_UNREADABLE
    assert effects.CancelRead(1) in slow.asked


def test_minor_missing_photo_and_missing_camera_never_reach_the_consent(front, lan):
    child = replace(lan, age=15)
    assert front.identified(child).do(events.IdentityConfirmed()).screen.reason is FaultCode.MINOR
    blank = type(front)().identified(photo=False).do(events.IdentityConfirmed())
    assert blank.screen.reason is FaultCode.CHIP_PHOTO_UNUSABLE
    blind = type(front)().identified().do(events.DeviceChanged(Device.CAMERA, False), events.IdentityConfirmed())
    assert blind.screen.reason is FaultCode.CAMERA_DOWN


def test_not_me_ends_at_once_and_wipes(front):
    front.identified().do(events.IdentityDenied())
    assert isinstance(front.screen, screens.ThankYou), "the card still lies there"
    assert front.model.patient.identity is None
    assert front.asked[-1] == effects.EndSession(1, Outcome.CANCELLED, FaultCode.OTHER_CARD)


def test_refused_consent_is_the_counter_and_no_face_is_compared(front):
    front.identified().do(events.IdentityConfirmed(), events.ConsentRefused())
    assert front.screen.reason is FaultCode.CONSENT_DECLINED
    assert front.model.patient.consent is False
    assert front.asked_for(effects.CompareFace) == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(FaceOutcome.NO_MATCH, FaultCode.FACE_NOT_MATCHED), (FaceOutcome.UNDECIDED, FaultCode.FACE_NOT_SEEN)],
)
def test_a_face_gets_two_tries_then_a_person_looks(front, outcome, reason):
    front.looking().do(events.FaceProgressed(1, FaceGuidance.TOO_FAR, 1.7))
    assert front.screen.guidance is FaceGuidance.TOO_FAR
    assert front.screen.progress == 1.0
    front.do(events.FaceDecided(1, outcome))
    assert front.screen == screens.LookAtCamera(2, retry_after=reason)
    front.do(events.FaceDecided(1, outcome))
    assert front.screen.reason is reason
    assert front.asked_for(effects.CheckInsurance) == []
    assert [effect.attempt for effect in front.asked_for(effects.CompareFace)] == [1, 2]


def test_a_move_and_a_light_are_shown_while_they_are_asked_for_and_no_longer(front):
    front.looking().do(events.FaceProgressed(1, FaceGuidance.GOOD, 0.4, light=ScreenLight.AMBER))
    assert (front.screen.move, front.screen.light) == (None, ScreenLight.AMBER)
    front.do(events.FaceProgressed(1, FaceGuidance.GOOD, 0.6, move=FaceMove.TURN_LEFT))
    assert (front.screen.move, front.screen.light) == (FaceMove.TURN_LEFT, None)
    front.do(events.FaceProgressed(2, FaceGuidance.GOOD, 0.7, move=FaceMove.BLINK))
    assert front.screen.move is FaceMove.TURN_LEFT, "another session's prompt is nobody's"
    front.do(events.FaceDecided(1, FaceOutcome.UNDECIDED))
    assert (front.screen.attempt, front.screen.move, front.screen.light) == (2, None, None)


def test_whoever_follows_the_moves_is_not_asked_whether_they_are_there(front):
    front.looking()
    for step in range(1, 8):
        front.wait(Delays().device_idle / 3).do(events.FaceProgressed(1, FaceGuidance.GOOD, step / 10))
        assert front.model.overlay is None
    front.wait(Delays().device_idle - 1).do(events.FaceProgressed(1, FaceGuidance.NO_FACE, 0.7)).wait(1)
    assert isinstance(front.model.overlay, screens.StillThere), "no progress, nobody there"


def test_a_face_that_could_not_be_confirmed_gets_no_second_try_but_a_person(front):
    front.looking().do(events.FaceDecided(1, FaceOutcome.NOT_CONFIRMED))
    assert front.screen.reason is FaultCode.FACE_NOT_CONFIRMED
    assert front.model.patient.face is FaceOutcome.NOT_CONFIRMED
    assert [effect.attempt for effect in front.asked_for(effects.CompareFace)] == [1]
    assert front.asked_for(effects.CheckInsurance) == []
    assert front.asked_for(effects.RecordReferral) == [effects.RecordReferral(1, FaultCode.FACE_NOT_CONFIRMED)]


def test_camera_failing_before_the_face_goes_to_the_counter(front):
    assert front.looking().do(events.FaceFailed(1, FaultCode.CAMERA_DOWN)).screen.reason is FaultCode.CAMERA_DOWN


def test_dead_portal_is_an_answer_and_money_is_not_asked_before_it_is_known(front):
    front.looking().do(events.FaceDecided(1, FaceOutcome.MATCH)).wait(Delays().insurance_limit)
    assert front.screen.coverage.outcome is CoverageOutcome.UNVERIFIED
    front.do(events.InsuranceAccepted(), events.ServicesListed(1, front_services()))
    front.do(events.ServiceSelected("NOI"), events.ServiceConfirmed())
    front.do(events.VisitRegistered(1, Visit("A 001", "203", "2", None, 50000, provisional=False)))
    assert isinstance(front.screen, screens.ShowTicket)
    assert front.model.patient.payment is PaymentState.PAY_LATER
    assert front.asked_for(effects.RequestPayment) == []


def front_services():
    from kiosk.flow.values import Service

    return (Service("NOI", "Nội tổng hợp", "General medicine", "203", "2", 4, None),)


def test_insurance_that_a_person_must_see_goes_to_the_counter(front):
    front.insured(Coverage(CoverageOutcome.COUNTER, "070"))
    assert front.screen.reason is FaultCode.INSURANCE_CHECK
    assert front.model.patient.coverage.code == "070", "the slip says what the portal said"


def test_expired_insurance_may_pay_alone(front):
    front.choosing(Coverage(CoverageOutcome.SELF_PAY, "010"))
    front.do(events.ServiceSelected("NOI"), events.ServiceConfirmed())
    assert front.asked_for(effects.Register) == [effects.Register(1, "NOI", self_pay=True)]


def test_only_offered_services_can_be_chosen(front):
    front.choosing().do(events.ServiceSelected("???"), events.ServiceConfirmed())
    assert isinstance(front.screen, screens.ChooseService)
    front.do(events.ServicePageTurned(-3))
    assert front.screen.page == 0
    front.do(events.ServicePageTurned(1), events.ServiceSelected("MAT"))
    assert (front.screen.page, front.screen.selected) == (1, "MAT")


def booked(time):
    return replace(front_services()[0], appointment=f"LH{time[:2]}", time=time)


def test_the_only_appointment_of_today_is_chosen_already(front):
    front.insured().do(events.InsuranceAccepted(), events.ServicesListed(1, (booked("09:30"), *front_services())))
    assert front.screen.selected == "LH09"
    front.do(events.ServiceConfirmed())
    assert front.asked_for(effects.Register) == [effects.Register(1, "NOI", False, "LH09")]


def test_of_two_appointments_the_patient_chooses(front):
    offered = (booked("09:30"), booked("14:00"), *front_services())
    front.insured().do(events.InsuranceAccepted(), events.ServicesListed(1, offered))
    assert front.screen.selected is None
    front.do(events.ServiceSelected("NOI"), events.ServiceConfirmed())
    assert front.asked_for(effects.Register) == [effects.Register(1, "NOI", False, "")], "or neither"


def test_no_list_of_services_is_the_counter(front):
    front.insured().do(events.InsuranceAccepted(), events.ServicesListed(1, ()))
    assert front.screen.reason is FaultCode.NO_SERVICES
    late = type(front)().insured().do(events.InsuranceAccepted()).wait(Delays().services_limit)
    assert late.screen.reason is FaultCode.NO_SERVICES


def test_registration_faults_go_to_the_counter(front):
    front.registering().do(events.RegistrationFailed(1, FaultCode.DUPLICATE_PATIENT))
    assert front.screen.reason is FaultCode.DUPLICATE_PATIENT


def test_slow_hospital_system_settles_with_the_recorded_visit(front):
    front.registering().wait(Delays().register_limit)
    assert front.screen.settling
    assert front.asked_for(effects.SettleLocally) == [effects.SettleLocally(1)]
    front.do(events.VisitRegistered(1, Visit("T 003", "203", "2", None, 0, provisional=True)))
    assert isinstance(front.screen, screens.ShowTicket)
    assert front.model.patient.payment is PaymentState.PAY_LATER
    stuck = type(front)().registering().wait(Delays().register_limit + 5)
    assert stuck.screen.reason is FaultCode.STORE_FAILED


def test_the_counter_button_cannot_double_a_visit_that_is_being_registered(front):
    front.registering().do(events.CounterPressed(), events.CancelPressed())
    assert isinstance(front.screen, screens.Registering)
    assert front.asked_for(effects.RecordReferral) == []


def test_nothing_due_prints_at_once(front):
    front.registered(Visit("A 047", "203", "2", 4, 0, provisional=False))
    assert front.model.patient.payment is PaymentState.NOT_DUE
    assert isinstance(front.screen, screens.ShowTicket)


@pytest.mark.parametrize("leave", [events.PayLaterPressed(), events.CounterPressed()])
def test_paying_later_keeps_the_visit_and_the_number(front, leave):
    front.paying().do(leave)
    assert isinstance(front.screen, screens.ShowTicket)
    assert front.model.patient.visit.number == "A 047"
    assert front.model.patient.payment is PaymentState.PAY_LATER
    assert effects.StopPayment(1) in front.asked


def test_payment_that_never_comes_and_bank_that_never_answers(front):
    front.paying().wait(Delays().payment_life)
    assert front.model.patient.payment is PaymentState.PAY_LATER
    mute = type(front)().registered().wait(Delays().payment_start_limit)
    assert mute.model.patient.payment is PaymentState.PAY_LATER
    short = type(front)().registered()
    short.do(events.PaymentRequested(1, PaymentRequest(20300, "000201…", 30.0))).wait(30)
    assert isinstance(short.screen, screens.ShowTicket), "never longer than the order lives"


def test_wrong_amount_is_reviewed_and_late_money_is_noted(front):
    front.paying().do(events.PaymentSettled(1, PaymentState.REVIEW))
    assert front.model.patient.payment is PaymentState.REVIEW
    late = type(front)().paying().do(events.PayLaterPressed(), events.PaymentSettled(1, PaymentState.PAID))
    assert late.model.patient.payment is PaymentState.PAID
    assert isinstance(late.screen, screens.ShowTicket)


def test_paper_out_leaves_the_number_on_screen_longer(front):
    front.paying().do(events.PaymentSettled(1, PaymentState.PAID), events.TicketFailed(1, FaultCode.PAPER_OUT))
    assert front.screen.problem is FaultCode.PAPER_OUT
    assert front.screen.until == front.model.now + Delays().counter_shown


def test_silent_printer_is_not_called_printed(front):
    front.paying().do(events.PaymentSettled(1, PaymentState.PAID)).wait(Delays().print_limit)
    assert front.screen.printing is PrintState.FAILED
    assert front.screen.problem is FaultCode.PRINTER_DOWN
    front.wait(Delays().counter_shown)
    assert isinstance(front.screen, screens.ThankYou)


@pytest.mark.parametrize(
    ("age", "female", "expected"),
    [
        (15, True, Honorific.EM),
        (28, True, Honorific.CHI),
        (28, False, Honorific.ANH),
        (75, True, Honorific.BA),
        (50, False, Honorific.ONG),
    ],
)
def test_address(age, female, expected):
    assert honorific_for(age, female=female) is expected


def test_priority_from_75_years():
    assert Identity("A", 1951, "", 75, Honorific.BA).has_priority
    assert not Identity("A", 1952, "", 74, Honorific.BA).has_priority


@pytest.mark.parametrize("fault", [FaultCode.CARD_PULLED, FaultCode.READER_DOWN])
def test_a_card_that_fails_again_and_again_is_not_read_for_ever(front, fault):
    front.reading()
    for _ in range(10):
        front.do(events.ReadFailed(1, fault)).wait(2)
    assert front.screen.reason is fault
    assert len(front.asked_for(effects.ReadChip)) == MOST_HOLDS + 1


def test_a_reader_that_goes_before_the_card_is_waited_for_and_then_the_counter_helps(front):
    front.do(events.StartPressed(), events.KeyReady(1), events.DeviceChanged(Device.READER, False))
    assert front.screen.reason is HoldReason.READER_DOWN
    front.wait(Delays().card_return)
    assert front.screen.reason is FaultCode.READER_DOWN
    known = type(front)().do(events.StartPressed(), events.DeviceChanged(Device.READER, False), events.KeyReady(1))
    assert isinstance(known.screen, screens.HoldCard), "the key is known, the reader is not there"
    known.do(events.DeviceChanged(Device.READER, True)).wait(2)
    assert known.screen == screens.PlaceCard()
    known.do(events.DeviceChanged(Device.PRINTER, False), events.CardPlaced())
    assert isinstance(known.screen, screens.Reading)


def test_a_comparison_leaves_its_trace_also_when_the_patient_walks_away(front):
    front.looking().do(events.FaceDecided(1, FaceOutcome.NO_MATCH), events.CancelPressed())
    assert front.asked[-2:] == [
        effects.RecordDeparture(1, FaultCode.PATIENT_CHOICE),
        effects.EndSession(1, Outcome.CANCELLED),
    ]
    slow = type(front)().insured().wait(Delays().choice_idle + Delays().still_there)
    assert effects.RecordDeparture(1, FaultCode.TOO_SLOW) in slow.asked
    before = type(front)().identified().do(events.CancelPressed())
    assert before.asked_for(effects.RecordDeparture) == [], "nothing was compared, nothing is kept"
