"""Thresholds of recognisers we measured but may not ship, for a hospital with a licence that has not calibrated yet.

InsightFace publishes no SHA-256 for its packs, so a recogniser is known here by its file's name alone. Whoever adopts a
pack with these figures answers for the file being that one; a site calibration replaces them.
"""

from collections.abc import Mapping
from typing import Final

from face.models.calibration import Threshold

_GENUINE, _IMPOSTOR = 4_039, 4_606_025
_INTERVALS = {"1e-3": (9.72e-4, 1.03e-3), "1e-4": (9.14e-5, 1.10e-4), "1e-5": (7.49e-6, 1.33e-5)}


def _lfw96(name: str, figures: Mapping[str, tuple[float, float]]) -> tuple[Threshold, ...]:
    """``figures``: FMR to score and FNMR. Same pictures, pairs and detector as the default pack's manifest."""
    return tuple(
        Threshold(
            fmr=fmr,
            score=score,
            fnmr=fnmr,
            fmr_low=_INTERVALS[fmr][0],
            fmr_high=_INTERVALS[fmr][1],
            genuine=_GENUINE,
            impostor=_IMPOSTOR,
            data=f"lfw96: LFW, 96x96 crops, label noise removed; measured on a file named {name}",
            simulated=False,
        )
        for fmr, (score, fnmr) in figures.items()
    )


KNOWN_FIGURES: Final[Mapping[str, tuple[Threshold, ...]]] = {
    "w600k_mbf.onnx": _lfw96(
        "w600k_mbf.onnx", {"1e-3": (0.275, 0.0158), "1e-4": (0.333, 0.0290), "1e-5": (0.383, 0.057)}
    ),
}
