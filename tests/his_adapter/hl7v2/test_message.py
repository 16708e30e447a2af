"""The grammar of HL7 v2: escapes, parts, dialects, and bytes that are no message."""

import contextlib

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.hospital.hl7v2.escapes import Delimiters, escape, unescape
from his_adapter.hospital.hl7v2.message import Message, MessageError, decode, encode, one, parse, segment

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HEAD = {1: "|", 2: "^~\\&", 9: one("ACK", "A04", "ACK"), 10: "7", 18: "UNICODE UTF-8"}


@given(anything)
def test_any_text_survives_its_escapes(text: str) -> None:
    assert unescape(escape(text)) == text


@given(anything)
def test_an_escaped_text_holds_no_delimiter_and_no_control(text: str) -> None:
    assert not set(escape(text)) & set("|^~&\r\n\x0b\x1c\x85\u2028")


@given(anything)
def test_other_delimiters(text: str) -> None:
    strange = Delimiters("#", "*", "+", "!", "?")
    assert unescape(escape(text, strange), strange) == text


@given(st.text("\\XFSTREHNC.brsp0189aAfF^|+-", max_size=30))
def test_unescaping_never_fails(text: str) -> None:
    assert len(unescape(text)) <= len(text), "no sequence stands for more than itself"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"A\F\B\S\C\T\D\R\E\E\F", r"A|B^C&D~E\F"),
        (r"\X0D0A\x", "\r\nx"),
        (r"\XE1BB85\ \XE1\\XBB\\X85\ ", "ễ ễ "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"one\.br\two\.sp2\three", "one\ntwo\nthree"),
        (r"\H\loud\N\ \.in+4\\Z123\\C2842\quiet", "loud quiet"),
        (r"C:\dir", r"C:\dir"),
        (r"\\", r"\\"),
    ],
)
def test_sequences_of_the_standard(written: str, read: str) -> None:
    assert unescape(written) == read


fields = st.lists(
    st.lists(st.lists(st.lists(anything, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=2),
    max_size=4,
)


def _texts(message: Message) -> list[list[list[list[list[str]]]]]:
    return [
        [[[list(component) for component in repetition] for repetition in value] for value in segment.fields]
        for segment in message.segments[1:]
    ]


@given(fields)
def test_what_is_written_is_read(values: list[list[list[list[str]]]]) -> None:
    body = {
        number: tuple(tuple(tuple(component) for component in repetition) for repetition in value)
        for number, value in enumerate(values, 1)
    }
    sent = Message((segment("MSH", HEAD), segment("ZZZ", body)))  # type: ignore[arg-type]
    got = decode(encode(sent))
    for number, value in body.items():
        for index, repetition in enumerate(value):
            for place, component in enumerate(repetition):
                for sub, text in enumerate(component):
                    read = got.segments[1].field(number)
                    found = (
                        read[index][place][sub]
                        if len(read) > index and len(read[index]) > place and len(read[index][place]) > sub
                        else ""
                    )
                    assert found == text


def test_a_foreign_parser_reads_the_same() -> None:
    sent = Message(
        (segment("MSH", HEAD), segment("PID", {3: one("1", "", "", ("A", "1.2", "ISO")) + one("2"), 5: "Lệ|^&"}))
    )
    foreign = hl7.parse(encode(sent).decode())
    assert str(foreign.segment("PID")[3][1][0][0]) == "2"
    assert str(foreign.segment("PID")[3][0][3][1]) == "1.2"
    assert foreign.unescape(str(foreign.segment("PID")[5])) == "Lệ|^&"


def test_dialects_are_read() -> None:
    got = decode(b"MSH#*+!?#HIS\nZZZ#a*b?c!S!d\r\n\r\nMSA#AA#7\n")
    assert got.all("ZZZ")[0].text(1, 2, 2) == "c*d"
    assert got.first("MSA").text(2) == "7"  # type: ignore[union-attr]
    assert got.first("PID") is None
    assert parse("MSH|^~\\&#|x").head.text(3) == "x"  # version 2.7's truncation character


def test_null_and_missing_are_empty() -> None:
    got = parse('MSH|^~\\&|\rPV1||""|A^""')
    assert [got.segments[1].text(number) for number in (1, 2, 3, 4)] == ["", "", "A", ""]
    assert got.segments[1].text(3, 2) == ""
    assert got.segments[1].text(0) == ""
    assert got.kind == "^"


@pytest.mark.parametrize("charset", ["GB 18030-2000", "ISO IR87", "windows-1258", "x"])
def test_a_plain_answer_in_a_character_set_nobody_knows_here(charset: str) -> None:
    """Letters of ASCII are the same in all of them."""
    content = b"MSH|^~\\&||||||||||||||||" + charset.encode() + b"\rMSA|AA|1\r"
    assert decode(content).segments[1].text(1) == "AA"


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/9", "iso8859-9"),
        ("ASCII~UNICODE UTF-8", "ascii"),
        ("8859/15", "iso8859-15"),
        ("unicode utf-8", "utf-8"),  # no table has the following, and engines write them
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
    ],
)
def test_the_message_names_its_character_set(charset: str, codec: str) -> None:
    text = "é" if codec != "ascii" else "e"
    content = f"MSH|^~\\&||||||||||||||||{charset}\rMSA|AA|1|{text}\r".encode(codec)
    assert decode(content).segments[1].text(3) == text


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "starts with MSH"),
        (b"<html>", "starts with MSH"),
        (b"MSH|^~\\", "starts with MSH"),
        (b"MSH|^~\\&&&&|", "four delimiters"),
        (b"MSH|^^^^|xx", "usable delimiters"),
        (b"MSH\r^~\\&\r", "usable delimiters"),
        (b"MSH|^~\\&|\rMSH|^~\\&|", "first and alone"),
        (b"MSH|^~\\&|\rpid|1", "three characters"),
        (b"MSH|^~\\&|\rPID^1", "three characters"),
        (b"MSH|^~\\&|\xff\xfe", "own character set"),
        (b"MSH|^~\\&||||||||||||||||GB 18030-2000|\xc4\xe3", "unknown character set"),
        (b"MSH|^~\\&||||||||||||||||ISO IR87|\x1b$B", "unknown character set"),
        (b"MSH|^~\\&|" + b"\rZZZ" * 5001, "too many segments"),
        (b"MSH|^~\\&|" + b"x" * (1 << 20), "too long"),
    ],
)
def test_what_is_no_message(content: bytes, rule: str) -> None:
    with pytest.raises(MessageError, match=rule):
        decode(content)


@given(st.binary(max_size=80) | st.text('MSHPID|^~\\&\r\n"X09Fé', max_size=80).map(str.encode))
def test_any_bytes_are_a_message_or_an_error(content: bytes) -> None:
    for candidate in (content, b"MSH|^~\\&|" + content):
        with contextlib.suppress(MessageError):
            written = encode(decode(candidate))
            assert encode(decode(written)) == written


def test_no_content_in_a_repr() -> None:
    assert "BÍ MẬT" not in repr(parse("MSH|^~\\&|\rPID|||BÍ MẬT"))


def test_a_message_of_another_character_set_is_written_in_utf8_and_says_so() -> None:
    head = "MSH|^~\\&|HIS|01999|TIEPDON|01999|20261127||ACK|1|P|2.5.1||||||8859/1"
    message = decode(f"{head}\rNTE|1||Café\r".encode("latin-1"))
    written = encode(message)
    assert decode(written).first("NTE").text(3) == "Café"  # type: ignore[union-attr]
    assert decode(written).head.text(18) == "UNICODE UTF-8"
    assert encode(decode(written)) == written
