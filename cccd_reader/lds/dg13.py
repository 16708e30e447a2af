"""EF.DG13 of Vietnamese citizen cards. No specification is public: the structure follows several independent readers.

    6D { 30 { 02 version, 06 OID, 31 { 30 { 02 index, value… } … } } }

Index and meaning are in `Index`. Values are strings; parents and spouses are one or more, in two layouts: strings in
SEQUENCEs side by side, or in one SEQUENCE. Fields come in ascending order, which is no DER SET order, so hashes are
taken over the file's bytes and never over a new encoding.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.text import clean

FILE = "DG13"
TAG = 0x6D
MAX_WRAPPERS = 4
"""How deep the fields may be wrapped, and how deep strings may be nested inside a field; cards use two and one."""

_INTEGER, _OID, _SEQUENCE, _SET, _EXPLICIT = 0x02, 0x06, 0x30, 0x31, 0xA0
_ENCODINGS = {
    0x0C: ("utf-8",),
    0x13: ("ascii",),
    0x16: ("ascii",),
    0x12: ("ascii",),
    0x1A: ("ascii",),
    0x14: ("utf-8", "latin-1"),  # T61String: nobody writes real T.61
    0x1E: ("utf-16-be",),
    0x1C: ("utf-32-be",),
    0x04: ("utf-8",),
}
"""UTF8String, PrintableString, IA5String, NumericString, VisibleString, T61String, BMPString, UniversalString, and an
OCTET STRING that turns out to be text. Cards use the first two; the others cost nothing."""


class Index(IntEnum):
    """The numbers of the fields."""

    NUMBER = 1
    FULL_NAME = 2
    BIRTH = 3
    SEX = 4
    NATIONALITY = 5
    ETHNICITY = 6
    RELIGION = 7
    PLACE_OF_ORIGIN = 8
    RESIDENCE = 9
    IDENTIFYING_FEATURES = 10
    ISSUED = 11
    EXPIRY = 12
    PARENTS = 13
    SPOUSES = 14
    OLD_NUMBER = 15
    UNKNOWN_16 = 16


_KNOWN = frozenset(Index)


@dataclass(frozen=True, slots=True)
class Dg13:
    """The fields as they are: an absent index is not in `fields`, one without a value has no strings, and a string of
    length zero is "". Strings are NFC, without control characters.

    `unknown` keeps the raw value of indices after 16, which newer cards may add; `unreadable` that of known indices
    whose value is no text, because Circular 16/2024/TT-BCA lets the authority encode fields its own way.
    """

    fields: Mapping[int, tuple[str, ...]]
    unknown: Mapping[int, bytes]
    unreadable: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return (
            f"Dg13(fields={sorted(self.fields)}, unreadable={sorted(self.unreadable)}, unknown={sorted(self.unknown)})"
        )

    def text(self, index: Index) -> str | None:
        """The one string of a field, or None when it is absent or empty."""
        strings = self.fields.get(index, ())
        return (strings[0] or None) if strings else None

    def extra(self, index: Index) -> tuple[str, ...]:
        """Strings after those that the field is known to have: two parents, any number of spouses, one of all else."""
        if index is Index.SPOUSES:
            return ()
        return self.fields.get(index, ())[2 if index is Index.PARENTS else 1 :]

    @property
    def father(self) -> str | None:
        """The first of the parents; where the field has a single name, nothing says whose it is."""
        return self.text(Index.PARENTS)

    @property
    def mother(self) -> str | None:
        parents = self.fields.get(Index.PARENTS, ())
        return (parents[1] or None) if len(parents) > 1 else None

    @property
    def spouses(self) -> tuple[str, ...]:
        return tuple(name for name in self.fields.get(Index.SPOUSES, ()) if name)

    @property
    def old_number(self) -> str | None:
        """The 9 or 12 digits of field 15 or 16: parsers disagree which, and the content tells."""
        for index in (Index.OLD_NUMBER, Index.UNKNOWN_16):
            text = self.text(index)
            if text is not None and re.fullmatch(r"[0-9]{9}|[0-9]{12}", text):
                return text
        return None


def parse_dg13(data: bytes) -> Dg13:
    """The fields of the file, or `ChipDataError`. Padding after the data object is ignored."""
    outer, _ = tlv.decode_first(data, FILE)
    if outer.tag != TAG:
        raise ChipDataError(FILE, f"tag {outer.tag:02X} where {TAG:02X} must be")
    fields: dict[int, tuple[str, ...]] = {}
    unknown: dict[int, bytes] = {}
    unreadable: dict[int, bytes] = {}
    for item in _find_fields(outer.value):
        index, value = _split_field(item)
        if index in fields or index in unknown or index in unreadable:
            raise ChipDataError(FILE, f"field {index} stands twice")
        if index not in _KNOWN:
            unknown[index] = value
            continue
        try:
            fields[index] = _strings(index, value)
        except ChipDataError:
            unreadable[index] = value
    return Dg13(MappingProxyType(fields), MappingProxyType(unknown), MappingProxyType(unreadable))


def _find_fields(content: bytes) -> list[tlv.Tlv]:
    """The children of the SET, or of a SEQUENCE that has nothing but fields. The version INTEGER in front looks like a
    field's index, so bytes are never scanned for one."""
    for _ in range(MAX_WRAPPERS):
        children = list(tlv.iterate(content, FILE))
        for child in children:
            if child.tag == _SET:
                return list(tlv.iterate(child.value, FILE))
        if children and all(_is_field(child) for child in children):
            return children
        wrapper = next((child for child in children if child.tag in (_SEQUENCE, _EXPLICIT)), None)
        if wrapper is None:
            break
        content = wrapper.value
    raise ChipDataError(FILE, "no set of fields")


