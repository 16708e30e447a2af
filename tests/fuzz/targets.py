"""All targets: importing this registers them."""

from tests.fuzz import (  # noqa: F401  each module registers its targets
    emulation,
    hospitals,
    hubs,
    insurance,
    lines,
    money,
    office,
    parsers,
    pictures,
    proofs,
    protocols,
    reports,
    sessions,
    signed,
    texts,
    trust,
)
from tests.fuzz.registry import TARGETS, Target

__all__ = ["TARGETS", "Target"]
