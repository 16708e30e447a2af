"""The certificate and key from a file."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from his_adapter.bhyt.xml0 import IdentityError, SigningIdentity, load_identity

from .conftest import certified

PASSPHRASE = SecretStr("mật khẩu mô phỏng")
LOCKED = BestAvailableEncryption(PASSPHRASE.get_secret_value().encode())


def key_pem(identity: SigningIdentity, *, locked: bool = False) -> bytes:
    return identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, LOCKED if locked else NoEncryption())


def certificate_pem(identity: SigningIdentity) -> bytes:
    return identity.certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("key_first", [False, True])
def test_from_pem(identity: SigningIdentity, stranger: SigningIdentity, locked: bool, key_first: bool) -> None:
    parts = [certificate_pem(identity), key_pem(identity, locked=locked)]
    file = b"".join(reversed(parts) if key_first else parts) + certificate_pem(stranger)  # its chain
    loaded = load_identity(file, PASSPHRASE if locked else None)
    assert loaded.certificate == identity.certificate


def test_from_pkcs12(identity: SigningIdentity) -> None:
    file = pkcs12.serialize_key_and_certificates(b"x", identity.key, identity.certificate, None, LOCKED)
    assert load_identity(file, PASSPHRASE).certificate == identity.certificate
    for wrong in (None, SecretStr("khác")):
        with pytest.raises(IdentityError):
            load_identity(file, wrong)


def test_a_locked_file_needs_its_passphrase(identity: SigningIdentity) -> None:
    file = certificate_pem(identity) + key_pem(identity, locked=True)
    for wrong in (None, SecretStr("khác")):
        with pytest.raises(IdentityError, match="passphrase"):
            load_identity(file, wrong)


def test_what_cannot_sign_is_refused(identity: SigningIdentity, stranger: SigningIdentity) -> None:
    with pytest.raises(IdentityError):
        load_identity(key_pem(identity))
    with pytest.raises(IdentityError):
        load_identity(certificate_pem(identity))
    with pytest.raises(IdentityError, match="another key"):
        load_identity(certificate_pem(stranger) + key_pem(identity))
    with pytest.raises(IdentityError, match="2048"):
        certified(rsa.generate_private_key(65537, 1024))
    other_kind = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(IdentityError, match="neither"):
        load_identity(certificate_pem(identity) + other_kind)
    no_key = pkcs12.serialize_key_and_certificates(b"x", None, identity.certificate, None, LOCKED)
    with pytest.raises(IdentityError):
        load_identity(no_key, PASSPHRASE)


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda part: b"-----BEGIN " + part))
def test_any_other_file_is_refused(file: bytes) -> None:
    with pytest.raises(IdentityError):
        load_identity(file)


def test_an_identity_shows_no_key(identity: SigningIdentity) -> None:
    assert "PrivateKey" not in repr(identity)
