"""ECDSA verification (FIPS 186-5, 6.4.2) on any `Curve`: documents use curves that the cryptographic library lacks
(brainpoolP192r1, P224r1, P320r1) and explicit parameters that it refuses. Only public values are involved."""

from cccd_reader import tlv
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import ChipDataError


def verify_ecdsa(curve: Curve, public: Point, digest: bytes, signature: bytes) -> bool:
    """Whether `signature`, SEQUENCE {r, s}, is of `digest` by `public`, which must be on the curve."""
    try:
        parts = list(tlv.iterate(tlv.decode(signature, "signature", 0x30).value, "signature"))
    except ChipDataError:
        return False
    if [part.tag for part in parts] != [0x02, 0x02]:
        return False
    r, s = (int.from_bytes(part.value, "big", signed=True) for part in parts)
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    # The leftmost bits of the digest, as many as the order has.
    excess = max(0, len(digest) * 8 - curve.n.bit_length())
    e = int.from_bytes(digest, "big") >> excess
    w = pow(s, -1, curve.n)
    point = curve.add(curve.multiply(e * w, curve.g), curve.multiply(r * w, public))
    return point is not None and point.x % curve.n == r
