"""All targets: importing this registers them."""

from tests.fuzz import parsers, protocols, sessions
from tests.fuzz.registry import TARGETS, Target

__all__ = ["TARGETS", "Target", "parsers", "protocols", "sessions"]
