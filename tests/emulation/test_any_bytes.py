"""The card has an answer to everything, in a session or out of it, and gives nothing away by it."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu
from cccd_reader.emulation import CardImage, EmulatedCard, PaceVariant, PastEnd, Quirks

MakeTerminal = Callable[..., Any]
MakeCard = Callable[..., CardImage]

INSTRUCTIONS = st.sampled_from([0xA4, 0xB0, 0x22, 0x86, 0x84, 0x82, 0x88, 0xC0, 0x2A])
commands = st.builds(
    CommandApdu,
    cla=st.sampled_from([0x00, 0x0C, 0x10, 0x1C, 0x80, 0xFF]),
    ins=INSTRUCTIONS,
    p1=st.sampled_from([0x00, 0x02, 0x04, 0x41, 0x81, 0x9C, 0xC1]) | st.integers(0, 255),
    p2=st.sampled_from([0x00, 0x0C, 0xA4, 0xA6]) | st.integers(0, 255),
    data=st.binary(max_size=80)
    | st.sampled_from([bytes.fromhex("A0000002471001"), bytes.fromhex("7C00"), b"\x01\x01"]),
    le=st.none() | st.integers(1, 65536),
).map(CommandApdu.encode)


@given(sent=st.lists(commands | st.binary(max_size=60), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strangers_learn_nothing(image: CardImage, sent: list[bytes]) -> None:
    card = EmulatedCard(image)
    secrets = [data[8:40] for fid, data in image.files.items() if fid not in (0x011C, 0x011E, 0x0103)]
    for apdu in sent:
        answer = card.process(apdu)
        assert len(answer) >= 2
        assert not any(secret in answer for secret in secrets)


@given(sent=st.lists(commands | st.binary(max_size=60), max_size=12))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_chip_with_everything_has_an_answer_to_everything(make_card: MakeCard, sent: list[bytes]) -> None:
    image = make_card(
        pace=("dh-im-aes128:0", "ecdh-im-3des:12", "ecdh-cam-aes128:13", "ecdh-gm-aes128:12"),
        ca=("ecdh-3des:12", "dh-aes128:0"),
    )
    quirks = Quirks(refuses_master_file=False, password_tries=3, answer_bytes=100, past_end=PastEnd.ENDS_SESSION)
    card = EmulatedCard(image, quirks=quirks)
    for apdu in sent:
        assert len(card.process(apdu)) >= 2


steps = st.builds(
    lambda tag, value, chained: CommandApdu(
        0x10 if chained else 0x00, 0x86, 0, 0, tlv.encode(0x7C, tlv.encode(tag, value) if tag else b""), 256
    ).encode(),
    tag=st.sampled_from([0, 0x81, 0x83, 0x85]),
    value=st.binary(max_size=140) | st.sampled_from([bytes(16), b"\x02", b"\x04" + bytes(64)]),
    chained=st.booleans(),
)


@given(
    protocol=st.sampled_from(["dh-im-aes128:0", "dh-gm-3des:0", "ecdh-im-aes128:13", "ecdh-cam-aes128:13"]),
    sent=st.lists(steps, max_size=4),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_garbled_run_opens_the_chip(make_card: MakeCard, protocol: str, sent: list[bytes]) -> None:
    card = EmulatedCard(make_card(pace=protocol))
    data = tlv.encode(0x80, PaceVariant.parse(protocol).oid) + bytes.fromhex("830102")
    assert card.process(CommandApdu(0, 0x22, 0xC1, 0xA4, data).encode()).hex() == "9000"
    assert card.process(bytes.fromhex("10860000027C0000"))[-2:].hex() == "9000"
    for apdu in sent:
        assert len(card.process(apdu)) >= 2
    assert card.process(bytes.fromhex("00A4040C07A0000002471001")).hex() == "9000"
    assert card.process(bytes.fromhex("00B0810004")).hex() == "6982"


@given(sent=st.lists(commands, min_size=1, max_size=4))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_holders_of_the_key_get_an_answer_too(terminal: MakeTerminal, sent: list[bytes]) -> None:
    inside = terminal().bac()
    for apdu in sent:
        command = CommandApdu.decode(apdu)
        plain = CommandApdu(command.cla & 0x10, command.ins, command.p1, command.p2, command.data, command.le)
        before = inside.card.total_apdus
        answer = inside.link.send_plain(inside.link.channel.protect(plain))
        assert answer.sw != 0
        assert inside.card.total_apdus > before
