"""From an account to what speaks for it: the adapter that asks for money, and the reader of the provider's notices."""

from typing import assert_never

from his_adapter.clock import Now, now
from his_adapter.payment.momo import MoMoProvider
from his_adapter.payment.payos import PayOsProvider
from his_adapter.payment.sepay import SePayProvider
from his_adapter.payment.settings import (
    MoMoSettings,
    PaymentAccount,
    PayOsSettings,
    SePaySettings,
    VnPaySettings,
)
from his_adapter.payment.vnpay import VnPayProvider
from his_adapter.payment.webhook import MoMoNotices, NoticeVerifier, PayOsNotices, SePayNotices, VnPayNotices
from his_adapter.ports import PaymentProvider


def provider_for(account: PaymentAccount, *, clock: Now = now) -> PaymentProvider:
    """The adapter of the account's provider; the caller closes it."""
    match account:
        case PayOsSettings():
            return PayOsProvider(account)
        case SePaySettings():
            return SePayProvider(account, clock=clock)
        case VnPaySettings():
            return VnPayProvider(account, clock=clock)
        case MoMoSettings():
            return MoMoProvider(account, clock=clock)
        case _:
            assert_never(account)


def notices_for(account: PaymentAccount) -> NoticeVerifier:
    """Who reads the provider's webhooks or IPNs. Raises ValueError where the secret that proves them is missing."""
    match account:
        case PayOsSettings():
            return PayOsNotices(account.checksum_key)
        case SePaySettings():
            return SePayNotices(account)
        case VnPaySettings():
            return VnPayNotices(account)
        case MoMoSettings():
            return MoMoNotices(account)
        case _:
            assert_never(account)
