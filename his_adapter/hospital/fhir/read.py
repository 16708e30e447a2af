"""Reading what a FHIR server says: total, and tolerant of everything that is not needed.

Unknown fields pass, optional ones may be missing; a field that is used must have its type. What is wrong is named by
its path alone (``Patient.name[0].text``), never by its content.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from his_adapter.clock import everywhere
from his_adapter.json_text import NotJson, read_json
from his_adapter.model import nfc

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")  # R4 2.24.0.1, datatype id
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?$")
MAX_DONG = 10**13 - 1


class Malformed(ValueError):
    """An answer breaks the specification. `args[0]` is the path."""


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON object of an answer and where it stands. A missing element is an empty node."""

    value: Mapping[str, object] = field(repr=False)
    path: str

    def __bool__(self) -> bool:
        return bool(self.value)

    def at(self, name: str) -> str:
        """The path of an element."""
        return f"{self.path}.{name}"

    def text(self, name: str) -> str:
        """A string; empty when missing."""
        found = self.value.get(name)
        if found is None:
            return ""
        return _text(found, self.at(name))

    def need(self, name: str) -> str:
        """A string that must be there."""
        found = self.text(name)
        if not found:
            raise Malformed(self.at(name))
        return found

    def words(self, name: str) -> str:
        """A text for people: NFC, single spaces."""
        return nfc(self.text(name))

    def flag(self, name: str) -> bool | None:
        """A boolean; None when missing."""
        found = self.value.get(name)
        if found is None or isinstance(found, bool):
            return found
        raise Malformed(self.at(name))

    def whole(self, name: str) -> int | None:
        """A whole number; None when missing."""
        found = self.value.get(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int):
            raise Malformed(self.at(name))
        return found

    def moment(self, name: str) -> datetime | None:
        """A dateTime or instant with a time of day; None when missing. Without offset it is the hospital's own time."""
        found = self.text(name)
        if not found:
            return None
        try:
            moment = everywhere(datetime.fromisoformat(found))
        except ValueError:
            moment = None
        if moment is None:
            raise Malformed(self.at(name))
        return moment

    def child(self, name: str) -> "Node":
        """An object; an empty one when missing."""
        found = self.value.get(name)
        if found is None:
            return Node({}, self.at(name))
        return _node(found, self.at(name))

    def children(self, name: str) -> tuple["Node", ...]:
        """The objects of a list; none when missing."""
        return tuple(_node(item, f"{self.at(name)}[{place}]") for place, item in enumerate(self._items(name)))

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings of a list. A null stands for a value that has extensions alone (R4 2.6.2.3): passed over."""
        return tuple(
            _text(item, f"{self.at(name)}[{place}]") for place, item in enumerate(self._items(name)) if item is not None
        )

    def _items(self, name: str) -> list[object]:
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise Malformed(self.at(name))
        return found


def _text(found: object, path: str) -> str:
    if not isinstance(found, str):
        raise Malformed(path)
    return found


def _node(found: object, path: str) -> Node:
    if not isinstance(found, dict):
        raise Malformed(path)
    return Node(found, path)


def parse_resource(body: bytes) -> Node:
    """A resource. Raises Malformed for any other bytes."""
    try:
        return resource_node(_node(read_json(body), "resource"))
    except NotJson:
        raise Malformed("JSON") from None


def resource_node(node: Node) -> Node:
    """The node of a resource, its path beginning with the type. Raises Malformed for an object that is none."""
    kind = node.need("resourceType")
    if not _TYPE.fullmatch(kind):
        raise Malformed(node.at("resourceType"))
    return Node(node.value, kind)


def resource_id(node: Node) -> str:
    """A resource's logical id."""
    found = node.need("id")
    if not is_id(found):
        raise Malformed(node.at("id"))
    return found


def is_id(text: str) -> bool:
    """Whether this can be a logical id."""
    return _ID.fullmatch(text) is not None


def resource_etag(node: Node) -> str:
    """``W/"n"`` of the version in meta; empty when the server keeps none."""
    version = node.child("meta").text("versionId")
    return f'W/"{version}"' if version and _ID.fullmatch(version) else ""


def reference_to(text: str) -> tuple[str, str] | None:
    """Type and id of a literal reference or an address, relative, absolute or with a version; None for any other."""
    found = _REFERENCE.search(text)
    return None if found is None else (found[1], found[2])


def refers_to(reference: Node, kind: str, identity: str) -> bool:
    """Whether a Reference is to this resource."""
    return reference_to(reference.text("reference")) == (kind, identity)


def identifier(node: Node, system: str) -> str:
    """The value of a resource's first identifier of a system; empty when there is none."""
    if not system:
        return ""
    return next((one.text("value") for one in node.children("identifier") if one.text("system") == system), "")


def has_identifier(node: Node, system: str, value: str) -> bool:
    """Whether one of a resource's identifiers is this one."""
    return any((one.text("system"), one.text("value")) == (system, value) for one in node.children("identifier"))


def code_of(concept: Node, system: str) -> str:
    """A concept's code of a system; without one of that system, a code that names no system; else empty."""
    codings = concept.children("coding")
    for wanted in (system, ""):
        for coding in codings:
            if coding.text("system") == wanted and coding.text("code"):
                return coding.text("code")
    return ""


def concept_text(concept: Node) -> str:
    """What a concept is called: its text, or the first display of its codings."""
    displays = (coding.words("display") for coding in concept.children("coding"))
    return concept.words("text") or next((display for display in displays if display), "")


def extension(node: Node, url: str) -> Node:
    """A resource's first extension of an address; empty when there is none or no address is given."""
    if url:
        for one in node.children("extension"):
            if one.text("url") == url:
                return one
    return Node({}, node.at("extension"))


def dong(money: Node) -> int | None:
    """Whole đồng of a Money; None when it is missing. Raises Malformed for another currency or a fraction."""
    value = money.value.get("value")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(money.at("value"))
    if money.text("currency") not in ("", "VND"):
        raise Malformed(money.at("currency"))
    amount = Decimal(str(value))
    if not amount.is_finite() or not 0 <= amount <= MAX_DONG or amount != amount.to_integral_value():
        raise Malformed(money.at("value"))
    return int(amount)
