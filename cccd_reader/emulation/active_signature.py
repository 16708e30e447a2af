"""The chip's side of active authentication (ICAO 9303-11, 6.1): a signature over the terminal's challenge."""

import hashlib

from cccd_reader import tlv
from cccd_reader.apdu import StatusWord
from cccd_reader.curves import Curve
from cccd_reader.emulation.chip_keys import ActiveAuthenticationKey, RandomSource, random_scalar
from cccd_reader.emulation.chip_messaging import RefusedError
from cccd_reader.emulation.variants import ActiveAuthenticationVariant

CHALLENGE_BYTES = 8

_HEADER = b"\x6a"
"""ISO/IEC 9796-2, scheme 1: part of the message is recovered from the signature."""
_TRAILERS = {
    "sha1": b"\xbc",
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}
_LONG_SHA1_TRAILER = b"\x33\xcc"


def sign_challenge(
    key: ActiveAuthenticationKey | None,
    challenge: bytes,
    random: RandomSource,
    *,
    der: bool = False,
    smaller: bool = False,
) -> bytes:
    """The answer to INTERNAL AUTHENTICATE. `der`: ECDSA as SEQUENCE {r, s}, where r ‖ s is the rule. `smaller`: of an
    RSA signature and its negative the smaller one (ISO/IEC 9796-2, B.4).

    Raises `RefusedError`: 6D00 without a key, 6700 for a challenge of another length.
    """
    if key is None:
        raise RefusedError(StatusWord.INS_NOT_SUPPORTED)
    if len(challenge) != CHALLENGE_BYTES:
        raise RefusedError(StatusWord.WRONG_LENGTH)
    curve = key.variant.curve
    if curve is not None:
        r, s = sign_ecdsa(curve, key.scalar, hashlib.new(key.variant.digest, challenge).digest(), random)
        if der:
            return tlv.encode(0x30, _integer(r) + _integer(s))
        size = (curve.n.bit_length() + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    numbers = key.rsa_key.private_numbers()
    modulus = numbers.public_numbers.n
    size = (modulus.bit_length() + 7) // 8
    message = int.from_bytes(recoverable_message(key.variant, size, challenge, random), "big")
    signature = pow(message, numbers.d, modulus)
    return (min(signature, modulus - signature) if smaller else signature).to_bytes(size, "big")


def recoverable_message(
    variant: ActiveAuthenticationVariant, size: int, challenge: bytes, random: RandomSource
) -> bytes:
    """F of 6.1.2.2: 6A ‖ M1 ‖ H(M1 ‖ RND.IFD) ‖ trailer, as long as the modulus; M1 is the chip's own nonce."""
    trailer = _LONG_SHA1_TRAILER if variant.long_trailer else _TRAILERS[variant.digest]
    hashed = hashlib.new(variant.digest)
    nonce = random(size - len(_HEADER) - hashed.digest_size - len(trailer))
    hashed.update(nonce + challenge)
    return _HEADER + nonce + hashed.digest() + trailer


def sign_ecdsa(curve: Curve, private: int, digest: bytes, random: RandomSource) -> tuple[int, int]:
    """r and s (FIPS 186-5, 6.4.1), with the digest's leftmost bits if it is longer than the order."""
    e = int.from_bytes(digest, "big") >> max(0, len(digest) * 8 - curve.n.bit_length())
    while True:
        k = random_scalar(random, curve.n)
        point = curve.multiply(k, curve.g)
        assert point is not None
        r = point.x % curve.n
        s = pow(k, -1, curve.n) * (e + r * private) % curve.n
        if r and s:
            return r, s


def _integer(number: int) -> bytes:
    return tlv.encode(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
