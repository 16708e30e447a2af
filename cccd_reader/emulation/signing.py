"""The keys of test authorities, and signing with them: every scheme that ICAO 9303-12, 4.4, allows a country."""

import hashlib
from enum import StrEnum

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cccd_reader import der, tlv
from cccd_reader.curve_table import BY_PARAMETER_ID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_RSA_BITS = 2048


class SignerKind(StrEnum):
    """A kind of key with its signature scheme: ECDSA on a curve, RSA with PKCS #1 v1.5, or RSASSA-PSS."""

    EC = "ec"
    """ECDSA on brainpoolP256r1."""
    RSA = "rsa"
    RSA_PSS = "rsa-pss"
    P256 = "p256"
    P384 = "p384"
    P521 = "p521"
    BRAINPOOL_P256 = "brainpool-p256"
    BRAINPOOL_P384 = "brainpool-p384"
    BRAINPOOL_P512 = "brainpool-p512"


_CURVES: dict[SignerKind, type[ec.EllipticCurve]] = {
    SignerKind.EC: ec.BrainpoolP256R1,
    SignerKind.P256: ec.SECP256R1,
    SignerKind.P384: ec.SECP384R1,
    SignerKind.P521: ec.SECP521R1,
    SignerKind.BRAINPOOL_P256: ec.BrainpoolP256R1,
    SignerKind.BRAINPOOL_P384: ec.BrainpoolP384R1,
    SignerKind.BRAINPOOL_P512: ec.BrainpoolP512R1,
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_HASH_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_RSA_OIDS = {
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_ECDSA_OIDS = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_NULL = b"\x05\x00"


def generate_key(kind: SignerKind) -> PrivateKey:
    curve = _CURVES.get(kind)
    if curve is not None:
        return ec.generate_private_key(curve())
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def sign(key: PrivateKey, kind: SignerKind, hash_name: str, message: bytes) -> bytes:
    algorithm = _HASHES[hash_name]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(algorithm))
    if kind is SignerKind.RSA_PSS:
        return key.sign(message, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return key.sign(message, padding.PKCS1v15(), algorithm)


def hash_identifier(hash_name: str) -> bytes:
    """The AlgorithmIdentifier of a hash function."""
    return algorithm_identifier(_HASH_OIDS[hash_name], _NULL if hash_name == "sha1" else b"")


def signature_identifier(kind: SignerKind, hash_name: str) -> bytes:
    """The AlgorithmIdentifier of the scheme with the hash."""
    if kind in _CURVES:
        return algorithm_identifier(_ECDSA_OIDS[hash_name])
    if kind is SignerKind.RSA:
        return algorithm_identifier(_RSA_OIDS[hash_name], _NULL)
    salt = bytes([_HASHES[hash_name]().digest_size])
    mask = algorithm_identifier("1.2.840.113549.1.1.8", hash_identifier(hash_name))
    parameters = (
        tlv.encode(0xA0, hash_identifier(hash_name))
        + tlv.encode(0xA1, mask)
        + tlv.encode(0xA2, tlv.encode(der.INTEGER, salt))
    )
    return algorithm_identifier("1.2.840.113549.1.1.10", tlv.encode(der.SEQUENCE, parameters))


def public_key_info(key: PrivateKey, *, explicit: bool = False) -> bytes:
    """The SubjectPublicKeyInfo; with `explicit`, all parameters of the curve are spelled out, as most countries do."""
    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not explicit or isinstance(key, rsa.RSAPrivateKey):
        return info
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    algorithm = algorithm_identifier("1.2.840.10045.2.1", explicit_parameters(key.curve.name))
    return tlv.encode(der.SEQUENCE, algorithm + tlv.encode(der.BIT_STRING, b"\x00" + point))


def explicit_parameters(curve_name: str) -> bytes:
    """SpecifiedECDomain (TR-03111, 2.1) of a standardized curve."""
    curve = next(curve for curve in BY_PARAMETER_ID.values() if curve.name.lower() == curve_name.lower())
    size = curve.field_bytes
    field = algorithm_identifier("1.2.840.10045.1.1", integer(curve.p))
    coefficients = b"".join(tlv.encode(der.OCTET_STRING, n.to_bytes(size, "big")) for n in (curve.a, curve.b))
    base = tlv.encode(der.OCTET_STRING, curve.encode(curve.g))
    body = integer(1) + field + tlv.encode(der.SEQUENCE, coefficients) + base + integer(curve.n) + integer(1)
    return tlv.encode(der.SEQUENCE, body)


def key_identifier(public_info: bytes) -> bytes:
    """SHA-1 of the key's bits (RFC 5280, 4.2.1.2)."""
    bits = list(tlv.iterate(tlv.decode(public_info).value))[1].value[1:]
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def algorithm_identifier(dotted: str, parameters: bytes = b"") -> bytes:
    return tlv.encode(der.SEQUENCE, tlv.encode(der.OID, der.encode_oid(dotted)) + parameters)


def integer(value: int) -> bytes:
    """A DER INTEGER of a number that is not negative."""
    return tlv.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
