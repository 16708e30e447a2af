"""Payments by VietQR: the QR text itself, and providers that tell when money has arrived."""

from his_adapter.payment.payos import PayOsProvider
from his_adapter.payment.payos_signature import verify_webhook
from his_adapter.payment.purpose import find_purpose, new_order_code, purpose_for

__all__ = ["PayOsProvider", "find_purpose", "new_order_code", "purpose_for", "verify_webhook"]
