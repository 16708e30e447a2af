"""What is possible on every screen: language, staff, counter, stop, cards and devices coming and going, time."""

from dataclasses import replace
from typing import Any

from kiosk.flow.effects import CallStaff
from kiosk.flow.events import (
    CancelPressed,
    CardPlaced,
    CardsCollide,
    CardTaken,
    CounterPressed,
    DeviceChanged,
    LanguageChosen,
    LargeTextChosen,
    OverlayClosed,
    StaffPressed,
    Tick,
    Touched,
)
from kiosk.flow.model import Model
from kiosk.flow.moves import begin, end, go, noted, refer, rest, stay
from kiosk.flow.screens import (
    AskConsent,
    AtCounter,
    CheckingInsurance,
    ChooseService,
    ConfirmIdentity,
    GiveKey,
    HoldCard,
    LookAtCamera,
    OutOfService,
    PlaceCard,
    Reading,
    ShowInsurance,
    StaffCalled,
    ThankYou,
    Welcome,
)
from kiosk.flow.table import Step, anywhere, on, on_each
from kiosk.flow.values import Device, FaultCode, KeyMode, Outcome

BEFORE_VISIT = (
    GiveKey,
    PlaceCard,
    Reading,
    HoldCard,
    ConfirmIdentity,
    AskConsent,
    LookAtCamera,
    CheckingInsurance,
    ShowInsurance,
    ChooseService,
)
"""Screens of a session in which no visit exists yet: one may leave for the counter, or leave altogether."""


@anywhere(Touched)
def touched(model: Model, screen: Any, _: Touched) -> Step:
    return stay(model, screen)


@anywhere(Tick)
def ticked(model: Model, screen: Any, _: Tick) -> Step:
    return stay(model, screen)


@anywhere(LanguageChosen)
def language_chosen(model: Model, screen: Any, event: LanguageChosen) -> Step:
    return stay(replace(model, language=event.language), screen)


@anywhere(LargeTextChosen)
def large_text_chosen(model: Model, screen: Any, event: LargeTextChosen) -> Step:
    return stay(replace(model, large_text=event.on), screen)


@anywhere(StaffPressed)
def staff_pressed(model: Model, screen: Any, _: StaffPressed) -> Step:
    called = StaffCalled(model.now + model.delays.staff_called_shown)
    return stay(replace(model, overlay=called), screen, CallStaff(model.session))


@anywhere(OverlayClosed)
def overlay_closed(model: Model, screen: Any, _: OverlayClosed) -> Step:
    return stay(replace(model, overlay=None), screen)


@on_each(BEFORE_VISIT, CounterPressed, AtCounter)
def to_counter(model: Model, _: Any, __: CounterPressed) -> Step:
    return refer(model, FaultCode.PATIENT_CHOICE)


@on_each((Welcome, OutOfService), CounterPressed, AtCounter)
def to_counter_at_once(model: Model, _: Any, __: CounterPressed) -> Step:
    fresh, begun = begin(model)
    step = refer(fresh, FaultCode.PATIENT_CHOICE)
    return Step(step.model, (begun, *step.effects))


@on_each(BEFORE_VISIT, CancelPressed, Welcome, ThankYou, OutOfService)
def cancelled(model: Model, _: Any, __: CancelPressed) -> Step:
    return end(model, Outcome.CANCELLED)


@anywhere(CardPlaced)
def card_noticed(model: Model, screen: Any, _: CardPlaced) -> Step:
    return stay(replace(model, card_present=True, cards_collide=False), screen)


@anywhere(CardTaken)
def card_gone(model: Model, screen: Any, _: CardTaken) -> Step:
    return stay(replace(model, card_present=False, cards_collide=False), screen)


@anywhere(CardsCollide)
def cards_noticed(model: Model, screen: Any, _: CardsCollide) -> Step:
    return stay(replace(model, card_present=True, cards_collide=True), screen)


@anywhere(DeviceChanged)
def device_changed(model: Model, screen: Any, event: DeviceChanged) -> Step:
    return stay(noted(model, event), screen)


@on_each((Welcome, OutOfService), DeviceChanged, Welcome, OutOfService)
def device_changed_at_rest(model: Model, _: Any, event: DeviceChanged) -> Step:
    known = noted(model, event)
    return go(known, rest(known))


@on(GiveKey, DeviceChanged)
def camera_lost_while_scanning(model: Model, screen: GiveKey, event: DeviceChanged) -> Step:
    known = noted(model, event)
    if event.device is Device.CAMERA and not event.ok and screen.mode is KeyMode.QR:
        return stay(known, replace(screen, mode=KeyMode.KEYPAD, problem=known.down(Device.CAMERA)))
    return stay(known, screen)
