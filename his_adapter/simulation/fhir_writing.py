"""Writing on a simulated FHIR server: create, update, delete, conditions and transactions (R4 3.1.0)."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from his_adapter.simulation.fhir_answers import Done, Refused, bundle, place, tag
from his_adapter.simulation.fhir_options import FhirOptions
from his_adapter.simulation.fhir_rules import Invalid, references, validate
from his_adapter.simulation.fhir_search import PARAMETERS, BadSearch, search
from his_adapter.simulation.fhir_store import Resource, Store, Unit

Complete = Callable[[Unit, Resource, Resource | None], None]
"""Completes a resource before it is stored: the changes so far, the resource, and its version before."""


class Writing:
    """Changes of a store, by the rules."""

    def __init__(self, store: Store, options: FhirOptions, complete: Complete) -> None:
        self._store = store
        self._options = options
        self._complete = complete

    def must_know(self, kind: str) -> None:
        """Raises Refused for a type that is none here."""
        if kind not in self._options.types:
            raise Refused(404, "not-supported", f"no {kind} here")

    def alone(self, method: str, kind: str, identity: str, resource: Resource, condition: str, etag: str) -> Done:
        """One create or update."""
        unit = Unit(self._store)
        done = self._write(unit, method, kind, identity, resource, condition, etag)
        self._must_resolve(unit)
        unit.commit()
        return done

    def _write(
        self, unit: Unit, method: str, kind: str, identity: str, resource: Resource, condition: str, etag: str
    ) -> Done:
        """A create or update among the changes of a unit. Raises Refused."""
        if method == "POST":
            found = self._matching(kind, condition) if condition else []
            if found:
                return Done(200, found[0])
            return Done(201, self._put(unit, kind, self._store.new_id(), resource))
        before = unit.get(kind, identity)
        if etag and self._options.versions and (before is None or tag(before) != etag):
            raise Refused(412, "conflict", "another version")
        if resource.get("id") != identity:
            raise Refused(400, "invalid", "id")
        if before is None:
            raise Refused(405, "not-supported", "no update creates")
        return Done(200, self._put(unit, kind, identity, resource))

    def _matching(self, kind: str, condition: str) -> list[Resource]:
        try:
            found, ignored = search(Unit(self._store), kind, parse_qsl(condition.partition("?")[2] or condition))
        except BadSearch as error:
            raise Refused(400, "invalid", str(error.args[0])) from None
        if ignored or not condition:
            raise Refused(412, "not-supported", "condition")
        if len(found) > 1:
            # as real servers do: the words quote what was asked for
            raise Refused(412, "multiple-matches", f"{len(found)} {kind} match {condition}")
        return found

    def _put(self, unit: Unit, kind: str, identity: str, resource: Resource) -> Resource:
        try:
            resource = copy.deepcopy(validate(kind, resource))
        except Invalid as error:
            raise Refused(422, "structure", str(error.args[0])) from None
        before = unit.get(kind, identity)
        resource["id"] = identity
        meta = {key: value for key, value in resource.get("meta", {}).items() if key != "versionId"}
        if self._options.versions:
            meta["versionId"] = str(self._store.count(kind, identity) + 1)
        resource["meta"] = meta
        if not meta:
            del resource["meta"]
        self._complete(unit, resource, before)
        unit.put(kind, identity, resource)
        return resource

    def delete(self, kind: str, identity: str) -> Done:
        """A deletion; also of what is not there."""
        unit = Unit(self._store)
        if unit.get(kind, identity) is not None:
            unit.put(kind, identity, None)
            unit.commit()
        return Done(204)

    def _must_resolve(self, unit: Unit) -> None:
        for resource in unit.changed():
            for reference in references(resource):
                kind, _, identity = reference.partition("/")
                if reference.startswith("urn:") or (kind in PARAMETERS and unit.get(kind, identity) is None):
                    raise Refused(422, "not-found", f"{reference} is not there")

    def transaction(self, asked: Resource, here: str) -> Done:
        """All entries or none; references between them are resolved first (R4 3.1.0.11.2)."""
        if not self._options.transactions:
            raise Refused(405, "not-supported")
        try:
            bare = [{name: part for name, part in entry.items() if name != "resource"} for entry in asked["entry"]]
            validate("Bundle", {**asked, "entry": bare})  # the resources follow one by one
        except (Invalid, KeyError, TypeError, AttributeError) as error:
            raise Refused(400, "structure", str(error.args[0])) from None
        if asked.get("type") != "transaction":
            raise Refused(400, "not-supported", "only transactions")
        rows = [_Row.of(entry) for entry in asked.get("entry", [])]
        places: dict[str, str] = {}
        for row in rows:
            self.must_know(row.kind)
            if row.method == "POST":
                found = self._matching(row.kind, row.condition) if row.condition else []
                row.existing = found[0] if found else None
                row.identity = row.existing["id"] if row.existing else self._store.new_id()
            if row.url:
                places[row.url] = f"{row.kind}/{row.identity}"
        touched = [(row.kind, row.identity) for row in rows if row.existing is None]
        if len(set(touched)) != len(touched):
            raise Refused(400, "invalid", "one resource twice")
        unit = Unit(self._store)
        order = sorted(range(len(rows)), key=lambda number: rows[number].method != "POST")
        done: dict[int, Done] = {}
        for number in order:
            row = rows[number]
            if row.existing is not None:
                done[number] = Done(200, row.existing)
            elif row.method == "POST":
                done[number] = Done(201, self._put(unit, row.kind, row.identity, _resolved(row.resource, places)))
            else:
                resource = _resolved(row.resource, places)
                done[number] = self._write(unit, "PUT", row.kind, row.identity, resource, "", row.etag)
        self._must_resolve(unit)
        unit.commit()
        answers = [_row(done[number], here, self._options.answers) for number in range(len(rows))]
        return Done(200, bundle("transaction-response", answers))


@dataclass(slots=True)
class _Row:
    """One entry of a transaction."""

    url: str
    method: str
    kind: str
    identity: str
    resource: Resource
    condition: str
    etag: str
    existing: Resource | None = None

    @classmethod
    def of(cls, entry: Resource) -> "_Row":
        request = entry.get("request", {})
        method, parts = request.get("method", ""), request.get("url", "").split("/")
        if (method, len(parts)) not in (("POST", 1), ("PUT", 2)) or not isinstance(entry.get("resource"), dict):
            raise Refused(400, "not-supported", "request")
        return cls(
            entry.get("fullUrl", ""),
            method,
            parts[0],
            parts[1] if method == "PUT" else "",
            entry["resource"],
            request.get("ifNoneExist", ""),
            request.get("ifMatch", ""),
        )


def _row(done: Done, here: str, answers: bool) -> Resource:
    assert done.content is not None
    if not answers:
        made = {"status": "201", "location": place(here, done.content)}
        return {"response": made if done.status == 201 else {"status": "200"}}
    response = {"status": "201 Created" if done.status == 201 else "200 OK", "location": place(here, done.content)}
    if tag(done.content):
        response["etag"] = tag(done.content)
    return {"resource": done.content, "response": response}


def _resolved(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: places.get(child, child)
            if name == "reference" and isinstance(child, str)
            else _resolved(child, places)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [_resolved(item, places) for item in value]
    return value
