"""The chip's side of PACE with generic mapping over elliptic curves (ICAO 9303-11, 4.4), step by step."""

import hashlib
import hmac
from collections.abc import Callable
from enum import Enum

from cccd_reader import crypto, tlv
from cccd_reader.apdu import StatusWord
from cccd_reader.card_access import PaceInfo
from cccd_reader.curves import Curve, Point
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError
from cccd_reader.errors import ChipDataError

PASSWORD_MRZ, PASSWORD_CAN = 1, 2
"""Password references of MSE:Set AT, tag 83 (4.4.4.1)."""

NONCE_BYTES = 16
_DO_DYNAMIC, _DO_PUBLIC_KEY, _DO_OID, _DO_EC_POINT = 0x7C, 0x7F49, 0x06, 0x86


class _Step(Enum):
    """The four exchanges (4.4.4.2): (tag that the terminal sends, tag that the chip answers)."""

    NONCE = (None, 0x80)
    MAPPING = (0x81, 0x82)
    AGREEMENT = (0x83, 0x84)
    TOKEN = (0x85, 0x86)


def password_secret(reference: int, can: str, mrz_information: bytes) -> bytes:
    """f(π) of 9.7.3: the digits of the CAN, or SHA-1 of the MRZ information."""
    if reference == PASSWORD_CAN:
        return can.encode("ascii")
    return hashlib.sha1(mrz_information, usedforsecurity=False).digest()


def random_scalar(random: Callable[[int], bytes], curve: Curve) -> int:
    """A private key in 1..n-1 from the chip's random source, by rejection."""
    size = (curve.n.bit_length() + 7) // 8
    while not 0 < (candidate := int.from_bytes(random(size), "big")) < curve.n:
        pass
    return candidate


class ChipPace:
    """One run, from the MSE:Set AT that chose `info` and the password to the session."""

    def __init__(self, info: PaceInfo, curve: Curve, secret: bytes, random: Callable[[int], bytes]) -> None:
        self._info = info
        self._curve = curve
        self._k_pi = crypto.kdf(secret, crypto.KDF_PASSWORD, info.suite)
        self._random = random
        self._next = _Step.NONCE
        self._nonce = b""
        self._base = curve.g
        self._keys = (b"", b"")
        self._expected_token = b""
        self._own_token = b""
        self._session: ChipSession | None = None

    @property
    def at_last_step(self) -> bool:
        """The last GENERAL AUTHENTICATE comes without the chaining bit, the others with it (4.4.4.2)."""
        return self._next is _Step.TOKEN

    def step(self, data: bytes) -> tuple[bytes, ChipSession | None]:
        """The answer to one GENERAL AUTHENTICATE, and with the last one the session.

        Raises `RefusedError`: 6A80 for data that does not belong here, 6300 for a wrong password.
        """
        expected, answered = self._next.value
        handlers = {
            _Step.NONCE: self._encrypt_nonce,
            _Step.MAPPING: self._map,
            _Step.AGREEMENT: self._agree,
            _Step.TOKEN: self._confirm,
        }
        try:
            sent = list(tlv.iterate(tlv.decode(data, tag=_DO_DYNAMIC).value))
            if [item.tag for item in sent] != ([] if expected is None else [expected]):
                raise RefusedError(StatusWord.WRONG_DATA)
            answer = handlers[self._next](sent[0].value if sent else b"")
        except ChipDataError:
            raise RefusedError(StatusWord.WRONG_DATA) from None
        return tlv.encode(_DO_DYNAMIC, tlv.encode(answered, answer)), self._session

    def _encrypt_nonce(self, _value: bytes) -> bytes:
        self._next = _Step.MAPPING
        self._nonce = self._random(NONCE_BYTES)
        return crypto.encrypt_cbc(self._info.suite, self._k_pi, self._nonce)

    def _map(self, value: bytes) -> bytes:
        """G' = s·G + H (4.4.3.3.1)."""
        terminal = self._curve.decode(value)
        self._next = _Step.AGREEMENT
        private = random_scalar(self._random, self._curve)
        h = self._curve.multiply(private, terminal)
        nonce = int.from_bytes(self._nonce, "big")
        self._base = _finite(self._curve.add(self._curve.multiply(nonce, self._curve.g), h))
        return self._curve.encode(_finite(self._curve.multiply(private, self._curve.g)))

    def _agree(self, value: bytes) -> bytes:
        terminal = self._curve.decode(value)
        self._next = _Step.TOKEN
        private = random_scalar(self._random, self._curve)
        own = _finite(self._curve.multiply(private, self._base))
        if terminal == own:
            raise RefusedError(StatusWord.WRONG_DATA)
        shared = _finite(self._curve.multiply(private, terminal)).x.to_bytes(self._curve.field_bytes, "big")
        suite = self._info.suite
        self._keys = crypto.kdf(shared, crypto.KDF_ENC, suite), crypto.kdf(shared, crypto.KDF_MAC, suite)
        # Each side proves that it knows the keys by a MAC over the other's public key (4.4.3.4).
        self._expected_token, self._own_token = self._token(own), self._token(terminal)
        return self._curve.encode(own)

    def _confirm(self, value: bytes) -> bytes:
        if not hmac.compare_digest(self._expected_token, value):
            raise RefusedError(StatusWord.AUTHENTICATION_FAILED)
        self._session = ChipSession(self._info.suite, *self._keys)
        return self._own_token

    def _token(self, public: Point) -> bytes:
        key = tlv.encode(_DO_OID, self._info.oid) + tlv.encode(_DO_EC_POINT, self._curve.encode(public))
        return crypto.mac(self._info.suite, self._keys[1], tlv.encode(_DO_PUBLIC_KEY, key))


def _finite(point: Point | None) -> Point:
    """The point; infinity ends the protocol, as it would in a chip."""
    if point is None:
        raise RefusedError(StatusWord.WRONG_DATA)
    return point
