"""What a card answers: recorded from the emulated card, or made so that each branch is reached."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.emulation import EmulatedCard, personalise
from cccd_reader.file_reader import FileReader
from cccd_reader.lds.files import EF
from cccd_reader.pace import run_pace
from cccd_reader.read_tactics import ReadTactics
from cccd_reader.transport.link import Link
from tests.fuzz import proofs, protocols
from tests.fuzz.cards import PICTURE, card_image
from tests.fuzz.script import Determined, pack
from tests.fuzz.seeds.samples import Make, Seeds
from tests.people import BICH


def _active_authentication() -> Seeds:
    signed = proofs.CHIP_KEY.sign(proofs.CHALLENGE, ec.ECDSA(hashes.SHA256()))
    plain = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signed))
    for answer in (plain, signed, bytes(128)):
        for choice in (0, 1, 2, 5, 8):
            yield bytes([choice]) + pack([answer + b"\x90\x00"])
    yield b"\x02" + pack([b"\x67\x00", bytes(100) + b"\x61\x1c", bytes(28) + b"\x90\x00"])


def _chip_authentication() -> Seeds:
    for choice in range(16):
        yield bytes([choice]) + pack(
            [b"\x90\x00", b"\x7c\x00\x90\x00", b"\x99\x02\x90\x00\x8e\x08" + bytes(8) + b"\x90\x00"]
        )
    yield b"\x00" + pack([b"\x6d\x00", b"\x90\x00", b"\x7c\x00\x90\x00", b"\x69\x88"])
    yield b"\x04" + pack([b"\x67\x00", b"\x68\x84", b"\x90\x00"])


def _sealed_objects() -> Iterator[tuple[int, bytes]]:
    """(suite, objects) of well-formed protected answers."""
    for index, suite in enumerate(protocols.SUITES):
        ks_enc = protocols.channel_keys(suite)[0]
        iv = None if suite.block_bytes == 8 else crypto.encrypt_block(suite, ks_enc, protocols.answer_counter(suite))
        sealed = crypto.encrypt_cbc(suite, ks_enc, crypto.pad(b"the answer", suite.block_bytes), iv)
        yield index, tlv.encode(0x87, b"\x01" + sealed) + bytes.fromhex("99029000")
        yield index, bytes.fromhex("99029000")
        yield index, tlv.encode(0x85, sealed) + bytes.fromhex("99029000")


def _secure_messaging() -> Seeds:
    """With the last byte of the MAC wrong: a right one would not be a guess."""
    for suite, objects in _sealed_objects():
        sealed = protocols.seal(protocols.SUITES[suite], objects)
        yield sealed[:-1] + bytes([sealed[-1] ^ 1]) + bytes([suite])
        yield objects + bytes([4 + suite])
    plains = [b"\x80".ljust(16, b"\x00"), b"fifteen bytes..\x80", bytes(16), b"sixteen bytes..." * 2]
    yield from (plain + bytes([8 + suite]) for plain in plains for suite in (0, 1))


def _bac_proof() -> bytes:
    return protocols.BAC_CHALLENGE + Determined()(8) + b"KEY OF THE CHIP."


def _bac() -> Seeds:
    return [
        b"\xff" + _bac_proof(),
        pack(protocols.bac_answers(_bac_proof())),
        pack([b"\x6d\x00"]),
        pack([bytes(8) + b"\x90\x00", b"\x63\x00"]),
    ]


def _recorded(card: EmulatedCard) -> tuple[list[bytes], Callable[[CommandApdu], ResponseApdu]]:
    """A card whose answers are written down."""
    answers: list[bytes] = []

    def send(command: CommandApdu) -> ResponseApdu:
        answers.append(card.process(command.encode()))
        return ResponseApdu.decode(answers[-1])

    return answers, send


def _pace() -> Seeds:
    """Each protocol to its end, and chips that refuse at the first and the last step."""
    for index, variant in enumerate(protocols.PACE):
        image = replace(personalise(BICH, PICTURE, pace=[variant]), can=protocols.CAN.digits)
        answers, send = _recorded(EmulatedCard(image, random=Determined(3)))
        run_pace(
            send,
            protocols.pace_info(variant),
            protocols.CAN,
            random_scalar=protocols.ScalarSource(),
            random=Determined(),
        )
        start = bytes([0x40 | index])
        yield start + pack(answers)
        if index == 0:
            yield start + pack([*answers[:-1], b"\x63\xc1"])
            yield start + pack([b"\x6a\x80", b"\x90\x00", *answers[1:]])
            yield start + pack([b"\x69\x83"])


def _file_reader() -> Seeds:
    """The files whole, and chips that refuse a length, a short identifier, or anything."""
    for index, ef in enumerate(EF):
        data = card_image().files.get(ef.fid, b"")
        for reader, most in ((0, None), (1, 256), (0x31, 256)):
            card = _FileCard(data, most)
            tactics = ReadTactics(protocols.SUITES[0], max_data_bytes=most, largest_read=reader // 16 * 20 or None)
            if data and FileReader(Link(card), tactics, _silent).read(ef) == data:
                yield bytes([index, reader, 0, 0, 0]) + pack(card.answers)
    short = b"\x60\x02\x00\x00\x62\x82"
    yield bytes(5) + pack([b"\x6a\x86", b"\x90\x00", short])
    yield bytes([0, 0, 0, 0, 3]) + pack([b"\x90\x00", bytes(200) + b"\x90\x00"])
    yield bytes(5) + pack([b"\x67\x00", b"\x67\x00", short])
    yield bytes([0, 3, 0, 9, 0]) + pack([b"\x69\x88", b"\x67\x00", b"\x6b\x00", short])


class _FileCard:
    """READ BINARY from one file, without any protection."""

    kind = "local"
    name = "file"
    atr = b""

    def __init__(self, data: bytes, max_data_bytes: int | None) -> None:
        self._data = data
        self.max_data_bytes = max_data_bytes
        self.answers: list[bytes] = []

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        command = CommandApdu.decode(apdu)
        offset = command.p2 if command.p1 & 0x80 else command.p1 << 8 | command.p2
        part = self._data[offset : offset + (command.le or 0)]
        self.answers.append(part + b"\x90\x00")
        return part, 0x9000

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


def _silent(ef: EF, done: int, total: int) -> None:
    pass


def _link() -> Seeds:
    return [
        b"\x08" + pack([b"\x6c\x04", b"abcd\x90\x00"]),
        b"\x08" + pack([b"abc\x61\x03", b"def\x61\x00", b"ghi\x90\x00"]),
        b"\x00" + pack([b"\x6c\x04"]),
        b"\x08" + pack([b"a\x61\x01"] * 260),
        b"\xc8" + pack([b"\x90\x00", b"\x90\x00", b"abc\x61\x03", b"def\x90\x00"]),
        b"\xc8" + pack([b"\x68\x84"]),
    ]


SEEDS: dict[str, Make] = {
    "active_authentication": _active_authentication,
    "chip_authentication": _chip_authentication,
    "secure_messaging": _secure_messaging,
    "bac": _bac,
    "pace": _pace,
    "file_reader": _file_reader,
    "link": _link,
}
