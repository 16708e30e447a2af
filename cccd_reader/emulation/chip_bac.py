"""The chip's side of basic access control (ICAO 9303-11, 4.3)."""

import hashlib
import hmac
from collections.abc import Callable

from cccd_reader import crypto
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_messaging import ChipSession
from cccd_reader.keys import MrzKey

NONCE_BYTES = 8
_KEY_BYTES = 16
CRYPTOGRAM_BYTES = 2 * NONCE_BYTES + _KEY_BYTES
_SUITE = CipherSuite.DES3


class ChipBac:
    """One challenge is good for one try (4.3.1): the next needs a new GET CHALLENGE."""

    def __init__(self, key: MrzKey, random: Callable[[int], bytes]) -> None:
        seed = hashlib.sha1(key.information, usedforsecurity=False).digest()[:_KEY_BYTES]
        self._k_enc = crypto.kdf(seed, crypto.KDF_ENC, _SUITE)
        self._k_mac = crypto.kdf(seed, crypto.KDF_MAC, _SUITE)
        self._random = random
        self._challenge: bytes | None = None

    @property
    def challenged(self) -> bool:
        return self._challenge is not None

    def challenge(self) -> bytes:
        """RND.IC."""
        self._challenge = self._random(NONCE_BYTES)
        return self._challenge

    def authenticate(self, data: bytes) -> tuple[bytes, ChipSession] | None:
        """The chip's proof and the session, for E.IFD ‖ M.IFD; None when they are not of this key and challenge."""
        rnd_ic, self._challenge = self._challenge, None
        sealed, code = data[:CRYPTOGRAM_BYTES], data[CRYPTOGRAM_BYTES:]
        if not hmac.compare_digest(crypto.mac(_SUITE, self._k_mac, sealed), code):
            return None
        opened = crypto.decrypt_cbc(_SUITE, self._k_enc, sealed)
        rnd_ifd, returned, k_ifd = opened[:8], opened[8:16], opened[16:]
        if rnd_ic is None or not hmac.compare_digest(returned, rnd_ic):
            return None
        k_ic = self._random(_KEY_BYTES)
        proof = crypto.encrypt_cbc(_SUITE, self._k_enc, rnd_ic + rnd_ifd + k_ic)
        seed = bytes(left ^ right for left, right in zip(k_ifd, k_ic, strict=True))
        session = ChipSession(
            _SUITE,
            crypto.kdf(seed, crypto.KDF_ENC, _SUITE),
            crypto.kdf(seed, crypto.KDF_MAC, _SUITE),
            rnd_ic[4:] + rnd_ifd[4:],
        )
        return proof + crypto.mac(_SUITE, self._k_mac, proof), session
