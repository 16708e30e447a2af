"""payOS signatures: HMAC-SHA256 over ``key=value`` pairs in the order of their keys, and the webhooks they prove."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from his_adapter.clock import everywhere
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentNotice, Transfer
from his_adapter.model.payment import MAX_ORDER_CODE
from his_adapter.payment.foreign import read_object, transaction_id, whole_dong

SYSTEM = "payment"
CREATE_FIELDS = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
"""What a request for money signs."""
SUCCESS = "00"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def sign(data: Mapping[str, object], key: SecretStr) -> str:
    """The signature of `data`, 64 small hexadecimal digits."""
    text = "&".join(f"{name}={_plain(data[name])}" for name in sorted(data))
    # JSON can hold half a surrogate pair, which has no UTF-8: such a text is signed by nobody, and must not break us
    return hmac.new(key.get_secret_value().encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def holds(data: Mapping[str, object], signature: object, key: SecretStr) -> bool:
    """Whether `signature` proves `data`; compared in constant time."""
    if not isinstance(signature, str) or not signature.isascii():
        return False
    return hmac.compare_digest(sign(data, key), signature)


def verify_webhook(body: bytes, key: SecretStr) -> PaymentNotice | None:
    """The transfer a webhook tells of; None for a signed message that tells of none.

    `body` is the raw request. Raises OutsideFault: AUTH when the signature does not hold, BAD_ANSWER for anything that
    is not a webhook. The same transfer may be told many times: its `provider_txn_id` is the key.
    """
    message = read_object(body)
    if message is None:
        raise OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, "webhook is no JSON object")
    data = message.get("data")
    if not isinstance(data, dict):
        raise OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, "webhook without data")
    if not holds(data, message.get("signature"), key):
        raise OutsideFault(OutsideFaultCode.AUTH, SYSTEM, "webhook signature")
    if data.get("code") != SUCCESS:
        return None
    match data:
        case {
            "orderCode": int(order),
            "amount": int(amount),  # payOS writes a number; nothing else is money
            "reference": reference,
            "paymentLinkId": str(link),
            "transactionDateTime": str(moment),
        } if (
            (number := transaction_id(reference)) is not None
            and (dong := whole_dong(amount)) is not None
            and 0 < order <= MAX_ORDER_CODE
            and not isinstance(order, bool)
        ):
            return PaymentNotice(order, link, Transfer(number, dong, read_time(moment)))
        case _:
            raise OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, "webhook fields")


def read_time(text: str) -> datetime:
    """payOS writes local time without a zone, or ISO 8601 with one. Raises OutsideFault."""
    try:
        moment = everywhere(datetime.fromisoformat(text))
    except ValueError:
        moment = None
    if moment is None:
        raise OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, "time")
    return moment


def _plain(value: object) -> str:
    """How payOS writes a value before signing: nothing for null, JSON for lists, JavaScript's words for the rest."""
    if value is None or value in ("null", "undefined"):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return str(value)
