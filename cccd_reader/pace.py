"""PACE (ICAO 9303-11, 4.4): a short password becomes strong session keys, and a mapping may prove the chip as well."""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from cccd_reader import crypto, tlv
from cccd_reader.agreement import DO_DH_VALUE, DO_EC_POINT, E, EcGroup, Group, KeyPair
from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_DATA, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.curves import Point
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.keys import Can, MrzKey
from cccd_reader.lds.security_infos import Agreement, Mapping, PaceInfo
from cccd_reader.pace_cam import CamEvidence, decrypt_chip_data
from cccd_reader.pace_mapping import map_generic, map_integrated, nonce_bytes
from cccd_reader.secure_messaging import SecureChannel, session_keys

PROTOCOL = "PACE"
PACE_VERSION = 2
"""The only one that ICAO 9303-11 knows (9.2.1)."""

PASSWORD_MRZ = 1
PASSWORD_CAN = 2
"""Password references of MSE:Set AT, tag 83 (4.4.4.1)."""

CLA_CHAINING = 0x10
INS_MSE = 0x22
INS_GENERAL_AUTHENTICATE = 0x86
_MSE_SET_AT = (0xC1, 0xA4)

DO_DYNAMIC = 0x7C
DO_PUBLIC_KEY = 0x7F49
_DO_OID = 0x06
_DO_NONCE = 0x80
_DO_MAPPING, _DO_MAPPING_ANSWER = 0x81, 0x82
_DO_KEY, _DO_KEY_ANSWER = 0x83, 0x84
_DO_TOKEN, _DO_TOKEN_ANSWER = 0x85, 0x86
_DO_CHIP_DATA = 0x8A
_LAST_ANSWER = frozenset({_DO_TOKEN_ANSWER, 0x87, 0x88, _DO_CHIP_DATA})
"""With the token come references of certification authorities, for terminals that have certificates (table 4)."""

_DYNAMIC_HEADERS = 8
"""7C and one data object around an element of 256 bytes, with two-byte lengths."""

_BLOCKED = (StatusWord.AUTHENTICATION_BLOCKED, StatusWord.CONDITIONS_NOT_SATISFIED)

Send = Callable[[CommandApdu], ResponseApdu]
ScalarSource = Callable[[Group[Any]], int]
RandomSource = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class PaceSession:
    """What PACE leaves: the protected channel, and with chip authentication mapping what the chip said of itself."""

    channel: SecureChannel
    cam: CamEvidence | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _Agreed:
    """The state when both sides' keys are known. `own` and `chip` are encoded as they travelled."""

    ks_enc: bytes
    ks_mac: bytes
    own: bytes
    chip: bytes


def can_run(info: PaceInfo, *, extended: bool = True) -> bool:
    """Whether this reader runs the protocol: version 2, in a standardized group of the right kind, which for the
    integrated mapping has to map numbers. `extended` says whether reader and chip carry extended length, without which
    the keys of the large groups cannot be sent."""
    group = info.group
    if group is None or info.version != PACE_VERSION:
        return False
    if info.mapping is Mapping.INTEGRATED and not group.maps_numbers:
        return False
    return extended or not _is_long(group)


def password_key(password: Can | MrzKey, suite: crypto.CipherSuite) -> bytes:
    """K_π (9.7.3): from the digits of the CAN, or from SHA-1 of the MRZ information."""
    if isinstance(password, Can):
        secret = password.digits.encode("ascii")
    else:
        secret = hashlib.sha1(password.information, usedforsecurity=False).digest()
    return crypto.kdf(secret, crypto.KDF_PASSWORD, suite)


def authentication_token(info: PaceInfo, ks_mac: bytes, public: bytes) -> bytes:
    """T = MAC(KSmac, the other side's public key with the protocol's OID) (4.4.3.4). `public` as it was received."""
    tag = DO_EC_POINT if info.agreement is Agreement.ECDH else DO_DH_VALUE
    key = tlv.encode(_DO_OID, info.oid) + tlv.encode(tag, public)
    return crypto.mac(info.suite, ks_mac, tlv.encode(DO_PUBLIC_KEY, key))


