"""Certificates made for the occasion, and a record of an invented patient."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from his_adapter.bhyt.xml0 import CheckInRecord0, SigningIdentity
from tests.his_adapter.xml0.sample import RECORD

Records = Callable[..., CheckInRecord0]


def certified(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, days: int = 30) -> SigningIdentity:
    """A self-signed certificate, as long as the portal only compares it with the one registered there."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BỆNH VIỆN MÔ PHỎNG")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(0, days) - 1))
        .not_valid_after(now + timedelta(days=days))
    )
    return SigningIdentity(builder.sign(key, hashes.SHA256()), key)


@pytest.fixture(scope="session")
def identity() -> SigningIdentity:
    return certified(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def rsa_identity() -> SigningIdentity:
    """What Vietnamese authorities certify."""
    return certified(rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def stranger() -> SigningIdentity:
    return certified(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def outdated() -> SigningIdentity:
    return certified(ec.generate_private_key(ec.SECP256R1()), days=-2)


@pytest.fixture
def pem() -> Callable[[SigningIdentity], str]:
    return lambda identity: identity.certificate.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def record() -> Records:
    def make(**others: str) -> CheckInRecord0:
        return replace(RECORD, **others)

    return make
