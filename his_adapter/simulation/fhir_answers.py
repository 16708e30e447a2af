"""Answers of a simulated FHIR server: Bundles, outcomes, versions and addresses."""

from dataclasses import dataclass, field

from his_adapter.simulation.fhir_store import Resource

MEDIA = "application/fhir+json"


class Refused(Exception):
    """A request that is not done: status, issue code of the OperationOutcome, and words."""

    def __init__(self, status: int, code: str, words: str = "") -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


@dataclass(slots=True)
class Done:
    """An answer: status, content and headers."""

    status: int
    content: Resource | None = None
    headers: dict[str, str] = field(default_factory=dict)


def outcome(code: str, words: str = "") -> Resource:
    """An OperationOutcome with one error."""
    issue = {"severity": "error", "code": code}
    return {"resourceType": "OperationOutcome", "issue": [issue | ({"diagnostics": words} if words else {})]}


def bundle(kind: str, entries: list[Resource], total: int | None = None) -> Resource:
    """A Bundle of a type."""
    made: Resource = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        made["total"] = total
    if entries:
        made["entry"] = entries
    return made


def entry(here: str, resource: Resource, mode: str) -> Resource:
    """An entry of a search: a match, or included."""
    url = f"{here}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def tag(resource: Resource) -> str:
    """The ETag of a resource with versions; empty for one without."""
    version = resource.get("meta", {}).get("versionId")
    return f'W/"{version}"' if version else ""


def etag(resource: Resource) -> dict[str, str]:
    """The header, or none."""
    return {"ETag": tag(resource)} if tag(resource) else {}


def place(here: str, resource: Resource) -> str:
    """The address of a resource, with its version where there are versions."""
    address = f"{here}/{resource['resourceType']}/{resource['id']}"
    version = resource.get("meta", {}).get("versionId")
    return f"{address}/_history/{version}" if version else address
