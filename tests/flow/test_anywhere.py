"""What holds on every screen: staff, counter, stop, language, devices, time."""

import pytest

from kiosk.flow import Delays, effects, events, initial, screens, step
from kiosk.flow.values import Device, FaceOutcome, FaultCode, KeyMode, Language, Outcome, PrintState


def test_staff_can_be_called_everywhere_and_the_patient_goes_on(front):
    front.looking().do(events.StaffPressed())
    assert front.asked[-1] == effects.CallStaff(1)
    assert isinstance(front.model.overlay, screens.StaffCalled)
    front.do(events.OverlayClosed())
    assert front.model.overlay is None
    assert isinstance(front.screen, screens.LookAtCamera)
    front.do(events.StaffPressed()).wait(Delays().staff_called_shown)
    assert not isinstance(front.model.overlay, screens.StaffCalled)


def test_from_the_staff_overlay_to_the_counter(front):
    front.looking().do(events.StaffPressed(), events.CounterPressed())
    assert front.model.overlay is None
    assert front.screen.reason is FaultCode.PATIENT_CHOICE


@pytest.mark.parametrize("press", [events.CounterPressed(), events.NoCardPressed()])
def test_without_a_card_the_counter_knows_before_the_patient_arrives(front, press):
    front.do(press)
    assert isinstance(front.screen, screens.AtCounter)
    assert front.asked[0] == effects.BeginSession(1)
    assert front.asked_for(effects.RecordReferral)
    front.do(events.ReferralRecorded(1, "Q 012"))
    assert front.screen.number == "Q 012"
    assert front.asked[-1] == effects.PrintReferral(1, front.screen.reason)
    front.do(events.TicketFailed(1, FaultCode.PAPER_OUT))
    assert front.screen.printing is PrintState.FAILED
    front.do(events.DonePressed())
    assert isinstance(front.asked[-1], effects.EndSession)
    assert front.asked[-1].outcome is Outcome.COUNTER


def test_the_counter_screen_leaves_by_itself(front):
    front.do(events.NoCardPressed(), events.ReferralRecorded(1, "Q 001"), events.TicketPrinted(1))
    assert front.screen.printing is PrintState.PRINTED
    front.wait(Delays().counter_shown)
    assert isinstance(front.screen, screens.ThankYou)


def test_stop_wipes_and_returns_home_in_the_home_language(front):
    front.do(events.StartPressed(), events.LanguageChosen(Language.EN), events.LargeTextChosen(True))
    assert (front.model.language, front.model.large_text) == (Language.EN, True)
    front.do(events.CancelPressed())
    assert isinstance(front.screen, screens.Welcome)
    assert (front.model.language, front.model.large_text) == (Language.VI, False)


def test_nobody_touches_then_the_question_then_the_wipe(front):
    front.identified().wait(Delays().choice_idle)
    assert isinstance(front.model.overlay, screens.StillThere)
    front.do(events.Touched())
    assert front.model.overlay is None
    front.wait(Delays().choice_idle + Delays().still_there)
    assert front.asked[-1] == effects.EndSession(1, Outcome.ABANDONED, FaultCode.TOO_SLOW)
    assert front.model.patient.identity is None
    assert isinstance(front.screen, screens.ThankYou), "the forgotten card is asked for"


def test_working_screens_do_not_ask_whether_somebody_is_there(front):
    front.reading().wait(Delays().read_limit - 1)
    assert front.model.overlay is None


def test_an_answer_for_a_patient_who_left_is_dropped(front, lan):
    front.reading().do(events.CancelPressed())
    before = front.model
    front.do(events.ReadFailed(1, FaultCode.WRONG_KEY))
    assert front.model == before
    front.do(events.CardTaken(), events.StartPressed(), events.KeyReady(1))
    assert isinstance(front.screen, screens.GiveKey), "session 2 does not take session 1's key"


def test_no_check_in_begins_without_reader_or_store(front):
    front.do(events.DeviceChanged(Device.READER, False))
    assert front.screen == screens.OutOfService(FaultCode.READER_DOWN)
    front.do(events.DeviceChanged(Device.STORE, False, FaultCode.STORE_FAILED))
    assert front.screen == screens.OutOfService(FaultCode.STORE_FAILED)
    front.do(events.StartPressed())
    assert isinstance(front.screen, screens.OutOfService)
    front.do(events.DeviceChanged(Device.STORE, True), events.DeviceChanged(Device.READER, True))
    assert isinstance(front.screen, screens.Welcome)


