"""Which guidance does each simulated effect lead to? Every portrait under every effect, through the pipeline's own look
at a frame. ``python -m face survey`` prints it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from face.degradation.effects import RANGES, Effect, apply
from face.degradation.portrait import find_landmarks
from face.opencv import Image
from face.verify import Verifier

Row = tuple[str, float | None]  # the effect (or "none") and its strength


def survey(verifier: Verifier, portraits: Iterable[Image]) -> dict[Row, Counter[str]]:
    """Counts of guidance for each effect and strength. A portrait's number is its seed.

    Raises :class:`FaceError` (``no_face``) for a portrait without one.
    """
    table: dict[Row, Counter[str]] = {}
    for seed, portrait in enumerate(portraits):
        landmarks = find_landmarks(portrait)
        for effect, strength in _cases():
            frame = apply(effect, portrait, seed, strength=strength, landmarks=landmarks)
            guidance = verifier.look(frame)[0]
            table.setdefault((str(effect or "none"), strength), Counter())[str(guidance)] += 1
    return table


def _cases() -> Iterator[tuple[Effect | None, float | None]]:
    yield None, None
    for effect, entry in RANGES.items():
        for strength in sorted({entry.mild, entry.severe}):
            yield effect, strength
