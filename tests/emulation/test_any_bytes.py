"""The card has an answer to everything, in a session or out of it, and gives nothing away by it."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cccd_reader.apdu import CommandApdu
from cccd_reader.emulation import CardImage, EmulatedCard

MakeTerminal = Callable[..., Any]

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
