"""How well a sequence of screen colours explains the colours of the light on a face. Pure arithmetic on time series.

A patch of skin with albedo ``r`` in a room's light ``A`` and the screen's light ``s L`` sends ``g w r (A + s L)`` to
the camera, channel by channel, with the exposure ``g`` and the white balance ``w``. In the logarithm of red over green
and of blue over green the albedo, the exposure and the white balance are constants, and what moves is

    log(1 + k L_red) - log(1 + k L_green),    k = s / A,

the *response*. Slow automatic white balance is a slope over the two seconds. How the room's light differs from white
and how strong the screen is are not known: they are a small set of shapes that is searched, as is the delay from the
kiosk's order to the camera's picture. What the search wins by its freedom it also wins for every other sequence, and
only the rank among them counts.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Final

import numpy as np
import numpy.typing as npt

from face.pad.light_colours import LIGHT, LightColour, random_sequence

Values = npt.NDArray[np.float64]

LAGS_S: Final = np.arange(0.0, 0.601, 0.04)
"""Delays that are tried: a camera's picture is 0.05 to 0.2 s late, over a network up to half a second; a screen that
does not say when it has painted adds its repaint and the queue before it."""

# Screen light on the face in parts of the room's: a bright hall, an office, dusk, night.
_SHARES: Final = (0.1, 0.3, 1.0, 3.0)
# The room's light from bluish daylight to warm lamps, as logarithm of how much the screen's blue stands out in it.
_WARMTHS: Final = (-0.4, 0.0, 0.4, 0.8)
_RIVALS: Final = 1500  # other sequences looked at when there are more than five steps
_COLOURS: Final = tuple(LightColour)


@dataclass(frozen=True, slots=True)
class Step:
    """A colour of the sequence, shown from ``at`` to ``until`` (seconds, before any delay)."""

    colour: LightColour
    at: float
    until: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The best explanation by the shown sequence.

    ``explained``: part of the movement that it explains, in [0, 1]. ``rank``: part of all sequences that explain at
    least as much, the shown one included: its smallest value is 1 / number. ``rival``: the most any other explains.
    ``share``: screen light over room light on the face, and ``error`` its standard error. ``template`` is the expected
    movement (N x 2) for a share of 1, cleared of slow drift; ``drift`` clears a measurement in the same way.
    """

    explained: float
    rank: float
    rival: float
    lag_s: float
    share: float
    error: float
    template: Values
    drift: Values


def log_ratios(light: Values) -> Values:
    """Red over green and blue over green as logarithms: ... x 3 becomes ... x 2."""
    logs = np.log(light)
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)


def fit(times: Values, ratios: Values, steps: Sequence[Step]) -> Fit:
    """Search the delay and the light's shape. ``times``: N seconds; ``ratios``: N x 2 of :func:`log_ratios`."""
    shown = tuple(_COLOURS.index(step.colour) for step in steps)
    sequences = np.concatenate([[shown], _rivals(shown)])
    expected = [shape[sequences] for shape in _shapes()]  # each: sequences x steps x 2
    best = np.zeros(len(sequences))
    choice = (-1.0, float(LAGS_S[0]), 0)  # explained, lag and shape of the shown sequence
    for lag in LAGS_S:
        inside, drift = _design(times, steps, float(lag))
        level, moved = _clear(inside, drift), _clear(ratios, drift)
        weights = 1 / np.maximum(_residual(moved, level).var(axis=0), 1e-12)
        total = float((moved**2 * weights).sum())
        gram, along = level.T @ level, level.T @ moved
        for number, values in enumerate(expected):
            projected = sum(weights[r] * (values[:, :, r] @ along[:, r]) for r in (0, 1))
            length = sum(weights[r] * ((values[:, :, r] @ gram) * values[:, :, r]).sum(axis=1) for r in (0, 1))
            part = np.where(projected > 0, projected**2 / np.maximum(length * total, 1e-300), 0.0)
            np.maximum(best, part, out=best)
            if part[0] > choice[0]:
                choice = (float(part[0]), float(lag), number)
    explained, lag_s, number = choice
    explained, rivals = max(0.0, explained), best[1:]
    inside, drift = _design(times, steps, lag_s)
    shape = _shapes()[number] / _shape_shares()[number]
    template = _clear(inside @ shape[list(shown)], drift)
    share, error = amplitude(ratios, template, drift)
    rank = (1 + int((rivals >= explained).sum())) / (1 + len(rivals))
    return Fit(explained, rank, float(rivals.max()), lag_s, share, error, template, drift)


