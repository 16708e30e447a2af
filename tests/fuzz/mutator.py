"""Changes to a tree of data objects that keep its lengths right, so that what is deep inside is reached.

libFuzzer changes bytes; a byte more or less in a nested structure makes every length around it wrong, and the parser
stops at the first of them. Here one object is chosen, and its value is changed, doubled, taken out, emptied, wrapped or
exchanged for another one; then all lengths above are written anew.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from cccd_reader.tlv import encode_length

Mutate = Callable[[bytes, int], bytes]

_MAX_DEPTH = 12
_MAX_NODES = 400
_TAGS = bytes.fromhex("020304050613173031A0A180818283848687")


@dataclass(slots=True)
class Node:
    """A data object: its tag's bytes, and its children or, where it has none, its value. `lead` is what stands before
    the children: the unused bits of a BIT STRING."""

    tag: bytes
    value: bytes = b""
    children: list["Node"] = field(default_factory=list)
    lead: bytes = b""

    def content(self) -> bytes:
        return self.lead + b"".join(child.encode() for child in self.children) if self.children else self.value

    def encode(self) -> bytes:
        content = self.content()
        return self.tag + encode_length(len(content)) + content


def mutate_tree(data: bytes, max_size: int, seed: int, mutate: Mutate) -> bytes:
    """A changed `data`, which may have bytes after the tree; `mutate` is libFuzzer's own way with bytes."""
    source = random.Random(seed)
    nodes: list[Node] = []
    roots, rest = parse_tree(data, nodes)
    if not nodes or source.random() < 0.3:
        return mutate(data, max_size)
    node = source.choice(nodes)
    change = source.choice((_change_value, _change_value, _change_tag, _double, _drop, _exchange, _wrap, _empty))
    change(node, nodes, source, mutate)
    if rest and source.random() < 0.1:
        rest = mutate(rest, len(rest) + 4)
    return (b"".join(root.encode() for root in roots) + rest)[:max_size]


def _change_value(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    content = node.value or b"\x00"
    node.value, node.children = mutate(content, len(content) + 16), []


def _change_tag(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    node.tag = source.choice((source.choice(nodes).tag, bytes([source.choice(_TAGS)])))


def _double(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    parent = _parent(node, nodes)
    if parent is not None:
        parent.children.insert(source.randrange(len(parent.children) + 1), node)


def _drop(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    parent = _parent(node, nodes)
    if parent is not None:
        parent.children = [child for child in parent.children if child is not node]
        parent.value = b""


def _exchange(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    other = source.choice(nodes)
    # Its encoding and not its children: one of the two may stand inside the other.
    node.tag, node.value, node.children = other.tag, other.content(), []


def _wrap(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    inner = node.encode() * source.choice((1, 1, 2, 5))
    node.tag, node.value, node.children = bytes([source.choice(_TAGS)]), inner, []


def _empty(node: Node, nodes: list[Node], source: random.Random, mutate: Mutate) -> None:
    node.value, node.children = b"", []


def _parent(node: Node, nodes: list[Node]) -> Node | None:
    return next((parent for parent in nodes if any(child is node for child in parent.children)), None)


def parse_tree(data: bytes, nodes: list[Node], depth: int = 0) -> tuple[list[Node], bytes]:
    """The objects that `data` begins with, all of them added to `nodes`, and the bytes that are none."""
    found: list[Node] = []
    position = 0
    while position < len(data) and len(nodes) < _MAX_NODES:
        split = _split(data, position)
        if split is None:
            break
        tag, start, end = split
        node = Node(tag, data[start:end])
        nodes.append(node)
        found.append(node)
        _parse_inside(node, nodes, depth)
        position = end
    return found, data[position:]


def _parse_inside(node: Node, nodes: list[Node], depth: int) -> None:
    """The children of a constructed object, and of strings that hold a structure, as OCTET STRING and BIT STRING do."""
    lead = b"\x00" if node.tag == b"\x03" and node.value[:1] == b"\x00" else b""
    if depth >= _MAX_DEPTH or not (node.tag[0] & 0x20 or node.tag in (b"\x03", b"\x04")):
        return
    known = len(nodes)
    children, rest = parse_tree(node.value[len(lead) :], nodes, depth + 1)
    if children and not rest:
        node.children, node.lead = children, lead
    else:
        del nodes[known:]


def _split(data: bytes, start: int) -> tuple[bytes, int, int] | None:
    """(tag, start and end of the value) of the object at `start`, if there is a whole one."""
    position = start + 1
    if data[start] & 0x1F == 0x1F:
        while position < len(data) and data[position] & 0x80:
            position += 1
        position += 1
    tag = data[start:position]
    if position >= len(data):
        return None
    length = data[position]
    position += 1
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[position : position + size], "big")
        position += size
    end = position + length
    return (tag, position, end) if end <= len(data) else None
