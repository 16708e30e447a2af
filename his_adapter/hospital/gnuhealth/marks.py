"""What a kiosk writes beside a visit and a payment, and finds there again.

GNU Health has no field for an idempotency key. The fields used here are texts that staff can read and a program can
take apart again, whatever they hold: `VisitMark` in the remarks of the visit's service line, `TransferMark` one line
each in the comment of the invoice.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from his_adapter.hospital.content import report_content, visit_content
from his_adapter.model import CoverageReport, PaymentReport, RegistrationRequest, TransferVerdict

PREFIX = "KIOSK"
"""How the name of every health service of a kiosk begins: the record rules of the kiosk's role go by it."""
_PAIR = re.compile(r"([a-z]+)=(\S*)")
_LINE = "[kiosk]"
MAX_TEXT_CHARS = 100_000
DIGEST_CHARS = 32
"""Enough to notice a mistake; the field is read by people too."""


class Insurance(StrEnum):
    """What is known of the insurance of a visit."""

    NONE = "none"  # the patient pays alone
    UNVERIFIED = "unverified"  # the portal has not answered
    VERIFIED = "verified"
    UNPRICED = "unpriced"  # verified, but GNU Health has no card or no plan for it: the cashier
    REFUSED = "refused"  # the portal said no, later


@dataclass(frozen=True, slots=True)
class VisitMark:
    """The remarks of a kiosk's service line. `digest` is of the request; `coverage` of the late report, if any came."""

    key: str
    digest: str
    fee_dong: int
    insurance: Insurance
    coverage_key: str = ""
    coverage_digest: str = ""

    def text(self) -> str:
        """As written there."""
        later = (
            f" coverage={quote(self.coverage_key, safe='')} told={self.coverage_digest}" if self.coverage_key else ""
        )
        return f"{key_text(self.key)}digest={self.digest} fee={self.fee_dong} insurance={self.insurance.value}{later}"

    @classmethod
    def parse(cls, text: str | None) -> "VisitMark | None":
        """The mark in a text; None when there is none."""
        found = _pairs(text)
        try:
            return cls(
                unquote(found["key"], errors="strict"),
                found["digest"],
                _dong(found["fee"]),
                Insurance(found["insurance"]),
                unquote(found.get("coverage", ""), errors="strict"),
                found.get("told", ""),
            )
        except (KeyError, ValueError):
            return None


def key_text(key: str) -> str:
    """How a mark with this key begins."""
    return f"key={quote(key, safe='')} "


def like(text: str) -> str:
    """A text as SQL's LIKE takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class TransferMark:
    """A transfer that was told, as the invoice's comment keeps it."""

    key: str
    transfer: str
    order_code: int
    amount_dong: int
    verdict: TransferVerdict

    @classmethod
    def of(cls, report: PaymentReport) -> "TransferMark":
        """Of a report."""
        return cls(
            report.idempotency_key, report.provider_txn_id, report.order_code, report.amount_dong, report.verdict
        )

    def text(self, note: str) -> str:
        """The line, with a word for the cashier."""
        return f"{_LINE} {transfer_text(self.transfer)}{key_text(self.key)}order={self.order_code} " + (
            f"amount={self.amount_dong} verdict={self.verdict.value} | {note}"
        )

    def same(self, other: "TransferMark") -> bool:
        """Whether two reports tell of the same money. The key may differ: a transfer counts once under any."""
        return (self.transfer, self.order_code, self.amount_dong) == (
            other.transfer,
            other.order_code,
            other.amount_dong,
        )

    @classmethod
    def all_in(cls, comment: str | None) -> "list[TransferMark]":
        """Every transfer in a comment; what people have written beside them is passed over."""
        lines = (comment or "")[:MAX_TEXT_CHARS].splitlines()
        marks = (cls._parse(line) for line in lines if line.startswith(_LINE))
        return [mark for mark in marks if mark is not None]

    @classmethod
    def _parse(cls, line: str) -> "TransferMark | None":
        found = _pairs(line.partition("|")[0])
        try:
            return cls(
                unquote(found["key"], errors="strict"),
                unquote(found["transfer"], errors="strict"),
                _dong(found["order"]),
                _dong(found["amount"]),
                TransferVerdict(found["verdict"]),
            )
        except (KeyError, ValueError):
            return None


def transfer_text(transfer: str) -> str:
    """How a transfer stands in a comment."""
    return f"transfer={quote(transfer, safe='')} "


def request_digest(request: RegistrationRequest) -> str:
    """What a key stands for: another content under the same key is a conflict."""
    return visit_content(request)[:DIGEST_CHARS]


def coverage_digest(report: CoverageReport) -> str:
    """What a late answer says."""
    return report_content(report)[:DIGEST_CHARS]


def _pairs(text: str | None) -> dict[str, str]:
    return dict(_PAIR.findall((text or "")[:MAX_TEXT_CHARS]))


def _dong(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("no amount")
    return int(text)
