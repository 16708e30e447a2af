"""RSA signatures with message recovery: ISO/IEC 9796-2, digital signature scheme 1, as active authentication uses them
(ICAO 9303-11, 6.1.2.3).

The signature S opens to the message representative F = S^e mod n:

    6A ‖ M1 ‖ H(M1 ‖ M2) ‖ trailer        M2 is not in the signature (partial recovery)
    4A ‖ M ‖ H(M) ‖ trailer                the whole message is (total recovery)

Either header may be lengthened by padding nibbles B before its closing A. The trailer is BC for SHA-1, or two bytes
that name the hash (ISO/IEC 10118-3) and end with CC.
"""

import hashlib
import hmac

_TRAILER_IMPLICIT = b"\xbc"
_HASHES_BY_TRAILER = {
    b"\x33\xcc": "sha1",
    b"\x34\xcc": "sha256",
    b"\x35\xcc": "sha512",
    b"\x36\xcc": "sha384",
    b"\x38\xcc": "sha224",
}
"""Every hash of 9303-11, 6.1.2.3. A trailer that names another one is a wrong signature and no unknown algorithm:
otherwise a copied card could choose how its failure is called, by trying values of S until F ends as it likes."""

_HEADER_BITS, _HEADER = 0xC0, 0x40
_MORE_DATA = 0x20
_NIBBLE_PADDING, _NIBBLE_END = 0xB, 0xA


class WrongSignatureError(Exception):
    """The signature is not of this message by this key; the text says which rule is broken."""


def verify_signature(modulus: int, exponent: int, signature: bytes, message_end: bytes) -> str:
    """The name of the hash ("sha256") of a right signature over a message that ends with `message_end`.

    `modulus` has a whole number of bytes, and `signature` as many. What stands before `message_end` in the message is
    the signer's choice and comes out of the signature. Raises `WrongSignatureError` for any other signature.
    """
    representative = _open(modulus, exponent, signature)
    hash_name, trailer_bytes = _trailer(representative)
    digest_bytes = hashlib.new(hash_name, usedforsecurity=False).digest_size
    start = _message_start(representative)
    end = len(representative) - trailer_bytes - digest_bytes
    if end < start:
        raise WrongSignatureError("the signature is too short for its hash")
    message, digest = representative[start:end], representative[end : end + digest_bytes]
    if representative[0] & _MORE_DATA:
        message += message_end
    elif not message.endswith(message_end):
        raise WrongSignatureError("the recovered message is another one")
    if not hmac.compare_digest(hashlib.new(hash_name, message, usedforsecurity=False).digest(), digest):
        raise WrongSignatureError("the hash in the signature is of another message")
    return hash_name


def _open(modulus: int, exponent: int, signature: bytes) -> bytes:
    """F. A signer may give the smaller of S and n − S (ISO/IEC 9796-2, 7.2.2), which opens to n − F: as n is odd, only
    one of the two ends with the trailer's last nibble C."""
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        raise WrongSignatureError(f"the signature has {len(signature)} bytes, and the key {size}")
    value = int.from_bytes(signature, "big")
    if not 0 < value < modulus:
        raise WrongSignatureError("the signature is no number below the modulus")
    opened = pow(value, exponent, modulus)
    if opened & 0xF != 0xC:
        opened = modulus - opened
    return opened.to_bytes(size, "big")


def _trailer(representative: bytes) -> tuple[str, int]:
    """The hash that the trailer stands for, and the trailer's length."""
    if representative.endswith(_TRAILER_IMPLICIT):
        return "sha1", len(_TRAILER_IMPLICIT)
    trailer = representative[-2:]
    if trailer not in _HASHES_BY_TRAILER:
        raise WrongSignatureError("the signature does not end with a trailer")
    return _HASHES_BY_TRAILER[trailer], len(trailer)


def _message_start(representative: bytes) -> int:
    """Where the header ends: 01, the more-data bit and a zero, then nibbles B until one nibble A."""
    if representative[0] & (_HEADER_BITS | 0x10) != _HEADER:
        raise WrongSignatureError("the signature does not begin with a header")
    for position, byte in enumerate(representative):
        if byte & 0xF == _NIBBLE_END and (position == 0 or byte >> 4 == _NIBBLE_PADDING):
            return position + 1
        if byte & 0xF != _NIBBLE_PADDING or (position and byte >> 4 != _NIBBLE_PADDING):
            break
    raise WrongSignatureError("the header of the signature does not end")
