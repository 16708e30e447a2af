"""Signatures of documents, certificates and lists (ICAO 9303-12, 4.4): RSA PKCS #1 v1.5, RSASSA-PSS and ECDSA.

An AlgorithmIdentifier names the scheme and the hash; RSASSA-PSS has its own parameters (RFC 4055, 3.1).
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cccd_reader import der, ecdsa, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.public_keys import EcPublicKey, PublicKey, UnsupportedKeyError

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,  # old documents are signed with it; the verdict names the algorithm
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
HASH_OIDS = {
    der.encode_oid("1.3.14.3.2.26"): "sha1",
    der.encode_oid("2.16.840.1.101.3.4.2.4"): "sha224",
    der.encode_oid("2.16.840.1.101.3.4.2.1"): "sha256",
    der.encode_oid("2.16.840.1.101.3.4.2.2"): "sha384",
    der.encode_oid("2.16.840.1.101.3.4.2.3"): "sha512",
}
"""The hash functions of 9303-12, 4.4.4, by the content of their object identifiers, as `hashlib` calls them."""


class Scheme(StrEnum):
    RSA = "RSA"
    RSASSA_PSS = "RSASSA-PSS"
    ECDSA = "ECDSA"
    ECDSA_PLAIN = "ECDSA plain"
    """r ‖ s instead of SEQUENCE {r, s} (TR-03111, 5.2.1)."""


_PSS = der.encode_oid("1.2.840.113549.1.1.10")
_MGF1 = der.encode_oid("1.2.840.113549.1.1.8")
_WITHOUT_HASH = {
    der.encode_oid("1.2.840.113549.1.1.1"): Scheme.RSA,
    der.encode_oid("1.2.840.10045.2.1"): Scheme.ECDSA,  # a key's identifier, but signers write it
}
_WITH_HASH = {
    der.encode_oid(f"{arc}.{last}"): (scheme, hash_name)
    for arc, scheme, names in (
        ("1.2.840.113549.1.1", Scheme.RSA, {5: "sha1", 14: "sha224", 11: "sha256", 12: "sha384", 13: "sha512"}),
        ("1.3.14.3.2", Scheme.RSA, {29: "sha1"}),
        ("1.2.840.10045.4", Scheme.ECDSA, {1: "sha1"}),
        ("1.2.840.10045.4.3", Scheme.ECDSA, {1: "sha224", 2: "sha256", 3: "sha384", 4: "sha512"}),
        (
            "0.4.0.127.0.7.1.1.4.1",
            Scheme.ECDSA_PLAIN,
            {1: "sha1", 2: "sha224", 3: "sha256", 4: "sha384", 5: "sha512"},
        ),
    )
    for last, hash_name in names.items()
}
_PSS_DEFAULT_SALT_BYTES = 20
_MAX_SALT_BYTES = 2048


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A scheme with its hash; for RSASSA-PSS also the hash of the mask generation and the salt's length in bytes."""

    scheme: Scheme
    hash_name: str
    mask_hash: str = ""
    salt_bytes: int = 0

    def describe(self, key: PublicKey) -> str:
        """ "ECDSA brainpoolP256r1 sha256", "RSASSA-PSS 4096 sha256": for a verdict's reason."""
        size = key.curve.name if isinstance(key, EcPublicKey) else getattr(key, "key_size", "?")
        return f"{self.scheme} {size} {self.hash_name}"


def parse_hash(identifier: bytes, what: str) -> str:
    """The name, for `hashlib`, of the hash function in a DER AlgorithmIdentifier. `UnsupportedKeyError` for others."""
    algorithm = der.oid(der.sequence(identifier, what).take(der.OID), what)
    name = HASH_OIDS.get(algorithm)
    if name is None:
        raise UnsupportedKeyError(what, f"hash algorithm {der.dotted(algorithm)}")
    return name


