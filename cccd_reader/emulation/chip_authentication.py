"""The chip's proofs that it is no copy: chip authentication version 1 and active authentication (ICAO 9303-11, 6)."""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cccd_reader import crypto, tlv
from cccd_reader.apdu import StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError
from cccd_reader.errors import ChipDataError

_OID_PREFIX = bytes.fromhex("04007F000702020302")
"""id-CA-ECDH, 0.4.0.127.0.7.2.2.3.2; the cipher follows (9303-11, 9.2.5)."""
_SUITES = {1: CipherSuite.DES3, 2: CipherSuite.AES128, 3: CipherSuite.AES192, 4: CipherSuite.AES256}

CHALLENGE_BYTES = 8
_HEADER, _TRAILER_SHA256 = b"\x6a", b"\x34\xcc"
"""ISO/IEC 9796-2, scheme 1: partial recovery, and the trailer that names SHA-256 (9303-11, 6.1.2.3)."""


class ChipAuthentication:
    """ECDH with the static key of DG14. Without a key (a copied card) everything is refused."""

    def __init__(self, private_key: bytes | None) -> None:
        self._key = _load_ec(private_key)
        self._suite: CipherSuite | None = None

    def choose(self, data: bytes) -> None:
        """MSE:Set AT with the protocol's identifier (6.2.4.2)."""
        found = _objects(data)
        oid = found.get(0x80, b"")
        if not oid.startswith(_OID_PREFIX) or oid[len(_OID_PREFIX) :] not in map(bytes, ([1], [2], [3], [4])):
            raise RefusedError(StatusWord.WRONG_DATA)
        if self._key is None:
            raise RefusedError(StatusWord.REFERENCE_NOT_FOUND)
        self._suite = _SUITES[oid[-1]]

    def agree(self, data: bytes) -> ChipSession:
        """GENERAL AUTHENTICATE with the terminal's ephemeral key: the session that follows."""
        suite, self._suite = self._suite, None
        if suite is None:
            raise RefusedError(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._session(suite, _objects(_objects(data).get(0x7C, b"")).get(0x80, b""))

    def agree_des3(self, data: bytes) -> ChipSession:
        """MSE:Set KAT, which is the whole protocol for 3DES (6.2.4.1)."""
        return self._session(CipherSuite.DES3, _objects(data).get(0x91, b""))

    def _session(self, suite: CipherSuite, public: bytes) -> ChipSession:
        if self._key is None:
            raise RefusedError(StatusWord.REFERENCE_NOT_FOUND)
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(self._key.curve, public)
        except ValueError:
            raise RefusedError(StatusWord.WRONG_DATA) from None
        secret = self._key.exchange(ec.ECDH(), peer)
        return ChipSession(suite, crypto.kdf(secret, crypto.KDF_ENC, suite), crypto.kdf(secret, crypto.KDF_MAC, suite))


def sign_challenge(private_key: bytes | None, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
    """Active authentication's answer (6.1.2): r ‖ s of ECDSA, or an RSA signature of ISO/IEC 9796-2; SHA-256."""
    if private_key is None:
        raise RefusedError(StatusWord.INS_NOT_SUPPORTED)
    if len(challenge) != CHALLENGE_BYTES:
        raise RefusedError(StatusWord.WRONG_LENGTH)
    key = serialization.load_der_private_key(private_key, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(challenge, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    recovered = random(size - len(_HEADER) - hashes.SHA256.digest_size - len(_TRAILER_SHA256))
    digest = hashlib.sha256(recovered + challenge).digest()
    message = int.from_bytes(_HEADER + recovered + digest + _TRAILER_SHA256, "big")
    return pow(message, numbers.d, modulus).to_bytes(size, "big")


def _load_ec(private_key: bytes | None) -> ec.EllipticCurvePrivateKey | None:
    if private_key is None:
        return None
    key = serialization.load_der_private_key(private_key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _objects(data: bytes) -> dict[int, bytes]:
    try:
        return {item.tag: item.value for item in tlv.iterate(data)}
    except ChipDataError:
        raise RefusedError(StatusWord.WRONG_DATA) from None
