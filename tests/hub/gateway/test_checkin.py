"""Check-in records at a hub: the settings it reads, and what it says of a certificate that has ended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from prometheus_client import CollectorRegistry

from his_adapter.faults import OutsideFaultCode
from his_adapter.guard import OutsideMetrics
from his_adapter.remote import wire
from his_adapter.settings_file import SettingsError, SettingsFile
from hub.gateway.adapters import TABLES, Systems, build_systems

EXAMPLE = (Path(__file__).parents[3] / "docs" / "checkin.example.toml").read_text("utf-8")
PORTAL = """
[portal]
base_url = "https://portal.example"
username = "01999_BV"
password_md5_file = "portal.md5"
officer_name = "ĐINH THỊ MÔ PHỎNG"
officer_number_file = "officer.id"
"""
FACILITY = """
[facility]
code = "01999"
"""
HOSPITAL = """
[hospital]
kind = "hispro"
base_url = "https://his.example"
api_key_file = "his.key"
"""
Systemed = Callable[..., Systems]


@pytest.fixture
def systems(tmp_path: Path) -> Systemed:
    """A hub's systems by the example of the documentation, with a certificate of so many days."""

    def make(*tables: str, send: bool = True, days: float = 1) -> Systems:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bệnh viện Mẫu")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=90))
            .not_valid_after(now + timedelta(days=days))
            .sign(key, hashes.SHA256())
        )
        held = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "facility.pem").write_bytes(held + certificate.public_bytes(Encoding.PEM))
        (tmp_path / "portal.md5").write_text("0" * 32)
        (tmp_path / "officer.id").write_text("001180990099")
        (tmp_path / "his.key").write_text("invented")
        checkin = EXAMPLE.replace("facility.p12", "facility.pem").replace('passphrase_file = "facility.passphrase"', "")
        text = "".join(tables) + (checkin.replace("send = false", "send = true") if send else checkin)
        (tmp_path / "hub.toml").write_text(text, "utf-8")
        return build_systems(SettingsFile(tmp_path / "hub.toml", TABLES), OutsideMetrics(CollectorRegistry()))

    return make


def test_the_kiosks_example_is_a_hubs_table_too(systems: Systemed) -> None:
    built = systems(PORTAL, FACILITY)
    assert built.checkin is not None
    standing = built.checkin.standing(wire.Nothing())
    assert standing.health.fault is None
    assert standing.certificate_until is not None
    built.close()


def test_switched_off_the_hub_sends_none(systems: Systemed) -> None:
    built = systems(PORTAL, FACILITY, send=False)
    assert built.checkin is None
    built.close()


def test_a_certificate_that_has_ended_is_named_and_the_hub_serves(systems: Systemed) -> None:
    built = systems(PORTAL, FACILITY, days=-2)
    assert built.checkin is not None
    health = built.checkin.standing(wire.Nothing()).health
    assert health.fault is OutsideFaultCode.AUTH
    assert "hub.toml: [checkin] identity: the certificate ended on" in health.detail
    built.close()


def test_records_need_the_portals_account(systems: Systemed) -> None:
    with pytest.raises(SettingsError, match=r"\[checkin\] needs the account in \[portal\]"):
        systems(HOSPITAL, FACILITY)


def test_a_facilitys_code_that_is_none_is_named(systems: Systemed) -> None:
    with pytest.raises(SettingsError, match="five characters"):
        systems(PORTAL, FACILITY.replace("01999", "1999"))
