"""What every provider's notice is read by, and answered with.

Webhooks (payOS, SePay) and instant payment notifications (IPN: VNPAY, MoMo) are the same to the rest of the house: the
raw request goes in; a transfer, a word that nothing arrived, or a refusal comes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from his_adapter.model import PaymentNotice, Transfer


class RefusalCode(StrEnum):
    """Why a notice is not believed."""

    SIGNATURE = "signature"  # not proven to be the provider's
    STALE = "stale"  # proven, but its time lies outside the window: perhaps replayed
    FOREIGN = "foreign"  # proven, but for another merchant or terminal
    MALFORMED = "malformed"  # not what the provider's documentation says


@dataclass(frozen=True, slots=True)
class Refusal:
    """A notice that is not believed. `detail` is for staff, without content of the notice."""

    code: RefusalCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NothingArrived:
    """A proven notice that tells of no money for us: a failed payment, an outgoing transfer. `reason` is for staff."""

    reason: str


@dataclass(frozen=True, slots=True)
class StrayTransfer:
    """Money that arrived in our account without an order's code: a person finds out whose it is."""

    transfer: Transfer


Verdict = PaymentNotice | StrayTransfer | NothingArrived | Refusal


class Outcome(StrEnum):
    """What our side made of a believed notice."""

    ACCEPTED = "accepted"  # stored for the first time
    REPEATED = "repeated"  # stored before
    UNKNOWN_ORDER = "unknown_order"  # stored for a person: no such order of ours
    WRONG_AMOUNT = "wrong_amount"  # stored for a person: not what was asked
    NOTHING = "nothing"  # tells of no money
    NOT_STORED = "not_stored"  # we failed: the provider has to tell again


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The HTTP answer a provider waits for."""

    status: int
    body: bytes = field(default=b"")
    content_type: str = "application/json"


class NoticeVerifier(Protocol):
    """One provider's notices. Pure: keeps nothing, asks nobody."""

    provider: str

    def verify(self, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime) -> Verdict:
        """What a request says. Total: any headers, query and bytes give an answer.

        `headers` by name in any case; `query` is the raw text behind the question mark; `now` carries its zone.
        """
        ...

    def acknowledge(self, outcome: Outcome | Refusal) -> Acknowledgement:
        """The provider's own form of "heard", "heard before" or "try again"."""
        ...


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value, whatever the case of its name; empty when it is not there."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
