"""From the welcome screen to the key of the chip."""

from dataclasses import replace

from kiosk.flow.effects import ReadChip, ScanCode, StopCamera, UseNumber
from kiosk.flow.events import (
    CardPlaced,
    CardsCollide,
    CardTaken,
    DigitErased,
    DigitPressed,
    KeyModeChosen,
    KeyReady,
    KeyRefused,
    NoCardPressed,
    NumberEntered,
    StartPressed,
)
from kiosk.flow.model import Model
from kiosk.flow.moves import ask_key, begin, go, refer, stay
from kiosk.flow.screens import AtCounter, GiveKey, HoldCard, PlaceCard, Reading, ThankYou, Welcome
from kiosk.flow.table import Step, on, on_each
from kiosk.flow.values import Device, FaultCode, HoldReason, KeyMode

NUMBER_LENGTH = 12


@on_each((Welcome, ThankYou), StartPressed, GiveKey)
def start_by_touch(model: Model, _: Welcome | ThankYou, __: StartPressed) -> Step:
    fresh, begun = begin(model)
    return ask_key(fresh, begun)


@on_each((Welcome, ThankYou), CardPlaced, GiveKey)
def start_by_card(model: Model, _: Welcome | ThankYou, __: CardPlaced) -> Step:
    fresh, begun = begin(replace(model, card_present=True, cards_collide=False))
    return ask_key(fresh, begun)


@on(Welcome, NoCardPressed, AtCounter)
def without_card(model: Model, _: Welcome, __: NoCardPressed) -> Step:
    fresh, begun = begin(model)
    step = refer(fresh, FaultCode.NO_CARD)
    return Step(step.model, (begun, *step.effects))


@on(GiveKey, KeyModeChosen)
def choose_key_mode(model: Model, screen: GiveKey, event: KeyModeChosen) -> Step:
    camera = model.down(Device.CAMERA)
    if event.mode is KeyMode.QR and camera is not None:
        return stay(model, replace(screen, problem=camera))
    changed = replace(screen, mode=event.mode, problem=None, checking=False)
    watch = ScanCode(model.session) if event.mode is KeyMode.QR else StopCamera(model.session)
    return stay(model, changed, watch)


@on(GiveKey, DigitPressed)
def type_digit(model: Model, screen: GiveKey, event: DigitPressed) -> Step:
    digit = event.digit
    fits = len(digit) == 1 and digit.isascii() and digit.isdigit() and len(screen.digits) < NUMBER_LENGTH
    if screen.mode is not KeyMode.KEYPAD or screen.checking or not fits:
        return stay(model, screen)
    return stay(model, replace(screen, digits=screen.digits + digit, problem=None))


@on(GiveKey, DigitErased)
def erase_digit(model: Model, screen: GiveKey, _: DigitErased) -> Step:
    if screen.checking:
        return stay(model, screen)
    return stay(model, replace(screen, digits=screen.digits[:-1], problem=None))


@on(GiveKey, NumberEntered)
def enter_number(model: Model, screen: GiveKey, _: NumberEntered) -> Step:
    if screen.mode is not KeyMode.KEYPAD or screen.checking or len(screen.digits) != NUMBER_LENGTH:
        return stay(model, screen)
    return stay(model, replace(screen, checking=True, problem=None), UseNumber(model.session, screen.digits))


@on(GiveKey, KeyReady, Reading, PlaceCard, HoldCard)
def key_ready(model: Model, screen: GiveKey, _: KeyReady) -> Step:
    return read_or_wait(model, screen.tries, StopCamera(model.session))


@on(GiveKey, KeyRefused)
def key_refused(model: Model, screen: GiveKey, event: KeyRefused) -> Step:
    # the camera goes on looking: another code is told as soon as it comes into view
    return stay(model, replace(screen, problem=event.fault, checking=False))


def read_or_wait(model: Model, tries: int, *before: StopCamera) -> Step:
    """Read the card that lies there; otherwise ask for it, or wait for the reader."""
    if model.down(Device.READER) is not None:
        return go(model, HoldCard(HoldReason.READER_DOWN, model.now + model.delays.card_return, tries), *before)
    if model.cards_collide:
        return go(model, PlaceCard(tries, FaultCode.SEVERAL_CARDS), *before)
    if not model.card_present:
        return go(model, PlaceCard(tries), *before)
    return go(model, Reading(model.now + model.delays.read_limit, tries), *before, ReadChip(model.session))


@on(PlaceCard, CardPlaced, Reading, HoldCard)
def card_placed(model: Model, screen: PlaceCard, _: CardPlaced) -> Step:
    return read_or_wait(replace(model, card_present=True, cards_collide=False), screen.tries)


@on(PlaceCard, CardsCollide)
def cards_collide(model: Model, screen: PlaceCard, _: CardsCollide) -> Step:
    changed = replace(model, card_present=True, cards_collide=True)
    return stay(changed, replace(screen, problem=FaultCode.SEVERAL_CARDS))


@on(PlaceCard, CardTaken)
def card_taken(model: Model, screen: PlaceCard, _: CardTaken) -> Step:
    return stay(replace(model, card_present=False, cards_collide=False), replace(screen, problem=None))
