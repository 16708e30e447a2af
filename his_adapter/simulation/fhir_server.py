"""A small FHIR R4 server: RESTful API, versions, conditions, search with pages, transactions, outcomes (R4 3.1).

It knows nothing of hospitals; who owns it may complete what is written (`Complete`). Everything is done between two
awaits, so that one request at a time changes anything.
"""

import copy
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response

from his_adapter.simulation.fhir_rules import Invalid, references, validate
from his_adapter.simulation.fhir_search import PARAMETERS, BadSearch, search
from his_adapter.simulation.fhir_store import Resource, Store, Unit

MEDIA = "application/fhir+json"
TAKEN = frozenset({MEDIA, "application/json", "application/json+fhir"})
Complete = Callable[[Unit, Resource, Resource | None], None]
"""Completes a resource before it is stored: the changes so far, the resource, and its version before."""


@dataclass(frozen=True, slots=True)
class FhirOptions:
    """What the server can do. Not being able to is said in its CapabilityStatement, if it has one."""

    transactions: bool = True
    conditional_create: bool = True
    metadata: bool = True
    versions: bool = True
    page_size: int = 20
    types: frozenset[str] = frozenset(PARAMETERS)


GROUPS: Mapping[str, frozenset[str]] = {
    "insurance": frozenset({"Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse"}),
    "billing": frozenset({"ServiceRequest", "ChargeItem", "Invoice"}),
}


def lacking(names: Iterable[str]) -> FhirOptions:
    """The options of a server without these abilities or groups of types."""
    lacks = set(names)
    types = frozenset(PARAMETERS).difference(*(GROUPS[name] for name in lacks & GROUPS.keys()))
    return FhirOptions(
        transactions="transactions" not in lacks,
        conditional_create="conditional_create" not in lacks,
        metadata="metadata" not in lacks,
        versions="versions" not in lacks,
        types=types,
    )


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


