"""A small chip that proves, or fails to prove, that it is no copy. It is written apart from the emulated card, and from
the terminal's side of secure messaging, so that no mistake of theirs can cancel itself out."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection

OLD_SECRET = b"what PACE agreed"
SUITE_BYTES = {1: CipherSuite.DES3, 2: CipherSuite.AES128, 3: CipherSuite.AES192, 4: CipherSuite.AES256}


def keys_of(suite: CipherSuite, secret: bytes) -> list[bytes]:
    """KSenc and KSmac (9303-11, 9.7.1)."""
    found = []
    for counter in (1, 2):
        message = secret + bytes([0, 0, 0, counter])
        digest = hashlib.sha1(message) if suite.key_bytes == 16 else hashlib.sha256(message)
        key = digest.digest()[: suite.key_bytes]
        found.append(crypto.with_odd_parity(key) if suite is CipherSuite.DES3 else key)
    return found


class ChipSession:
    """The chip's side of secure messaging (9303-11, 9.8)."""

    def __init__(self, suite: CipherSuite, secret: bytes) -> None:
        self.suite = suite
        self.enc, self.mac_key = keys_of(suite, secret)
        self.ssc = 0

    def mac(self, message: bytes) -> bytes:
        padded = crypto.pad(self._counter + message, self.suite.block_bytes)
        if self.suite is CipherSuite.DES3:
            return crypto.retail_mac(self.mac_key, padded)
        return crypto.aes_cmac(self.mac_key, padded)

    @property
    def _counter(self) -> bytes:
        return self.ssc.to_bytes(self.suite.block_bytes, "big")

    def _iv(self) -> bytes | None:
        return None if self.suite is CipherSuite.DES3 else crypto.encrypt_block(self.suite, self.enc, self._counter)

    def open(self, command: CommandApdu) -> CommandApdu | None:
        """The command inside, or None when it is not authentic."""
        self.ssc += 1
        objects = list(tlv.iterate(command.data))
        covered = b"".join(item.raw for item in objects[:-1])
        header = crypto.pad(command.header, self.suite.block_bytes)
        if objects[-1].tag != 0x8E or self.mac(header + covered) != objects[-1].value:
            return None
        found = {item.tag: item.value for item in objects}
        data = b""
        if 0x87 in found:
            data = crypto.unpad(crypto.decrypt_cbc(self.suite, self.enc, found[0x87][1:], self._iv()))
        le = None
        if 0x97 in found:
            le = int.from_bytes(found[0x97], "big") or (256 if len(found[0x97]) == 1 else 65536)
        return CommandApdu(command.cla & ~0x0C, command.ins, command.p1, command.p2, data, le, command.extended)

    def seal(self, answer: ResponseApdu) -> bytes:
        self.ssc += 1
        objects = b""
        if answer.data:
            padded = crypto.pad(answer.data, self.suite.block_bytes)
            objects = tlv.encode(0x87, b"\x01" + crypto.encrypt_cbc(self.suite, self.enc, padded, self._iv()))
        objects += tlv.encode(0x99, answer.sw.to_bytes(2, "big"))
        return objects + tlv.encode(0x8E, self.mac(objects))


Agree = Callable[[bytes], bytes]


