"""The kiosk's settings: schema, file, messages, admin PIN."""

from kiosk.settings.load import load, parse
from kiosk.settings.problems import Problem, ProblemKind, SettingsError
from kiosk.settings.schema import Settings
from kiosk.settings.show import show

__all__ = ["Problem", "ProblemKind", "Settings", "SettingsError", "load", "parse", "show"]
