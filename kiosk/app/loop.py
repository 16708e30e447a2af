"""The flow's loop: one event at a time, then its effects. Knows no Qt and no device."""

from collections import deque
from collections.abc import Callable

from kiosk.flow import Model, step
from kiosk.flow.effects import Effect
from kiosk.flow.events import Event


class Loop:
    """Owns the model. All calls come from one thread; an effect that answers at once is queued, never nested.

    `execute` gets an effect with the model before and after the step that asked for it: the one before still holds the
    patient when a session ends.
    """

    def __init__(
        self, model: Model, execute: Callable[[Effect, Model, Model], None], show: Callable[[Model], None]
    ) -> None:
        self._model = model
        self._execute = execute
        self._show = show
        self._waiting: deque[Event] = deque()
        self._running = False

    @property
    def model(self) -> Model:
        """The present state."""
        return self._model

    def dispatch(self, event: Event) -> None:
        """Apply `event` and everything that follows from it, then show the result once."""
        self._waiting.append(event)
        if self._running:
            return
        self._running = True
        try:
            while self._waiting:
                before = self._model
                result = step(before, self._waiting.popleft())
                self._model = result.model
                for effect in result.effects:
                    self._execute(effect, before, result.model)
        finally:
            self._running = False
        self._show(self._model)
