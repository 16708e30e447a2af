"""What DG11 and DG12 share: a list of the tags that are there, data objects of text, and repeated ones in A0."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.com import TAG_LIST
from cccd_reader.text import clean

_TAG_REPEATED = 0xA0
_TAG_COUNT = 0x02
_SEPARATOR = "<"
_DAY = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True, repr=False)
class DetailFields:
    """The values by tag, in the order of the file. `announced` is the file's own list of its tags."""

    values: Mapping[int, tuple[bytes, ...]]
    announced: tuple[int, ...]

    def __repr__(self) -> str:
        return f"DetailFields({len(self.values)} tags)"

    @property
    def missing(self) -> tuple[int, ...]:
        """Tags that the list announces and the file lacks."""
        return tuple(tag for tag in self.announced if tag not in self.values and tag != _TAG_REPEATED)

    def first(self, tag: int) -> bytes | None:
        return next(iter(self.values.get(tag, ())), None)

    def text(self, tag: int) -> str | None:
        """The text of a field, cleaned; None when it is absent or empty."""
        return _text(self.first(tag) or b"") or None

    def texts(self, tag: int) -> tuple[str, ...]:
        """Every value of a repeated field."""
        return tuple(text for value in self.values.get(tag, ()) if (text := _text(value)))

    def parts(self, tag: int) -> tuple[str, ...]:
        """A field of several parts, which `<` separates: an address, a place."""
        return tuple(part for part in (clean(part) for part in (self.text(tag) or "").split(_SEPARATOR)) if part)

    def day(self, tag: int) -> date | None:
        """A day as CCYYMMDD, in eight digits or, as editions before LDS 1.7 had it, in four bytes BCD. None when it is
        absent or no day of the calendar: parts of a date may be unknown."""
        value = self.first(tag) or b""
        digits = value.hex() if len(value) == 4 else value.decode("latin-1")
        if not _DAY.fullmatch(digits):
            return None
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            return None

    def others(self, known: frozenset[int]) -> dict[int, tuple[bytes, ...]]:
        """What has none of these tags."""
        return {tag: values for tag, values in self.values.items() if tag not in known}


def parse_detail_fields(data: bytes, file: str, tag: int) -> DetailFields:
    """The fields of a file with the outer `tag`, or `ChipDataError`. Bytes after the data object are ignored."""
    outer, _ = tlv.decode_first(data, file)
    if outer.tag != tag:
        raise ChipDataError(file, f"tag {outer.tag:02X} where {tag:02X} must be")
    values: dict[int, list[bytes]] = {}
    announced: tuple[int, ...] = ()
    for item in tlv.iterate(outer.value, file):
        if item.tag == TAG_LIST:
            announced = _tags(item.value, file)
        elif item.tag == _TAG_REPEATED:
            for inner in tlv.iterate(item.value, file):
                if inner.tag != _TAG_COUNT:
                    values.setdefault(inner.tag, []).append(inner.value)
        else:
            values.setdefault(item.tag, []).append(item.value)
    return DetailFields({tag: tuple(found) for tag, found in values.items()}, announced)


def _tags(data: bytes, file: str) -> tuple[int, ...]:
    """A list of tags alone: of one byte, or of two when the first one says so."""
    found, position = [], 0
    while position < len(data):
        size = 2 if data[position] & 0x1F == 0x1F else 1
        if position + size > len(data):
            raise ChipDataError(file, "the list of tags is cut off")
        found.append(int.from_bytes(data[position : position + size], "big"))
        position += size
    return tuple(found)


def _text(value: bytes) -> str:
    """UTF-8, as 9303-10 has it; else Latin-1, which gives something to show for whatever it is."""
    try:
        return clean(value.decode("utf-8"))
    except UnicodeDecodeError:
        return clean(value.decode("latin-1"))


def split_name(name: str | None) -> str | None:
    """A name of the form `SURNAME<<GIVEN<NAMES` as one would write it; others as they are."""
    return " ".join(name.replace(_SEPARATOR, " ").split()) if name else None
