"""What a server can do: its CapabilityStatement (R4 5.2), as far as this adapter chooses by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from his_adapter.hospital.fhir.read import Malformed, Node

VERSIONS = ("4.0.", "4.3.")
"""R4 and R4B: what is used here is the same in both."""


@dataclass(frozen=True, slots=True)
class ResourceAbility:
    """What can be done with one type of resource."""

    interactions: frozenset[str] = frozenset()
    conditional_create: bool = False
    versions: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The server's abilities. `stated` is False for a server without a CapabilityStatement: then only what every
    RESTful server has is counted on, and every type is tried."""

    stated: bool
    transactions: bool = False
    resources: Mapping[str, ResourceAbility] = field(default_factory=dict)

    def has(self, kind: str, *interactions: str) -> bool:
        """Whether a type can be used. An entry that lists no interactions is taken at its word: the type is there."""
        if not self.stated:
            return True
        found = self.resources.get(kind)
        return found is not None and (not found.interactions or found.interactions.issuperset(interactions))

    def conditional_create(self, kind: str) -> bool:
        """Whether If-None-Exist is honoured; a server that does not say so would make a second resource."""
        return self.resources.get(kind, ResourceAbility()).conditional_create

    def versions(self, kind: str) -> bool:
        """Whether updates say which version they change. A server that ignores If-Match does no harm by it."""
        return self.resources.get(kind, ResourceAbility()).versions


NO_STATEMENT = Capabilities(stated=False)


def read_capabilities(statement: Node) -> Capabilities:
    """The abilities of a CapabilityStatement. Raises Malformed, also for another version than R4 and R4B."""
    if statement.text("resourceType") != "CapabilityStatement":
        raise Malformed("CapabilityStatement")
    if not statement.need("fhirVersion").startswith(VERSIONS):
        raise Malformed(statement.at("fhirVersion"))
    servers = [rest for rest in statement.children("rest") if rest.text("mode") == "server"]
    resources: dict[str, ResourceAbility] = {}
    system: set[str] = set()
    for rest in servers:
        system.update(one.text("code") for one in rest.children("interaction"))
        for one in rest.children("resource"):
            resources[one.need("type")] = ResourceAbility(
                frozenset(interaction.text("code") for interaction in one.children("interaction")),
                one.flag("conditionalCreate") is True,
                one.text("versioning") != "no-version",
            )
    return Capabilities(True, "transaction" in system, resources)