def amplitude(ratios: Values, template: Values, drift: Values) -> tuple[float, float]:
    """How much of ``template`` (N x 2, cleared) is in ``ratios`` (N x 2), and the standard error.

    Neighbouring frames share their errors (a head sways slowly), so the error grows by what they have in common: the
    first-order autoregressive correction sqrt((1 + r) / (1 - r)).
    """
    moved = _clear(ratios, drift)
    weights = 1 / np.maximum((moved - template * _slope(moved, template)).var(axis=0), 1e-12)
    length = float((weights * template**2).sum())
    if length <= 0:
        return 0.0, float("inf")
    found = float((weights * template * moved).sum()) / length
    left = (moved - found * template) * np.sqrt(weights)
    degrees = max(left.size - 2 * drift.shape[1] - 1, 1)
    before, after = left[:-1].ravel(), left[1:].ravel()
    common = float(np.clip((before @ after) / max(float((left**2).sum()), 1e-12), 0.0, 0.9))
    spread = float((left**2).sum()) / degrees * (1 + common) / (1 - common)
    return found, float(np.sqrt(spread / length))


def _slope(moved: Values, template: Values) -> float:
    return float((moved * template).sum()) / max(float((template**2).sum()), 1e-12)


def _design(times: Values, steps: Sequence[Step], lag: float) -> tuple[Values, Values]:
    """Which step each frame saw (N x steps), and what may move without the sequence: N x (4 or fewer), orthonormal.

    Before the first colour and after the last the screen shows something else: a level of its own each.
    """
    shifted = times - lag
    inside = np.stack([(shifted >= step.at) & (shifted < step.until) for step in steps], axis=1).astype(np.float64)
    before, after = shifted < steps[0].at, shifted >= steps[-1].until
    along = times - times.mean()
    columns = [np.ones_like(times), along, before.astype(np.float64), after.astype(np.float64)]
    u, singular, _ = np.linalg.svd(np.stack(columns, axis=1), full_matrices=False)
    return inside, u[:, singular > 1e-9 * singular[0]]


def _clear(series: Values, drift: Values) -> Values:
    return np.asarray(series - drift @ (drift.T @ series))


def _residual(moved: Values, level: Values) -> Values:
    """What no sequence explains: the movement within the steps."""
    return np.asarray(moved - level @ np.linalg.lstsq(level, moved, rcond=None)[0])


@cache
def _shapes() -> tuple[Values, ...]:
    """For each kind of light the response to each colour: 5 x 2."""
    screen = np.array([LIGHT[colour] for colour in _COLOURS])
    found = []
    for share, warmth in product(_SHARES, _WARMTHS):
        channels = np.log1p(share * screen * np.exp([-0.5 * warmth, 0.0, warmth]))
        found.append(np.stack([channels[:, 0] - channels[:, 1], channels[:, 2] - channels[:, 1]], axis=1))
    return tuple(found)


@cache
def _shape_shares() -> tuple[float, ...]:
    return tuple(share for share, _ in product(_SHARES, _WARMTHS))


def _rivals(shown: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Other sequences without equal neighbours: all of them up to five steps, a fixed sample of longer ones."""
    if len(shown) <= 5:
        every = (row for row in product(range(len(_COLOURS)), repeat=len(shown)))
        rows = [row for row in every if row != shown and all(a != b for a, b in pairwise(row))]
    else:
        source = random.Random(0)
        drawn = (random_sequence(source, len(shown)) for _ in range(_RIVALS))
        rows = [row for row in (tuple(_COLOURS.index(colour) for colour in item) for item in drawn) if row != shown]
    return np.array(rows, dtype=np.int64)