def parse_signature_algorithm(identifier: bytes, what: str, digest: str | None = None) -> SignatureAlgorithm:
    """The scheme in a DER AlgorithmIdentifier. `digest` is the hash for identifiers that name none, as CMS allows.

    Whatever follows in the identifier is passed over: some certificates repeat their key's curve there.
    Raises `ChipDataError` for malformed ones and `UnsupportedKeyError` for schemes outside 9303-12.
    """
    parts = der.sequence(identifier, what)
    algorithm = der.oid(parts.take(der.OID), what)
    if algorithm in _WITH_HASH:
        return SignatureAlgorithm(*_WITH_HASH[algorithm])
    if algorithm in _WITHOUT_HASH and digest is not None:
        return SignatureAlgorithm(_WITHOUT_HASH[algorithm], digest)
    if algorithm == _PSS:
        return _parse_pss(parts.take(der.SEQUENCE), what)
    raise UnsupportedKeyError(what, f"signature algorithm {der.dotted(algorithm)}")


def verify_signature(
    key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes, what: str = "signature"
) -> bool:
    """Whether `signature` is of `message` by `key`.

    Raises `ChipDataError` when the key is of another kind than the algorithm, `UnsupportedKeyError` when the
    cryptographic library refuses the algorithm (SHA-1, say, under a system policy).
    """
    if algorithm.scheme in (Scheme.ECDSA, Scheme.ECDSA_PLAIN):
        if not isinstance(key, EcPublicKey):
            raise ChipDataError(what, "the key is not of the signature's kind")
        digest = hashlib.new(algorithm.hash_name, message, usedforsecurity=False).digest()
        if algorithm.scheme is Scheme.ECDSA:
            numbers = ecdsa.decode_der_signature(signature)
        else:
            numbers = ecdsa.decode_plain_signature(key.curve, signature)
        return ecdsa.verify_numbers(key.curve, key.point, digest, numbers)
    if not isinstance(key, RSAPublicKey):
        raise ChipDataError(what, "the key is not of the signature's kind")
    try:
        key.verify(signature, message, _padding(algorithm), _HASHES[algorithm.hash_name]())
    except InvalidSignature:
        return False
    except ValueError:  # a modulus too short for the hash
        return False
    except UnsupportedAlgorithm as error:
        raise UnsupportedKeyError(what, "algorithm unknown to the cryptographic library") from error
    return True


def _padding(algorithm: SignatureAlgorithm) -> padding.PKCS1v15 | padding.PSS:
    if algorithm.scheme is Scheme.RSA:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_HASHES[algorithm.mask_hash]()), algorithm.salt_bytes)


def _parse_pss(parameters: tlv.Tlv, what: str) -> SignatureAlgorithm:
    """RSASSA-PSS-params (RFC 4055, 3.1); each has a default that comes from the days of SHA-1."""
    parts = der.fields(parameters, what)
    hash_name = mask_hash = "sha1"
    salt_bytes = _PSS_DEFAULT_SALT_BYTES
    if item := parts.optional(0xA0):
        hash_name = parse_hash(item.value, what)
    if item := parts.optional(0xA1):
        mask = der.sequence(item.value, what)
        function = der.oid(mask.take(der.OID), what)
        if function != _MGF1:
            raise UnsupportedKeyError(what, f"mask generation function {der.dotted(function)}")
        mask_hash = parse_hash(mask.take(der.SEQUENCE).raw, what)
    if item := parts.optional(0xA2):
        salt_bytes = der.integer(tlv.decode(item.value, what, der.INTEGER), what, 2)
        if not 0 <= salt_bytes <= _MAX_SALT_BYTES:
            raise ChipDataError(what, "the salt's length is out of range")
    if (item := parts.optional(0xA3)) and der.integer(tlv.decode(item.value, what, der.INTEGER), what, 2) != 1:
        raise UnsupportedKeyError(what, "a trailer field that is not 1")
    parts.end()
    return SignatureAlgorithm(Scheme.RSASSA_PSS, hash_name, mask_hash, salt_bytes)
