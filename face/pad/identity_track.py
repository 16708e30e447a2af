"""Is it the same person all the time? The good frames of one session, compared with its first ones."""

from typing import Final

import numpy as np

from face.embed import Embedding

_REFERENCE: Final = 3  # the first good frames
AGREE: Final = 0.50  # cosine with their mean; above, it is the same person
SWAPPED: Final = 0.42  # below, twice in a row, it is another one
_IN_A_ROW: Final = 2


class IdentityTrack:
    """Keeps the sum of the first embeddings until :meth:`close`. Thresholds hold for SFace: see docs/face.md."""

    def __init__(self) -> None:
        self._sum: Embedding | None = None
        self._count = 0
        self._low = 0
        self._swapped = False
        self.last: float | None = None  # cosine of the last good frame with the first ones
        self.lowest = 1.0

    @property
    def swapped(self) -> bool:
        return self._swapped

    @property
    def agrees(self) -> bool:
        """The last good frame shows the person of the first ones."""
        return self.last is not None and self.last >= AGREE and not self._swapped

    def feed(self, embedding: Embedding) -> None:
        if self._sum is None:
            self._sum, self._count, self.last = embedding.astype(np.float32), 1, 1.0  # astype copies
            return
        self.last = float(self._sum @ embedding / max(float(np.linalg.norm(self._sum)), 1e-9))
        self.lowest = min(self.lowest, self.last)
        self._low = self._low + 1 if self.last < SWAPPED else 0
        self._swapped = self._swapped or self._low >= _IN_A_ROW
        if self._count < _REFERENCE and self.last >= AGREE:
            self._sum += embedding
            self._count += 1

    def close(self) -> None:
        if self._sum is not None:
            self._sum.fill(0)
        self._sum = None
