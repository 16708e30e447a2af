"""How far a rate that was counted may be from the true one."""

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Rate:
    """``errors`` of ``trials``. All three are None when there was no trial: unknown is not zero.

    ``low`` and ``high`` bound the true rate with 95 % confidence if the trials are independent. Comparisons of one
    person are not, so they are an optimistic bound (ISO/IEC 19795-1, on the rule of 3 and its assumptions).
    """

    errors: int
    trials: int
    value: float | None
    low: float | None
    high: float | None


def rate(errors: int, trials: int) -> Rate:
    """The rate with its Wilson score interval (Wilson, JASA 22, 1927). Raises ``ValueError`` for impossible counts."""
    if not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors of {trials} trials")
    if trials == 0:
        return Rate(0, 0, None, None, None)
    low, high = wilson(errors, trials)
    return Rate(errors, trials, errors / trials, low, high)


def wilson(errors: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Bounds in [0, 1]. Exactly 0 below no error and exactly 1 above nothing but errors."""
    share = errors / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    middle = share + z * z / (2 * trials)
    scale = 1 + z * z / trials
    low = 0.0 if errors == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if errors == trials else min(1.0, (middle + spread) / scale)
    return low, high


def rule_of_three(trials: int) -> float | None:
    """The largest rate that ``trials`` independent trials without any error leave possible, at 95 % confidence."""
    return min(1.0, 3.0 / trials) if trials else None
