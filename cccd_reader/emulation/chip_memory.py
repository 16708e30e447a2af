"""What a chip remembers without power, and what it has from outside itself."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cccd_reader.emulation.chip_keys import RandomSource
from cccd_reader.emulation.faults import Proof

BeforeRead = Callable[[int, int], None]
"""Called with the file and the end of what is about to be read."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`spoils` makes a proof wrong, `wait` makes the chip slow."""

    random: RandomSource
    before_read: BeforeRead
    spoils: Callable[[Proof], bool]
    wait: Callable[[float], None]


@dataclass(slots=True)
class ChipMemory:
    """Failures that no reset undoes. With `tries`, each password of PACE is blocked after so many in a row."""

    tries: int | None = None
    wrong_keys: int = 0
    """In a row, of any kind of key."""
    _failures: dict[int, int] = field(default_factory=dict)

    def tries_left(self, password: int) -> int | None:
        """None where the chip does not count."""
        return None if self.tries is None else max(0, self.tries - self._failures.get(password, 0))

    def has_failed(self, password: int) -> bool:
        return password in self._failures

    def wrong_password(self, password: int) -> None:
        self.wrong_keys += 1
        self._failures[password] = self._failures.get(password, 0) + 1

    def right_password(self, password: int) -> None:
        self._failures.pop(password, None)
