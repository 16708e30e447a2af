"""Probe of the trust store: none, missing, empty, sound, and with files that nobody can use."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cccd_reader.emulation import TestSigner
from kiosk.doctor import ProbeState
from kiosk.doctor.trust import trust_store
from kiosk.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust"


@pytest.fixture
def with_store(settings_with: Callable[[str], Settings], folder: Path) -> Settings:
    return settings_with(f'\n[reader]\ntrust_store = "{folder.as_posix()}"\n')


def add(folder: Path, name: str, content: bytes) -> None:
    (folder / "csca").mkdir(parents=True, exist_ok=True)
    (folder / "csca" / name).write_bytes(content)


def test_without_one_the_doctor_says_what_is_not_verified(settings: Settings) -> None:
    finding = trust_store(settings)
    assert finding.state is ProbeState.WARN
    assert "issuer is not verified" in finding.detail


def test_a_folder_that_is_missing_or_empty_fails(with_store: Settings, folder: Path) -> None:
    assert trust_store(with_store).state is ProbeState.FAIL
    folder.mkdir()
    assert trust_store(with_store).state is ProbeState.FAIL


def test_a_sound_store_is_counted(with_store: Settings, folder: Path) -> None:
    add(folder, "test.der", TestSigner.create().csca_certificate)
    finding = trust_store(with_store)
    assert (finding.state, finding.detail) == (ProbeState.OK, "1 authorities, 0 signers, 0 revocation lists")


def test_a_file_that_is_no_certificate_is_named(with_store: Settings, folder: Path) -> None:
    add(folder, "test.der", TestSigner.create().csca_certificate)
    add(folder, "broken.cer", b"no certificate")
    finding = trust_store(with_store)
    assert finding.state is ProbeState.WARN
    assert "broken.cer" in finding.detail
