"""The scores of all pairs, many at a time."""

from collections.abc import Sequence

import numpy as np

from face.evaluation.metrics import Floats
from face.evaluation.pairs import Pairs
from face.evaluation.reading import Reading

_BLOCK = 8192  # pairs at a time: 20 MB with five frames of 128 numbers


def score_pairs(pairs: Pairs, chip: Sequence[Reading], live: Sequence[Reading]) -> Floats:
    """A score for each pair: the median cosine over the live picture's frames, NaN where a side has no face."""
    frames = max((len(reading.vectors) for reading in live), default=0)
    dimensions = chip[0].vectors.shape[1]
    templates = np.full((len(chip), dimensions), np.nan, dtype=np.float32)
    for number, reading in enumerate(chip):
        if len(reading.vectors):
            templates[number] = reading.vectors[0]
    probes = np.full((len(live), max(1, frames), dimensions), np.nan, dtype=np.float32)
    for number, reading in enumerate(live):
        probes[number, : len(reading.vectors)] = reading.vectors
    scores = np.full(len(pairs), np.nan, dtype=np.float64)
    usable = np.flatnonzero(
        np.array([len(item.vectors) > 0 for item in chip])[pairs.a]
        & np.array([len(item.vectors) > 0 for item in live])[pairs.b]
    )
    for start in range(0, len(usable), _BLOCK):
        block = usable[start : start + _BLOCK]
        cosines = np.einsum("nd,nkd->nk", templates[pairs.a[block]], probes[pairs.b[block]])
        scores[block] = np.nanmedian(cosines.astype(np.float64), axis=1)
    return scores
