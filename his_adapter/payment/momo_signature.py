"""MoMo v2 signatures: HMAC-SHA256 over ``key=value`` pairs in the order its documentation lists them for each message.

developers.momo.vn; confidence: high for the orders. The access key is signed and never sent in an IPN.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from his_adapter.payment.settings import MoMoSettings

CREATE_FIELDS = (
    "accessKey",
    "amount",
    "extraData",
    "ipnUrl",
    "orderId",
    "orderInfo",
    "partnerCode",
    "redirectUrl",
    "requestId",
    "requestType",
)
QUERY_FIELDS = ("accessKey", "orderId", "partnerCode", "requestId")
IPN_FIELDS = (
    "accessKey",
    "amount",
    "extraData",
    "message",
    "orderId",
    "orderInfo",
    "orderType",
    "partnerCode",
    "payType",
    "requestId",
    "responseTime",
    "resultCode",
    "transId",
)


def sign(message: Mapping[str, object], order: Sequence[str], settings: MoMoSettings) -> str:
    """The signature of a message, 64 small hexadecimal digits. A field that is not there counts as empty."""
    values = {**message, "accessKey": settings.access_key.get_secret_value()}
    text = "&".join(f"{name}={_plain(values.get(name))}" for name in order)
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def holds(message: Mapping[str, object], order: Sequence[str], settings: MoMoSettings) -> bool:
    """Whether a message's own ``signature`` proves it; compared in constant time."""
    given = message.get("signature")
    if not isinstance(given, str):
        return False
    return hmac.compare_digest(sign(message, order, settings).encode(), given.encode("utf-8", "surrogatepass"))


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
