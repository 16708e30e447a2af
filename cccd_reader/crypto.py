"""The symmetric primitives of ICAO 9303-11: key derivation (9.7.1), the four cipher suites, MACs and padding."""

import hashlib
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from cccd_reader.errors import ChipDataError

MAC_BYTES = 8
"""Both MACs of secure messaging are cut to, or are, eight bytes (9.8.6.2, 9.8.7.2)."""

KDF_ENC = 1
KDF_MAC = 2
KDF_PASSWORD = 3
"""The counters of 9.7.1: encryption key, MAC key, key from a password."""


class CipherSuite(Enum):
    """Cipher and MAC of a session: (name, key bytes, block bytes)."""

    DES3 = ("3DES", 16, 8)
    AES128 = ("AES-128", 16, 16)
    AES192 = ("AES-192", 24, 16)
    AES256 = ("AES-256", 32, 16)

    def __init__(self, label: str, key_bytes: int, block_bytes: int) -> None:
        self.label = label
        self.key_bytes = key_bytes
        self.block_bytes = block_bytes


def kdf(secret: bytes, counter: int, suite: CipherSuite) -> bytes:
    """KDF(K, c) of 9.7.1: SHA-1 for 3DES and AES-128, SHA-256 above."""
    message = secret + counter.to_bytes(4, "big")
    if suite in (CipherSuite.DES3, CipherSuite.AES128):
        key = hashlib.sha1(message, usedforsecurity=False).digest()[: suite.key_bytes]
    else:
        key = hashlib.sha256(message).digest()[: suite.key_bytes]
    return with_odd_parity(key) if suite is CipherSuite.DES3 else key


def with_odd_parity(key: bytes) -> bytes:
    """DES parity: the lowest bit of every byte makes its number of ones odd."""
    return bytes((byte & 0xFE) | (((byte >> 1).bit_count() & 1) ^ 1) for byte in key)


def pad(data: bytes, block_bytes: int) -> bytes:
    """ISO/IEC 9797-1 padding method 2: 80, then zeros to a whole block. Always adds at least one byte."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block_bytes)


def unpad(data: bytes, what: str = "padding", *, block_bytes: int = 16) -> bytes:
    """The reverse of `pad`. `ChipDataError` for other padding, and for more of it than fills a block."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= block_bytes:
        raise ChipDataError(what, "the padding is not 80 00… to the end of the block")
    return stripped[:-1]


def encrypt_cbc(suite: CipherSuite, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks; the IV is zero unless given."""
    worker = Cipher(_algorithm(suite, key), modes.CBC(iv or bytes(suite.block_bytes))).encryptor()
    return worker.update(data) + worker.finalize()


def decrypt_cbc(suite: CipherSuite, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks. Bytes that are no whole number of blocks are `ChipDataError`: they come from a card."""
    if len(data) % suite.block_bytes:
        raise ChipDataError("cryptogram", "the length is no whole number of blocks")
    worker = Cipher(_algorithm(suite, key), modes.CBC(iv or bytes(suite.block_bytes))).decryptor()
    return worker.update(data) + worker.finalize()


def encrypt_block(suite: CipherSuite, key: bytes, block: bytes) -> bytes:
    """One block: how AES sessions make their IV from the send sequence counter (9.8.7.1)."""
    # One block of CBC with a zero IV is one block of ECB.
    return encrypt_cbc(suite, key, block)


def mac(suite: CipherSuite, key: bytes, data: bytes) -> bytes:
    """The eight-byte MAC of the suite over a message of any length, as BAC and the token of PACE take it.

    For 3DES the data is padded here, as ISO/IEC 9797-1 algorithm 3 needs it; AES-CMAC needs none.
    """
    if suite is CipherSuite.DES3:
        return retail_mac(key, pad(data, suite.block_bytes))
    return aes_cmac(key, data)


def retail_mac(key: bytes, padded: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES, zero IV; `padded` is at least one whole block."""
    first, second = key[:8], key[8:16]
    head, last = padded[:-8], padded[-8:]
    # Single DES is 3DES with one key three times; the last block alone takes all three steps.
    chain = bytes(8)
    if head:
        chain = _des_cbc(first * 3, head)[-8:]
    final = bytes(left ^ right for left, right in zip(chain, last, strict=True))
    return _des_cbc(first + second + first, final)


def aes_cmac(key: bytes, data: bytes) -> bytes:
    """AES-CMAC (NIST SP 800-38B) cut to eight bytes."""
    worker = CMAC(AES(key))
    worker.update(data)
    return worker.finalize()[:MAC_BYTES]


def _des_cbc(key24: bytes, data: bytes) -> bytes:
    worker = Cipher(TripleDES(key24), modes.CBC(bytes(8))).encryptor()
    return worker.update(data) + worker.finalize()


def _algorithm(suite: CipherSuite, key: bytes) -> BlockCipherAlgorithm:
    if suite is CipherSuite.DES3:
        return TripleDES(key + key[:8])
    return AES(key)
