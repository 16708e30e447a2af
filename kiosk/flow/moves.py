"""Moves that several rules share: go to a screen, begin, refer to the counter, end."""

from dataclasses import replace

from kiosk.flow.effects import (
    BeginSession,
    CancelRead,
    Effect,
    EndSession,
    RecordDeparture,
    RecordReferral,
    ScanCode,
    StopCamera,
)
from kiosk.flow.events import DeviceChanged
from kiosk.flow.model import Model, Patient
from kiosk.flow.screens import AtCounter, GiveKey, OutOfService, Screen, StillThere, ThankYou, Welcome
from kiosk.flow.table import Step
from kiosk.flow.values import Device, FaultCode, KeyMode, Outcome

ESSENTIAL = (Device.STORE, Device.READER)
"""Without these no check-in can begin. A missing camera or printer still leaves the keypad and the number on screen."""


def go(model: Model, screen: Screen, *effects: Effect) -> Step:
    """Show `screen`; idle time counts from now. Whatever moved the screen also answers "are you still there?"."""
    overlay = None if isinstance(model.overlay, StillThere) else model.overlay
    return Step(replace(model, screen=screen, overlay=overlay, touched_at=model.now), effects)


def stay(model: Model, screen: Screen, *effects: Effect) -> Step:
    """The same kind of screen with other contents; idle time goes on."""
    return Step(replace(model, screen=screen), effects)


def begin(model: Model) -> tuple[Model, Effect]:
    """A new session for the person who just arrived."""
    session = model.session + 1
    if isinstance(model.screen, ThankYou):
        # the farewell kept the last patient's language
        model = replace(model, language=model.home_language, large_text=model.home_large_text)
    fresh = replace(model, session=session, active=True, patient=Patient(), overlay=None)
    return fresh, BeginSession(session)


def ask_key(model: Model, *before: Effect, problem: FaultCode | None = None, tries: int = 0) -> Step:
    """Ask for the key: by camera, or by keypad when the camera is down."""
    if model.down(Device.CAMERA):
        return go(model, GiveKey(KeyMode.KEYPAD, problem=problem, tries=tries), *before)
    return go(model, GiveKey(KeyMode.QR, problem=problem, tries=tries), *before, ScanCode(model.session))


def refer(model: Model, reason: FaultCode) -> Step:
    """Send the person to the counter with what is known so far. Never a refusal (Decree 356/2025, Art. 10.3)."""
    screen = AtCounter(reason, until=model.now + model.delays.counter_shown)
    effects = (StopCamera(model.session), CancelRead(model.session), RecordReferral(model.session, reason))
    return go(replace(model, overlay=None), screen, *effects)


def rest(model: Model) -> Screen:
    """The screen of a kiosk without a patient."""
    for device in ESSENTIAL:
        fault = model.down(device)
        if fault is not None:
            return OutOfService(fault)
    return Welcome()


def end(model: Model, outcome: Outcome, reason: FaultCode | None = None) -> Step:
    """Wipe the session. A card still on the reader is asked for before the welcome screen returns."""
    gone = replace(
        model,
        active=False,
        patient=Patient(),
        overlay=None,
        language=model.home_language,
        large_text=model.home_large_text,
    )
    left = outcome in (Outcome.CANCELLED, Outcome.ABANDONED) and model.patient.consent
    trace = (RecordDeparture(model.session, reason or FaultCode.PATIENT_CHOICE),) if left else ()
    ending = EndSession(model.session, outcome, reason)
    effects = (StopCamera(model.session), CancelRead(model.session), *trace, ending)
    if outcome in (Outcome.CHECKED_IN, Outcome.COUNTER) or model.card_present:
        # the words of farewell stay in the patient's language
        gone = replace(gone, language=model.language, large_text=model.large_text)
        return go(gone, ThankYou(model.now + model.delays.thanks_shown), *effects)
    return go(gone, rest(model), *effects)


DEFAULT_FAULT = {
    Device.READER: FaultCode.READER_DOWN,
    Device.CAMERA: FaultCode.CAMERA_DOWN,
    Device.PRINTER: FaultCode.PRINTER_DOWN,
    Device.STORE: FaultCode.STORE_FAILED,
}


def noted(model: Model, event: DeviceChanged) -> Model:
    """The devices' health after `event`."""
    others = frozenset(entry for entry in model.faults if entry[0] is not event.device)
    if event.ok:
        return replace(model, faults=others)
    return replace(model, faults=others | {(event.device, event.fault or DEFAULT_FAULT[event.device])})
