"""Basic access control (ICAO 9303-11, 4.3): 3DES session keys from the printed data. The older of the two ways in."""

import hashlib
import hmac
import os
from collections.abc import Callable

from cccd_reader import crypto
from cccd_reader.apdu import CommandApdu, ResponseApdu, StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import MrzKey
from cccd_reader.secure_messaging import SecureChannel, session_keys

PROTOCOL = "BAC"

INS_GET_CHALLENGE = 0x84
INS_EXTERNAL_AUTHENTICATE = 0x82
NONCE_BYTES = 8
KEY_BYTES = 16
_CRYPTOGRAM_BYTES = 2 * NONCE_BYTES + KEY_BYTES

Send = Callable[[CommandApdu], ResponseApdu]


def access_keys(key: MrzKey) -> tuple[bytes, bytes]:
    """(K_enc, K_mac) from the MRZ information (9.7.2)."""
    seed = hashlib.sha1(key.information, usedforsecurity=False).digest()[:KEY_BYTES]
    return session_keys(CipherSuite.DES3, seed)


def run_bac(send: Send, key: MrzKey, *, random: Callable[[int], bytes] = os.urandom) -> SecureChannel:
    """Agree session keys with the selected eMRTD application.

    Raises `CardError`: wrong_key when the chip refuses the key, bad_answer when it does not keep to the protocol.
    """
    k_enc, k_mac = access_keys(key)
    challenge = send(CommandApdu(0x00, INS_GET_CHALLENGE, 0, 0, le=NONCE_BYTES))
    if not challenge.ok or len(challenge.data) != NONCE_BYTES:
        raise CardError(CardErrorCode.BAD_ANSWER, "no challenge", file=PROTOCOL, sw=challenge.sw)
    rnd_ic = challenge.data
    rnd_ifd, k_ifd = random(NONCE_BYTES), random(KEY_BYTES)
    cryptogram = crypto.encrypt_cbc(CipherSuite.DES3, k_enc, rnd_ifd + rnd_ic + k_ifd)
    data = cryptogram + crypto.mac(CipherSuite.DES3, k_mac, cryptogram)
    answer = send(CommandApdu(0x00, INS_EXTERNAL_AUTHENTICATE, 0, 0, data, le=len(data)))
    # 63xx is what the standard names; chips built on other applets answer 6982 to a wrong key.
    if answer.sw >> 8 == 0x63 or answer.sw == StatusWord.SECURITY_STATUS:
        raise CardError(CardErrorCode.WRONG_KEY, "the chip refuses the key", file=PROTOCOL, sw=answer.sw)
    if not answer.ok or len(answer.data) != _CRYPTOGRAM_BYTES + crypto.MAC_BYTES:
        raise CardError(CardErrorCode.BAD_ANSWER, "no proof of the chip", file=PROTOCOL, sw=answer.sw)
    sealed, code = answer.data[:_CRYPTOGRAM_BYTES], answer.data[_CRYPTOGRAM_BYTES:]
    if not hmac.compare_digest(crypto.mac(CipherSuite.DES3, k_mac, sealed), code):
        raise CardError(CardErrorCode.BAD_ANSWER, "the MAC of the chip's proof is wrong", file=PROTOCOL)
    proof = crypto.decrypt_cbc(CipherSuite.DES3, k_enc, sealed)
    if proof[: 2 * NONCE_BYTES] != rnd_ic + rnd_ifd:
        raise CardError(CardErrorCode.BAD_ANSWER, "the chip's proof is of other nonces", file=PROTOCOL)
    k_ic = proof[2 * NONCE_BYTES :]
    seed = bytes(left ^ right for left, right in zip(k_ifd, k_ic, strict=True))
    ks_enc, ks_mac = session_keys(CipherSuite.DES3, seed)
    return SecureChannel(CipherSuite.DES3, ks_enc, ks_mac, rnd_ic[4:] + rnd_ifd[4:])
