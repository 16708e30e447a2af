"""Answers of a FHIR server: pages of a search, results of a write, results of a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    parse_resource,
    reference_to,
    resource_id,
    resource_node,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A resource that a request made, changed or found. `existed`: a conditional create found it (200, not 201).

    `resource` is None when the server did not show it. `identity` is empty when the server found it and did not say
    where: a Location is due for what is created only (R4 3.1.0.8), and Microsoft's server gives nothing but the status.
    """

    kind: str
    identity: str
    existed: bool
    resource: Node | None

    @property
    def reference(self) -> str:
        """``Encounter/12``."""
        return f"{self.kind}/{self.identity}"


def must_be(node: Node, kind: str) -> None:
    """Raises Malformed unless a resource has this type."""
    if node.text("resourceType") != kind:
        raise Malformed(node.at("resourceType"))


def matches(page: Node) -> list[Node]:
    """The resources of a page: matches and included ones. Raises Malformed."""
    must_be(page, "Bundle")
    nodes = []
    for entry in page.children("entry"):
        resource = entry.child("resource")
        if resource and entry.child("search").text("mode") != "outcome":
            nodes.append(resource_node(resource))
    return nodes


def next_page(page: Node) -> str:
    """The address of the page after this one; empty for the last."""
    return next((link.text("url") for link in page.children("link") if link.text("relation") == "next"), "")


def shown_resource(body: bytes) -> Node | None:
    """The resource that came back with a write, if it is no OperationOutcome and no empty body."""
    if not body.strip():
        return None
    node = parse_resource(body)
    return None if node.text("resourceType") == "OperationOutcome" else node


def read_written(kind: str, place: str, shown: Node | None, *, existed: bool) -> Written:
    """What was written, by the resource shown or by its Location. Raises Malformed for a new one without either."""
    if shown is not None and shown.text("resourceType") == kind:
        return Written(kind, resource_id(shown), existed, shown)
    if existed and not place:
        return Written(kind, "", existed, None)
    found = reference_to(place)
    if found is None or found[0] != kind:
        raise Malformed(f"{kind}: Location")
    return Written(kind, found[1], existed, None)


def read_transaction(answer: Node, kinds: Sequence[str]) -> tuple[Written, ...]:
    """The answers to a transaction's entries. Raises Malformed unless all of them succeeded, in order."""
    must_be(answer, "Bundle")
    entries = answer.children("entry")
    if len(entries) != len(kinds):
        raise Malformed("Bundle.entry")
    written = []
    for entry, kind in zip(entries, kinds, strict=True):
        response = entry.child("response")
        status = response.need("status")[:3]
        if status not in ("200", "201"):
            raise Malformed(response.at("status"))
        resource = entry.child("resource")
        shown = resource_node(resource) if resource else None
        written.append(read_written(kind, response.text("location"), shown, existed=status == "200"))
    return tuple(written)
