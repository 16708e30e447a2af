"""Keys and signatures, wherever they stand."""

import contextlib

from cccd_reader.errors import ChipDataError
from cccd_reader.iso9796 import WrongSignatureError
from cccd_reader.iso9796 import verify_signature as verify_recovery
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, describe, parse_public_key
from cccd_reader.signatures import parse_signature_algorithm, verify_signature
from tests.fuzz.registry import target
from tests.fuzz.script import unpack

RSA_MODULUS = (1 << 1023) + 0x10000001
"""Odd, and of a size that is in use. With the exponent 1, which no key has, a signature opens to what it is."""


@target(max_len=2048, tlv=True)
def public_key(data: bytes) -> None:
    key = parse_public_key(data, "key")
    if isinstance(key, EcPublicKey):
        assert key.curve.contains(key.point)
    elif isinstance(key, DhPublicKey):
        assert 1 < key.y < key.p - 1
    assert len(describe(key)) < 40


@target(max_len=2048)
def signature(data: bytes) -> None:
    """Key, algorithm, message and signature, each with its length."""
    spki, algorithm, message, value = (*unpack(data), b"", b"", b"", b"")[:4]
    key = parse_public_key(spki, "key")
    chosen = parse_signature_algorithm(algorithm, "algorithm", "sha256")
    assert len(chosen.describe(key)) < 80
    verify_signature(key, chosen, message, value)


@target(max_len=256)
def message_recovery(data: bytes) -> None:
    """ISO/IEC 9796-2: the bytes are what the signature opens to. Only the hash of the message makes it right."""
    opened = data[:128].ljust(128, b"\x00")
    if not 0 < int.from_bytes(opened, "big") < RSA_MODULUS:
        raise ChipDataError("signature", "out of range")
    with contextlib.suppress(WrongSignatureError):
        verify_recovery(RSA_MODULUS, 1, opened, data[128:])
