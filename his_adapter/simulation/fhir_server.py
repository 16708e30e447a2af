"""A small FHIR R4 server: RESTful API, versions, conditions, search with pages, transactions, outcomes (R4 3.1).

It knows nothing of hospitals; who owns it may complete what is written (`Complete`). Everything is done between two
awaits, so that one request at a time changes anything.
"""

import json
import secrets
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response

from his_adapter.simulation.fhir_answers import MEDIA, Done, Refused, bundle, entry, etag, outcome, place
from his_adapter.simulation.fhir_options import FhirOptions, statement_of
from his_adapter.simulation.fhir_rules import references
from his_adapter.simulation.fhir_search import BadSearch, search
from his_adapter.simulation.fhir_store import Resource, Store, Unit
from his_adapter.simulation.fhir_writing import Complete, Writing

TAKEN = frozenset({MEDIA, "application/json", "application/json+fhir"})


class FhirServer:
    """The interactions over a store."""

    def __init__(self, store: Store, options: FhirOptions, complete: Complete) -> None:
        self._store = store
        self._options = options
        self._writing = Writing(store, options, complete)
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
                if not self._options.metadata:
                    raise Refused(404, "not-found")
                return Done(200, statement_of(self._options))
            case ("GET", []) if any(name == "_page" for name, _ in query):
                return self._page(dict(query)["_page"], here)
            case ("POST", []):
                return self._writing.transaction(_json(request, body), here)
            case ("POST", [kind, "_search"]):
                self._writing.must_know(kind)
                if _media(request) != "application/x-www-form-urlencoded":
                    raise Refused(415, "not-supported")
                form = parse_qsl(body.decode(), keep_blank_values=True)
                return self._search(kind, [*query, *form], here, request)
            case ("GET", [kind]):
                self._writing.must_know(kind)
                return self._search(kind, query, here, request)
            case ("GET", [kind, identity]):
                self._writing.must_know(kind)
                return self._read(kind, identity)
            case ("GET", [kind, identity, "_history", version]):
                self._writing.must_know(kind)
                return self._version(kind, identity, version)
            case ("POST", [kind]):
                self._writing.must_know(kind)
                return self._single(request, "POST", kind, "", _json(request, body), here)
            case ("PUT", [kind, identity]):
                self._writing.must_know(kind)
                return self._single(request, "PUT", kind, identity, _json(request, body), here)
            case ("DELETE", [kind, identity]):
                self._writing.must_know(kind)
                return self._writing.delete(kind, identity)
        raise Refused(405, "not-supported")

    # reading

    def _read(self, kind: str, identity: str) -> Done:
        found = self._store.current(kind, identity)
        if found is None:
            gone = self._store.count(kind, identity) > 0
            raise Refused(410, "deleted") if gone else Refused(404, "not-found")
        return Done(200, found, etag(found))

    def _version(self, kind: str, identity: str, version: str) -> Done:
        found = self._store.version(kind, identity, int(version)) if version.isdigit() else None
        if found is None or not self._options.versions:
            raise Refused(404, "not-found")
        return Done(200, found, etag(found))

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
            return Done(200, bundle("searchset", [], total=len(found)))
        included = self._included([value for name, value in query if name == "_include"])
        token = secrets.token_hex(8)
        rest = [(one, "match") for one in found]
        pages = [rest[start : start + limit] for start in range(0, len(rest), limit)] or [[]]
        while len(self._pages) > 500:
            self._pages.pop(next(iter(self._pages)))
        entries = []
        for number, shown_page in enumerate(pages):
            nodes = [entry(here, one, mode) for one, mode in shown_page]
            shown = {node["resource"]["id"] for node in nodes}
            for one, _ in shown_page:
                for reference in {ref for path in included for ref in references(one.get(path, {}))}:
                    target = self._store.current(*reference.split("/")) if reference.count("/") == 1 else None
                    if target is not None and target["id"] not in shown:
                        shown.add(target["id"])
                        nodes.append(entry(here, target, "include"))
            entries.append(nodes)
            if number:
                self._pages[f"{token}-{number}"] = (token, nodes, len(found))
        return Done(200, self._paged(token, 0, entries[0], len(found), here))

    @staticmethod
    def _included(values: list[str]) -> list[str]:
        return [value.split(":")[1] for value in values if value.count(":") >= 1]

    def _page(self, name: str, here: str) -> Done:
        if name not in self._pages:
            raise Refused(410, "expired")
        token, nodes, total = self._pages[name]
        return Done(200, self._paged(token, int(name.rpartition("-")[2]), nodes, total, here))

    def _paged(self, token: str, number: int, nodes: list[Resource], total: int, here: str) -> Resource:
        page = bundle("searchset", nodes, total=total)
        following = f"{token}-{number + 1}"
        page["link"] = [{"relation": "self", "url": here}]
        if following in self._pages:
            page["link"].append({"relation": "next", "url": f"{here}?{urlencode({'_page': following})}"})
        return page

    # writing

    def _single(self, request: Request, method: str, kind: str, identity: str, resource: Resource, here: str) -> Done:
        condition = request.headers.get("if-none-exist", "") if self._options.conditional_create else ""
        done = self._writing.alone(method, kind, identity, resource, condition, request.headers.get("if-match", ""))
        assert done.content is not None
        headers = etag(done.content) | ({"Location": place(here, done.content)} if method == "POST" else {})
        if not self._options.answers:
            return Done(done.status, None, headers if done.status == 201 else {})
        shown = None if "return=minimal" in request.headers.get("prefer", "") else done.content
        return Done(done.status, shown, headers)


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
