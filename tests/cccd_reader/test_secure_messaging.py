"""Secure messaging: appendix D.4 byte for byte, the AES variant against an independent chip side, and every forgery."""

from typing import Any

import pytest

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.secure_messaging import SecureChannel

AES_SUITES = [CipherSuite.AES128, CipherSuite.AES192, CipherSuite.AES256]


def _appendix_d(icao: dict[str, Any]) -> SecureChannel:
    example = icao["secure_messaging_3des_icao9303_11_appendix_D4"]
    return SecureChannel(CipherSuite.DES3, *(bytes.fromhex(example[name]) for name in ("ks_enc", "ks_mac", "ssc0")))


def _answer(suite: CipherSuite, ssc: int, data: bytes, sw: int, *, indicator: bytes = b"\x01") -> ResponseApdu:
    """What a chip with keys of all ones answers, written from 9303-11, 9.8 and not from the product's code."""
    key, block = b"\x01" * suite.key_bytes, suite.block_bytes
    counter = ssc.to_bytes(block, "big")
    objects = b""
    if data:
        iv = crypto.encrypt_block(suite, key, counter)
        objects = tlv.encode(0x87, indicator + crypto.encrypt_cbc(suite, key, crypto.pad(data, block), iv))
    objects += tlv.encode(0x99, sw.to_bytes(2, "big"))
    code = crypto.aes_cmac(key, crypto.pad(counter + objects, block))
    return ResponseApdu(objects + tlv.encode(0x8E, code), sw)


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
        (lambda good: ResponseApdu(good.data + b"\x81\x00", good.sw), "MAC of the answer"),
        (lambda good: ResponseApdu(good.data, 0x6A82), "status word differs"),
        (lambda good: ResponseApdu(good.data[:-20], good.sw), "shorter than its length"),
    ],
    ids=["plain", "no status", "flipped bit", "object after the MAC", "outer status", "truncated"],
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
