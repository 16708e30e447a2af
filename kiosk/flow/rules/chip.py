"""Reading the chip, interruptions, and the question "is this you?"."""

from dataclasses import replace

from kiosk.flow.effects import CancelRead, ReadChip
from kiosk.flow.events import (
    CardPlaced,
    ChipRead,
    DeviceChanged,
    IdentityConfirmed,
    IdentityDenied,
    ReadFailed,
    ReadProgressed,
    Tick,
)
from kiosk.flow.model import Model
from kiosk.flow.moves import ask_key, end, go, noted, refer, stay
from kiosk.flow.screens import (
    AskConsent,
    AtCounter,
    ConfirmIdentity,
    GiveKey,
    HoldCard,
    OutOfService,
    PlaceCard,
    Reading,
    ThankYou,
    Welcome,
)
from kiosk.flow.table import Step, on
from kiosk.flow.values import ChipTrust, Device, FaultCode, HoldReason, Outcome

SETTLE = 1.0
"""After an interruption the reader's own report of the card may lag (it polls every 0.4 s): wait before trusting it."""
MOST_HOLDS = 5
"""Interruptions of one session's read; then a person looks at the card, however long it lies there."""


@on(Reading, ReadProgressed)
def read_progressed(model: Model, screen: Reading, event: ReadProgressed) -> Step:
    known = model.patient if event.identity is None else replace(model.patient, identity=event.identity)
    # a resumed read counts from the files it already has, yet the bar must never run backwards
    fraction = min(1.0, max(screen.fraction, event.fraction))
    return stay(replace(model, patient=known), replace(screen, stage=event.stage, fraction=fraction))


@on(Reading, ChipRead, ConfirmIdentity, AtCounter)
def chip_read(model: Model, _: Reading, event: ChipRead) -> Step:
    patient = replace(model.patient, identity=event.identity, trust=event.trust, photo=event.photo)
    known = replace(model, patient=patient)
    if event.trust is ChipTrust.FAILED:
        return refer(known, FaultCode.CHIP_NOT_PROVEN)
    if event.identity.card_expired:
        return refer(known, FaultCode.CARD_EXPIRED)
    return go(known, ConfirmIdentity())


@on(Reading, ReadFailed, HoldCard, GiveKey, PlaceCard, AtCounter)
def read_failed(model: Model, screen: Reading, event: ReadFailed) -> Step:
    match event.fault:
        case FaultCode.CARD_PULLED:
            return _hold(model, screen, HoldReason.CARD_PULLED)
        case FaultCode.READER_DOWN:
            return _hold(model, screen, HoldReason.READER_DOWN)
        case FaultCode.SEVERAL_CARDS:
            return go(replace(model, cards_collide=True), PlaceCard(screen.tries, FaultCode.SEVERAL_CARDS))
        case FaultCode.WRONG_KEY | FaultCode.OTHER_CARD:
            tries = screen.tries + 1
            if tries >= model.delays.key_tries:
                return refer(model, event.fault)
            return ask_key(model, problem=event.fault, tries=tries)
        case _:
            return refer(model, event.fault)


COUNTER_REASONS = {HoldReason.CARD_PULLED: FaultCode.CARD_PULLED, HoldReason.READER_DOWN: FaultCode.READER_DOWN}


def _hold(model: Model, screen: Reading, reason: HoldReason) -> Step:
    if screen.holds >= MOST_HOLDS:
        return refer(model, COUNTER_REASONS[reason])
    until = model.now + model.delays.card_return
    return go(model, HoldCard(reason, until, screen.tries, screen.fraction, screen.holds + 1))


@on(Reading, Tick, AtCounter)
def reading_too_long(model: Model, screen: Reading, _: Tick) -> Step:
    if model.now < screen.until:
        return stay(model, screen)
    step = refer(model, FaultCode.CARD_UNREADABLE)
    return Step(step.model, (CancelRead(model.session), *step.effects))


def _resume(model: Model, screen: HoldCard) -> Step:
    until = model.now + model.delays.read_limit
    again = Reading(until, screen.tries, fraction=screen.fraction, holds=screen.holds)
    return go(model, again, ReadChip(model.session))


@on(HoldCard, CardPlaced, Reading)
def card_returned(model: Model, screen: HoldCard, _: CardPlaced) -> Step:
    return _resume(replace(model, card_present=True, cards_collide=False), screen)


@on(HoldCard, Tick, Reading, PlaceCard, AtCounter)
def hold_ticks(model: Model, screen: HoldCard, _: Tick) -> Step:
    if model.now >= screen.until:
        return refer(model, COUNTER_REASONS[screen.reason])
    settled = model.now - (screen.until - model.delays.card_return) >= SETTLE
    if not settled or model.down(Device.READER) is not None:
        return stay(model, screen)
    if model.card_present and not model.cards_collide:
        return _resume(model, screen)
    if screen.reason is HoldReason.READER_DOWN and not model.card_present:
        return go(model, PlaceCard(screen.tries))  # the reader is back, and the card was taken meanwhile
    return stay(model, screen)


@on(PlaceCard, DeviceChanged, HoldCard)
def reader_lost_before_the_card(model: Model, screen: PlaceCard, event: DeviceChanged) -> Step:
    known = noted(model, event)
    if known.down(Device.READER) is None:
        return stay(known, screen)
    return go(known, HoldCard(HoldReason.READER_DOWN, known.now + known.delays.card_return, screen.tries))


@on(ConfirmIdentity, IdentityConfirmed, AskConsent, AtCounter)
def identity_confirmed(model: Model, _: ConfirmIdentity, __: IdentityConfirmed) -> Step:
    identity = model.patient.identity
    assert identity is not None, "the identity is confirmed after it was read"
    if identity.is_minor:
        return refer(model, FaultCode.MINOR)
    if not model.patient.photo:
        return refer(model, FaultCode.CHIP_PHOTO_UNUSABLE)
    camera = model.down(Device.CAMERA)
    if camera is not None:
        return refer(model, camera)
    return go(model, AskConsent())


@on(ConfirmIdentity, IdentityDenied, Welcome, ThankYou, OutOfService)
def identity_denied(model: Model, _: ConfirmIdentity, __: IdentityDenied) -> Step:
    return end(model, Outcome.CANCELLED, FaultCode.OTHER_CARD)
