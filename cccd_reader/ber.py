"""From BER to definite lengths (ITU-T X.690, 8.1.3.6 and 8.7.3).

9303-10 wants EF.SOD in DER, yet some issuers' tools write CMS the streaming way: lengths that are not known in
advance, ended by two zero bytes, and octet strings in pieces. Whatever is in DER inside stays as it is, byte for byte:
signatures are taken over it.
"""

from dataclasses import dataclass, field

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError

MAX_BYTES = 262_144
MAX_DEPTH = 32

_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_OCTET_STRING, _OCTET_STRING_IN_PIECES = 0x04, 0x24
_END = b"\x00\x00"


@dataclass(slots=True)
class _Open:
    """A constructed data object that is being read. `end` is None while only two zero bytes can tell."""

    tag: int
    start: int
    end: int | None
    changed: bool
    children: list[bytes] = field(default_factory=list)


def to_definite(data: bytes, what: str) -> bytes:
    """The one data object `data` with definite lengths and octet strings in one piece; `ChipDataError` for what is no
    BER, is deeper than `MAX_DEPTH` or longer than `MAX_BYTES`."""
    if len(data) > MAX_BYTES:
        raise ChipDataError(what, f"longer than {MAX_BYTES} bytes")
    root = _Open(0, 0, len(data), changed=False)
    stack = [root]
    position = 0
    while True:
        top = stack[-1]
        ended = top.end is None and data[position : position + 2] == _END
        if ended or position == top.end:
            position += 2 if ended else 0
            stack.pop()
            if not stack:
                break
            parent = stack[-1]
            parent.children.append(_close(top, data[top.start : position], what))
            parent.changed = parent.changed or top.changed
            continue
        limit = len(data) if top.end is None else top.end
        position = _read(data, position, limit, stack, what)
    if len(root.children) != 1:
        raise ChipDataError(what, "bytes follow the data object")
    return root.children[0]


def _read(data: bytes, start: int, limit: int, stack: list[_Open], what: str) -> int:
    """Takes one data object: a primitive one whole, of a constructed one the header. Returns where to go on."""
    content = start + 1
    if data[start : start + 1] and data[start] & 0x1F == 0x1F:
        while content < limit and data[content] & 0x80:
            content += 1
        content += 1
    if content >= limit or content - start > tlv.MAX_TAG_BYTES:
        raise ChipDataError(what, "a tag or its length is missing or too long")
    tag = int.from_bytes(data[start:content], "big")
    constructed = bool(data[start] & _CONSTRUCTED)
    if data[content] == _INDEFINITE:
        if not constructed:
            raise ChipDataError(what, "a primitive data object without a length")
        _push(stack, _Open(tag, start, None, changed=True), what)
        return content + 1
    header = tlv.read_header(data, what, start)
    end = start + header.total
    if end > limit:
        raise ChipDataError(what, "a value is shorter than its length says")
    if not constructed:
        stack[-1].children.append(data[start:end])
        return end
    _push(stack, _Open(tag, start, end, changed=tag == _OCTET_STRING_IN_PIECES), what)
    return start + header.size


def _push(stack: list[_Open], item: _Open, what: str) -> None:
    if len(stack) > MAX_DEPTH:
        raise ChipDataError(what, f"deeper than {MAX_DEPTH} data objects")
    stack.append(item)


def _close(item: _Open, raw: bytes, what: str) -> bytes:
    if not item.changed:
        return raw
    if item.tag != _OCTET_STRING_IN_PIECES:
        return tlv.encode(item.tag, b"".join(item.children))
    pieces = [tlv.decode(child, what, _OCTET_STRING).value for child in item.children]
    return tlv.encode(_OCTET_STRING, b"".join(pieces))
