"""What a kiosk knows of its hub."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from his_adapter.settings import DEFAULT_TIMEOUT_S

_VISIBLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """The hospital's hub. `kiosk_id` and `key` are what `hub kiosk add` was told and has printed.

    `authority` is a PEM file with the hospital's own certificate authority or with the hub's certificate itself, which
    then is the only one accepted; without it the public authorities count. `certificate` and `certificate_key` (PEM)
    are the kiosk's own, for a hub that wants mutual TLS. Raises ValueError for a key that would travel in the clear.
    """

    base_url: str
    kiosk_id: str
    key: SecretStr
    timeout_s: float = DEFAULT_TIMEOUT_S
    authority: Path | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("a hub's address begins with https://")
        if address.scheme == "http" and not _is_this_machine(address.hostname):
            raise ValueError("a kiosk's key needs TLS outside this machine: the hub's address begins with https://")
        if not _VISIBLE.fullmatch(self.kiosk_id) or not _VISIBLE.fullmatch(self.key.get_secret_value()):
            raise ValueError("a kiosk has an id and a key of visible ASCII characters")
        if self.timeout_s <= 0:
            raise ValueError("a time limit is positive")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