def run_pace(
    send: Send,
    info: PaceInfo,
    password: Can | MrzKey,
    *,
    name_parameters: bool = False,
    random_scalar: ScalarSource | None = None,
    random: RandomSource = os.urandom,
) -> PaceSession:
    """Agree session keys with the chip.

    `name_parameters` sends the parameter id, which a chip with more than one set of parameters has to be told.

    Raises `CardError`: wrong_key when the chip refuses the token (63xx), access_denied when the password is blocked,
    unsupported for a protocol that this reader does not run or the chip does not start, bad_answer or bad_data when the
    chip does not keep to the protocol. After any of them but the refused start the chip has to be reset or the
    application selected anew.
    """
    group: Group[Any] | None = info.group
    if group is None or not can_run(info):
        raise CardError(CardErrorCode.UNSUPPORTED, str(info), file=PROTOCOL)
    reference = PASSWORD_CAN if isinstance(password, Can) else PASSWORD_MRZ
    _set_authentication_template(send, info, reference, name_parameters=name_parameters)
    run = _Run(send, info, group, random_scalar, random)
    nonce = run.nonce(password)
    if info.mapping is Mapping.INTEGRATED:
        base, mapping_key = map_integrated(group, info.suite, nonce, run.exchange_nonce()), None
    else:
        base, mapping_key = run.map_generic(nonce)
    return run.confirm(run.agree(base), mapping_key)


class _Run(Generic[E]):
    """The chain of GENERAL AUTHENTICATE commands (4.4.4.2, 4.4.5)."""

    def __init__(
        self, send: Send, info: PaceInfo, group: Group[E], random_scalar: ScalarSource | None, random: RandomSource
    ) -> None:
        self._send = send
        self._info = info
        self._group: Group[E] = group
        self._random_scalar = random_scalar
        self._random = random

    def nonce(self, password: Can | MrzKey) -> bytes:
        suite = self._info.suite
        sealed = self._step(b"", _DO_NONCE)
        if not sealed or len(sealed) % suite.block_bytes:
            raise ChipDataError("PACE nonce", "no whole number of cipher blocks")
        if self._info.mapping is Mapping.INTEGRATED and len(sealed) != nonce_bytes(suite):
            raise ChipDataError("PACE nonce", f"not {nonce_bytes(suite)} bytes, which the integrated mapping needs")
        return crypto.decrypt_cbc(suite, password_key(password, suite), sealed)

    def exchange_nonce(self) -> bytes:
        """Sends the terminal's nonce t of the integrated mapping; the chip adds nothing of its own (4.4.5.2.2)."""
        t = self._random(self._info.suite.key_bytes)
        if self._step(tlv.encode(_DO_MAPPING, t), _DO_MAPPING_ANSWER, may_be_absent=True):
            raise ChipDataError("PACE mapping data", "not empty in the integrated mapping")
        return t

    def map_generic(self, nonce: bytes) -> tuple[E, E]:
        """The new base, and the chip's mapping key (4.4.3.3.1)."""
        own, answer = self._exchange_keys(None, _DO_MAPPING, _DO_MAPPING_ANSWER)
        chip = self._group.decode(answer, "PACE mapping key")
        if chip == own.public:
            raise CardError(CardErrorCode.BAD_ANSWER, "the chip sent our own mapping key back", file=PROTOCOL)
        return map_generic(self._group, nonce, self._group.multiply(own.private, chip)), chip

    def agree(self, base: E) -> _Agreed:
        own, answer = self._exchange_keys(base, _DO_KEY, _DO_KEY_ANSWER)
        chip = self._group.decode(answer, "PACE ephemeral key")
        if chip == own.public:
            raise CardError(CardErrorCode.BAD_ANSWER, "the chip sent our own public key back", file=PROTOCOL)
        keys = session_keys(self._info.suite, self._group.shared_secret(own.private, chip))
        return _Agreed(*keys, self._group.encode(own.public), answer)

    def _exchange_keys(self, base: E | None, tag: int, expected: int) -> tuple[KeyPair[E], bytes]:
        """Our key pair on the base, and the chip's public key as it came."""
        own = self._group.key_pair(base, self._random_scalar(self._group) if self._random_scalar else None)
        sent = tlv.encode(tag, self._group.encode(own.public))
        return own, self._step(sent, expected, long=_is_long(self._group))

    def confirm(self, agreed: _Agreed, mapping_key: E | None) -> PaceSession:
        """The tokens both ways; with chip authentication mapping the chip's answer is about its `mapping_key`."""
        info = self._info
        token = authentication_token(info, agreed.ks_mac, agreed.chip)
        objects = self._exchange(tlv.encode(_DO_TOKEN, token), _LAST_ANSWER, last=True)
        found = objects.get(_DO_TOKEN_ANSWER)
        if found is None:
            raise ChipDataError(PROTOCOL, f"tag {_DO_TOKEN_ANSWER:02X} is missing")
        if not hmac.compare_digest(found, authentication_token(info, agreed.ks_mac, agreed.own)):
            raise CardError(CardErrorCode.BAD_ANSWER, "the chip's authentication token is wrong", file=PROTOCOL)
        cam = None
        if info.mapping is Mapping.CHIP_AUTHENTICATION:
            assert isinstance(self._group, EcGroup)
            assert isinstance(mapping_key, Point)
            curve, sealed = self._group.curve, objects.get(_DO_CHIP_DATA, b"")
            ca_ic = decrypt_chip_data(info.suite, agreed.ks_enc, sealed, curve.n)
            cam = CamEvidence(curve, mapping_key, ca_ic, info.parameter_id)
        return PaceSession(SecureChannel(info.suite, agreed.ks_enc, agreed.ks_mac), cam)

    def _step(self, data: bytes, expected: int, *, long: bool = False, may_be_absent: bool = False) -> bytes:
        """One step of the chain: the value of the one data object that its answer has."""
        objects = self._exchange(data, frozenset({expected}), long=long)
        if expected not in objects and not may_be_absent:
            raise ChipDataError(PROTOCOL, f"tag {expected:02X} is missing")
        return objects.get(expected, b"")

    def _exchange(
        self, data: bytes, allowed: frozenset[int], *, long: bool = False, last: bool = False
    ) -> dict[int, bytes]:
        """Dynamic authentication data out, and back: each object at most once, and none that does not belong there.

        Keys of 2048 bits do not fit a short APDU. CLA 10 already links the steps of the protocol, so the bytes of one
        step cannot be chained too: extended length it is (9.3.1, 9.3.2).
        """
        command = CommandApdu(
            0x00 if last else CLA_CHAINING,
            INS_GENERAL_AUTHENTICATE,
            0,
            0,
            tlv.encode(DO_DYNAMIC, data),
            le=EXTENDED_MAX_LE if long else SHORT_MAX_LE,
            extended=long,
        )
        answer = self._send(command)
        if last and answer.sw >> 8 == 0x63:
            raise CardError(CardErrorCode.WRONG_KEY, "the chip refuses the password", file=PROTOCOL, sw=answer.sw)
        if answer.sw in _BLOCKED:
            raise CardError(CardErrorCode.ACCESS_DENIED, "the password is blocked", file=PROTOCOL, sw=answer.sw)
        if not answer.ok:
            raise CardError(CardErrorCode.BAD_ANSWER, "a step of the protocol failed", file=PROTOCOL, sw=answer.sw)
        objects: dict[int, bytes] = {}
        for found in tlv.iterate(tlv.decode(answer.data, PROTOCOL, DO_DYNAMIC).value, PROTOCOL):
            if found.tag not in allowed or found.tag in objects:
                raise ChipDataError(PROTOCOL, f"tag {found.tag:02X} does not belong to this step, or comes twice")
            objects[found.tag] = found.value
        return objects