class FhirServer:
    """The interactions over a store."""

    def __init__(self, store: Store, options: FhirOptions, complete: Complete) -> None:
        self._store = store
        self._options = options
        self._complete = complete
        self._pages: dict[str, tuple[str, list[Resource], int]] = {}

    def mount(self, app: FastAPI, base: str) -> None:
        """Serve it under a path."""

        @app.api_route(base, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
        @app.api_route(base + "/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
        async def fhir(request: Request, path: str = "") -> Response:
            body = await request.body()
            try:
                done = self._answer(request, [part for part in path.split("/") if part], body, base)
            except Refused as refusal:
                done = Done(refusal.status, outcome(refusal.code, refusal.words))
            content = b"" if done.content is None else json.dumps(done.content, ensure_ascii=False).encode()
            return Response(content, done.status, done.headers, f"{MEDIA};charset=utf-8")

    def _answer(self, request: Request, path: list[str], body: bytes, base: str) -> Done:
        accepts = request.headers.get("accept", "*/*")
        if not any(kind in accepts for kind in (*TAKEN, "*/*", "application/*")):
            raise Refused(406, "not-supported")
        here = f"{str(request.base_url).rstrip('/')}{base}"
        query = parse_qsl(request.url.query, keep_blank_values=True)
        match (request.method, path):
            case ("GET", ["metadata"]):
                return self._statement()
            case ("GET", []) if any(name == "_page" for name, _ in query):
                return self._page(dict(query)["_page"], here)
            case ("POST", []):
                return self._transaction(_json(request, body), here)
            case ("POST", [kind, "_search"]):
                self._must_know(kind)
                if _media(request) != "application/x-www-form-urlencoded":
                    raise Refused(415, "not-supported")
                form = parse_qsl(body.decode(), keep_blank_values=True)
                return self._search(kind, [*query, *form], here, request)
            case ("GET", [kind]):
                self._must_know(kind)
                return self._search(kind, query, here, request)
            case ("GET", [kind, identity]):
                self._must_know(kind)
                return self._read(kind, identity)
            case ("GET", [kind, identity, "_history", version]):
                self._must_know(kind)
                return self._version(kind, identity, version)
            case ("POST", [kind]):
                self._must_know(kind)
                return self._single(request, "POST", kind, "", _json(request, body), here)
            case ("PUT", [kind, identity]):
                self._must_know(kind)
                return self._single(request, "PUT", kind, identity, _json(request, body), here)
            case ("DELETE", [kind, identity]):
                self._must_know(kind)
                return self._delete(kind, identity)
        raise Refused(405, "not-supported")

    def _must_know(self, kind: str) -> None:
        if kind not in self._options.types:
            raise Refused(404, "not-supported", f"no {kind} here")

    # reading

    def _read(self, kind: str, identity: str) -> Done:
        found = self._store.current(kind, identity)
        if found is None:
            gone = self._store.count(kind, identity) > 0
            raise Refused(410, "deleted") if gone else Refused(404, "not-found")
        return Done(200, found, self._etag(found))

    def _version(self, kind: str, identity: str, version: str) -> Done:
        found = self._store.version(kind, identity, int(version)) if version.isdigit() else None
        if found is None or not self._options.versions:
            raise Refused(404, "not-found")
        return Done(200, found, self._etag(found))

    def _search(self, kind: str, query: list[tuple[str, str]], here: str, request: Request) -> Done:
        try:
            found, ignored = search(Unit(self._store), kind, query)
        except BadSearch as error:
            raise Refused(400, "invalid", str(error.args[0])) from None
        if ignored and "handling=strict" in request.headers.get("prefer", ""):
            raise Refused(400, "not-supported", ", ".join(ignored))
        asked = dict(query)
        size = asked.get("_count", "")
        limit = min(int(size), self._options.page_size) if size.isdigit() else self._options.page_size
        if asked.get("_summary") == "count" or limit == 0:
            return Done(200, _bundle("searchset", [], total=len(found)))
        included = self._included([value for name, value in query if name == "_include"])
        token = secrets.token_hex(8)
        rest = [(one, "match") for one in found]
        pages = [rest[start : start + limit] for start in range(0, len(rest), limit)] or [[]]
        while len(self._pages) > 500:
            self._pages.pop(next(iter(self._pages)))
        entries = []
        for place, page in enumerate(pages):
            nodes = [_entry(here, one, mode) for one, mode in page]
            shown = {node["resource"]["id"] for node in nodes}
            for one, _ in page:
                for reference in {ref for path in included for ref in references(one.get(path, {}))}:
                    target = self._store.current(*reference.split("/")) if reference.count("/") == 1 else None
                    if target is not None and target["id"] not in shown:
                        shown.add(target["id"])
                        nodes.append(_entry(here, target, "include"))
            entries.append(nodes)
            if place:
                self._pages[f"{token}-{place}"] = (token, nodes, len(found))
        return Done(200, self._paged(token, 0, entries[0], len(found), here))

    @staticmethod
    def _included(values: list[str]) -> list[str]:
        return [value.split(":")[1] for value in values if value.count(":") >= 1]

    def _page(self, name: str, here: str) -> Done:
        if name not in self._pages:
            raise Refused(410, "expired")
        token, nodes, total = self._pages[name]
        return Done(200, self._paged(token, int(name.rpartition("-")[2]), nodes, total, here))

    def _paged(self, token: str, place: int, nodes: list[Resource], total: int, here: str) -> Resource:
        bundle = _bundle("searchset", nodes, total=total)
        following = f"{token}-{place + 1}"
        bundle["link"] = [{"relation": "self", "url": here}]
        if following in self._pages:
            bundle["link"].append({"relation": "next", "url": f"{here}?{urlencode({'_page': following})}"})
        return bundle

    # writing

    def _single(self, request: Request, method: str, kind: str, identity: str, resource: Resource, here: str) -> Done:
        unit = Unit(self._store)
        condition = request.headers.get("if-none-exist", "") if self._options.conditional_create else ""
        etag = request.headers.get("if-match", "")
        done = self._write(unit, method, kind, identity, resource, condition, etag)
        self._must_resolve(unit)
        unit.commit()
        assert done.content is not None
        headers = self._etag(done.content) | ({"Location": self._place(here, done.content)} if method == "POST" else {})
        shown = None if "return=minimal" in request.headers.get("prefer", "") else done.content
        return Done(done.status, shown, headers)

    def _write(
        self, unit: Unit, method: str, kind: str, identity: str, resource: Resource, condition: str, etag: str
    ) -> Done:
        if method == "POST":
            found = self._matching(kind, condition) if condition else []
            if found:
                return Done(200, found[0])
            return Done(201, self._put(unit, kind, self._store.new_id(), resource))
        before = unit.get(kind, identity)
        if etag and self._options.versions and (before is None or self._tag(before) != etag):
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

    def _delete(self, kind: str, identity: str) -> Done:
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

    def _transaction(self, bundle: Resource, here: str) -> Done:
        """All entries or none; references between them are resolved first (R4 3.1.0.11.2)."""
        if not self._options.transactions:
            raise Refused(405, "not-supported")
        try:
            bare = [{name: part for name, part in entry.items() if name != "resource"} for entry in bundle["entry"]]
            validate("Bundle", {**bundle, "entry": bare})  # the resources follow one by one
        except (Invalid, KeyError, TypeError, AttributeError) as error:
            raise Refused(400, "structure", str(error.args[0])) from None
        if bundle.get("type") != "transaction":
            raise Refused(400, "not-supported", "only transactions")
        rows = [_Row.of(entry) for entry in bundle.get("entry", [])]
        places: dict[str, str] = {}
        for row in rows:
            self._must_know(row.kind)
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
        order = sorted(range(len(rows)), key=lambda place: rows[place].method != "POST")
        done: dict[int, Done] = {}
        for place in order:
            row = rows[place]
            if row.existing is not None:
                done[place] = Done(200, row.existing)
            elif row.method == "POST":
                done[place] = Done(201, self._put(unit, row.kind, row.identity, _resolved(row.resource, places)))
            else:
                resource = _resolved(row.resource, places)
                done[place] = self._write(unit, "PUT", row.kind, row.identity, resource, "", row.etag)
        self._must_resolve(unit)
        unit.commit()
        return Done(200, _bundle("transaction-response", [self._row(done[place], here) for place in range(len(rows))]))

    def _row(self, done: Done, here: str) -> Resource:
        assert done.content is not None
        response = {"status": "201 Created" if done.status == 201 else "200 OK"}
        response["location"] = self._place(here, done.content)
        if self._options.versions:
            response["etag"] = self._tag(done.content)
        return {"resource": done.content, "response": response}

    # words

    def _tag(self, resource: Resource) -> str:
        return f'W/"{resource["meta"]["versionId"]}"'

    def _etag(self, resource: Resource) -> dict[str, str]:
        return {"ETag": self._tag(resource)} if self._options.versions else {}

    def _place(self, here: str, resource: Resource) -> str:
        place = f"{here}/{resource['resourceType']}/{resource['id']}"
        return f"{place}/_history/{resource['meta']['versionId']}" if self._options.versions else place

    def _statement(self) -> Done:
        if not self._options.metadata:
            raise Refused(404, "not-found")
        interactions = ["read", "create", "update", "delete", "search-type"]
        rest: Resource = {
            "mode": "server",
            "resource": [
                {
                    "type": kind,
                    "interaction": [{"code": code} for code in interactions],
                    "versioning": "versioned-update" if self._options.versions else "no-version",
                    "conditionalCreate": self._options.conditional_create,
                    "searchParam": [{"name": name, "type": how} for name, (how, _) in sorted(PARAMETERS[kind].items())],
                }
                for kind in sorted(self._options.types)
            ],
        }
        if self._options.transactions:
            rest["interaction"] = [{"code": "transaction"}]
        statement = {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-11-01",
            "kind": "instance",
            "implementation": {"description": "Simulated hospital"},
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [rest],
        }
        return Done(200, statement)


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


def outcome(code: str, words: str = "") -> Resource:
    """An OperationOutcome with one error."""
    issue = {"severity": "error", "code": code}
    return {"resourceType": "OperationOutcome", "issue": [issue | ({"diagnostics": words} if words else {})]}


def _bundle(kind: str, entries: list[Resource], total: int | None = None) -> Resource:
    bundle: Resource = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        bundle["total"] = total
    if entries:
        bundle["entry"] = entries
    return bundle


def _entry(here: str, resource: Resource, mode: str) -> Resource:
    url = f"{here}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _json(request: Request, body: bytes) -> Resource:
    if _media(request) not in TAKEN:
        raise Refused(415, "not-supported")
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused(400, "structure", "not JSON") from None
    if not isinstance(value, dict):
        raise Refused(400, "structure", "not an object")
    return value


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
