"""Settings of the adapters. Secrets never show in a ``repr``."""

from dataclasses import dataclass

from pydantic import SecretStr

DEFAULT_TIMEOUT_S = 8.0
"""Calls take 1 to 3 s; beyond 8 s nobody waits at a kiosk. One limit covers a whole question, repeats included."""
DEFAULT_CACHE_S = 300.0
"""The portal locks accounts that ask too often: the same card is not asked again for 5 to 15 minutes."""
DEFAULT_COPAYMENT_WAIT_S = 3.0
"""How much of a card check may go into this year's co-payments: time-outs beyond 30 s were seen there."""
DEFAULT_REST_S = 900.0
"""How long co-payments are not asked for after a refusal or silence: nobody knows how often is too often there."""
DEFAULT_SIGN_IN_REST_S = 60.0
"""How long nobody signs in after the portal refused the account: each patient would otherwise be one more refusal."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """The insurance portal. `base_url` alone tells production from training.

    `officer_name` and `officer_number` name the officer the hospital registered on the portal for this kiosk
    (hoTenCb, cccdCb). `md5_upper`: Decision 3176's guide wants the MD5 in capitals, older gateways in small letters.
    `copayment_wait_s`: how much of a check may go into this year's co-payments; they are asked for when so much time is
    left. 0: a check does not ask for them.
    `rest_s` and `sign_in_rest_s`: pauses after refusals. Raises ValueError.
    """

    base_url: str
    username: str
    password_md5: SecretStr
    officer_name: str
    officer_number: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S
    md5_upper: bool = True
    cache_s: float = DEFAULT_CACHE_S
    copayment_wait_s: float = DEFAULT_COPAYMENT_WAIT_S
    rest_s: float = DEFAULT_REST_S
    sign_in_rest_s: float = DEFAULT_SIGN_IN_REST_S

    def __post_init__(self) -> None:
        if self.timeout_s <= 0 or min(self.cache_s, self.copayment_wait_s, self.rest_s, self.sign_in_rest_s) < 0:
            raise ValueError("a time limit is positive, a pause is not negative")


@dataclass(frozen=True, slots=True)
class HisSettings:
    """The hospital information system."""

    base_url: str
    api_key: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S
