"""The chip's side of PACE for the tests: every mapping, group and cipher, written from ICAO 9303-11 and apart from the
reader. What it shares with it are the groups and the ciphers, which have tests of their own."""

import hashlib
from collections.abc import Callable
from typing import Any

from cccd_reader import crypto, tlv
from cccd_reader.agreement import DhGroup, Group
from cccd_reader.apdu import CommandApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.keys import Can, MrzKey
from cccd_reader.lds.security_infos import Mapping, PaceInfo

C0_C1 = {
    16: ("A668892A7C41E3CA739F40B057D85904", "A4E136AC725F738B01C1F60217C188AD"),
    32: (
        "D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676",
        "54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517",
    ),
}


class PaceChip:
    """Answers MSE:Set AT and GENERAL AUTHENTICATE. `change` sees the objects of each answer by the tag that comes first
    and may return others; `static` is the private key of chip authentication mapping."""

    def __init__(self, info: PaceInfo, password: Can | MrzKey, *, static: int = 0x5A5A5A5A5A5A5A5A) -> None:
        group = info.group
        assert group is not None
        self.info, self.group = info, group
        self._any: Group[Any] = group
        self.static = static
        if isinstance(password, Can):
            secret = password.digits.encode()
        else:
            secret = hashlib.sha1(password.information).digest()
        self._key = crypto.kdf(secret, 3, info.suite)
        self._nonce = bytes(range(1, 1 + (16 if info.suite.key_bytes == 16 else 32)))
        self.change: Callable[[int, bytes], bytes] = lambda tag, objects: objects
        self.ks: tuple[bytes, bytes] = (b"", b"")
        self.le_is_kept = True
        self.done = False
        self.tokens = 0
        """How often a password was tried."""

    def process(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        if command.ins == 0x22:
            return b"\x90\x00"
        assert command.ins == 0x86
        found = list(tlv.iterate(tlv.decode(command.data, tag=0x7C).value))
        answer = self._step(found[0].tag, found[0].value) if found else self._sealed_nonce()
        if answer is None:
            return b"\x63\x00"
        assert (command.cla == 0x00) == (answer[0] == 0x86)
        answer = tlv.encode(0x7C, self.change(answer[0], answer))
        assert command.le is not None
        assert len(answer) <= command.le or not self.le_is_kept, "a chip does not send more than Le"
        return answer + b"\x90\x00"

    def reset(self) -> None:
        self.done = False

    def _sealed_nonce(self) -> bytes:
        return tlv.encode(0x80, crypto.encrypt_cbc(self.info.suite, self._key, self._nonce))

    def _step(self, tag: int, value: bytes) -> bytes | None:
        group, info = self._any, self.info
        if tag == 0x81 and info.mapping is Mapping.INTEGRATED:
            self._base = self._integrated(value)
            return b"\x82\x00"
        if tag == 0x81:
            self._mapping = group.key_pair()
            h = group.multiply(self._mapping.private, group.decode(value))
            self._base = group.add(group.multiply(int.from_bytes(self._nonce, "big"), group.generator), h)
            return tlv.encode(0x82, group.encode(self._mapping.public))
        if tag == 0x83:
            self._theirs = value
            own = group.key_pair(self._base)
            self._own = group.encode(own.public)
            secret = group.shared_secret(own.private, group.decode(value))
            self.ks = (crypto.kdf(secret, 1, info.suite), crypto.kdf(secret, 2, info.suite))
            return tlv.encode(0x84, self._own)
        self.tokens += 1
        if value != self._token(self._own):
            return None
        self.done = True
        answer = tlv.encode(0x86, self._token(self._theirs))
        if info.mapping is Mapping.CHIP_AUTHENTICATION:
            answer += tlv.encode(0x8A, self.seal_chip_data(self.chip_data()))
        return answer

    def chip_data(self) -> bytes:
        order = self.group.order
        quotient = pow(self.static, -1, order) * self._mapping.private % order
        return int(quotient).to_bytes((order.bit_length() + 7) // 8, "big")

    def seal_chip_data(self, data: bytes) -> bytes:
        suite = self.info.suite
        iv = crypto.encrypt_block(suite, self.ks[0], b"\xff" * 16)
        return crypto.encrypt_cbc(suite, self.ks[0], crypto.pad(data, 16), iv)

    def _token(self, public: bytes) -> bytes:
        tag = b"\x84" if isinstance(self.group, DhGroup) else b"\x86"
        length = tlv.encode_length(len(public))
        body = b"\x06\x0a" + self.info.oid + tag + length + public
        return crypto.mac(self.info.suite, self.ks[1], b"\x7f\x49" + tlv.encode_length(len(body)) + body)

    def _integrated(self, t: bytes) -> Any:
        suite, group = self.info.suite, self._any
        assert len(t) == suite.key_bytes
        c0, c1 = (bytes.fromhex(value) for value in C0_C1[len(self._nonce)])

        def encrypt(key: bytes, data: bytes) -> bytes:
            return crypto.encrypt_cbc(suite, key, data)

        stream = b""
        key = encrypt(t, self._nonce)
        while len(stream) * 8 < group.prime.bit_length() + 64:
            key = key[:24] if suite is CipherSuite.AES192 else key
            stream += encrypt(key, c1)
            key = encrypt(key, c0)
        return group.map_number(int.from_bytes(stream, "big") % group.prime)
