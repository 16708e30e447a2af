"""The day's money, seen three times: the bank's statement, the hospital's receipts, our own ledger."""

from his_adapter.reconciliation.compare import Finding, Item, Reconciliation, Row, Source, reconcile
from his_adapter.reconciliation.files import Problem, UnreadableError

__all__ = ["Finding", "Item", "Problem", "Reconciliation", "Row", "Source", "UnreadableError", "reconcile"]
