"""Notices of arriving money: every provider's webhook or IPN, read and answered through one interface."""

from his_adapter.payment.webhook.inbox import Inbox, receive, take
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    RefusalCode,
    StrayTransfer,
    Verdict,
)
from his_adapter.payment.webhook.momo import MoMoNotices
from his_adapter.payment.webhook.payos import PayOsNotices
from his_adapter.payment.webhook.sepay import SePayNotices
from his_adapter.payment.webhook.vnpay import VnPayNotices

__all__ = [
    "Acknowledgement",
    "Inbox",
    "MoMoNotices",
    "NothingArrived",
    "NoticeVerifier",
    "Outcome",
    "PayOsNotices",
    "Refusal",
    "RefusalCode",
    "SePayNotices",
    "StrayTransfer",
    "Verdict",
    "VnPayNotices",
    "receive",
    "take",
]
