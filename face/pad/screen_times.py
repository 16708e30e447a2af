"""When the screen showed which colour: from when it was asked to, or as it says itself.

Between the order and the panel lie a queue and a repaint, on a busy machine more than a second. Who can tell when a
colour was painted says so, and that time counts; a recorded clip or a screen that cannot tell is taken at its order.
"""

from dataclasses import dataclass
from itertools import pairwise

from face.pad.light_colours import LightColour
from face.pad.light_response import Step


@dataclass(slots=True)
class _Order:
    """``colour`` was asked for at ``at``; ``shown``: when it was on the screen, None while nobody has said so."""

    colour: LightColour | None
    at: float
    shown: float | None


class ScreenTimes:
    """Orders and reports of one sequence, in seconds of the camera's clock. ``reported``: reports are to be waited for;
    without them a colour counts as shown when it was asked for.
    """

    def __init__(self, *, reported: bool = False) -> None:
        self._reported = reported
        self._orders: list[_Order] = []

    def __len__(self) -> int:
        """Grows with every order and every report."""
        return len(self._orders) + sum(order.shown is not None for order in self._orders)

    def ask(self, colour: LightColour | None, at: float) -> None:
        """The screen is asked for ``colour``; None: its usual picture. The same one again changes nothing.

        Raises ``ValueError`` when time goes back.
        """
        if self._orders and at < self._orders[-1].at:
            raise ValueError("colours are noted in the order they are shown")
        if not self._orders or colour is not self._orders[-1].colour:
            self._orders.append(_Order(colour, at, None if self._reported else at))

    def show(self, colour: LightColour | None, at: float) -> bool:
        """The screen says that ``colour`` is on it since ``at``. True if that was waited for.

        A report of an earlier order, or of one that was answered, is out of date.
        """
        if not self._orders:
            return False
        order = self._orders[-1]
        if colour is not order.colour or order.shown is not None or at < order.at:
            return False
        order.shown = at
        return True

    @property
    def too_slow(self) -> bool:
        """A colour was given up before the screen had it."""
        return any(order.colour is not None and order.shown is None for order in self._orders[:-1])

    @property
    def last(self) -> tuple[LightColour | None, float] | None:
        """The newest order's colour, and since when it counts."""
        if not self._orders:
            return None
        order = self._orders[-1]
        return order.colour, order.at if order.shown is None else order.shown

    def steps(self, now: float) -> list[Step]:
        """The colours that were shown, with their times. The last one lasts until the usual picture, or until ``now``.

        Until the usual picture is reported it counts as late as the colour before it was.
        """
        ends = [*self._orders, _Order(None, now, now)]
        found: list[Step] = []
        for order, after in pairwise(ends):
            if order.colour is not None and order.shown is not None:
                until = after.at + (order.shown - order.at) if after.shown is None else after.shown
                found.append(Step(order.colour, order.shown, until))
        return found

    def clear(self) -> None:
        """Forget all of it."""
        self._orders.clear()
