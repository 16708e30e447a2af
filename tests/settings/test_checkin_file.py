"""Check-in records are sent only by a file that says so, and a mistake in it is found when the kiosk starts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from kiosk.app.adapters import build
from kiosk.settings.build import checkin
from kiosk.settings.checkin import NationalService
from kiosk.settings.load import load
from kiosk.settings.problems import SettingsError

Write = Callable[[str], Path]
TABLE = """[checkin]
identity = "facility.pem"
passphrase_file = "facility.passphrase"
province_code = "01"
send = {send}

[checkin.services.NOI]
code = "02.1896"
name = "Khám Nội"
"""


@pytest.fixture
def file(write: Write, minimal: str) -> Path:
    """A kiosk's settings with a file for check-in records beside them."""
    path = write(minimal + '[portal]\ncheckin_file = "checkin.toml"\n')
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bệnh viện Mẫu")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    (path.parent / "facility.pem").write_bytes(sealed + certificate.public_bytes(Encoding.PEM))
    (path.parent / "facility.passphrase").write_text("open sesame\n")
    (path.parent / "checkin.toml").write_text(TABLE.format(send="true"))
    return path


def test_without_a_file_nothing_is_sent(write: Write, minimal: str) -> None:
    assert checkin(load(write(minimal))) is None


def test_the_file_gives_identity_and_departments(file: Path) -> None:
    settings = load(file)
    how = checkin(settings)
    assert how is not None
    assert how.services == {"NOI": NationalService("02.1896", "Khám Nội")}
    assert (how.sending.facility_code, how.sending.province_code) == (settings.kiosk.facility_code, "01")
    assert "sesame" not in repr(how)


def test_the_sender_stands_behind_its_guard(file: Path) -> None:
    adapters = build(load(file))
    assert adapters.checkin is not None
    assert list(adapters.services) == ["NOI"]
    adapters.close()


def test_a_file_that_is_switched_off_sends_nothing(file: Path) -> None:
    (file.parent / "checkin.toml").write_text(TABLE.format(send="false"))
    adapters = build(load(file))
    assert adapters.checkin is None
    adapters.close()


def test_beside_a_hub_nothing_is_sent(file: Path) -> None:
    text = file.read_text().replace("[portal]", '[portal]\nthrough = "hub"')
    file.write_text(text + '[hub]\nbase_url = "https://hub.example"\nkey = "k3y"\n')
    with pytest.raises(SettingsError, match="not beside a hub"):
        load(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("facility.passphrase", "wrong"), "another passphrase"),
        (("facility.pem", "nothing"), "not PEM"),
        (("checkin.toml", "[checkin]\n"), "identity"),
        (("checkin.toml", TABLE.format(send="1")), "send"),
        (("checkin.toml", TABLE.format(send="true").replace('"02.1896"', '""')), "a code and a name"),
    ],
)
def test_a_mistake_is_found_at_the_start_and_quotes_nothing(file: Path, change: tuple[str, str], said: str) -> None:
    (file.parent / change[0]).write_text(change[1])
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert said in str(caught.value)
    assert "checkin.toml" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_missing_identity_is_named(file: Path) -> None:
    (file.parent / "facility.pem").unlink()
    with pytest.raises(SettingsError, match="identity: FileNotFoundError"):
        load(file)
