"""ECDSA verification (FIPS 186-5, 6.4.2). The cryptographic library does it where it knows the curve; the group law of
`curves` does the others, which documents use all the same (brainpoolP192r1, P224r1, P320r1). Only public values are
involved."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from cccd_reader import der
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import ChipDataError
from cccd_reader.native_curves import native_curve

_BY_DIGEST_BYTES: dict[int, type[hashes.HashAlgorithm]] = {
    algorithm.digest_size: algorithm
    for algorithm in (hashes.SHA1, hashes.SHA224, hashes.SHA256, hashes.SHA384, hashes.SHA512)
}
"""Which hash made the digest does not matter to ECDSA; the library wants one with the right length."""


def decode_der_signature(signature: bytes) -> tuple[int, int] | None:
    """(r, s) of SEQUENCE {r, s} (RFC 3279, 2.2.3), or None."""
    try:
        numbers = der.sequence(signature, "signature")
        r, s = (der.integer(numbers.take(der.INTEGER), "signature", len(signature)) for _ in range(2))
        numbers.end()
    except ChipDataError:
        return None
    return r, s


def decode_plain_signature(curve: Curve, signature: bytes) -> tuple[int, int] | None:
    """(r, s) of r ‖ s, both as long as the order of the curve (TR-03111, 5.2.1), or None."""
    size = (curve.n.bit_length() + 7) // 8
    if len(signature) != 2 * size:
        return None
    return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")


def verify_numbers(curve: Curve, public: Point, digest: bytes, signature: tuple[int, int] | None) -> bool:
    """Whether (r, s) is a signature of `digest` by `public`, which must be on the curve. None is no signature."""
    if signature is None:
        return False
    r, s = signature
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    native, algorithm = native_curve(curve), _BY_DIGEST_BYTES.get(len(digest))
    if native is not None and algorithm is not None:
        try:
            key = ec.EllipticCurvePublicNumbers(public.x, public.y, native).public_key()
            key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(algorithm())))
        except InvalidSignature:
            return False
        except UnsupportedAlgorithm:
            pass  # this build of the library lacks the curve
        else:
            return True
    return _verify(curve, public, digest, r, s)


def _verify(curve: Curve, public: Point, digest: bytes, r: int, s: int) -> bool:
    # The leftmost bits of the digest, as many as the order has.
    excess = max(0, len(digest) * 8 - curve.n.bit_length())
    e = int.from_bytes(digest, "big") >> excess
    w = pow(s, -1, curve.n)
    point = curve.add(curve.multiply(e * w, curve.g), curve.multiply(r * w, public))
    return point is not None and point.x % curve.n == r
