"""Probe of the certificate for check-in records: none wanted, sound, soon over, over, unreadable, of another key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kiosk.doctor import ProbeState
from kiosk.doctor.certificate import check_in_records
from kiosk.settings import Settings

TABLE = """[checkin]
send = {send}
identity = "facility.pem"
province_code = "01"

[checkin.services.NOI]
code = "02.1896"
name = "Khám Nội"
"""


@pytest.fixture
def sending(settings_with: Callable[[str], Settings], tmp_path: Path) -> Settings:
    (tmp_path / "checkin.toml").write_text(TABLE.format(send="true"))
    return settings_with(f'\n[portal]\ncheckin_file = "{(tmp_path / "checkin.toml").as_posix()}"\n')


@pytest.fixture
def identity(tmp_path: Path) -> Callable[[float], None]:
    """Lays a certificate of so many days and its key beside the settings."""

    def lay(days: float, *, own_key: bool = True) -> None:
        key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bệnh viện Mẫu")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=90))
            .not_valid_after(now + timedelta(days=days))
            .sign(key, hashes.SHA256())
        )
        held = (key if own_key else other).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "facility.pem").write_bytes(held + certificate.public_bytes(Encoding.PEM))

    return lay


def test_most_kiosks_need_none(settings: Settings) -> None:
    assert check_in_records(settings).state is ProbeState.OK


@pytest.mark.parametrize(
    ("days", "state", "said"),
    [
        (100.5, ProbeState.OK, "100 days"),
        (29.5, ProbeState.WARN, "29 days"),
        (0.5, ProbeState.WARN, "0 days"),
        (-2, ProbeState.FAIL, "ended on"),
    ],
)
def test_the_days_left_are_told(
    sending: Settings, identity: Callable[[float], None], days: float, state: ProbeState, said: str
) -> None:
    identity(days)
    finding = check_in_records(sending)
    assert finding.state is state
    assert said in finding.detail


def test_a_certificate_of_another_key_fails(sending: Settings, identity: Callable[..., None]) -> None:
    identity(90, own_key=False)
    finding = check_in_records(sending)
    assert (finding.state, finding.detail) == (
        ProbeState.FAIL,
        "checkin.toml: [checkin] identity: the certificate is of another key",
    )


def test_a_certificate_that_cannot_be_opened_fails(sending: Settings) -> None:
    finding = check_in_records(sending)
    assert (finding.state, finding.detail) == (
        ProbeState.FAIL,
        "checkin.toml: [checkin] identity: FileNotFoundError",
    )


def test_switched_off_the_certificate_is_of_no_concern(
    sending: Settings, identity: Callable[[float], None], tmp_path: Path
) -> None:
    (tmp_path / "checkin.toml").write_text(TABLE.format(send="false"))
    identity(-2)
    assert check_in_records(sending).state is ProbeState.OK
