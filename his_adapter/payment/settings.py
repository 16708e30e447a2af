"""Accounts at the payment providers. Secrets never show."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from his_adapter.payment.purpose import DEFAULT_PREFIX
from his_adapter.settings import DEFAULT_TIMEOUT_S

NOWHERE = "https://kiosk.invalid/return"
"""Where a browser would go back to, and notices to a kiosk: there is no such page (RFC 2606: never resolves)."""


NO_SECRET = SecretStr("")


class ProviderName(StrEnum):
    """The payment providers there are adapters for."""

    PAYOS = "payos"
    SEPAY = "sepay"
    VNPAY = "vnpay"
    MOMO = "momo"


class SePayAuth(StrEnum):
    """How SePay proves its webhooks; chosen in its dashboard."""

    API_KEY = "api_key"
    HMAC = "hmac"


@dataclass(frozen=True, slots=True)
class PayOsSettings:
    """A payment channel at payOS. `checksum_key` signs requests and proves answers and webhooks."""

    base_url: str
    client_id: str
    api_key: SecretStr
    checksum_key: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class SePaySettings:
    """A bank account that SePay watches. `bank` is its six-digit NAPAS BIN.

    `api_token` reads the list of transactions; `webhook_secret` proves webhooks, and only who receives them needs it.
    `list_path`, `page` and `poll_interval_s` (at most 2 calls a second are documented) can be set because the API's
    versions differ.
    """

    base_url: str
    bank: str
    account: str
    api_token: SecretStr
    webhook_secret: SecretStr = NO_SECRET
    webhook_auth: SePayAuth = SePayAuth.HMAC
    webhook_window_s: float = 300.0
    account_name: str = ""
    prefix: str = DEFAULT_PREFIX
    list_path: str = "/userapi/transactions/list"
    page: int = 1000
    poll_interval_s: float = 0.5
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class VnPaySettings:
    """A merchant at the VNPAY gateway. `terminal` is vnp_TmnCode, `hash_secret` signs and proves.

    `kiosk_address` is what goes out as vnp_IpAddr. `bank_code` VNPAYQR leads straight to the QR page; empty lets the
    payer choose. `life_s` is the longest time an order may live: VNPAY's own limit is 15 minutes.
    """

    base_url: str
    query_url: str
    terminal: str
    hash_secret: SecretStr
    kiosk_address: str = "127.0.0.1"
    bank_code: str = "VNPAYQR"
    return_url: str = NOWHERE
    life_s: float = 900.0
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class MoMoSettings:
    """A partner at MoMo. `access_key` names the key, `secret_key` signs and proves.

    MoMo asks for 30 s of patience; 8 s is what a patient has. A time-out is settled by asking for the same order again,
    which MoMo recognises by its request id.
    """

    base_url: str
    partner_code: str
    access_key: SecretStr
    secret_key: SecretStr
    ipn_url: str = NOWHERE
    redirect_url: str = NOWHERE
    request_type: str = "captureWallet"
    timeout_s: float = DEFAULT_TIMEOUT_S


PaymentAccount = PayOsSettings | SePaySettings | VnPaySettings | MoMoSettings
"""An account at one of the providers."""
