"""Several resources at once: one transaction where the server has them, one conditional create after another where not.

A step that was done before is found by its identifier and not done again, so that a broken row of steps is simply
repeated. References to a resource that a step makes are the step's ``urn:uuid:`` until the resource has an address.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.fhir.answers import Written
from his_adapter.hospital.fhir.client import Contended, FhirClient
from his_adapter.hospital.fhir.query import by_identifier, token
from his_adapter.hospital.fhir.read import has_identifier, resource_id
from his_adapter.hospital.fhir.terms import Json
from his_adapter.http import Deadline

_NAMES = uuid.UUID("8a1f8d0e-8c0e-5b0e-9a6a-6d1c5f1f0c55")


def placeholder(key: str, name: str) -> str:
    """The address of a resource that does not exist yet; the same for a repeated message."""
    return uuid.uuid5(_NAMES, f"{key}\n{name}").urn


@dataclass(frozen=True, slots=True)
class Create:
    """Make a resource unless one with this identifier exists. `url` is its `placeholder`."""

    url: str
    resource: Json = field(repr=False)
    system: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the hospital's own resource, one element of it changed, if it still has this version."""

    identity: str
    etag: str
    resource: Json = field(repr=False)


Step = Create | Change


def kind(step: Step) -> str:
    """The type of a step's resource."""
    return str(step.resource["resourceType"])


def bundle_of(steps: Sequence[Step], *, versions: bool = True) -> Json:
    """A transaction (R4 3.1.0.11.2)."""
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(step, versions) for step in steps]}


def _entry(step: Step, versions: bool) -> Json:
    if isinstance(step, Create):
        request: Json = {"method": "POST", "url": kind(step), "ifNoneExist": by_identifier(step.system, step.value)}
        return {"fullUrl": step.url, "resource": step.resource, "request": request}
    request = {"method": "PUT", "url": f"{kind(step)}/{step.identity}"}
    if step.etag and versions:
        request["ifMatch"] = step.etag
    return {"resource": step.resource, "request": request}


def run(client: FhirClient, steps: Sequence[Step], deadline: Deadline, *, whole: bool) -> list[Written]:
    """Do the steps, in order: what each of them made or found. `whole`: all or none, as one transaction.

    Raises OutsideFault and `Contended`.
    """
    if whole:
        return _at_once(client, steps, deadline)
    done: dict[str, Written] = {}
    written = []
    for step in steps:
        one = run_alone(client, step, deadline, {url: made.reference for url, made in done.items()})
        written.append(one)
        if isinstance(step, Create):
            done[step.url] = one
    return written


def _at_once(client: FhirClient, steps: Sequence[Step], deadline: Deadline) -> list[Written]:
    for step in steps:
        if isinstance(step, Create):  # the hospital's own content is not ours to judge
            client.check(step.resource)
    able = client.capabilities(deadline)
    bundle = bundle_of(steps, versions=all(able.versions(kind(step)) for step in steps))
    written = client.transaction(bundle, [kind(step) for step in steps], deadline)
    return [_placed(client, step, one, deadline) for step, one in zip(steps, written, strict=True)]


def _placed(client: FhirClient, step: Step, written: Written, deadline: Deadline) -> Written:
    """The same with its identity, also where the server did not say which resource it found or changed."""
    if written.identity:
        return written
    if isinstance(step, Change):
        return replace(written, identity=step.identity)
    found = _found(client, step, deadline)
    if found is None:
        raise client.fault(OutsideFaultCode.BAD_ANSWER, f"{kind(step)} found by its condition, and by no search")
    return found


def run_alone(client: FhirClient, step: Step, deadline: Deadline, known: Mapping[str, str]) -> Written:
    """One step. `known`: what the placeholders of earlier steps stand for."""
    resource = resolved(step.resource, known)
    assert isinstance(resource, dict)
    if isinstance(step, Change):
        return client.update(resource, step.identity, step.etag, deadline, foreign=True)
    if client.conditional_create(kind(step), deadline):
        return _placed(
            client, step, client.create(resource, by_identifier(step.system, step.value), deadline), deadline
        )
    return _found(client, step, deadline) or client.create(resource, "", deadline)


def _found(client: FhirClient, step: Create, deadline: Deadline) -> Written | None:
    """What an earlier try, or somebody else, has made. Raises Contended when there are several."""
    found = [
        node
        for node in client.search(kind(step), [("identifier", token(step.system, step.value))], deadline)
        if has_identifier(node, step.system, step.value)
    ]
    if len(found) > 1:
        raise Contended(client.fault(OutsideFaultCode.CONFLICT, f"several {kind(step)} have one identifier"))
    return Written(kind(step), resource_id(found[0]), True, found[0]) if found else None


def resolved(value: object, known: Mapping[str, str]) -> object:
    """The same JSON with placeholders in references replaced."""
    if isinstance(value, dict):
        return {
            name: known.get(child, child) if name == "reference" and isinstance(child, str) else resolved(child, known)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [resolved(item, known) for item in value]
    return value
