"""What a kiosk must know of its hub, and what would give its key away."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from his_adapter.remote import RemoteHospital, RemoteSettings

KEY = SecretStr("k" * 43)


@pytest.mark.parametrize(
    "url",
    ["https://hub.hospital.test", "https://10.0.0.5:8443", "http://127.0.0.1:8443", "http://[::1]", "http://localhost"],
)
def test_a_hub_is_reached_over_tls_or_on_this_machine(url: str) -> None:
    assert RemoteSettings(url, "k1", KEY).timeout_s == 8.0


@pytest.mark.parametrize(
    "url", ["http://hub.hospital.test", "http://10.0.0.5:8443", "ftp://127.0.0.1", "hub", "https://"]
)
def test_a_key_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        RemoteSettings(url, "k1", KEY)


@pytest.mark.parametrize(
    ("kiosk_id", "key"), [("", "key"), ("k 1", "key"), ("k1", ""), ("k1", "két"), ("k1\r\nX: y", "k")]
)
def test_id_and_key_can_be_headers(kiosk_id: str, key: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        RemoteSettings("https://hub.hospital.test", kiosk_id, SecretStr(key))


def test_no_time_is_no_time_limit() -> None:
    with pytest.raises(ValueError, match="positive"):
        RemoteSettings("https://hub.hospital.test", "k1", KEY, timeout_s=0)


def test_the_key_shows_in_no_repr() -> None:
    assert "kkk" not in repr(RemoteSettings("https://hub.hospital.test", "k1", KEY))


def test_a_certificate_that_is_not_there_is_found_at_the_start(tmp_path: Path) -> None:
    settings = RemoteSettings("https://hub.hospital.test", "k1", KEY, authority=tmp_path / "missing.pem")
    with pytest.raises(OSError, match="No such file"):
        RemoteHospital(settings)
