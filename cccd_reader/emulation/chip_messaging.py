"""The chip's side of secure messaging (ICAO 9303-11, 9.8): check the MAC, decrypt, answer under protection."""

import hmac
from dataclasses import dataclass

from cccd_reader import crypto, tlv
from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import ChipDataError

_CLA_SECURE = 0x0C
_DO87, _DO85, _DO97, _DO99, _DO8E = 0x87, 0x85, 0x97, 0x99, 0x8E
_PADDED = b"\x01"


class RefusedError(Exception):
    """A command that the chip refuses with `sw`, and with nothing else."""

    def __init__(self, sw: StatusWord) -> None:
        super().__init__(sw.name)
        self.sw = sw


class SecureMessagingError(RefusedError):
    """A command that ends the session besides; the answer goes without protection (9.8.3)."""


@dataclass(frozen=True, slots=True)
class _Objects:
    """The data objects of a protected command, in the order that 9.8.4 allows."""

    cryptogram: bytes | None
    le: bytes | None
    covered: bytes
    code: bytes


class ChipSession:
    """Keys and counter of one session. The counter steps once per command and once per answer."""

    def __init__(self, suite: CipherSuite, ks_enc: bytes, ks_mac: bytes, ssc: bytes = b"") -> None:
        self.suite = suite
        self._ks_enc = ks_enc
        self._ks_mac = ks_mac
        self._ssc = int.from_bytes(ssc, "big")

    @property
    def ssc(self) -> bytes:
        """One cipher block."""
        return self._ssc.to_bytes(self.suite.block_bytes, "big")

    def unwrap(self, command: CommandApdu) -> CommandApdu:
        """The command inside. Raises `SecureMessagingError`: 6987 for missing objects, 6988 for wrong ones."""
        self._step()
        objects = _split(command.data, odd=bool(command.ins & 1))
        # The header's class byte enters the MAC as it came, with the secure messaging bits.
        header = crypto.pad(command.header, self.suite.block_bytes)
        if not hmac.compare_digest(self._mac(header + objects.covered), objects.code):
            raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT)
        return CommandApdu(
            command.cla & ~_CLA_SECURE,
            command.ins,
            command.p1,
            command.p2,
            b"" if objects.cryptogram is None else self._decrypt(objects.cryptogram),
            _decode_le(objects.le),
            extended=command.extended,
        )

    def wrap(self, response: ResponseApdu) -> ResponseApdu:
        """The answer under protection: DO87 with the data if there is any, DO99 with the status word, DO8E."""
        self._step()
        objects = b""
        if response.data:
            padded = crypto.pad(response.data, self.suite.block_bytes)
            cryptogram = crypto.encrypt_cbc(self.suite, self._ks_enc, padded, self._iv())
            objects += tlv.encode(_DO87, _PADDED + cryptogram)
        objects += tlv.encode(_DO99, response.sw.to_bytes(2, "big"))
        return ResponseApdu(objects + tlv.encode(_DO8E, self._mac(objects)), response.sw)

    def wrapped_length(self, plain_bytes: int) -> int:
        """How long the data field of a protected answer to so many plain bytes is."""
        block = self.suite.block_bytes
        cryptogram = (plain_bytes // block + 1) * block + 1
        framed = len(tlv.encode(_DO87, bytes(cryptogram))) if plain_bytes else 0
        return framed + 4 + 2 + crypto.MAC_BYTES

    def _decrypt(self, cryptogram: bytes) -> bytes:
        try:
            return crypto.unpad(crypto.decrypt_cbc(self.suite, self._ks_enc, cryptogram, self._iv()))
        except ChipDataError:
            raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT) from None

    def _mac(self, message: bytes) -> bytes:
        padded = crypto.pad(self.ssc + message, self.suite.block_bytes)
        if self.suite is CipherSuite.DES3:
            return crypto.retail_mac(self._ks_mac, padded)
        return crypto.aes_cmac(self._ks_mac, padded)

    def _iv(self) -> bytes | None:
        if self.suite is CipherSuite.DES3:
            return None  # zero (9.8.6.1)
        return crypto.encrypt_block(self.suite, self._ks_enc, self.ssc)  # 9.8.7.2

    def _step(self) -> None:
        self._ssc = (self._ssc + 1) % (1 << 8 * self.suite.block_bytes)


def is_whole(data: bytes) -> bool:
    """Whether this is the data field of a protected command, and not a part of one that comes in several."""
    try:
        tags = [item.tag for item in tlv.iterate(data)]
    except ChipDataError:
        return False
    return tags[-1:] == [_DO8E]


def _split(data: bytes, *, odd: bool) -> _Objects:
    """[DO87 or DO85] [DO97] DO8E, and nothing else (9.8.4)."""
    try:
        found = list(tlv.iterate(data))
    except ChipDataError:
        raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT) from None
    if not found or found[-1].tag != _DO8E:
        raise SecureMessagingError(StatusWord.SM_OBJECTS_MISSING)
    code = found.pop()
    covered = b"".join(item.raw for item in found)
    cryptogram = None
    if found and found[0].tag == (_DO85 if odd else _DO87):
        cryptogram = found.pop(0).value
        if not odd:
            if cryptogram[:1] != _PADDED:
                raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT)
            cryptogram = cryptogram[1:]
    le = found.pop(0).value if found and found[0].tag == _DO97 else None
    if found:
        raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT)
    return _Objects(cryptogram, le, covered, code.value)


def _decode_le(le: bytes | None) -> int | None:
    if le is None:
        return None
    if len(le) not in (1, 2):
        raise SecureMessagingError(StatusWord.SM_OBJECTS_INCORRECT)
    return int.from_bytes(le, "big") or (SHORT_MAX_LE if len(le) == 1 else EXTENDED_MAX_LE)
