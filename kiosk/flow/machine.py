"""One step of the flow: find the rule, apply it, keep the clock."""

from collections.abc import Iterator
from dataclasses import replace

import kiosk.flow.rules  # noqa: F401  (importing the rules fills the table)
from kiosk.flow.events import CARDS, RESULTS, TOUCHES, Event, Tick
from kiosk.flow.model import Model
from kiosk.flow.moves import end
from kiosk.flow.screens import (
    AskConsent,
    ChooseService,
    ConfirmIdentity,
    GiveKey,
    LookAtCamera,
    PlaceCard,
    ShowInsurance,
    StillThere,
)
from kiosk.flow.table import TABLE, Step, Transition
from kiosk.flow.values import FaultCode, Outcome

WAITS_FOR_DEVICE = (GiveKey, PlaceCard, LookAtCamera)
WAITS_FOR_CHOICE = (ConfirmIdentity, AskConsent, ShowInsurance, ChooseService)


def step(model: Model, event: Event) -> Step:
    """Apply one event. Total: an event that means nothing here leaves the model as it was."""
    if isinstance(event, RESULTS) and not (model.active and event.session == model.session):
        return Step(model)
    if isinstance(event, Tick):
        return _tick(replace(model, now=max(model.now, event.now)), event)
    if isinstance(event, TOUCHES | CARDS):
        model = replace(model, touched_at=model.now)
        if isinstance(model.overlay, StillThere):
            model = replace(model, overlay=None)
    return _apply(model, event)


def _apply(model: Model, event: Event) -> Step:
    rule = TABLE.find(type(model.screen), type(event))
    if rule is None:
        return Step(model)
    result = rule.decide(model, model.screen, event)
    reached = type(result.model.screen)
    assert reached is type(model.screen) or reached in rule.targets, f"{rule.decide.__name__} may not lead to {reached}"
    return result


def _tick(model: Model, event: Tick) -> Step:
    if model.overlay is not None and model.now >= model.overlay.until:
        if isinstance(model.overlay, StillThere):
            return end(model, Outcome.ABANDONED, FaultCode.TOO_SLOW)
        model = replace(model, overlay=None, touched_at=model.now)
    result = _apply(model, event)
    limit = _idle_limit(result.model)
    if limit is None or result.model.overlay is not None or result.model.now - result.model.touched_at < limit:
        return result
    asked = StillThere(result.model.now + result.model.delays.still_there)
    return Step(replace(result.model, overlay=asked), result.effects)


def _idle_limit(model: Model) -> float | None:
    """Seconds without a touch after which the kiosk asks; None where it does not wait for the patient."""
    if isinstance(model.screen, WAITS_FOR_DEVICE):
        return model.delays.device_idle
    if isinstance(model.screen, WAITS_FOR_CHOICE):
        return model.delays.choice_idle
    return None


def transitions() -> Iterator[Transition]:
    """Every line of the transition table."""
    yield from TABLE
