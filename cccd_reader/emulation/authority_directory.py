"""A test authority that outlives one command: its certificate, its key, and what it revoked, in a directory.

    csca/TEST-csca.cer            the certificate, where a trust store has its country signers
    crl/TEST.crl                  what it revoked
    private/TEST-csca-key.pem     its private key, which is no secret: it signs people who do not exist
    private/authority.json        its kind, and the serial numbers that it revoked

So `read --trust DIRECTORY` trusts the cards that `personalise --authority DIRECTORY` made, and no others.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cccd_reader.emulation.authority import VALID_FROM, TestAuthority
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.signing import SignerKind
from cccd_reader.errors import CardError
from cccd_reader.pki.certificate import parse_certificate

WARNING = "A TEST authority. Its key is no secret and its cards prove nothing."

_CERTIFICATE = Path("csca", "TEST-csca.cer")
_CRL = Path("crl", "TEST.crl")
_KEY = Path("private", "TEST-csca-key.pem")
_STATE = Path("private", "authority.json")

_STATE_CODE = "VNM"
"""Of the issuing state in the MRZ, which the certificate has to name (9303-12, 7.1.1.2)."""
_STRANGER = "TEST CSCA of nowhere"
_EXPIRED_AFTER_YEARS = 1
_CRL_AGE = timedelta(hours=1)
"""A list of this moment could seem to be of the future to a clock that is a little late."""


_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm, CardError)


class SignerState(StrEnum):
    """What is right or wrong with the document signer of a card."""

    VALID = "valid"
    EXPIRED = "expired"
    """Its certificate was valid for a year from the beginning of 2024."""
    UNKNOWN = "unknown"
    """It is of an authority that nobody heard of."""
    IMPOSTOR = "impostor"
    """Its certificate claims to be of this authority, which did not sign it."""
    REVOKED = "revoked"
    """It stands on the authority's CRL."""


@dataclass(frozen=True, slots=True)
class AuthorityDirectory:
    """`open` makes the authority on first use. Cards of one directory have signers of one authority."""

    path: Path
    authority: TestAuthority
    revoked: tuple[int, ...]

    @classmethod
    def open(cls, path: Path, kind: SignerKind = SignerKind.EC) -> "AuthorityDirectory":
        """The authority of the directory, of whatever kind it is; a new one of `kind` where there is none.

        Raises `EmulationError(bad_authority)` for a directory that is not as one of these was left.
        """
        try:
            if not (path / _STATE).exists():
                made = cls(path, TestAuthority.create(kind, issuing_state=_STATE_CODE), ())
                made._save()
                return made
            return cls._load(path)
        except _BROKEN as error:
            raise EmulationError(EmulationErrorCode.BAD_AUTHORITY, f"{path} holds no test authority") from error

    def issue(self, kind: SignerKind = SignerKind.EC, state: SignerState = SignerState.VALID) -> TestSigner:
        """A new document signer, and a CRL of today that has every signer that was issued as a revoked one.

        Raises `EmulationError(bad_authority)` when the directory cannot be written.
        """
        signer = self._signer(kind, state)
        serial = parse_certificate(signer.document_signer_certificate).serial_number
        try:
            # What others revoked meanwhile stays revoked.
            revoked = self._load(self.path).revoked + ((serial,) if state is SignerState.REVOKED else ())
            AuthorityDirectory(self.path, self.authority, revoked)._save()
        except _BROKEN as error:
            raise EmulationError(EmulationErrorCode.BAD_AUTHORITY, f"{self.path} cannot be kept up") from error
        return signer

    def _signer(self, kind: SignerKind, state: SignerState) -> TestSigner:
        match state:
            case SignerState.VALID | SignerState.REVOKED:
                return TestSigner.issued_by(self.authority, kind)
            case SignerState.EXPIRED:
                return TestSigner.issued_by(self.authority, kind, valid_from=VALID_FROM, years=_EXPIRED_AFTER_YEARS)
            case SignerState.UNKNOWN:
                stranger = TestAuthority.create(self.authority.kind, common_name=_STRANGER, issuing_state=_STATE_CODE)
                return TestSigner.issued_by(stranger, kind)
            case SignerState.IMPOSTOR:
                false = TestAuthority.create(self.authority.kind, issuing_state=_STATE_CODE)
                return TestSigner.issued_by(false, kind, issuer_key_identifier=self.authority.key_identifier)

    @classmethod
    def _load(cls, path: Path) -> "AuthorityDirectory":
        state = json.loads((path / _STATE).read_text("utf-8"))
        key = serialization.load_pem_private_key((path / _KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise TypeError("another kind of key")
        certificate = (path / _CERTIFICATE).read_bytes()
        name = parse_certificate(certificate).subject.raw
        authority = TestAuthority(certificate, key, SignerKind(state["kind"]), str(state["hash"]), name)
        return cls(path, authority, tuple(int(serial, 16) for serial in state["revoked"]))

    def _save(self) -> None:
        for name in (_CERTIFICATE, _CRL, _KEY):
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / _CERTIFICATE).write_bytes(self.authority.certificate)
        pem = self.authority.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.path / _KEY).write_bytes(pem)
        now = datetime.now(UTC) - _CRL_AGE
        (self.path / _CRL).write_bytes(self.authority.issue_crl(self.revoked, this_update=now))
        state = {
            "warning": WARNING,
            "kind": self.authority.kind,
            "hash": self.authority.hash_name,
            "revoked": [f"{serial:X}" for serial in self.revoked],
        }
        # Last, because its presence says that the rest is there.
        (self.path / _STATE).write_text(json.dumps(state, indent=1), "utf-8")
