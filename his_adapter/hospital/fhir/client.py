"""The RESTful API of FHIR R4 (3.1.0) as a client: media types, versions, conditions, pages and outcomes."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

import httpx

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir.answers import (
    Written,
    matches,
    must_be,
    next_page,
    read_transaction,
    read_written,
    shown_resource,
)
from his_adapter.hospital.fhir.auth import Authorization
from his_adapter.hospital.fhir.capability import NO_STATEMENT, Capabilities, read_capabilities
from his_adapter.hospital.fhir.outcome import detail, fault_code, issue_codes, retry_after
from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    is_id,
    parse_resource,
)
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import Json
from his_adapter.hospital.fhir.valid import InvalidResource, check
from his_adapter.http import Deadline, Http, Reply

SYSTEM = "his"
MEDIA_TYPE = "application/fhir+json"
_PAGES = frozenset({"text/html", "text/plain"})
_JSON_TYPES = frozenset({MEDIA_TYPE, "application/json", "application/json+fhir", "text/json"})
MAX_BODY_BYTES = 8 << 20  # a large server's CapabilityStatement alone takes 2 MB
STATEMENT_KEPT = 60.0
ABSENT = frozenset({403, 404, 405, 410, 501})
"""Answers to /metadata of a server that has no CapabilityStatement for us."""

Query = Sequence[tuple[str, str]]
P = ParamSpec("P")
T = TypeVar("T")


class Contended(Exception):
    """409 or 412: what the request was built on has changed, or several resources match its condition."""

    def __init__(self, fault: OutsideFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class FhirClient:
    """One server. Raises OutsideFault, and `Contended` where a condition did not hold."""

    def __init__(self, settings: FhirSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._auth = Authorization(settings.auth, SYSTEM, settings.tls, clock)
        self._http = Http(
            SYSTEM, settings.base_url, {"Accept": MEDIA_TYPE}, tls=settings.tls, max_body_bytes=MAX_BODY_BYTES
        )
        self._base = settings.base_url.rstrip("/") + "/"
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._known: tuple[float, Capabilities] | None = None

    def close(self) -> None:
        """Release the connections."""
        self._auth.close()
        self._http.close()

    def fault(self, code: OutsideFaultCode, text: str) -> OutsideFault:
        """A fault of this system."""
        return self._http.fault(code, text)

    def malformed(self, error: Malformed) -> OutsideFault:
        """The fault of an answer that breaks the specification."""
        return self.fault(OutsideFaultCode.BAD_ANSWER, str(error.args[0]))

    # what the server can do

    def capabilities(self, deadline: Deadline) -> Capabilities:
        """Its CapabilityStatement, kept; `NO_STATEMENT` when it has none."""
        with self._lock:
            if self._known is not None and self._clock() < self._known[0]:
                return self._known[1]
        reply = self._send("GET", "metadata", deadline)
        if reply.status in ABSENT:
            found = NO_STATEMENT
        else:
            found = self._reading(read_capabilities, self._resource(reply))
        with self._lock:
            self._known = (self._clock() + self._settings.kept_s * STATEMENT_KEPT, found)
        return found

    def takes_at_once(self, entries: int, deadline: Deadline) -> bool:
        """Whether it does so many entries as one transaction, as set or as stated."""
        forced, most = self._settings.transactions, self._settings.transaction_entries
        able = self.capabilities(deadline).transactions if forced is None else forced
        return able and (most is None or entries <= most)

    def conditional_create(self, kind: str, deadline: Deadline) -> bool:
        """Whether it honours If-None-Exist, as set or as stated."""
        forced = self._settings.conditional_create
        return self.capabilities(deadline).conditional_create(kind) if forced is None else forced

    # reading

    def read(self, kind: str, identity: str, deadline: Deadline) -> Node | None:
        """A resource; None when there is none (404), it was deleted (410), or this can be no id."""
        if not is_id(identity):
            return None
        reply = self._send("GET", f"{kind}/{identity}", deadline)
        if reply.status in (404, 410) and not _is_page(reply):
            return None
        node = self._resource(reply)
        self._reading(must_be, node, kind)
        return node

    def search(self, kind: str, query: Query, deadline: Deadline) -> tuple[Node, ...]:
        """All resources of all pages, included ones too; at most `max_pages` pages, and more is BAD_ANSWER."""
        pairs = [*query, ("_count", str(self._settings.page_size))]
        if self._settings.search_by_post:
            reply = self._send("POST", f"{kind}/_search", deadline, form=pairs)
        else:
            reply = self._send("GET", f"{kind}?{urlencode(pairs)}", deadline)
        found: list[Node] = []
        for _ in range(self._settings.max_pages):
            page = self._resource(reply)
            found += self._reading(matches, page)
            following = self._reading(next_page, page)
            if not following:
                return tuple(found)
            reply = self._send("GET", self._on_this_server(following, kind), deadline)
        raise self.fault(OutsideFaultCode.BAD_ANSWER, f"{kind}: more pages than allowed")

    # writing

    def create(self, resource: Json, condition: str, deadline: Deadline) -> Written:
        """Create, if no resource meets the condition (empty: none is sent). Raises Contended when several do.

        What was found may have no identity: see `Written`.
        """
        kind = self._checked(resource)
        headers = {"If-None-Exist": condition} if condition else {}
        reply = self._send("POST", kind, deadline, body=resource, headers=headers)
        written = self._written(reply, kind)
        if not written.identity and not condition:
            raise self.malformed(Malformed(f"{kind}: Location"))
        return written

    def update(self, resource: Json, identity: str, etag: str, deadline: Deadline, *, foreign: bool = False) -> Written:
        """Replace a resource of this version; an empty `etag` asks for none. Raises Contended when it has changed.

        `foreign`: the hospital's own resource with one element changed; whether the rest is valid is not ours to say.
        """
        kind = str(resource["resourceType"]) if foreign else self._checked(resource)
        headers = {"If-Match": etag} if etag and self.capabilities(deadline).versions(kind) else {}
        reply = self._send("PUT", f"{kind}/{identity}", deadline, body=resource, headers=headers)
        written = self._written(reply, kind)
        return written if written.identity else replace(written, identity=identity)

    def transaction(self, bundle: Json, kinds: Sequence[str], deadline: Deadline) -> tuple[Written, ...]:
        """All entries or none. One `Written` for each entry, in order; `kinds` are the types of their resources.

        The resources were checked by whoever made the Bundle.
        """
        reply = self._send("POST", "", deadline, body=bundle)
        node = self._resource(reply, written=True)
        return self._reading(read_transaction, node, kinds)

    def _checked(self, resource: Json) -> str:
        self.check(resource)
        return str(resource["resourceType"])

    def check(self, resource: Json) -> None:
        """Raises OutsideFault REJECTED for a resource of ours that is not valid: it is not sent."""
        try:
            check(resource)
        except InvalidResource as error:
            raise self.fault(OutsideFaultCode.REJECTED, f"not sent, invalid: {error.args[0]}") from None

    def _written(self, reply: Reply, kind: str) -> Written:
        self._must_succeed(reply, written=True)
        shown = self._reading(shown_resource, reply.body)
        place = reply.headers.get("location") or reply.headers.get("content-location") or ""
        return self._reading(read_written, kind, place, shown, existed=reply.status == 200)

    # one request

    def _send(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        body: Json | None = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Refused for want of authorization, nothing was done: then, and only then, once more with a new token."""
        self._wait_is_over()
        extra = dict(headers or {})
        if body is not None:
            extra |= {"Content-Type": MEDIA_TYPE, "Prefer": "return=representation"}
        fields: dict[str, str | list[str]] = {}
        for name, value in form or ():
            before = fields.get(name)
            fields[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
        for attempt in range(2):
            authorization = self._auth.header(deadline)
            reply = self._http.call(
                method,
                path or self._base.rstrip("/"),
                deadline,
                payload=body,
                form=fields or None,
                headers=extra | authorization,
            )
            if reply.status != 401 or attempt or not self._auth.renewable:
                break
            self._auth.forget(authorization)
        if reply.status in (429, 503):
            self._wait(retry_after(reply.headers.get("retry-after", "")))
        return reply

    def _wait(self, seconds: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _wait_is_over(self) -> None:
        """A server that asked to be left alone is left alone; nobody waits for it at the kiosk."""
        with self._lock:
            left = self._not_before - self._clock()
        if left > 0:
            raise self.fault(OutsideFaultCode.SERVER_ERROR, f"asked to wait, {left:.0f} s left")

    def _must_succeed(self, reply: Reply, *, written: bool = False) -> None:
        """Only what is written has a condition that others can break: of a question 409 is a refusal like any other."""
        if 200 <= reply.status < 300:
            return
        if reply.status in (404, 405, 410) and _is_page(reply):
            raise self.fault(OutsideFaultCode.BAD_ANSWER, f"HTTP {reply.status}, a page")
        issues = issue_codes(reply.body)
        fault = self.fault(fault_code(reply.status, issues), detail(reply.status, issues))
        if written and reply.status in (409, 412):
            raise Contended(fault)
        raise fault

    def _resource(self, reply: Reply, *, written: bool = False) -> Node:
        self._must_succeed(reply, written=written)
        if _media(reply) not in _JSON_TYPES:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "not FHIR JSON")
        return self._reading(parse_resource, reply.body)

    def _reading(self, read: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return read(*arguments, **named)
        except Malformed as error:
            raise self.malformed(error) from None

    def _on_this_server(self, link: str, kind: str) -> str:
        """A page's address on this server, wherever the link leads: our authorization goes nowhere else.

        Servers behind a proxy often write the address that they have inside (HAPI, Microsoft's, Blaze). Of such a link
        the question is kept and asked at our own address, of the type or, without one, of the whole server.
        """
        here = httpx.URL(self._base)
        try:
            there = here.join(link)
        except httpx.InvalidURL:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "Bundle.link") from None
        if (here.scheme, here.host, here.port, b"") == (there.scheme, there.host, there.port, there.userinfo):
            return str(there)
        if there.scheme not in ("http", "https") or there.userinfo or not there.query:
            raise self.fault(OutsideFaultCode.BAD_ANSWER, "Bundle.link leads elsewhere")
        tail = next((one for one in (kind, f"{kind}/_search") if there.path.endswith(f"/{one}")), "")
        return f"{self._base}{tail}".rstrip("/") + f"?{there.query.decode('ascii')}"


def _is_page(reply: Reply) -> bool:
    """What a proxy shows while the server behind it is away: no word of the server's, and no reason to give up."""
    return _media(reply) in _PAGES


def _media(reply: Reply) -> str:
    return reply.headers.get("content-type", MEDIA_TYPE).partition(";")[0].strip().lower()
