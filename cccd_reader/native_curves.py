"""Which elliptic curves the cryptographic library computes on: fast and in constant time, unlike `curves`."""

from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader.curves import Curve

_NATIVE: dict[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp224r1": ec.SECP224R1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
}


def native_curve(curve: Curve) -> ec.EllipticCurve | None:
    """The library's name for the curve, or None. A build of the library may still raise `UnsupportedAlgorithm`."""
    native = _NATIVE.get(curve.name)
    return None if native is None else native()
