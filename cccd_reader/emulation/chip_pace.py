"""The chip's side of PACE (ICAO 9303-11, 4.4), step by step: all mappings, elliptic and modulo a prime."""

import hashlib
import hmac
from collections.abc import Callable
from enum import Enum
from typing import Any

from cccd_reader import crypto, tlv
from cccd_reader.agreement import Group, standard_group
from cccd_reader.apdu import StatusWord
from cccd_reader.card_access import Mapping
from cccd_reader.emulation.chip_keys import AgreementKey, RandomSource, order_of, random_scalar
from cccd_reader.emulation.chip_mapping import integrated_generator, nonce_bytes
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError
from cccd_reader.emulation.faults import Proof
from cccd_reader.emulation.variants import PaceVariant
from cccd_reader.errors import CardError

PASSWORD_MRZ, PASSWORD_CAN = 1, 2
"""Password references of MSE:Set AT, tag 83 (4.4.4.1)."""

NONCE_BYTES = 16
"""Of s where nothing but the generic mapping takes it."""

_DO_DYNAMIC, _DO_PUBLIC_KEY, _DO_OID = 0x7C, 0x7F49, 0x06
_DO_CHIP_AUTHENTICATION_DATA = 0x8A

Spoil = Callable[[Proof], bool]
"""Whether a fault wants this proof of the chip wrong, now."""


class _Step(Enum):
    """The four exchanges (4.4.5): (tag that the terminal sends, tag that the chip answers)."""

    NONCE = (None, 0x80)
    MAPPING = (0x81, 0x82)
    AGREEMENT = (0x83, 0x84)
    TOKEN = (0x85, 0x86)


def password_secret(reference: int, can: str, mrz_information: bytes) -> bytes:
    """f(π) of 9.7.3: the digits of the CAN, or SHA-1 of the MRZ information."""
    if reference == PASSWORD_CAN:
        return can.encode("ascii")
    return hashlib.sha1(mrz_information, usedforsecurity=False).digest()


def authentication_token(variant: PaceVariant, public_tag: int, ks_mac: bytes, public: bytes) -> bytes:
    """T of 4.4.3.4: the MAC over a public key, with `public_tag` for its kind."""
    key = tlv.encode(_DO_OID, variant.oid) + tlv.encode(public_tag, public)
    return crypto.mac(variant.suite, ks_mac, tlv.encode(_DO_PUBLIC_KEY, key))


def chip_authentication_data(variant: PaceVariant, ks_enc: bytes, order: int, static: int, mapping: int) -> bytes:
    """A_IC of 4.4.3.5: SK_IC⁻¹·SK_Map,IC modulo the group's order, encrypted with the IV E(KSenc, −1)."""
    quotient = pow(static, -1, order) * mapping % order
    plain = quotient.to_bytes((order.bit_length() + 7) // 8, "big")
    iv = crypto.encrypt_block(variant.suite, ks_enc, b"\xff" * variant.suite.block_bytes)
    return crypto.encrypt_cbc(variant.suite, ks_enc, crypto.pad(plain, variant.suite.block_bytes), iv)


class ChipPace:
    """One run, from the MSE:Set AT that chose `variant` and the password to the session.

    `k_pi` is the key from the password; `static` the key of chip authentication mapping, where the chip has it.
    """

    def __init__(
        self, variant: PaceVariant, k_pi: bytes, static: AgreementKey | None, random: RandomSource, spoil: Spoil
    ) -> None:
        group = standard_group(variant.parameter_id)
        assert group is not None  # a variant has no other
        self._variant = variant
        self._group: Group[Any] = group
        self._k_pi = k_pi
        self._static = static
        self._random = random
        self._spoil = spoil
        self._next = _Step.NONCE
        self._nonce = b""
        self._base: Any = group.generator
        self._mapping_private = 0
        self._keys = (b"", b"")
        self._expected_token = b""
        self._own_token = b""
        self._session: ChipSession | None = None

    @property
    def at_last_step(self) -> bool:
        """The last GENERAL AUTHENTICATE comes without the chaining bit, the others with it (4.4.4.3)."""
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
        except CardError:
            # An element that is none of the group, or a result that is its neutral element.
            raise RefusedError(StatusWord.WRONG_DATA) from None
        objects = tlv.encode(answered, answer)
        if self._session is not None and self._variant.mapping is Mapping.CHIP_AUTHENTICATION:
            objects += tlv.encode(_DO_CHIP_AUTHENTICATION_DATA, self._chip_authentication_data())
        return tlv.encode(_DO_DYNAMIC, objects), self._session

    def _encrypt_nonce(self, _value: bytes) -> bytes:
        self._next = _Step.MAPPING
        integrated = self._variant.mapping is Mapping.INTEGRATED
        self._nonce = self._random(nonce_bytes(self._variant.suite) if integrated else NONCE_BYTES)
        return crypto.encrypt_cbc(self._variant.suite, self._k_pi, self._nonce)

    def _map(self, value: bytes) -> bytes:
        self._next = _Step.AGREEMENT
        if self._variant.mapping is Mapping.INTEGRATED:
            self._base = integrated_generator(self._group, self._variant.suite, self._nonce, value)
            return b""
        nonce = int.from_bytes(self._nonce, "big")
        self._mapping_private, own = self._key_pair(self._group.generator)
        # G' = s·G + H, where H is agreed on with the terminal (4.4.3.3.1).
        h = self._group.multiply(self._mapping_private, self._group.decode(value))
        self._base = self._group.add(self._group.multiply(nonce, self._group.generator), h)
        return own

    def _agree(self, value: bytes) -> bytes:
        self._next = _Step.TOKEN
        private, own = self._key_pair(self._base)
        if hmac.compare_digest(own, value):
            raise RefusedError(StatusWord.WRONG_DATA)
        shared = self._group.shared_secret(private, self._group.decode(value))
        suite = self._variant.suite
        self._keys = crypto.kdf(shared, crypto.KDF_ENC, suite), crypto.kdf(shared, crypto.KDF_MAC, suite)
        # Each side proves that it knows the keys by a MAC over the other's public key (4.4.3.4).
        tag, ks_mac = self._group.public_tag, self._keys[1]
        self._expected_token = authentication_token(self._variant, tag, ks_mac, own)
        self._own_token = authentication_token(self._variant, tag, ks_mac, value)
        return own

    def _confirm(self, value: bytes) -> bytes:
        if not hmac.compare_digest(self._expected_token, value):
            raise RefusedError(StatusWord.AUTHENTICATION_FAILED)
        self._session = ChipSession(self._variant.suite, *self._keys)
        if self._spoil(Proof.PACE_TOKEN):
            return bytes([self._own_token[0] ^ 0x01]) + self._own_token[1:]
        return self._own_token

    def _chip_authentication_data(self) -> bytes:
        order = order_of(self._group)
        # A copied chip has no static key and can but send something of the right form.
        static = self._static.private if self._static is not None else random_scalar(self._random, order)
        if self._spoil(Proof.CHIP_AUTHENTICATION_MAPPING):
            static = static % (order - 1) + 1
        return chip_authentication_data(self._variant, self._keys[0], order, static, self._mapping_private)

    def _key_pair(self, base: Any) -> tuple[int, bytes]:
        """A private key, and the public one as it is sent.

        Public integers with a leading zero byte are not drawn: whether it enters the token is understood differently.
        """
        group = self._group
        while True:
            private = random_scalar(self._random, order_of(group))
            public = group.encode(group.multiply(private, base))
            if len(public) >= group.field_bytes:
                return private, public
