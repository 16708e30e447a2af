"""What the hospital system must hear about money that arrived, as the text that waits in the outbox.

No identity is in it: the visit's id here leads to its id in the hospital system, once the registration is confirmed.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from records.canonical import canonical_json
from records.values import TransferVerdict

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TransferReport:
    """One transfer for a visit's order. `verdict` is what it meant for the order when it was first told.

    `provider`, whose id `provider_txn` is, is empty in a report of an earlier version.
    """

    visit_id: str
    order_code: str
    provider_txn: str
    amount_dong: int
    verdict: TransferVerdict
    received_at: datetime
    provider: str = ""

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("times carry their zone")


def dump_report(report: TransferReport) -> str:
    """Canonical JSON; the time is UTC."""
    return canonical_json(
        {
            "v": FORMAT,
            "visit": report.visit_id,
            "order": report.order_code,
            "txn": report.provider_txn,
            "amount_dong": report.amount_dong,
            "verdict": report.verdict.value,
            "received_at": report.received_at.astimezone(UTC).isoformat(),
            "provider": report.provider,
        }
    )


def load_report(text: str) -> TransferReport:
    """The same report again. Raises ValueError, without content, for a text that is none."""
    try:
        match json.loads(text):
            case {
                "v": int(version),
                "visit": str(visit),
                "order": str(order),
                "txn": str(txn),
                "amount_dong": int(amount),
                "verdict": str(verdict),
                "received_at": str(received_at),
                **others,
            } if version == FORMAT and isinstance(provider := others.get("provider", ""), str):
                at = datetime.fromisoformat(received_at)
                return TransferReport(visit, order, txn, amount, TransferVerdict(verdict), at, provider)
    except ValueError:
        pass
    raise ValueError("not a transfer report")
