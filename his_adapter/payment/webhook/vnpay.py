"""VNPAY IPN: a GET whose query is signed (sandbox.vnpayment.vn/apis/docs; confidence: high). No time to check."""

import json
from collections.abc import Mapping
from datetime import datetime

from his_adapter.model import PaymentNotice, Transfer
from his_adapter.payment.foreign import local_time, order_number, transaction_id, whole_dong
from his_adapter.payment.settings import VnPaySettings
from his_adapter.payment.vnpay_signature import TIME_FORMAT, query_holds, read_query
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    RefusalCode,
    Verdict,
)

SUCCESS = "00"

_ANSWERS = {
    Outcome.ACCEPTED: ("00", "Confirm Success"),
    Outcome.NOTHING: ("00", "Confirm Success"),
    Outcome.UNKNOWN_ORDER: ("01", "Order not found"),
    Outcome.REPEATED: ("02", "Order already confirmed"),
    Outcome.WRONG_AMOUNT: ("04", "Invalid amount"),
    Outcome.NOT_STORED: ("99", "Unknown error"),
}


class VnPayNotices(NoticeVerifier):
    """`NoticeVerifier` of VNPAY. Money arrived only when both ResponseCode and TransactionStatus say 00."""

    provider = "vnpay"

    def __init__(self, settings: VnPaySettings) -> None:
        self._settings = settings

    def verify(self, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime) -> Verdict:
        """See the interface; everything is in the query."""
        fields = read_query(query)
        if fields is None:
            return Refusal(RefusalCode.MALFORMED, "query")
        if not query_holds(query, fields, self._settings.hash_secret):
            return Refusal(RefusalCode.SIGNATURE)
        if fields.get("vnp_TmnCode") != self._settings.terminal:
            return Refusal(RefusalCode.FOREIGN, "terminal")
        outcome = (fields.get("vnp_ResponseCode"), fields.get("vnp_TransactionStatus"))
        if outcome != (SUCCESS, SUCCESS):
            return NothingArrived("a payment that failed")
        order = order_number(fields.get("vnp_TxnRef"))
        amount = dong(fields.get("vnp_Amount"))
        moment = local_time(fields.get("vnp_PayDate"), TIME_FORMAT)
        number = transaction_id(fields.get("vnp_TransactionNo"))
        if order is None or amount is None or moment is None or number is None:
            return Refusal(RefusalCode.MALFORMED, "fields")
        return PaymentNotice(order, "", Transfer(number, amount, moment))

    def acknowledge(self, outcome: Outcome | Refusal) -> Acknowledgement:
        """See the interface: always HTTP 200, the code is inside."""
        if isinstance(outcome, Refusal):
            proven = outcome.code is RefusalCode.MALFORMED
            code, message = ("99", "Unknown error") if proven else ("97", "Invalid signature")
        else:
            code, message = _ANSWERS[outcome]
        return Acknowledgement(200, json.dumps({"RspCode": code, "Message": message}).encode())


def dong(hundredths: object) -> int | None:
    """VNPAY counts in hundredths of a đồng; None when that leaves no whole amount."""
    value = whole_dong(hundredths)
    return None if value is None or value % 100 else value // 100 or None