class ProofChip:
    """A chip inside a session of `suite`. `sign` answers challenges; `agree` gives the secret that is shared with an
    ephemeral key, by the number of the chip's key. What is None, the chip does not have.

    `intercept` sees each plain command, and may answer in the chip's place, or raise.
    """

    def __init__(self, suite: CipherSuite = CipherSuite.AES128) -> None:
        self.suite = suite
        self.session: ChipSession | None = None
        self.sign: Callable[[bytes], bytes] | None = None
        self.agree: dict[int | None, Agree] = {}
        self.intercept: Callable[[CommandApdu], ResponseApdu | None] = lambda command: None
        self.extended = True
        self.chains = True
        self.in_pieces = False
        """Answers that do not fit come as 61xx, to be fetched with GET RESPONSE."""
        self.set_kat = True
        self.stays_with_old_keys = False
        self.log: list[CommandApdu] = []
        self.raw: list[CommandApdu] = []
        self._chain = b""
        self._waiting = b""
        self._chosen: tuple[CipherSuite, int | None] | None = None
        self._next: ChipSession | None = None

    def reset(self) -> None:
        """A chip that was just opened: in a session whose secret the terminal knows."""
        self.session = ChipSession(self.suite, OLD_SECRET)

    def process(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        self.raw.append(command)
        if command.ins == 0xC0:
            return self._piece()
        if command.extended and not self.extended:
            return b"\x67\x00"
        plain = None if self.session is None else self.session.open(command)
        if plain is None:
            self.session = None
            return b"\x69\x88"
        assert self.session is not None
        answer = self._answer(plain)
        sealed = self.session.seal(answer)
        if self._next is not None:
            self.session, self._next = self._next, None
        if len(sealed) > 256 and not command.extended:
            assert self.in_pieces
            self._waiting = sealed + answer.sw.to_bytes(2, "big")
            return self._piece()
        return sealed + answer.sw.to_bytes(2, "big")

    def _piece(self) -> bytes:
        if len(self._waiting) <= 258:
            piece, self._waiting = self._waiting, b""
            return piece
        piece, self._waiting = self._waiting[:256], self._waiting[256:]
        return piece + bytes([0x61, min(len(self._waiting) - 2, 256) % 256])

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        self.log.append(command)
        answer = self.intercept(command)
        if answer is not None:
            return answer
        if command.cla & 0x10:
            if not self.chains:
                return ResponseApdu(b"", 0x6884)
            self._chain += command.data
            return ResponseApdu(b"", 0x9000)
        data, self._chain = self._chain + command.data, b""
        match command.ins, command.p1, command.p2:
            case 0x88, 0, 0:
                return self._internal_authenticate(data, command)
            case 0x22, 0x41, 0xA6 if self.set_kat:
                found = {item.tag: item.value for item in tlv.iterate(data)}
                return self._renew(CipherSuite.DES3, found.get(0x84), found[0x91], b"")
            case 0x22, 0x41, 0xA4:
                found = {item.tag: item.value for item in tlv.iterate(data)}
                self._chosen = SUITE_BYTES[found[0x80][-1]], _number(found.get(0x84))
                return ResponseApdu(b"", 0x9000 if self._chosen[1] in self.agree else 0x6A88)
            case 0x86, 0, 0 if self._chosen is not None:
                public = tlv.decode(tlv.decode(data, tag=0x7C).value, tag=0x80).value
                suite, key_id = self._chosen
                return self._renew(suite, None if key_id is None else bytes([key_id]), public, b"\x7c\x00")
            case 0xB0, _, _:
                assert command.le is not None
                return ResponseApdu(bytes(min(command.le, 95)), 0x9000)
        return ResponseApdu(b"", 0x6A86)

    def _internal_authenticate(self, challenge: bytes, command: CommandApdu) -> ResponseApdu:
        if self.sign is None:
            return ResponseApdu(b"", 0x6D00)
        assert len(challenge) == 8
        signature = self.sign(challenge)
        if len(signature) > 223 and not command.extended and not self.in_pieces:
            return ResponseApdu(b"", 0x6700)
        return ResponseApdu(signature, 0x9000)

    def _renew(self, suite: CipherSuite, key_id: bytes | None, public: bytes, answer: bytes) -> ResponseApdu:
        agree = self.agree.get(_number(key_id))
        if agree is None:
            return ResponseApdu(b"", 0x6A88)
        if not self.stays_with_old_keys:
            self._next = ChipSession(suite, agree(public))
        return ResponseApdu(answer, 0x9000)


def _number(key_id: bytes | None) -> int | None:
    return None if key_id is None else int.from_bytes(key_id, "big")


@pytest.fixture
def proof_chip() -> type[ProofChip]:
    return ProofChip


@pytest.fixture
def link_to() -> Callable[[ProofChip], Link]:
    """A link to the chip with the terminal's end of its session."""

    def make(chip: ProofChip) -> Link:
        link = Link(LocalConnection(chip))
        link.channel = SecureChannel(chip.suite, *keys_of(chip.suite, OLD_SECRET))
        return link

    return make


@pytest.fixture(scope="session")
def spki_of() -> Callable[[Any], bytes]:
    """The SubjectPublicKeyInfo of a private key."""

    def encode(private: Any) -> bytes:
        return private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    return encode


def integer(number: int) -> bytes:
    """A positive INTEGER of DER."""
    return tlv.encode(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


@pytest.fixture(scope="session")
def dh_spki() -> Callable[..., bytes]:
    """dh_spki(p, g, q, y): a Diffie-Hellman key after X9.42; without q after PKCS #3."""

    def encode(p: int, g: int, q: int | None, y: int) -> bytes:
        oid = "06092A864886F70D010301" if q is None else "06072A8648CE3E0201"
        numbers = integer(p) + integer(g) + (b"" if q is None else integer(q))
        algorithm = tlv.encode(0x30, bytes.fromhex(oid) + tlv.encode(0x30, numbers))
        return tlv.encode(0x30, algorithm + tlv.encode(0x03, b"\x00" + integer(y)))

    return encode


@pytest.fixture(scope="session")
def explicit_spki() -> Callable[[Any, bytes], bytes]:
    """explicit_spki(curve, point): an EC key whose curve is spelled out and not named, as many documents have it."""

    def encode(curve: Any, point: bytes) -> bytes:
        size = curve.field_bytes

        field = tlv.encode(0x30, bytes.fromhex("06072A8648CE3D0101") + integer(curve.p))
        coefficients = b"".join(tlv.encode(0x04, number.to_bytes(size, "big")) for number in (curve.a, curve.b))
        domain = (
            integer(1)
            + field
            + tlv.encode(0x30, coefficients)
            + tlv.encode(0x04, curve.encode(curve.g))
            + integer(curve.n)
            + integer(1)
        )
        algorithm = tlv.encode(0x30, bytes.fromhex("06072A8648CE3D0201") + tlv.encode(0x30, domain))
        return tlv.encode(0x30, algorithm + tlv.encode(0x03, b"\x00" + point))

    return encode


@pytest.fixture(scope="session")
def native() -> dict[str, type[ec.EllipticCurve]]:
    return {
        "secp224r1": ec.SECP224R1,
        "secp256r1": ec.SECP256R1,
        "secp384r1": ec.SECP384R1,
        "secp521r1": ec.SECP521R1,
        "brainpoolP256r1": ec.BrainpoolP256R1,
        "brainpoolP384r1": ec.BrainpoolP384R1,
        "brainpoolP512r1": ec.BrainpoolP512R1,
    }
