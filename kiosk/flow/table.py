"""The transition table: which event on which screen may lead where, and the function that decides it.

Rules register themselves with `@on`, `@on_each` and `@anywhere`. The declared targets are checked at every step, so the
diagram drawn from the table cannot drift from what the code does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from kiosk.flow.effects import Effect
from kiosk.flow.model import Model


@dataclass(frozen=True, slots=True)
class Step:
    """What one event leads to."""

    model: Model
    effects: tuple[Effect, ...] = ()


ScreenT = TypeVar("ScreenT")
EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table. `source` None: on every screen that has no line of its own for this event.

    An empty `targets` means that the screen keeps its kind (only its contents or the effects change).
    """

    source: type | None
    event: type
    targets: tuple[type, ...]
    decide: Callable[[Model, Any, Any], Step]


class TransitionTable:
    """The rules, found by screen and event."""

    def __init__(self) -> None:
        self._rules: dict[tuple[type | None, type], Transition] = {}

    def add(self, transition: Transition) -> None:
        """Add a rule; two rules for the same pair are a bug."""
        key = (transition.source, transition.event)
        assert key not in self._rules, f"two rules for {key}"
        self._rules[key] = transition

    def find(self, screen: type, event: type) -> Transition | None:
        """The rule for this screen, else the rule for everywhere, else None."""
        return self._rules.get((screen, event)) or self._rules.get((None, event))

    def __iter__(self) -> Iterator[Transition]:
        return iter(self._rules.values())


TABLE = TransitionTable()


def on(
    source: type[ScreenT], event: type[EventT], *targets: type
) -> Callable[[Callable[[Model, ScreenT, EventT], Step]], Callable[[Model, ScreenT, EventT], Step]]:
    """Register a rule for `event` on the screen `source`."""

    def register(decide: Callable[[Model, ScreenT, EventT], Step]) -> Callable[[Model, ScreenT, EventT], Step]:
        TABLE.add(Transition(source, event, targets, decide))
        return decide

    return register


def on_each(
    sources: tuple[type, ...], event: type[EventT], *targets: type
) -> Callable[[Callable[[Model, Any, EventT], Step]], Callable[[Model, Any, EventT], Step]]:
    """Register one rule for `event` on each of several screens."""

    def register(decide: Callable[[Model, Any, EventT], Step]) -> Callable[[Model, Any, EventT], Step]:
        for source in sources:
            TABLE.add(Transition(source, event, targets, decide))
        return decide

    return register


def anywhere(
    event: type[EventT], *targets: type
) -> Callable[[Callable[[Model, Any, EventT], Step]], Callable[[Model, Any, EventT], Step]]:
    """Register a rule for `event` on every screen without a rule of its own."""

    def register(decide: Callable[[Model, Any, EventT], Step]) -> Callable[[Model, Any, EventT], Step]:
        TABLE.add(Transition(None, event, targets, decide))
        return decide

    return register