def _is_long(group: Group[Any]) -> bool:
    """Whether a step with an element of the group is too long for a short APDU."""
    return group.field_bytes * (2 if isinstance(group, EcGroup) else 1) + _DYNAMIC_HEADERS > SHORT_MAX_DATA


def _set_authentication_template(send: Send, info: PaceInfo, reference: int, *, name_parameters: bool) -> None:
    data = tlv.encode(0x80, info.oid) + tlv.encode(0x83, bytes([reference]))
    assert info.parameter_id is not None
    with_parameters = data + tlv.encode(0x84, bytes([info.parameter_id]))
    answer = send(CommandApdu(0x00, INS_MSE, *_MSE_SET_AT, with_parameters if name_parameters else data))
    if not name_parameters and answer.sw in (StatusWord.WRONG_DATA, StatusWord.REFERENCE_NOT_FOUND):
        # Tag 84 is for chips with several domain parameters; some ask for it although they have one set.
        answer = send(CommandApdu(0x00, INS_MSE, *_MSE_SET_AT, with_parameters))
    # 63Cx warns that few tries are left, and is not yet a failure (4.4.4.1).
    if not answer.ok and answer.sw >> 8 != 0x63:
        raise CardError(CardErrorCode.UNSUPPORTED, "the chip refuses the PACE parameters", file=PROTOCOL, sw=answer.sw)