def test_a_reader_that_dies_in_mid_session_closes_the_kiosk_only_afterwards(front):
    front.identified().do(events.DeviceChanged(Device.READER, False), events.CardTaken())
    assert isinstance(front.screen, screens.ConfirmIdentity)
    front.do(events.CancelPressed())
    assert isinstance(front.screen, screens.OutOfService)


def test_a_missing_camera_leaves_the_keypad(front):
    front.do(events.DeviceChanged(Device.CAMERA, False), events.StartPressed())
    assert front.screen == screens.GiveKey(KeyMode.KEYPAD)
    front.do(events.KeyModeChosen(KeyMode.QR))
    assert (front.screen.mode, front.screen.problem) == (KeyMode.KEYPAD, FaultCode.CAMERA_DOWN)
    front.do(events.DeviceChanged(Device.CAMERA, True), events.KeyModeChosen(KeyMode.QR))
    assert front.screen.mode is KeyMode.QR
    front.do(events.DeviceChanged(Device.PRINTER, False))
    assert front.screen.mode is KeyMode.QR
    front.do(events.DeviceChanged(Device.CAMERA, False, FaultCode.CAMERA_DOWN))
    assert front.screen.mode is KeyMode.KEYPAD


def test_a_forgotten_card_is_asked_for_but_does_not_close_the_kiosk(front):
    front.identified().do(events.CancelPressed())
    front.wait(Delays().thanks_shown + 1)
    assert isinstance(front.screen, screens.ThankYou)
    front.wait(Delays().card_return)
    assert isinstance(front.screen, screens.Welcome)


def test_the_next_patient_need_not_wait_for_the_farewell(front):
    front.paying().do(events.PayLaterPressed(), events.DonePressed(), events.CardTaken(), events.CardPlaced())
    assert front.session == 2
    assert isinstance(front.screen, screens.GiveKey)


def test_thanks_can_be_touched_away(front):
    front.paying().do(events.PayLaterPressed(), events.DonePressed(), events.DonePressed())
    assert isinstance(front.screen, screens.Welcome)


def test_the_clock_never_runs_backwards():
    later = step(initial(), events.Tick(100.0)).model
    assert step(later, events.Tick(40.0)).model.now == 100.0


def test_a_card_placed_during_the_question_answers_it(front):
    front.do(events.StartPressed(), events.KeyReady(1)).wait(Delays().device_idle)
    assert isinstance(front.model.overlay, screens.StillThere)
    front.do(events.CardPlaced())
    assert isinstance(front.screen, screens.Reading)
    front.wait(Delays().still_there)
    assert isinstance(front.screen, screens.Reading), "nobody is thrown out in the middle of the read"


def test_a_result_during_the_question_answers_it_too(front):
    front.looking().wait(Delays().device_idle)
    assert isinstance(front.model.overlay, screens.StillThere)
    front.do(events.FaceDecided(1, FaceOutcome.MATCH))
    assert front.model.overlay is None


def test_the_next_patient_does_not_inherit_the_last_ones_language(front):
    front.paying().do(events.LanguageChosen(Language.EN), events.LargeTextChosen(True))
    front.do(events.PayLaterPressed(), events.DonePressed(), events.CardTaken())
    assert front.model.language is Language.EN, "the farewell is in the patient's language"
    front.do(events.CardPlaced())
    assert (front.model.language, front.model.large_text) == (Language.VI, False)


@pytest.mark.parametrize("device", [Device.READER, Device.STORE])
def test_every_way_home_works_while_a_device_is_down(front, device):
    def away(steps):
        return type(front)().identified().do(events.CardTaken(), events.DeviceChanged(device, False), *steps)

    for steps in ([events.IdentityDenied()], [events.CancelPressed()]):
        assert isinstance(away(steps).screen, screens.OutOfService)
    done = (
        type(front)().paying().do(events.DeviceChanged(device, False), events.PayLaterPressed(), events.DonePressed())
    )
    assert isinstance(done.do(events.DonePressed()).screen, screens.OutOfService)
    waited = type(front)().identified().do(events.CardTaken(), events.DeviceChanged(device, False)).wait(120)
    assert isinstance(waited.screen, screens.OutOfService)
