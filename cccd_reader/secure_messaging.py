"""The terminal's side of secure messaging (ICAO 9303-11, 9.8): encrypt, then authenticate with a running counter."""

import hmac

from cccd_reader import crypto, tlv
from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError

CLA_SECURE = 0x0C
DO_CRYPTOGRAM = 0x87
DO_CRYPTOGRAM_ODD_INS = 0x85
DO_LE = 0x97
DO_STATUS = 0x99
DO_MAC = 0x8E
_PADDING_INDICATOR = b"\x01"

_CONTENTS: tuple[list[int], ...] = ([], [DO_CRYPTOGRAM], [DO_CRYPTOGRAM_ODD_INS])
"""What may stand before DO99 and DO8E in an answer (9.8.4). Which of the two, the instruction decides; chips that
mistake one for the other are understood."""


def session_keys(suite: CipherSuite, secret: bytes) -> tuple[bytes, bytes]:
    """(KSenc, KSmac) from the secret that PACE, BAC or chip authentication agreed (9.7.1)."""
    return crypto.kdf(secret, crypto.KDF_ENC, suite), crypto.kdf(secret, crypto.KDF_MAC, suite)


class SecureChannel:
    """Session keys and the counter of one session, from the terminal's side. The keys are dropped when it ends.

    `ssc` is the counter's first value: RND.IC[4:8] ‖ RND.IFD[4:8] after BAC, zero after PACE and chip authentication.
    An answer that is not authentic, or that comes without protection, ends the session (9.8.3, 9.8.5): every later call
    raises `CardError(secure_messaging)`.
    """

    def __init__(self, suite: CipherSuite, ks_enc: bytes, ks_mac: bytes, ssc: bytes | None = None) -> None:
        self.suite = suite
        self._ks_enc = ks_enc
        self._ks_mac = ks_mac
        self._ssc = int.from_bytes(ssc or b"", "big")
        self._alive = True

    def __repr__(self) -> str:
        return f"SecureChannel({self.suite.label}, alive={self._alive})"

    @property
    def alive(self) -> bool:
        return self._alive

    def end(self) -> None:
        """No more commands, and the keys are dropped: at the session's end, or when the two sides' counters part."""
        self._alive = False
        self._ks_enc = self._ks_mac = b""

    @property
    def ssc(self) -> bytes:
        """The counter as the MAC takes it: one cipher block."""
        return self._ssc.to_bytes(self.suite.block_bytes, "big")

    def protect(self, command: CommandApdu) -> CommandApdu:
        """The command as it goes over the air (9.8.4)."""
        if not self._alive:
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the session has ended")
        self._step()
        block = self.suite.block_bytes
        masked = CommandApdu(command.cla | CLA_SECURE, command.ins, command.p1, command.p2)
        objects = b""
        if command.data:
            cryptogram = crypto.encrypt_cbc(self.suite, self._ks_enc, crypto.pad(command.data, block), self._iv())
            if command.ins & 1:
                objects += tlv.encode(DO_CRYPTOGRAM_ODD_INS, cryptogram)
            else:
                objects += tlv.encode(DO_CRYPTOGRAM, _PADDING_INDICATOR + cryptogram)
        if command.le is not None:
            objects += tlv.encode(DO_LE, _encode_le(command))
        code = self._mac(crypto.pad(masked.header, block) + objects)
        data = objects + tlv.encode(DO_MAC, code)
        extended = command.is_extended or len(data) > 255
        return CommandApdu(
            masked.cla,
            masked.ins,
            masked.p1,
            masked.p2,
            data,
            le=EXTENDED_MAX_LE if extended else SHORT_MAX_LE,
            extended=extended,
        )

    def unprotect(self, response: ResponseApdu) -> ResponseApdu:
        """The plain answer. The MAC is checked before anything is decrypted (9.8.1)."""
        if not self._alive:
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the session has ended")
        self._step()
        try:
            return self._open(response)
        except CardError as error:
            self.end()
            if error.code is CardErrorCode.SECURE_MESSAGING:
                raise
            raise CardError(CardErrorCode.SECURE_MESSAGING, error.detail, sw=response.sw) from error

    def _open(self, response: ResponseApdu) -> ResponseApdu:
        objects = list(tlv.iterate(response.data, "secure messaging"))
        if [found.tag for found in objects[-2:]] != [DO_STATUS, DO_MAC]:
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the answer is not protected", sw=response.sw)
        *content, status, code = objects
        if [found.tag for found in content] not in _CONTENTS:
            raise CardError(
                CardErrorCode.SECURE_MESSAGING, "the answer has unknown objects, or not in order", sw=response.sw
            )
        covered = response.data[: -len(code.raw)]
        # The length is compared with the value, so a MAC that is cut short is a wrong one.
        if not hmac.compare_digest(self._mac(covered), code.value):
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the MAC of the answer is wrong", sw=response.sw)
        sw = int.from_bytes(status.value, "big")
        if len(status.value) != 2 or sw != response.sw:
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the protected status word differs", sw=response.sw)
        return ResponseApdu(self._decrypt(content[0]) if content else b"", sw)

    def _decrypt(self, content: tlv.Tlv) -> bytes:
        cryptogram = content.value
        if content.tag == DO_CRYPTOGRAM:
            if cryptogram[:1] != _PADDING_INDICATOR:
                raise ChipDataError("DO87", "the padding indicator is not 01")
            cryptogram = cryptogram[1:]
        plain = crypto.decrypt_cbc(self.suite, self._ks_enc, cryptogram, self._iv())
        return crypto.unpad(plain, "DO87", block_bytes=self.suite.block_bytes)

    def _mac(self, message: bytes) -> bytes:
        padded = crypto.pad(self.ssc + message, self.suite.block_bytes)
        if self.suite is CipherSuite.DES3:
            return crypto.retail_mac(self._ks_mac, padded)
        return crypto.aes_cmac(self._ks_mac, padded)

    def _iv(self) -> bytes | None:
        # 3DES sessions start every message from a zero IV (9.8.6.1), AES sessions from the encrypted counter (9.8.7.1).
        if self.suite is CipherSuite.DES3:
            return None
        return crypto.encrypt_block(self.suite, self._ks_enc, self.ssc)

    def _step(self) -> None:
        self._ssc = (self._ssc + 1) % (1 << 8 * self.suite.block_bytes)


def _encode_le(command: CommandApdu) -> bytes:
    assert command.le is not None
    if command.is_extended:
        return (command.le % EXTENDED_MAX_LE).to_bytes(2, "big")
    return bytes([command.le % SHORT_MAX_LE])
