"""Chips that differ: each quirk does what its name says, and can be named on a command line and in JSON."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.apdu import ResponseApdu
from cccd_reader.emulation import CardImage, EmulatedCard, EmulationError, EmulationErrorCode, PastEnd, Quirks
from cccd_reader.emulation.quirks import QUIRK_NAMES, quirks_from_json, quirks_from_texts

MakeTerminal = Callable[..., Any]


class TestPastTheEnd:
    """A file of n bytes, and a command that asks for one byte more than is left."""

    @pytest.mark.parametrize("way", list(PastEnd))
    def test_inside_a_file_nothing_is_odd(self, terminal: MakeTerminal, image: CardImage, way: PastEnd) -> None:
        inside = terminal(quirks=Quirks(past_end=way)).pace()
        com = image.files[0x011E]
        assert inside.read(0x1E, le=len(com)) == ResponseApdu(com, 0x9000)
        assert inside.read(0x1E, len(com) - 3, 3) == ResponseApdu(com[-3:], 0x9000)
        assert inside.send(0xB0, 0x9E, 0, le=65536, extended=True) == ResponseApdu(com, 0x9000)
        assert inside.read(0x1E, len(com), 1).sw == 0x6B00

    @pytest.mark.parametrize(
        ("way", "rest", "sw"),
        [
            (PastEnd.WARNS, True, 0x6282),
            (PastEnd.CUTS, True, 0x9000),
            (PastEnd.REFUSES, False, 0x6700),
        ],
    )
    def test_the_session_lives_on(
        self, terminal: MakeTerminal, image: CardImage, way: PastEnd, rest: bool, sw: int
    ) -> None:
        inside = terminal(quirks=Quirks(past_end=way)).pace()
        com = image.files[0x011E]
        assert inside.read(0x1E, len(com) - 3, 4) == ResponseApdu(com[-3:] if rest else b"", sw)
        assert inside.read(1).ok

    def test_the_chip_says_how_much_is_left(self, terminal: MakeTerminal, image: CardImage) -> None:
        outside = terminal(quirks=Quirks(past_end=PastEnd.CORRECTS))
        assert outside.plain("00B09C0040") == ResponseApdu(b"", 0x6C36)
        com = image.files[0x011E]
        before = outside.pace().card.apdus
        assert outside.read(0x1E, len(com) - 3, 4) == ResponseApdu(com[-3:], 0x9000)
        assert outside.card.apdus == before + 2  # the reader asked again

    def test_more_is_left_than_a_status_word_can_say(self, terminal: MakeTerminal) -> None:
        inside = terminal(quirks=Quirks(past_end=PastEnd.CORRECTS)).pace()
        assert inside.send(0xB0, 0x8D, 0, le=4096, extended=True).sw == 0x6700

    def test_the_session_ends(self, terminal: MakeTerminal, image: CardImage) -> None:
        fatal = terminal(quirks=Quirks(past_end=PastEnd.ENDS_SESSION))
        inside = fatal.pace()
        com = image.files[0x011E]
        with pytest.raises(Exception, match="not protected"):
            inside.read(0x1E, len(com) - 3, 4)
        assert inside.plain("00B09E0004").sw == 0x6982

    def test_without_a_session_there_is_none_to_end(self, terminal: MakeTerminal) -> None:
        fatal = terminal(quirks=Quirks(past_end=PastEnd.ENDS_SESSION))
        assert fatal.plain("00B09C0040").sw == 0x6B00
        assert fatal.plain("00B09C0004").ok


class TestBuffers:
    @pytest.mark.parametrize(("size", "plain"), [(256, 223), (512, 479), (1024, 991)])
    def test_a_small_buffer_is_no_larger_for_a_larger_le(self, terminal: MakeTerminal, size: int, plain: int) -> None:
        inside = terminal(quirks=Quirks(answer_bytes=size)).pace()
        assert len(inside.send(0xB0, 0x82, 0, le=plain, extended=True).data) == plain
        assert inside.send(0xB0, 0x82, 0, le=plain + 16, extended=True).sw == 0x6700
        assert inside.read(1).ok


@given(
    tables=st.dictionaries(
        st.sampled_from([*(item.name for item in fields(Quirks)), "colour"]),
        st.one_of(
            st.booleans(),
            st.none(),
            st.integers(),
            st.floats(allow_nan=True),
            st.text(max_size=8),
            st.sampled_from(list(PastEnd)),
        ),
    )
)
def test_any_table_is_quirks_or_refused(tables: dict[str, Any]) -> None:
    try:
        quirks = quirks_from_json(tables)
    except EmulationError as error:
        found = (error.code, error.field in tables)
    else:
        found = (EmulationErrorCode.BAD_COMMAND, all(getattr(quirks, name) == value for name, value in tables.items()))
    assert found == (EmulationErrorCode.BAD_COMMAND, True)


@pytest.mark.parametrize(
    ("texts", "quirks"),
    [
        ([], Quirks()),
        (["no-refuses-master-file", "der-signatures"], Quirks(refuses_master_file=False, der_signatures=True)),
        (["past-end=cuts", "answer-bytes=512"], Quirks(past_end=PastEnd.CUTS, answer_bytes=512)),
        (["past-end=ends-session"], Quirks(past_end=PastEnd.ENDS_SESSION)),
        (["password-tries=3", "wrong-key-delay-s=0.5"], Quirks(password_tries=3, wrong_key_delay_s=0.5)),
        (["wrong-key-delay-s=1"], Quirks(wrong_key_delay_s=1.0)),
    ],
)
def test_quirks_by_their_names(texts: list[str], quirks: Quirks) -> None:
    assert quirks_from_texts(texts) == quirks


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("purple", "purple"),
        ("past-end", "past_end"),
        ("past-end=never", "past_end"),
        ("answer-bytes=8", "answer_bytes"),
        ("answer-bytes=1.5", "answer_bytes"),
        ("password-tries=16", "password_tries"),
        ("wrong-key-delay-s=61", "wrong_key_delay_s"),
        ("password-tries", "password_tries"),
        ("extended-length=maybe", "extended_length"),
        ("wrong-key-delay-s=inf", "wrong_key_delay_s"),
        ("wrong-key-delay-s=-1", "wrong_key_delay_s"),
        ("no-password-tries", "password_tries"),
    ],
)
def test_what_is_no_quirk(text: str, field: str) -> None:
    with pytest.raises(EmulationError) as caught:
        quirks_from_texts([text])
    assert (caught.value.code, caught.value.field) == (EmulationErrorCode.BAD_COMMAND, field)


def test_every_quirk_has_a_name() -> None:
    assert len(QUIRK_NAMES) == len(fields(Quirks))
    assert "past-end" in QUIRK_NAMES


def test_a_chip_without_response_chaining_refuses_what_does_not_fit(image: CardImage) -> None:
    card = EmulatedCard(image, quirks=Quirks(response_chaining=False, answer_bytes=50))
    assert card.process(bytes.fromhex("0022C1A40F800A04007F00070202040202830102")).hex() == "9000"
    assert card.process(bytes.fromhex("10860000027C0000"))[-2:].hex() == "9000"
    point = (
        "7C43814104"
        + "8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"
        + ("547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997")
    )
    assert card.process(bytes.fromhex(f"1086000045{point}00")).hex() == "6700"
