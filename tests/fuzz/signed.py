"""What is signed, and signatures themselves."""

import contextlib

from cccd_reader import tlv
from cccd_reader.ber import to_definite
from cccd_reader.errors import ChipDataError
from cccd_reader.iso9796 import WrongSignatureError
from cccd_reader.iso9796 import verify_signature as verify_recovery
from cccd_reader.lds.card_security import parse_card_security
from cccd_reader.lds.sod import compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature as verify_sod
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.public_keys import parse_public_key
from cccd_reader.signatures import parse_signature_algorithm, verify_signature
from cccd_reader.verdict import CheckState
from tests.fuzz.registry import target
from tests.fuzz.script import unpack

RSA_MODULUS = (1 << 1023) + 0x10000001
"""Odd, and of a size that is in use. With the exponent 1, which no key has, a signature opens to what it is."""


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


@target(max_len=2048)
def ber(data: bytes) -> None:
    """Indefinite lengths and strings in pieces, as some issuers write CMS."""
    definite = to_definite(data, "BER")
    assert len(definite) <= 2 * len(data)
    assert tlv.decode(definite).raw == definite
    assert to_definite(definite, "BER") == definite


@target(max_len=8192, tlv=True)
def sod(data: bytes) -> None:
    """A wrong signature, an unknown algorithm and malformed CMS are all verdicts, never an error."""
    found = parse_sod(data)
    assert len(found.signed_data.content) < len(data)
    assert found.hashes.keys() <= set(range(1, 17))
    assert compare_hashes(found, {1: data}).state is CheckState.FAILED
    assert len(verify_sod(found).reason) < 300


@target(max_len=8192, tlv=True)
def card_security(data: bytes) -> None:
    found = parse_card_security(data)
    assert len(found.signed_data.content) < len(data)
    assert len(found.verify().algorithm) < 80


@target(max_len=8192, tlv=True)
def certificate(data: bytes) -> None:
    """All that it says, and whether it signed itself."""
    found = parse_certificate(data, "certificate")
    assert found.signed in found.raw
    assert found.raw in data
    assert len(repr(found)) < 200 + 4 * len(data)
    properties = (name for name, value in vars(Certificate).items() if isinstance(value, property))
    for name in properties:
        getattr(found, name)
    found.signed_by(found.public_key())
