"""The facility's certificate and key, from a file, to sign with."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from pydantic import SecretStr

PEM = b"-----BEGIN "
MAX_FILE_BYTES = 1 << 18
LEAST_RSA_BITS = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class IdentityError(ValueError):
    """A file that gives no certificate and key to sign with. Says why without quoting it."""


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A certificate and its key. The certificate is the one registered on the portal."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.key, rsa.RSAPrivateKey) and self.key.key_size < LEAST_RSA_BITS:
            raise IdentityError("an RSA key has at least 2048 bits")
        if _spki(self.certificate.public_key()) != _spki(self.key.public_key()):
            raise IdentityError("the certificate is of another key")

    def valid_at(self, moment: datetime) -> bool:
        """Whether the certificate's dates include the moment."""
        return self.certificate.not_valid_before_utc <= moment <= self.certificate.not_valid_after_utc


def load_identity(file: bytes, passphrase: SecretStr | None = None) -> SigningIdentity:
    """From PEM (key and certificate in one file, the chain after it) or PKCS#12. Raises IdentityError."""
    if len(file) > MAX_FILE_BYTES:
        raise IdentityError("too long")
    secret = None if passphrase is None else passphrase.get_secret_value().encode()
    try:
        key, certificate = _from_pem(file, secret) if PEM in file else _from_pkcs12(file, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # a wrong passphrase and a broken file look the same
        raise IdentityError("not PEM or PKCS#12, or another passphrase") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise IdentityError("the key is neither RSA nor EC")
    if certificate is None:
        raise IdentityError("no certificate")
    return SigningIdentity(certificate, key)


def _from_pem(file: bytes, secret: bytes | None) -> tuple[object, x509.Certificate]:
    key = file[file.index(PEM) :]
    while not key.partition(b"\n")[0].rstrip().endswith(b"PRIVATE KEY-----"):
        key = key[key.index(PEM, len(PEM)) :]
    return load_pem_private_key(key, secret), x509.load_pem_x509_certificates(file)[0]


def _from_pkcs12(file: bytes, secret: bytes | None) -> tuple[object, x509.Certificate | None]:
    key, certificate, _ = pkcs12.load_key_and_certificates(file, secret)
    return key, certificate


def _spki(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise IdentityError("the certificate is neither RSA nor EC")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
