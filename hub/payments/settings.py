"""The hub's accounts at payment providers, as the settings file names them."""

from collections.abc import Mapping
from dataclasses import dataclass

from his_adapter.payment import (
    MoMoSettings,
    PaymentAccount,
    PayOsSettings,
    ProviderName,
    SePaySettings,
    VnPaySettings,
    notices_for,
)
from hub.payments.desk import POLL_INTERVAL_S
from hub.payments.watch import PAUSE_S


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    """Table ``[payment]``. `provider` is asked for new orders and has a table of its own below this one.

    Other providers may have one too: their notices are taken, and old orders asked about, while a hospital changes from
    one to the other. Raises ValueError for a provider without a table, and for one whose notices nothing proves.
    """

    provider: ProviderName
    poll_interval_s: float = POLL_INTERVAL_S
    watch_s: float = PAUSE_S
    payos: PayOsSettings | None = None
    sepay: SePaySettings | None = None
    vnpay: VnPaySettings | None = None
    momo: MoMoSettings | None = None

    def __post_init__(self) -> None:
        if self.poll_interval_s < 0 or self.watch_s <= 0:
            raise ValueError("poll_interval_s is not negative, watch_s is positive")
        if self.provider not in self.accounts:
            raise ValueError(f"provider: [payment.{self.provider.value}] is missing")
        for account in self.accounts.values():
            notices_for(account)

    @property
    def accounts(self) -> Mapping[ProviderName, PaymentAccount]:
        """The accounts there are."""
        named: dict[ProviderName, PaymentAccount | None] = {
            ProviderName.PAYOS: self.payos,
            ProviderName.SEPAY: self.sepay,
            ProviderName.VNPAY: self.vnpay,
            ProviderName.MOMO: self.momo,
        }
        return {name: account for name, account in named.items() if account is not None}
