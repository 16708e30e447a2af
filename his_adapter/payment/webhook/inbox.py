"""A notice's way in: verify the raw request, store it once, answer in the provider's own words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from his_adapter.model import PaymentNotice
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    StrayTransfer,
)


class Inbox(Protocol):
    """Where arriving money is written down: one row for each (provider, provider_txn_id), insert or ignore.

    A store that cannot write answers NOT_STORED, and the provider tells again.
    """

    def keep(self, provider: str, notice: PaymentNotice | StrayTransfer) -> Outcome:
        """Store a notice once, durably. What follows from it may come after: the provider waits for this answer."""
        ...


def take(
    verifier: NoticeVerifier, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime, inbox: Inbox
) -> Outcome | Refusal:
    """What becomes of one request of a provider. Nothing is stored unless it is proven."""
    verdict = verifier.verify(headers, query, raw_body, now)
    if isinstance(verdict, Refusal):
        return verdict
    if isinstance(verdict, NothingArrived):
        return Outcome.NOTHING
    return inbox.keep(verifier.provider, verdict)


def receive(
    verifier: NoticeVerifier, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime, inbox: Inbox
) -> Acknowledgement:
    """One request of a provider, to its answer."""
    return verifier.acknowledge(take(verifier, headers, query, raw_body, now, inbox))
