"""BER-TLV as chips use it (ISO/IEC 7816-4, 5.2.2.2): definite lengths, tags of at most three bytes.

Every decoder here is total: any bytes give a value or `ChipDataError`. None of them recurses, so depth is the caller's
choice, and none allocates more than it was given.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cccd_reader.errors import ChipDataError

MAX_TAG_BYTES = 3
MAX_LENGTH_BYTES = 4

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_MORE = 0x80


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object. `raw` is its exact encoding, which hashes and MACs are taken over."""

    tag: int
    value: bytes
    raw: bytes

    @property
    def constructed(self) -> bool:
        return bool(self.raw[0] & _CONSTRUCTED)


@dataclass(frozen=True, slots=True)
class Header:
    """A decoded tag and length. `size` is the number of bytes that both take."""

    tag: int
    size: int
    length: int

    @property
    def total(self) -> int:
        """Bytes of the whole data object: what READ BINARY has to fetch."""
        return self.size + self.length


def read_header(data: bytes, what: str = "TLV", start: int = 0) -> Header:
    """The tag and the length at `start` of `data`; the value may be missing (the first bytes of a file)."""
    if start >= len(data):
        raise ChipDataError(what, "a tag is missing")
    position = start + 1
    if data[start] & _LONG_TAG == _LONG_TAG:
        while True:
            if position >= len(data):
                raise ChipDataError(what, "a tag is cut off")
            if position - start >= MAX_TAG_BYTES:
                raise ChipDataError(what, f"a tag is longer than {MAX_TAG_BYTES} bytes")
            position += 1
            if not data[position - 1] & _MORE:
                break
    tag = int.from_bytes(data[start:position], "big")
    if position >= len(data):
        raise ChipDataError(what, "a length is missing")
    first = data[position]
    position += 1
    if first < _MORE:
        return Header(tag, position - start, first)
    count = first & ~_MORE
    if not 1 <= count <= MAX_LENGTH_BYTES:
        raise ChipDataError(what, "a length is indefinite or longer than four bytes")
    if position + count > len(data):
        raise ChipDataError(what, "a length is cut off")
    return Header(tag, position + count - start, int.from_bytes(data[position : position + count], "big"))


def decode_first(data: bytes, what: str = "TLV") -> tuple[Tlv, bytes]:
    """The data object at the start of `data`, and the bytes after it."""
    found = _decode_at(data, 0, what)
    return found, data[len(found.raw) :]


def decode(data: bytes, what: str = "TLV", tag: int | None = None) -> Tlv:
    """The one data object that `data` is; nothing may follow. With `tag`, it must be that one."""
    found, rest = decode_first(data, what)
    if rest:
        raise ChipDataError(what, "bytes follow the data object")
    if tag is not None and found.tag != tag:
        raise ChipDataError(what, f"tag {found.tag:02X} where {tag:02X} must be")
    return found


def iterate(data: bytes, what: str = "TLV") -> Iterator[Tlv]:
    """The data objects that `data` is a sequence of, one after the other."""
    position = 0
    while position < len(data):
        found = _decode_at(data, position, what)
        position += len(found.raw)
        yield found


def _decode_at(data: bytes, start: int, what: str) -> Tlv:
    header = read_header(data, what, start)
    end = start + header.total
    if end > len(data):
        raise ChipDataError(what, "a value is shorter than its length says")
    return Tlv(header.tag, data[start + header.size : end], data[start:end])


def find(data: bytes, tag: int, what: str = "TLV") -> Tlv:
    """The first data object with `tag` in the sequence `data`."""
    for found in iterate(data, what):
        if found.tag == tag:
            return found
    raise ChipDataError(what, f"tag {tag:02X} is missing")


def encode(tag: int, value: bytes) -> bytes:
    """A data object with the shortest length form."""
    return tag.to_bytes(max(1, (tag.bit_length() + 7) // 8), "big") + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    if length < _MORE:
        return bytes([length])
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([_MORE | len(body)]) + body
