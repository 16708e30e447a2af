"""MoMo v2 IPN (developers.momo.vn; the signature's order: confidence high; 204 as the answer: medium).

There is no time to check: MoMo tells again for long, with the same ``responseTime``.
"""

from collections.abc import Mapping
from datetime import datetime

from his_adapter.model import PaymentNotice, Transfer
from his_adapter.payment.foreign import order_number, read_object, transaction_id, unix_time_ms, whole_dong
from his_adapter.payment.momo_signature import IPN_FIELDS, holds
from his_adapter.payment.settings import MoMoSettings
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    RefusalCode,
    Verdict,
)

SUCCESS = 0


class MoMoNotices(NoticeVerifier):
    """`NoticeVerifier` of MoMo. Only resultCode 0 is money; 9000 is a promise that was not collected."""

    provider = "momo"

    def __init__(self, settings: MoMoSettings) -> None:
        self._settings = settings

    def verify(self, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime) -> Verdict:
        """See the interface; the proof is inside the body."""
        message = read_object(raw_body)
        if message is None:
            return Refusal(RefusalCode.MALFORMED, "no JSON object")
        if not holds(message, IPN_FIELDS, self._settings):
            return Refusal(RefusalCode.SIGNATURE)
        if message.get("partnerCode") != self._settings.partner_code:
            return Refusal(RefusalCode.FOREIGN, "partner")
        result, number = message.get("resultCode"), message.get("transId")
        if isinstance(result, bool) or not isinstance(result, int):
            return Refusal(RefusalCode.MALFORMED, "result")
        if result != SUCCESS:
            return NothingArrived(f"result {result}" if abs(result) < 10**6 else "a result")
        order = order_number(message.get("orderId"))
        amount = whole_dong(message.get("amount"))
        moment = unix_time_ms(message.get("responseTime"))
        transaction = transaction_id(number)
        if order is None or amount is None or moment is None or transaction is None:
            return Refusal(RefusalCode.MALFORMED, "fields")
        return PaymentNotice(order, "", Transfer(transaction, amount, moment))

    def acknowledge(self, outcome: Outcome | Refusal) -> Acknowledgement:
        """See the interface: 204 without a body."""
        if isinstance(outcome, Refusal):
            return Acknowledgement(400)
        return Acknowledgement(503 if outcome is Outcome.NOT_STORED else 204)