def _is_field(item: tlv.Tlv) -> bool:
    """Whether `item` is one field. The outermost SEQUENCE starts with an INTEGER as well, its version; but it goes on
    with an OID, a SET or a wrapper of fields, and a field goes on with strings or SEQUENCEs of strings."""
    if item.tag != _SEQUENCE:
        return False
    inner = list(tlv.iterate(item.value, FILE))
    return (
        bool(inner)
        and inner[0].tag == _INTEGER
        and all(child.tag not in (_OID, _SET, _EXPLICIT) and not _holds_fields(child) for child in inner[1:])
    )


def _holds_fields(item: tlv.Tlv) -> bool:
    starts_with_index = bytes([_INTEGER])
    return item.tag == _SEQUENCE and any(
        child.tag == _SEQUENCE and child.value.startswith(starts_with_index) for child in tlv.iterate(item.value, FILE)
    )


def _split_field(item: tlv.Tlv) -> tuple[int, bytes]:
    if item.tag != _SEQUENCE:
        raise ChipDataError(FILE, "a field is no SEQUENCE")
    if not item.value:
        raise ChipDataError(FILE, "a field has no index")
    index, value = tlv.decode_first(item.value, FILE)
    if index.tag != _INTEGER or not 1 <= len(index.value) <= 2:
        raise ChipDataError(FILE, "a field has no index")
    return int.from_bytes(index.value, "big"), value


def _strings(index: int, value: bytes) -> tuple[str, ...]:
    """The strings of a field, depth first. An empty SEQUENCE counts as "", so that a mother stays the second parent."""
    found: list[str] = []
    waiting = [(item, 0) for item in reversed(list(tlv.iterate(value, FILE)))]
    while waiting:
        item, depth = waiting.pop()
        if not item.constructed:
            found.append(_decode(index, item))
        elif not item.value:
            found.append("")
        elif depth < MAX_WRAPPERS:
            waiting.extend((child, depth + 1) for child in reversed(list(tlv.iterate(item.value, FILE))))
        else:
            raise ChipDataError(FILE, f"field {index} is nested too deep")
    return tuple(found)


def _decode(index: int, item: tlv.Tlv) -> str:
    for encoding in _ENCODINGS.get(item.tag, ()):
        try:
            return clean(item.value.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise ChipDataError(FILE, f"field {index} is no text (tag {item.tag:02X})")
