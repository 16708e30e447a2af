"""Settings of the adapters. Secrets never show in a ``repr``."""

from dataclasses import dataclass

from pydantic import SecretStr

DEFAULT_TIMEOUT_S = 8.0
"""Calls take 1 to 3 s; beyond 8 s nobody waits at a kiosk. One limit covers a whole question, repeats included."""
DEFAULT_CACHE_S = 300.0
"""The portal locks accounts that ask too often: the same card is not asked again for 5 to 15 minutes."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """The insurance portal. `base_url` alone tells production from training.

    `officer_name` and `officer_number` name the officer the hospital registered on the portal for this kiosk
    (hoTenCb, cccdCb). `md5_upper`: Decision 3176's guide wants the MD5 in capitals, older gateways in small letters.
    """

    base_url: str
    username: str
    password_md5: SecretStr
    officer_name: str
    officer_number: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S
    md5_upper: bool = True
    cache_s: float = DEFAULT_CACHE_S


@dataclass(frozen=True, slots=True)
class HisSettings:
    """The hospital information system."""

    base_url: str
    api_key: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S
