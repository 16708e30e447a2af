"""SePay webhooks (developer.sepay.vn; fields and acknowledgement: confidence high; HMAC: medium).

SePay tells of every movement of the account, so an incoming one without our code is a stray transfer, and an outgoing
one is nothing. It wants ``{"success": true}`` with 200 within 5 s and tells again up to seven times.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from his_adapter.model import PaymentNotice, Transfer
from his_adapter.payment.foreign import local_time, read_object, transaction_id, whole_dong
from his_adapter.payment.purpose import find_purpose
from his_adapter.payment.sepay_signature import AUTHORIZATION, SIGNATURE, TIMESTAMP, key_header, same, signature
from his_adapter.payment.settings import SePayAuth, SePaySettings
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    RefusalCode,
    StrayTransfer,
    Verdict,
    header,
)

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


class SePayNotices(NoticeVerifier):
    """`NoticeVerifier` of SePay. Raises ValueError without a secret: anybody could sign with none."""

    provider = "sepay"

    def __init__(self, settings: SePaySettings) -> None:
        if not settings.webhook_secret.get_secret_value():
            raise ValueError("SePay's notices need a webhook secret")
        self._settings = settings

    def verify(self, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime) -> Verdict:
        """See the interface."""
        if refusal := self._refusal(headers, raw_body, now):
            return refusal
        message = read_object(raw_body)
        if message is None:
            return Refusal(RefusalCode.MALFORMED, "no JSON object")
        match message:
            case {"transferType": "out"}:
                return NothingArrived("an outgoing transfer")
            case {"transferType": "in", "accountNumber": str(account), "content": str(content)}:
                pass
            case _:
                return Refusal(RefusalCode.MALFORMED, "fields")
        if account != self._settings.account and message.get("subAccount") != self._settings.account:
            return NothingArrived("another account")
        amount = whole_dong(message.get("transferAmount"))
        moment = local_time(message.get("transactionDate"), TIME_FORMAT)
        number = transaction_id(message.get("id"))
        if amount is None or moment is None or number is None:
            return Refusal(RefusalCode.MALFORMED, "id, amount or time")
        transfer = Transfer(number, amount, moment)
        order = find_purpose(content, self._settings.prefix)
        return StrayTransfer(transfer) if order is None else PaymentNotice(order, "", transfer)

    def acknowledge(self, outcome: Outcome | Refusal) -> Acknowledgement:
        """See the interface."""
        if isinstance(outcome, Refusal):
            proven = outcome.code is RefusalCode.MALFORMED
            return Acknowledgement(400 if proven else 401, b'{"success":false}')
        if outcome is Outcome.NOT_STORED:
            return Acknowledgement(503, b'{"success":false}')
        return Acknowledgement(200, b'{"success":true}')

    def _refusal(self, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> Refusal | None:
        secret = self._settings.webhook_secret
        if self._settings.webhook_auth is SePayAuth.API_KEY:
            proven = same(key_header(secret), header(headers, AUTHORIZATION))
            return None if proven else Refusal(RefusalCode.SIGNATURE, "key")
        stamp = header(headers, TIMESTAMP)
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
            return Refusal(RefusalCode.SIGNATURE, "time")
        if not same(signature(stamp, raw_body, secret), header(headers, SIGNATURE)):
            return Refusal(RefusalCode.SIGNATURE, "signature")
        age = abs((now - datetime.fromtimestamp(int(stamp), UTC)).total_seconds())
        return Refusal(RefusalCode.STALE) if age > self._settings.webhook_window_s else None
