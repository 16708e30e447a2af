"""The chip's side of the integrated mapping (ICAO 9303-11, 4.4.3.3.2): a nonce becomes a generator without any key
agreement. Written from the standard, apart from the reader's side, so that each checks the other."""

from typing import Any

from cccd_reader import crypto
from cccd_reader.agreement import DhGroup, EcGroup, Group
from cccd_reader.apdu import StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.curves import Curve, Point
from cccd_reader.emulation.chip_keys import order_of
from cccd_reader.emulation.chip_messaging import RefusedError

_SHORT_CONSTANTS = (
    bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
    bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
)
_LONG_CONSTANTS = (
    bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
    bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
)
"""c0 and c1 for nonces of 128 and of 256 bits."""

_SECURITY_BITS = 64
"""So many bits more than the prime has are drawn, for the remainder to be even."""


def nonce_bytes(suite: CipherSuite) -> int:
    """l of 4.4.3.3: the smallest whole number of cipher blocks that is no shorter than the key."""
    blocks = -(-suite.key_bytes // suite.block_bytes)
    return blocks * suite.block_bytes


def integrated_generator(
    group: Group[Any], suite: CipherSuite, chip_nonce: bytes, terminal_nonce: bytes
) -> Point | int:
    """Ĝ = f(R_p(s, t)): the point encoding of appendix B, or the power by the cofactor."""
    if len(terminal_nonce) != suite.key_bytes:
        raise RefusedError(StatusWord.WRONG_DATA)
    if isinstance(group, EcGroup):
        return encode_point(group.curve, pseudo_random_number(suite, chip_nonce, terminal_nonce, group.curve.p))
    assert isinstance(group, DhGroup)
    number = pseudo_random_number(suite, chip_nonce, terminal_nonce, group.p)
    generator = pow(number, (group.p - 1) // order_of(group), group.p)
    if generator <= 1:
        raise RefusedError(StatusWord.WRONG_DATA)
    return generator


def pseudo_random_number(suite: CipherSuite, chip_nonce: bytes, terminal_nonce: bytes, prime: int) -> int:
    """R_p(s, t): a chain of encryptions, keyed by the nonces, modulo the prime."""
    first, second = _SHORT_CONSTANTS if len(chip_nonce) == len(_SHORT_CONSTANTS[0]) else _LONG_CONSTANTS
    key = crypto.encrypt_cbc(suite, terminal_nonce, chip_nonce)
    drawn = b""
    while len(drawn) * 8 < prime.bit_length() + _SECURITY_BITS:
        key = key[: suite.key_bytes]  # AES-192 takes 24 of 32 bytes
        drawn += crypto.encrypt_cbc(suite, key, second)
        key = crypto.encrypt_cbc(suite, key, first)
    return int.from_bytes(drawn, "big") % prime


def encode_point(curve: Curve, t: int) -> Point:
    """The point that belongs to a field element (appendix B.2; Brier and others, 2010). p must be 3 modulo 4."""
    p, a, b = curve.p, curve.a, curve.b
    if p % 4 != 3:
        raise RefusedError(StatusWord.WRONG_DATA)
    alpha = -t * t % p
    denominator = a * (alpha + alpha * alpha) % p
    if denominator == 0:  # t is 0, 1 or -1
        raise RefusedError(StatusWord.WRONG_DATA)
    # X2 = -b/a · (1 + 1/(α + α²)), and X3 = α·X2: on one of the two there is a point.
    x2 = -b * (1 + alpha + alpha * alpha) * pow(denominator, -1, p) % p
    x3 = alpha * x2 % p
    h2 = (x2 * x2 * x2 + a * x2 + b) % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    if root * root * h2 % p == 1:
        return Point(x2, root * h2 % p)
    return Point(x3, root * pow(t, 3, p) * h2 % p)
