"""How SePay proves a webhook: an agreed key, or HMAC-SHA256 over ``{timestamp}.{raw body}``.

The key is documented (developer.sepay.vn); the HMAC's form is not, and follows three code bases that agree
(confidence: medium).
"""

import hashlib
import hmac

from pydantic import SecretStr

AUTHORIZATION = "authorization"
SIGNATURE = "x-sepay-signature"
TIMESTAMP = "x-sepay-timestamp"
SCHEME = "Apikey "
PREFIX = "sha256="


def signature(timestamp: str, body: bytes, secret: SecretStr) -> str:
    """The header's value, 64 small hexadecimal digits behind ``sha256=``."""
    key = secret.get_secret_value().encode()
    return PREFIX + hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def key_header(secret: SecretStr) -> str:
    """The value of ``Authorization``."""
    return SCHEME + secret.get_secret_value()


def same(one: str, other: str) -> bool:
    """Compared in constant time, whatever characters a header holds."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
