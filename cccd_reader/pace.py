"""PACE (ICAO 9303-11, 4.4): a short password becomes strong session keys. Generic mapping over elliptic curves."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu, StatusWord
from cccd_reader.card_access import PaceInfo, can_run
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.keys import Can, MrzKey
from cccd_reader.secure_messaging import SecureChannel, session_keys

PROTOCOL = "PACE"

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
_DO_EC_POINT = 0x86

Send = Callable[[CommandApdu], ResponseApdu]
ScalarSource = Callable[[Curve], int]


def _random_scalar(curve: Curve) -> int:
    return curve.random_scalar()


@dataclass(frozen=True, slots=True, repr=False)
class _KeyPair:
    private: int
    public: Point


def password_key(password: Can | MrzKey, suite: crypto.CipherSuite) -> bytes:
    """K_π (9.7.3): from the digits of the CAN, or from SHA-1 of the MRZ information."""
    if isinstance(password, Can):
        secret = password.digits.encode("ascii")
    else:
        secret = hashlib.sha1(password.information, usedforsecurity=False).digest()
    return crypto.kdf(secret, crypto.KDF_PASSWORD, suite)


def authentication_token(info: PaceInfo, ks_mac: bytes, curve: Curve, public: Point) -> bytes:
    """T = MAC(KSmac, the other side's public key with the protocol's OID) (4.4.3.4)."""
    key = tlv.encode(_DO_OID, info.oid) + tlv.encode(_DO_EC_POINT, curve.encode(public))
    return crypto.mac(info.suite, ks_mac, tlv.encode(DO_PUBLIC_KEY, key))


def run_pace(
    send: Send, info: PaceInfo, password: Can | MrzKey, *, random_scalar: ScalarSource = _random_scalar
) -> SecureChannel:
    """Agree session keys with the chip.

    Raises `CardError`: wrong_key when the chip refuses the token (63xx), access_denied when the password is blocked,
    unsupported for a protocol that is not ECDH with a standardized curve, bad_answer or bad_data when the chip does
    not keep to the protocol. After any of them the chip has to be reset or the application selected anew.
    """
    curve = info.curve
    if curve is None or not can_run(info):
        raise CardError(CardErrorCode.UNSUPPORTED, str(info), file=PROTOCOL)
    _set_authentication_template(send, info, PASSWORD_CAN if isinstance(password, Can) else PASSWORD_MRZ)
    nonce = _decrypt_nonce(_general_authenticate(send, b"", 0x80), password, info)
    base = _map_generic(send, curve, int.from_bytes(nonce, "big"), random_scalar)
    own = _key_pair(curve, base, random_scalar)
    chip = curve.decode(
        _general_authenticate(send, tlv.encode(0x83, curve.encode(own.public)), 0x84), "PACE ephemeral key"
    )
    if chip == own.public:
        raise CardError(CardErrorCode.BAD_ANSWER, "the chip sent our own public key back", file=PROTOCOL)
    shared = _not_infinity(curve.multiply(own.private, chip))
    ks_enc, ks_mac = session_keys(info.suite, shared.x.to_bytes(curve.field_bytes, "big"))
    token = authentication_token(info, ks_mac, curve, chip)
    answer = _general_authenticate(send, tlv.encode(0x85, token), 0x86, last=True)
    if not hmac.compare_digest(answer, authentication_token(info, ks_mac, curve, own.public)):
        raise CardError(CardErrorCode.BAD_ANSWER, "the chip's authentication token is wrong", file=PROTOCOL)
    return SecureChannel(info.suite, ks_enc, ks_mac)


def _set_authentication_template(send: Send, info: PaceInfo, reference: int) -> None:
    data = tlv.encode(0x80, info.oid) + tlv.encode(0x83, bytes([reference]))
    answer = send(CommandApdu(0x00, INS_MSE, *_MSE_SET_AT, data))
    if answer.sw in (StatusWord.WRONG_DATA, StatusWord.REFERENCE_NOT_FOUND):
        # Tag 84 is for chips with several domain parameters; some ask for it although they have one set.
        parameters = tlv.encode(0x84, bytes([info.parameter_id or 0]))
        answer = send(CommandApdu(0x00, INS_MSE, *_MSE_SET_AT, data + parameters))
    # 63Cx warns that few tries are left, and is not yet a failure (4.4.4.1).
    if not answer.ok and answer.sw >> 8 != 0x63:
        raise CardError(CardErrorCode.UNSUPPORTED, "the chip refuses the PACE parameters", file=PROTOCOL, sw=answer.sw)


def _decrypt_nonce(encrypted: bytes, password: Can | MrzKey, info: PaceInfo) -> bytes:
    if not encrypted or len(encrypted) % info.suite.block_bytes:
        raise ChipDataError("PACE nonce", "no whole number of cipher blocks")
    return crypto.decrypt_cbc(info.suite, password_key(password, info.suite), encrypted)


def _map_generic(send: Send, curve: Curve, nonce: int, random_scalar: ScalarSource) -> Point:
    """G' = s·G + H with H from an anonymous key agreement (4.4.3.3.1)."""
    own = _key_pair(curve, curve.g, random_scalar)
    answer = _general_authenticate(send, tlv.encode(0x81, curve.encode(own.public)), 0x82)
    chip = curve.decode(answer, "PACE mapping key")
    if chip == own.public:
        raise CardError(CardErrorCode.BAD_ANSWER, "the chip sent our own mapping key back", file=PROTOCOL)
    h = curve.multiply(own.private, chip)
    return _not_infinity(curve.add(curve.multiply(nonce, curve.g), h))


def _key_pair(curve: Curve, base: Point, random_scalar: ScalarSource) -> _KeyPair:
    private = random_scalar(curve)
    return _KeyPair(private, _not_infinity(curve.multiply(private, base)))


def _not_infinity(point: Point | None) -> Point:
    if point is None:
        raise CardError(CardErrorCode.BAD_ANSWER, "a point of the agreement is infinity", file=PROTOCOL)
    return point


def _general_authenticate(send: Send, data: bytes, expected: int, *, last: bool = False) -> bytes:
    """One step: dynamic authentication data out, the value of the expected data object back."""
    command = CommandApdu(
        0x00 if last else CLA_CHAINING, INS_GENERAL_AUTHENTICATE, 0, 0, tlv.encode(DO_DYNAMIC, data), le=256
    )
    answer = send(command)
    if last and answer.sw >> 8 == 0x63:
        raise CardError(CardErrorCode.WRONG_KEY, "the chip refuses the password", file=PROTOCOL, sw=answer.sw)
    if answer.sw in (StatusWord.AUTHENTICATION_BLOCKED, StatusWord.CONDITIONS_NOT_SATISFIED):
        raise CardError(CardErrorCode.ACCESS_DENIED, "the password is blocked", file=PROTOCOL, sw=answer.sw)
    if not answer.ok:
        raise CardError(CardErrorCode.BAD_ANSWER, "a step of the protocol failed", file=PROTOCOL, sw=answer.sw)
    outer = tlv.decode(answer.data, PROTOCOL, DO_DYNAMIC)
    return tlv.find(outer.value, expected, PROTOCOL).value
