"""VNPAY's checksums, version 2.1.0: HMAC-SHA512 (sandbox.vnpayment.vn/apis/docs; confidence: high for payment and IPN,
medium for the order of the fields in a query's answer).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, quote_plus

from pydantic import SecretStr

HASH = "vnp_SecureHash"
HASH_TYPE = "vnp_SecureHashType"
TIME_FORMAT = "%Y%m%d%H%M%S"
MAX_FIELDS = 64
MAX_QUERY = 8192

QUERY_FIELDS = (
    "vnp_RequestId",
    "vnp_Version",
    "vnp_Command",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_TransactionDate",
    "vnp_CreateDate",
    "vnp_IpAddr",
    "vnp_OrderInfo",
)
"""What a query signs, joined by bars in this order."""
ANSWER_FIELDS = (
    "vnp_ResponseId",
    "vnp_Command",
    "vnp_ResponseCode",
    "vnp_Message",
    "vnp_TmnCode",
    "vnp_TxnRef",
    "vnp_Amount",
    "vnp_BankCode",
    "vnp_PayDate",
    "vnp_TransactionNo",
    "vnp_TransactionType",
    "vnp_TransactionStatus",
    "vnp_OrderInfo",
    "vnp_PromotionCode",
    "vnp_PromotionAmount",
)
"""What its answer signs; a field that is not there counts as empty."""


def encoded(fields: Iterable[tuple[str, str]]) -> str:
    """Fields sorted by name and URL-encoded as VNPAY's own PHP sample does: a space becomes ``+``."""
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in sorted(fields))


def sign(fields: Mapping[str, str], secret: SecretStr) -> str:
    """The checksum of a payment's address or of an IPN, 128 small hexadecimal digits."""
    return _hmac(encoded(_signed(fields.items())), secret)


def sign_bar(fields: Mapping[str, object], order: Sequence[str], secret: SecretStr) -> str:
    """The checksum of a query or of its answer: values in a fixed order, joined by bars."""
    return _hmac("|".join(_plain(fields.get(name)) for name in order), secret)


def read_query(query: str) -> dict[str, str] | None:
    """The fields of an IPN's query; None when it is too long, malformed or names a field twice."""
    if len(query) > MAX_QUERY:
        return None
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else None


def query_holds(query: str, fields: Mapping[str, str], secret: SecretStr) -> bool:
    """Whether an IPN's checksum proves it, compared in constant time.

    VNPAY's samples encode signs such as ``~`` and ``*`` differently from language to language, so the fields hold as
    we would encode them, or as the sender did.
    """
    given = fields.get(HASH, "").lower()
    raw = sorted(pair for pair in query.split("&") if pair.startswith("vnp_") and not _is_hash(pair.partition("=")[0]))
    ours, theirs = sign(fields, secret), _hmac("&".join(raw), secret)
    return any([same(ours, given), same(theirs, given)])  # a list: both are always compared


def same(expected: str, given: object) -> bool:
    """Compared in constant time; anything that is no text fails."""
    if not isinstance(given, str):
        return False
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def _signed(fields: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in fields if name.startswith("vnp_") and not _is_hash(name))


def _is_hash(name: str) -> bool:
    return name in (HASH, HASH_TYPE)


def _quote(text: str) -> str:
    return quote_plus(text, errors="surrogatepass").replace("~", "%7E")


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _hmac(text: str, secret: SecretStr) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return hmac.new(secret.get_secret_value().encode(), data, hashlib.sha512).hexdigest()
