"""Payments: the VietQR text itself, providers that tell when money has arrived, and their notices."""

from his_adapter.payment.accounts import notices_for, provider_for
from his_adapter.payment.momo import MoMoProvider
from his_adapter.payment.payos import PayOsProvider
from his_adapter.payment.payos_signature import verify_webhook
from his_adapter.payment.purpose import find_purpose, new_order_code, order_code_of, purpose_for
from his_adapter.payment.sepay import SePayProvider
from his_adapter.payment.settings import (
    MoMoSettings,
    PaymentAccount,
    PayOsSettings,
    ProviderName,
    SePayAuth,
    SePaySettings,
    VnPaySettings,
)
from his_adapter.payment.vnpay import VnPayProvider

__all__ = [
    "MoMoProvider",
    "MoMoSettings",
    "PayOsProvider",
    "PayOsSettings",
    "PaymentAccount",
    "ProviderName",
    "SePayAuth",
    "SePayProvider",
    "SePaySettings",
    "VnPayProvider",
    "VnPaySettings",
    "find_purpose",
    "new_order_code",
    "notices_for",
    "order_code_of",
    "provider_for",
    "purpose_for",
    "verify_webhook",
]
