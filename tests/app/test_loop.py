"""The loop: one event at a time, effects in order, nothing nested."""

from kiosk.app.loop import Loop
from kiosk.flow import effects, events, initial, screens


def test_an_effect_that_answers_at_once_is_applied_after_the_present_event():
    order: list[object] = []

    def execute(effect, before, after):
        order.append(effect)
        if isinstance(effect, effects.ScanCode):
            loop.dispatch(events.KeyReady(effect.session))

    loop = Loop(initial(), execute, lambda model: order.append(type(model.screen)))
    loop.dispatch(events.CardPlaced())
    assert order == [
        effects.BeginSession(1),
        effects.ScanCode(1),
        effects.StopCamera(1),
        effects.ReadChip(1),
        screens.Reading,
    ], "shown once, when everything that follows has been done"


def test_the_model_before_still_holds_the_patient_when_a_session_ends():
    seen: list[tuple[bool, bool]] = []

    def execute(effect, before, after):
        if isinstance(effect, effects.EndSession):
            seen.append((before.active, after.active))

    loop = Loop(initial(), execute, lambda model: None)
    loop.dispatch(events.StartPressed())
    loop.dispatch(events.CancelPressed())
    assert seen == [(True, False)]


def test_a_failing_effect_does_not_lock_the_loop():
    def execute(effect, before, after):
        raise RuntimeError("a bug in one service")

    loop = Loop(initial(), execute, lambda model: None)
    for event in (events.StartPressed(), events.CancelPressed()):
        try:
            loop.dispatch(event)
        except RuntimeError:
            continue
    assert isinstance(loop.model.screen, screens.Welcome)
