"""Shared by the tests of trust: the public master lists with their roots, and test authorities made once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.signing import SignerKind
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.extensions import MASTER_LIST_SIGNING
from cccd_reader.pki.master_list import MasterList, parse_master_list

LISTS = Path(__file__).parents[2] / "data" / "emrtd" / "master_lists"

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
"""When the cards of these tests are presented."""


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def lists_folder() -> Path:
    return LISTS


@pytest.fixture(scope="session")
def german_list() -> MasterList:
    return parse_master_list((LISTS / "DE_ML_2026-05-28-08-28-45.ml").read_bytes())


@pytest.fixture(scope="session")
def dutch_list() -> MasterList:
    return parse_master_list((LISTS / "NL_ML_2026-07-22.ml").read_bytes())


@pytest.fixture(scope="session")
def german_root() -> Certificate:
    return parse_certificate((LISTS / "DE_ROOT_CA_CSCA07.cer").read_bytes())


@pytest.fixture(scope="session")
def dutch_root() -> Certificate:
    return parse_certificate((LISTS / "NL_ROOT_CA.cer").read_bytes())


@pytest.fixture(scope="session")
def listed(german_list: MasterList, dutch_list: MasterList) -> dict[str, Certificate]:
    """Every certificate of both lists, once, by its SHA-256."""
    return {item.fingerprint: item for item in (*german_list.certificates, *dutch_list.certificates)}


@pytest.fixture(scope="session")
def authority() -> TestAuthority:
    return TestAuthority.create(SignerKind.EC, explicit=True)


@pytest.fixture(scope="session")
def csca(authority: TestAuthority) -> Certificate:
    return parse_certificate(authority.certificate)


@pytest.fixture(scope="session")
def signer(authority: TestAuthority) -> TestSigner:
    return TestSigner.issued_by(authority, explicit=True)


@pytest.fixture(scope="session")
def list_signer(authority: TestAuthority) -> TestSigner:
    return TestSigner.issued_by(authority, document_types=None, extended_key_usage=MASTER_LIST_SIGNING)
