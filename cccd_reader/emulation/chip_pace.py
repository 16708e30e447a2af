"""The chip's side of PACE with generic mapping over elliptic curves (ICAO 9303-11, 4.4), step by step."""

import hashlib
import hmac
from collections.abc import Callable
from enum import Enum, auto

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
    NONCE = auto()
    MAPPING = auto()
    AGREEMENT = auto()
    TOKEN = auto()


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
        self._base: Point | None = None
        self._terminal: Point | None = None
        self._chip: Point | None = None
        self._keys = (b"", b"")

    @property
    def at_last_step(self) -> bool:
        """The last GENERAL AUTHENTICATE comes without the chaining bit, the others with it (4.4.4.2)."""
        return self._next is _Step.TOKEN

    def step(self, data: bytes) -> tuple[bytes, ChipSession | None]:
        """The answer to one GENERAL AUTHENTICATE, and with the last one the session.

        Raises `RefusedError`: 6A80 for data that does not belong here, 6300 for a wrong password.
        """
        try:
            sent = list(tlv.iterate(tlv.decode(data, tag=_DO_DYNAMIC).value))
            expected = {_Step.NONCE: None, _Step.MAPPING: 0x81, _Step.AGREEMENT: 0x83, _Step.TOKEN: 0x85}[self._next]
            if [item.tag for item in sent] != ([] if expected is None else [expected]):
                raise RefusedError(StatusWord.WRONG_DATA)
            value = sent[0].value if sent else b""
            match self._next:
                case _Step.NONCE:
                    return self._answer(0x80, self._encrypted_nonce()), None
                case _Step.MAPPING:
                    return self._answer(0x82, self._map(self._curve.decode(value))), None
                case _Step.AGREEMENT:
                    return self._answer(0x84, self._agree(self._curve.decode(value))), None
                case _Step.TOKEN:
                    return self._answer(0x86, self._confirm(value)), ChipSession(self._info.suite, *self._keys)
        except ChipDataError:
            raise RefusedError(StatusWord.WRONG_DATA) from None

    @staticmethod
    def _answer(tag: int, value: bytes) -> bytes:
        return tlv.encode(_DO_DYNAMIC, tlv.encode(tag, value))

    def _encrypted_nonce(self) -> bytes:
        self._next = _Step.MAPPING
        self._nonce = self._random(NONCE_BYTES)
        return crypto.encrypt_cbc(self._info.suite, self._k_pi, self._nonce)

    def _map(self, terminal: Point) -> bytes:
        """G' = s·G + H (4.4.3.3.1)."""
        self._next = _Step.AGREEMENT
        private = random_scalar(self._random, self._curve)
        h = self._curve.multiply(private, terminal)
        self._base = self._curve.add(self._curve.multiply(int.from_bytes(self._nonce, "big"), self._curve.g), h)
        return self._curve.encode(_finite(self._curve.multiply(private, self._curve.g)))

    def _agree(self, terminal: Point) -> bytes:
        self._next = _Step.TOKEN
        private = random_scalar(self._random, self._curve)
        own = _finite(self._curve.multiply(private, _finite(self._base)))
        if terminal == own:
            raise RefusedError(StatusWord.WRONG_DATA)
        shared = _finite(self._curve.multiply(private, terminal)).x.to_bytes(self._curve.field_bytes, "big")
        suite = self._info.suite
        self._keys = crypto.kdf(shared, crypto.KDF_ENC, suite), crypto.kdf(shared, crypto.KDF_MAC, suite)
        self._terminal, self._chip = terminal, own
        return self._curve.encode(own)

    def _confirm(self, token: bytes) -> bytes:
        if not hmac.compare_digest(self._token(_finite(self._chip)), token):
            raise RefusedError(StatusWord.AUTHENTICATION_FAILED)
        return self._token(_finite(self._terminal))

    def _token(self, public: Point) -> bytes:
        """MAC over the other side's public key with the protocol's identifier (4.4.3.4)."""
        key = tlv.encode(_DO_OID, self._info.oid) + tlv.encode(_DO_EC_POINT, self._curve.encode(public))
        return crypto.mac(self._info.suite, self._keys[1], tlv.encode(_DO_PUBLIC_KEY, key))


def _finite(point: Point | None) -> Point:
    """The point; infinity ends the protocol, as it would in a chip."""
    if point is None:
        raise RefusedError(StatusWord.WRONG_DATA)
    return point
