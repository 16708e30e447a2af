"""All targets: importing this registers them."""

from tests.fuzz import emulation, parsers, proofs, protocols, reports, sessions, signed, texts
from tests.fuzz.registry import TARGETS, Target

__all__ = ["TARGETS", "Target", "emulation", "parsers", "proofs", "protocols", "reports", "sessions", "signed", "texts"]
