"""Check-in records are sent only by a file that says so, and a mistake in it is found when the kiosk starts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from typer.testing import CliRunner

from his_adapter.bhyt.xml0 import (
    Canonicalisation,
    Digest,
    KeyInformation,
    NationalService,
    SignatureProfile,
    SignedPart,
)
from kiosk.app.adapters import build
from kiosk.settings.build import checkin
from kiosk.settings.cli import app
from kiosk.settings.load import load
from kiosk.settings.problems import SettingsError

EXAMPLE = Path(__file__).parents[2] / "docs" / "checkin.example.toml"
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


def make_identity(begins: timedelta, ends: timedelta) -> bytes:
    """A facility's certificate and its sealed key, counting from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bệnh viện Mẫu")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .sign(key, hashes.SHA256())
    )
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    return sealed + certificate.public_bytes(Encoding.PEM)


@pytest.fixture
def file(write: Write, minimal: str) -> Path:
    """A kiosk's settings with a file for check-in records beside them."""
    path = write(minimal + '[portal]\ncheckin_file = "checkin.toml"\n')
    (path.parent / "facility.pem").write_bytes(make_identity(timedelta(0), timedelta(days=1)))
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


@pytest.fixture
def behind_a_hub(file: Path) -> Path:
    """The same kiosk, which asks the portal through the hub. The certificate is the hub's."""
    text = file.read_text().replace("[portal]", '[portal]\nthrough = "hub"')
    file.write_text(text + '[hub]\nbase_url = "https://hub.example"\nkey = "k3y"\n')
    for name in ("facility.pem", "facility.passphrase"):
        (file.parent / name).unlink()
    return file


def test_behind_a_hub_the_hub_signs_and_sends_what_is_made_here(behind_a_hub: Path) -> None:
    settings = load(behind_a_hub)
    assert checkin(settings) is None
    adapters = build(settings)
    assert adapters.checkin is not None
    assert adapters.services == {"NOI": NationalService("02.1896", "Khám Nội")}
    adapters.close()


def test_behind_a_hub_a_file_that_is_switched_off_sends_nothing(behind_a_hub: Path) -> None:
    (behind_a_hub.parent / "checkin.toml").write_text("[checkin]\nsend = false\n")
    adapters = build(load(behind_a_hub))
    assert (adapters.checkin, adapters.services) == (None, {})
    adapters.close()


@pytest.mark.parametrize("through_hub", [False, True])
def test_without_a_department_nothing_could_be_made(
    file: Path, request: pytest.FixtureRequest, through_hub: bool
) -> None:
    if through_hub:
        request.getfixturevalue("behind_a_hub")
    text = TABLE.format(send="true").partition("[checkin.services")[0]
    (file.parent / "checkin.toml").write_text(text)
    with pytest.raises(SettingsError, match="no department has a national code"):
        load(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("facility.passphrase", "wrong"), "another passphrase"),
        (("facility.pem", "nothing"), "not PEM"),
        (("checkin.toml", "[checkin]\n"), "identity"),
        (("checkin.toml", TABLE.format(send="1")), "send"),
        (("checkin.toml", TABLE.format(send="true").replace('"02.1896"', '""')), "a code and a name"),
        (("checkin.toml", TABLE.format(send="true").replace('"01"', '"001"')), "province_code"),
        (("checkin.toml", TABLE.format(send="true") + '[checkin.profile]\ndigest = "sha1"\n'), "profile.digest"),
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


@pytest.mark.parametrize(
    ("begins", "ends", "said"), [(-9, -2, "the certificate ended on"), (2, 9, "the certificate counts from")]
)
def test_a_certificate_out_of_its_dates_is_named_and_yet_the_kiosk_starts(
    file: Path, begins: int, ends: int, said: str
) -> None:
    (file.parent / "facility.pem").write_bytes(make_identity(timedelta(days=begins), timedelta(days=ends)))
    build(load(file)).close()
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert result.output.startswith(f"{file}:10: portal: checkin.toml: [checkin] identity: {said} 20")


def test_check_is_content_with_a_certificate_in_its_dates(file: Path) -> None:
    assert CliRunner().invoke(app, ["check", str(file)]).exit_code == 0


def test_the_example_is_what_the_kiosk_reads(file: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    (file.parent / "checkin.toml").write_text(text.replace("facility.p12", "facility.pem").replace("= false", "= true"))
    how = checkin(load(file))
    assert how is not None
    assert how.sending.profile == SignatureProfile(), "the example shows the defaults"
    assert list(how.services) == ["K01"]


def test_the_signature_is_made_as_the_file_says(file: Path) -> None:
    profile = """[checkin.profile]
part = "list"
canonicalisation = "exclusive"
digest = "sha512"
key_information = "certificate_and_key_value"
"""
    (file.parent / "checkin.toml").write_text(TABLE.format(send="true") + profile)
    how = checkin(load(file))
    assert how is not None
    assert how.sending.profile == SignatureProfile(
        SignedPart.LIST, Canonicalisation.EXCLUSIVE, Digest.SHA512, KeyInformation.CERTIFICATE_AND_KEY_VALUE
    )
