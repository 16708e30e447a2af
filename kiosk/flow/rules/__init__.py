"""The rules of the transition table, by part of the check-in. Importing this package fills the table."""

from kiosk.flow.rules import anywhere, chip, entry, face, finish, insurance, visit

__all__ = ["anywhere", "chip", "entry", "face", "finish", "insurance", "visit"]
