"""Messages as segments, fields, repetitions, components and subcomponents (HL7 v2.5.1, 2.5), read and written.

Reading is total: any bytes give a `Message` or a `MessageError`. It takes every version 2 dialect that keeps the
grammar: other delimiters, line feeds between segments, unknown segments, the character sets of `CHARSETS`.
"""

import re
from dataclasses import dataclass, field

from his_adapter.hospital.hl7v2.escapes import STANDARD, Delimiters, escape, unescape

MAX_MESSAGE_BYTES = 1 << 20
MAX_SEGMENTS = 5000
NULL = '""'
"""An explicit "there is none" (2.5.3): read like a missing value."""

Component = tuple[str, ...]
Repetition = tuple[Component, ...]
Field = tuple[Repetition, ...]

UTF8 = "UNICODE UTF-8"
CHARSETS = (
    {"": "utf-8", UTF8: "utf-8", "ASCII": "ascii"}
    | {f"8859/{n}": f"iso8859-{n}" for n in (*range(1, 10), 15)}
    | {"UTF-8": "utf-8", "UTF8": "utf-8"}  # in no table; engines write them all the same
)
"""MSH-18 (table 0211). Nothing said means UTF-8 here, of which the standard's ASCII is a part. A message in any other
character set is read as long as it is plain ASCII, as an acknowledgement mostly is."""

_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_BETWEEN_SEGMENTS = re.compile(r"[\r\n]+")


class MessageError(ValueError):
    """Bytes that are no HL7 v2 message. The text names the rule, never the content."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment. `fields` starts with the segment's first field; for MSH that is MSH-1, the separator itself."""

    name: str
    fields: tuple[Field, ...] = field(repr=False)

    def field(self, number: int) -> Field:
        """A field's repetitions; none when it is absent."""
        return self.fields[number - 1] if 0 < number <= len(self.fields) else ()

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A value of the first repetition; empty when there is none."""
        repetitions = self.field(number)
        return part(repetitions[0], component, subcomponent) if repetitions else ""


@dataclass(frozen=True, slots=True)
class Message:
    """Segments, the first of them MSH. Never empty."""

    segments: tuple[Segment, ...]

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> tuple[Segment, ...]:
        """Every segment of a name, in order."""
        return tuple(segment for segment in self.segments if segment.name == name)

    @property
    def head(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.head.text(10)

    @property
    def kind(self) -> str:
        """MSH-9 without its structure, such as ``ADT^A04``."""
        return f"{self.head.text(9)}^{self.head.text(9, 2)}"


def part(repetition: Repetition, component: int, subcomponent: int = 1) -> str:
    """A value of a repetition; empty when it is absent or null."""
    if component > len(repetition) or subcomponent > len(repetition[component - 1]):
        return ""
    value = repetition[component - 1][subcomponent - 1]
    return "" if value == NULL else value


def one(*components: str | Component) -> Field:
    """A field with one repetition; fields added together repeat."""
    return (tuple((component,) if isinstance(component, str) else component for component in components),)


def segment(name: str, fields: dict[int, str | Field]) -> Segment:
    """A segment to be written: field number to text or `one`."""
    values = [fields.get(number, ()) for number in range(1, max(fields, default=0) + 1)]
    return Segment(name, tuple(one(value) if isinstance(value, str) and value else value or () for value in values))


def encode(message: Message) -> bytes:
    """A message in UTF-8 with the standard's delimiters, every segment ended by a carriage return (2.6).

    MSH-18 of a message that came in another character set says what it is written in now.
    """
    segments = (_in_utf8(message.head), *message.segments[1:])
    return "".join(_written(segment) + "\r" for segment in segments).encode("utf-8")


def _in_utf8(head: Segment) -> Segment:
    if head.field(18) in ((), one(UTF8)):
        return head
    return Segment(head.name, (*head.fields[:17], one(UTF8), *head.fields[18:]))


def decode(content: bytes) -> Message:
    """Any bytes as a message. Raises MessageError."""
    if len(content) > MAX_MESSAGE_BYTES:
        raise MessageError("a message is too long")
    try:
        text = content.decode(_charset(content))
    except UnicodeDecodeError:
        raise MessageError("a message is not in its own character set") from None
    return parse(text)


def parse(text: str) -> Message:
    """A message from its text. Raises MessageError."""
    delimiters = _delimiters(text)
    lines = [line for line in _BETWEEN_SEGMENTS.split(text) if line]
    if len(lines) > MAX_SEGMENTS:
        raise MessageError("a message has too many segments")
    return Message(tuple(_read(line, delimiters, first=index == 0) for index, line in enumerate(lines)))


def _charset(content: bytes) -> str:
    """The codec that MSH-18 names, which stands in ASCII before any text that needs it."""
    head = re.split(rb"[\r\n]", content, maxsplit=1)[0].split(content[3:4] or b"|")
    name = re.split(rb"[~^]", head[17])[0].decode("ascii", "replace").strip().upper() if len(head) > 17 else ""
    if name in CHARSETS:
        return CHARSETS[name]
    if content.isascii() and b"\x1b" not in content:  # ISO 2022 writes its letters in ASCII, after an escape
        return "ascii"
    raise MessageError("a message is in an unknown character set")


def _delimiters(text: str) -> Delimiters:
    if not text.startswith("MSH") or len(text) < 8:
        raise MessageError("a message starts with MSH")
    signs = text[4:].split(text[3], 1)[0]
    if len(signs) not in (4, 5):  # version 2.7 adds a fifth, for truncation
        raise MessageError("MSH-2 names four delimiters")
    try:
        return Delimiters(text[3], *signs[:4])
    except ValueError:
        raise MessageError("MSH names no usable delimiters") from None


def _read(line: str, delimiters: Delimiters, *, first: bool) -> Segment:
    name, rest = line[:3], line[3:]
    if not _SEGMENT_NAME.fullmatch(name) or (rest and rest[0] != delimiters.field):
        raise MessageError("a segment has a name of three characters")
    if (name == "MSH") is not first:
        raise MessageError("MSH stands first and alone")
    texts = rest[1:].split(delimiters.field) if rest else []
    if first:
        signs, *texts = texts
        return Segment(name, (one(delimiters.field), one(signs), *(_field(text, delimiters) for text in texts)))
    return Segment(name, tuple(_field(text, delimiters) for text in texts))


def _field(text: str, delimiters: Delimiters) -> Field:
    if not text:
        return ()
    return tuple(
        tuple(
            tuple(unescape(value, delimiters) for value in component.split(delimiters.subcomponent))
            for component in repetition.split(delimiters.component)
        )
        for repetition in text.split(delimiters.repetition)
    )


def _written(segment: Segment) -> str:
    if segment.name == "MSH":
        rest = "|".join(_written_field(value) for value in segment.fields[2:])
        return f"MSH|{STANDARD.encoding_characters}|{rest}"
    return "|".join([segment.name, *(_written_field(value) for value in segment.fields)]).rstrip("|")


def _written_field(value: Field) -> str:
    return "~".join(
        "^".join("&".join(map(escape, component)).rstrip("&") for component in repetition).rstrip("^")
        for repetition in value
    )
