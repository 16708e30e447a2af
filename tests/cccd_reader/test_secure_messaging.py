"""Secure messaging: appendix D.4 byte for byte, the AES variant against an independent chip side, and every forgery."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link

AES_SUITES = [CipherSuite.AES128, CipherSuite.AES192, CipherSuite.AES256]


def _appendix_d(icao: dict[str, Any]) -> SecureChannel:
    example = icao["secure_messaging_3des_icao9303_11_appendix_D4"]
    return SecureChannel(CipherSuite.DES3, *(bytes.fromhex(example[name]) for name in ("ks_enc", "ks_mac", "ssc0")))


class ChipSide:
    """The chip's end of a session with keys of all ones, written from 9303-11, 9.8 and not from the product's code."""

    def __init__(self, suite: CipherSuite, ssc: int = 0) -> None:
        self.suite, self.key, self.block = suite, b"\x01" * suite.key_bytes, suite.block_bytes
        self.ssc = ssc

    def open(self, raw: bytes) -> CommandApdu:
        """The plain command, after every rule of 9.8.4 was checked."""
        self.ssc += 1
        command = CommandApdu.decode(raw)
        assert command.cla & 0x0C == 0x0C
        assert command.le == (65536 if command.is_extended else 256)
        objects = list(tlv.iterate(command.data))
        assert len(objects[-1].raw) == 10
        header = bytes(raw[:4]) + b"\x80" + bytes(self.block - 5)
        assert objects[-1].value == self.mac(header + command.data[:-10])
        assert [found.tag for found in objects] == [
            tag for tag in (0x85, 0x87, 0x97, 0x8E) if any(found.tag == tag for found in objects)
        ]
        data, le = b"", None
        for found in objects:
            if found.tag == 0x97:
                le = int.from_bytes(found.value, "big") or (256 if len(found.value) == 1 else 65536)
            elif found.tag == 0x85:
                assert command.ins & 1
                data = self.decrypt(found.value)
            elif found.tag == 0x87:
                assert not command.ins & 1
                assert found.value[0] == 1
                data = self.decrypt(found.value[1:])
        return CommandApdu(command.cla & ~0x0C, command.ins, command.p1, command.p2, data, le)

    def seal(self, data: bytes, sw: int, *, indicator: bytes = b"\x01", tag: int = 0x87) -> ResponseApdu:
        return self.seal_objects(self.content(data, indicator=indicator, tag=tag) + self.status(sw), sw)

    def content(self, data: bytes, *, indicator: bytes = b"\x01", tag: int = 0x87) -> bytes:
        """DO87 or DO85 of the next answer."""
        if not data:
            return b""
        sealed = crypto.encrypt_cbc(self.suite, self.key, crypto.pad(data, self.block), self.iv(self.ssc + 1))
        return tlv.encode(tag, (indicator if tag == 0x87 else b"") + sealed)

    @staticmethod
    def status(sw: int) -> bytes:
        return b"\x99\x02" + sw.to_bytes(2, "big")

    def seal_objects(self, objects: bytes, sw: int) -> ResponseApdu:
        """An answer with these objects and an authentic MAC."""
        self.ssc += 1
        return ResponseApdu(objects + tlv.encode(0x8E, self.mac(objects)), sw)

    def mac(self, message: bytes) -> bytes:
        padded = crypto.pad(self.ssc.to_bytes(self.block, "big") + message, self.block)
        if self.suite is CipherSuite.DES3:
            return crypto.retail_mac(self.key, padded)
        return crypto.aes_cmac(self.key, padded)

    def decrypt(self, sealed: bytes) -> bytes:
        return crypto.unpad(crypto.decrypt_cbc(self.suite, self.key, sealed, self.iv(self.ssc)))

    def iv(self, ssc: int) -> bytes | None:
        if self.suite is CipherSuite.DES3:
            return None
        return crypto.encrypt_block(self.suite, self.key, ssc.to_bytes(16, "big"))


def _answer(suite: CipherSuite, ssc: int, data: bytes, sw: int, *, indicator: bytes = b"\x01") -> ResponseApdu:
    return ChipSide(suite, ssc - 1).seal(data, sw, indicator=indicator)


def _channel(suite: CipherSuite = CipherSuite.AES128) -> SecureChannel:
    key = b"\x01" * suite.key_bytes
    return SecureChannel(suite, key, key)


READ = CommandApdu(0, 0xB0, 0, 0, le=4)


def test_the_exchanges_of_appendix_d(icao: dict[str, Any]) -> None:
    example = icao["secure_messaging_3des_icao9303_11_appendix_D4"]
    channel = _appendix_d(icao)
    for exchange in example["exchanges"]:
        protected = channel.protect(CommandApdu.decode(bytes.fromhex(exchange["plain"])))
        assert protected.encode().hex().upper() == exchange["protected"]
        answer = channel.unprotect(ResponseApdu.decode(bytes.fromhex(exchange["response"])))
        assert answer.encode().hex().upper() == exchange["plain_response"]
    assert channel.ssc.hex().upper() == example["ssc_end"]


@pytest.mark.parametrize("suite", AES_SUITES)
def test_aes_answers_are_opened(suite: CipherSuite) -> None:
    channel = _channel(suite)
    channel.protect(READ)
    assert channel.unprotect(_answer(suite, 2, b"\x60\x14\x5f\x01", 0x9000)) == ResponseApdu(
        b"\x60\x14\x5f\x01", 0x9000
    )
    channel.protect(READ)
    assert channel.unprotect(_answer(suite, 4, b"", 0x6A82)) == ResponseApdu(b"", 0x6A82)


def test_the_counter_makes_equal_commands_look_different() -> None:
    channel = _channel()
    first = channel.protect(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01"))
    channel.unprotect(_answer(CipherSuite.AES128, 2, b"", 0x9000))
    second = channel.protect(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x01"))
    assert first.data != second.data


def test_an_odd_instruction_takes_do85() -> None:
    channel = _channel()
    command = channel.protect(CommandApdu(0, 0xB1, 0, 0, b"\x54\x02\x00\x00", le=256))
    objects = [item.tag for item in tlv.iterate(command.data)]
    assert objects == [0x85, 0x97, 0x8E]
    inside = crypto.encrypt_cbc(
        CipherSuite.AES128,
        b"\x01" * 16,
        crypto.pad(b"hello", 16),
        crypto.encrypt_block(CipherSuite.AES128, b"\x01" * 16, (2).to_bytes(16, "big")),
    )
    answered = tlv.encode(0x85, inside) + bytes.fromhex("99029000")
    code = crypto.aes_cmac(b"\x01" * 16, crypto.pad((2).to_bytes(16, "big") + answered, 16))
    assert channel.unprotect(ResponseApdu(answered + tlv.encode(0x8E, code), 0x9000)).data == b"hello"


def test_a_long_read_goes_out_in_the_extended_form() -> None:
    command = _channel().protect(CommandApdu(0, 0xB0, 0, 0, le=4096, extended=True))
    assert command.is_extended
    assert command.le == 65536
    assert tlv.find(command.data, 0x97).value == b"\x10\x00"


def test_a_command_that_grows_past_a_short_apdu_becomes_extended() -> None:
    command = _channel().protect(CommandApdu(0, 0x86, 0, 0, bytes(240), le=256))
    assert command.is_extended
    assert tlv.find(command.data, 0x97).value == b"\x00"


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (lambda good: ResponseApdu(b"", 0x6982), "not protected"),
        (lambda good: ResponseApdu(b"\x8e\x08" + bytes(8), 0x9000), "not protected"),
        (lambda good: ResponseApdu(good.data[:-1] + bytes([good.data[-1] ^ 1]), good.sw), "MAC of the answer"),
        (lambda good: ResponseApdu(good.data + b"\x81\x00", good.sw), "not protected"),
        (lambda good: ResponseApdu(good.data[:-10] + b"\x8e\x07" + good.data[-8:-1], good.sw), "MAC of the answer"),
        (lambda good: ResponseApdu(good.data[:-10] + b"\x8e\x09" + good.data[-8:] + b"\x00", good.sw), "MAC of"),
        (lambda good: ResponseApdu(good.data[:-10] + b"\x8e\x00", good.sw), "MAC of the answer"),
        (lambda good: ResponseApdu(good.data[:-10], good.sw), "not protected"),
        (lambda good: ResponseApdu(good.data, 0x6A82), "status word differs"),
        (lambda good: ResponseApdu(good.data[:-20], good.sw), "shorter than its length"),
    ],
    ids=[
        "plain",
        "no status",
        "flipped bit",
        "object after the MAC",
        "seven bytes of the MAC",
        "nine bytes",
        "an empty MAC",
        "no MAC",
        "outer status",
        "truncated",
    ],
)
def test_an_answer_that_is_not_authentic_ends_the_session(forge: Any, reason: str) -> None:
    channel = _channel()
    channel.protect(READ)
    with pytest.raises(CardError, match=reason) as caught:
        channel.unprotect(forge(_answer(CipherSuite.AES128, 2, b"\x60\x14", 0x9000)))
    assert caught.value.code is CardErrorCode.SECURE_MESSAGING
    assert not channel.alive
    for call in (lambda: channel.protect(READ), lambda: channel.unprotect(ResponseApdu(b"", 0x9000))):
        with pytest.raises(CardError, match="session has ended"):
            call()


def test_a_wrong_padding_indicator_is_refused() -> None:
    channel = _channel()
    channel.protect(READ)
    with pytest.raises(CardError, match="padding indicator"):
        channel.unprotect(_answer(CipherSuite.AES128, 2, b"\x60", 0x9000, indicator=b"\x02"))


def test_the_keys_are_not_shown() -> None:
    assert repr(_channel()) == "SecureChannel(AES-128, alive=True)"


class TestObjectsThatDoNotBelong:
    """Answers whose MAC is right: a chip that knows the keys, and does not keep to 9.8.4."""

    @pytest.mark.parametrize(
        ("arrange", "reason"),
        [
            (lambda content, status: status + content, "not protected"),
            (lambda content, status: content + content + status, "not in order"),
            (lambda content, status: content + status + status, "not in order"),
            (lambda content, status: b"\x81\x01\x00" + status, "unknown objects"),
            (lambda content, status: content + b"\x97\x01\x00" + status, "unknown objects"),
            (lambda content, status: content + b"\x85\x00" + status, "not in order"),
            (lambda content, status: content + b"\x8e\x00" + status, "unknown objects"),
            (lambda content, status: content, "not protected"),
            (lambda content, status: content + b"\x99\x03\x00\x90\x00", "status word differs"),
            (lambda content, status: content + b"\x99\x00", "status word differs"),
            (lambda content, status: content + b"\x99\x02\x6a\x82", "status word differs"),
            (lambda content, status: b"\x87\x00" + status, "padding indicator"),
            (lambda content, status: b"\x87\x01\x01" + status, "padding"),
            (lambda content, status: b"\x87\x05\x01\x00\x00\x00\x00" + status, "whole number of blocks"),
        ],
        ids=[
            "status first",
            "data twice",
            "status twice",
            "plain data",
            "an Le",
            "both kinds of data",
            "two MACs",
            "no status",
            "a long status",
            "an empty status",
            "another status",
            "empty data",
            "no cryptogram",
            "no whole block",
        ],
    )
    @pytest.mark.parametrize("suite", list(CipherSuite))
    def test_end_the_session(self, suite: CipherSuite, arrange: Any, reason: str) -> None:
        channel, chip = _channel(suite), ChipSide(suite)
        chip.open(channel.protect(READ).encode())
        answer = chip.seal_objects(arrange(chip.content(b"data"), chip.status(0x9000)), 0x9000)
        with pytest.raises(CardError, match=reason) as caught:
            channel.unprotect(answer)
        assert caught.value.code is CardErrorCode.SECURE_MESSAGING
        assert not channel.alive

    @pytest.mark.parametrize("suite", list(CipherSuite))
    def test_padding_longer_than_a_block_is_none(self, suite: CipherSuite) -> None:
        channel, chip = _channel(suite), ChipSide(suite)
        chip.open(channel.protect(READ).encode())
        too_much = b"data\x80" + bytes(2 * suite.block_bytes - 5)
        sealed = crypto.encrypt_cbc(suite, chip.key, too_much, chip.iv(chip.ssc + 1))
        with pytest.raises(CardError, match="padding"):
            channel.unprotect(chip.seal_objects(tlv.encode(0x87, b"\x01" + sealed) + chip.status(0x9000), 0x9000))


commands = st.builds(
    CommandApdu,
    cla=st.sampled_from([0x00, 0x10]),
    ins=st.integers(0, 255),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.binary(max_size=40) | st.binary(min_size=200, max_size=400),
    le=st.none() | st.integers(1, 256) | st.sampled_from([257, 4096, 65535, 65536]),
)


@given(
    st.sampled_from(CipherSuite),
    st.lists(st.tuples(commands, st.binary(max_size=300), st.sampled_from([0x9000, 0x6282, 0x6A82])), max_size=4),
)
def test_a_whole_session_of_any_commands_and_answers(
    suite: CipherSuite, exchanges: list[tuple[CommandApdu, bytes, int]]
) -> None:
    channel, chip = _channel(suite), ChipSide(suite)
    for command, data, sw in exchanges:
        opened = chip.open(channel.protect(command).encode())
        assert opened == replace(command, extended=opened.extended)
        tag = 0x85 if command.ins & 1 else 0x87
        assert channel.unprotect(chip.seal(data, sw, tag=tag)) == ResponseApdu(data, sw)


@given(st.sampled_from(CipherSuite), st.data())
def test_any_flipped_bit_of_an_answer_ends_the_session(suite: CipherSuite, data: st.DataObject) -> None:
    channel, chip = _channel(suite), ChipSide(suite)
    chip.open(channel.protect(READ).encode())
    raw = bytearray(chip.seal(b"data", 0x9000).encode())
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CardError):
        channel.unprotect(ResponseApdu.decode(bytes(raw)))
    assert not channel.alive


@given(st.sampled_from(CipherSuite), st.binary(max_size=200), st.sampled_from([0x9000, 0x6982]))
def test_any_answer_without_the_keys_ends_the_session(suite: CipherSuite, answer: bytes, sw: int) -> None:
    channel = _channel(suite)
    channel.protect(READ)
    with pytest.raises(CardError) as caught:
        channel.unprotect(ResponseApdu(answer, sw))
    assert caught.value.code is CardErrorCode.SECURE_MESSAGING


class TestKeysAreDropped:
    def held(self, channel: SecureChannel) -> bool:
        return any(b"\x01" * 16 in value for value in vars(channel).values() if isinstance(value, bytes))

    def test_when_the_session_dies(self) -> None:
        channel = _channel()
        assert self.held(channel)
        channel.protect(READ)
        with pytest.raises(CardError):
            channel.unprotect(ResponseApdu(b"", 0x6982))
        assert not self.held(channel)

    def test_when_it_is_ended(self) -> None:
        channel = _channel()
        channel.end()
        assert not self.held(channel)
        with pytest.raises(CardError, match="session has ended"):
            channel.protect(READ)

    def test_when_the_link_is_closed_or_reset(self, scripted: Any) -> None:
        for finish in (Link.close, Link.reset):
            link = Link(scripted())
            channel = link.channel = _channel()
            finish(link)
            assert link.channel is None
            assert not self.held(channel)
