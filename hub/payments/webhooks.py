"""Where the payment providers tell of money: webhooks and IPNs, answered in each provider's own words.

Unproven requests cost nothing but their check: they are counted, not stored. The addresses are the only ones of the hub
that must be reached from outside the hospital.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import ClientDisconnect

from his_adapter.payment.foreign import MAX_NOTICE_BYTES
from his_adapter.payment.webhook import Inbox, NoticeVerifier, Outcome, Refusal, take

log = structlog.get_logger(__name__)

PATH = "/api/v1/payment/{provider}/notice"
BODY_LIMIT_S = 5.0
"""A notice of 1 kB takes milliseconds; SePay itself waits 5 s for the answer."""
SAY_AGAIN_S = 60.0
"""Unsigned requests may come in any number: the log has one line for so long."""
METHODS = {"vnpay": "GET"}
"""VNPAY's IPN is a GET with everything in its query; the others post."""
STORED = frozenset({Outcome.ACCEPTED, Outcome.UNKNOWN_ORDER, Outcome.WRONG_AMOUNT})


class NoticeFigures:
    """Prometheus: what became of the notices. The labels are words of this house."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "tiepdon_payment_notices",  # the client adds _total
            "Payment providers' notices, by what became of them.",
            ("provider", "outcome"),
            registry=registry,
        )

    def count(self, provider: str, outcome: str) -> None:
        """One notice."""
        self._count.labels(provider, outcome).inc()


def notice_routes(
    verifiers: Iterable[NoticeVerifier],
    inbox: Inbox,
    wake: Callable[[], None],
    now: Callable[[], datetime],
    registry: CollectorRegistry,
) -> APIRouter:
    """One address for each provider. `wake` is called when something was stored: what follows from it is not ours."""
    router = APIRouter()
    figures = NoticeFigures(registry)
    for verifier in verifiers:
        endpoint = _Endpoint(verifier, inbox, wake, now, figures)
        path = PATH.format(provider=verifier.provider)
        router.add_api_route(path, endpoint.respond, methods=[METHODS.get(verifier.provider, "POST")])
    return router


class _Endpoint:
    """One provider's address."""

    def __init__(
        self,
        verifier: NoticeVerifier,
        inbox: Inbox,
        wake: Callable[[], None],
        now: Callable[[], datetime],
        figures: NoticeFigures,
    ) -> None:
        self._verifier = verifier
        self._inbox = inbox
        self._wake = wake
        self._now = now
        self._figures = figures
        self._quiet_until = 0.0

    async def respond(self, request: Request) -> Response:
        """The raw request, to the provider's own answer."""
        body = await _body(request)
        if isinstance(body, Response):
            self._note(str(body.status_code))
            return body
        outcome = await run_in_threadpool(self._take, dict(request.headers), request.url.query, body)
        if outcome in STORED:
            self._wake()
        self._note(outcome.code.value if isinstance(outcome, Refusal) else outcome.value, outcome)
        answer = self._verifier.acknowledge(outcome)
        return Response(answer.body, answer.status, media_type=answer.content_type if answer.body else None)

    def _take(self, headers: Mapping[str, str], query: str, body: bytes) -> Outcome | Refusal:
        return take(self._verifier, headers, query, body, self._now(), self._inbox)

    def _note(self, word: str, outcome: Outcome | Refusal | None = None) -> None:
        provider = self._verifier.provider
        self._figures.count(provider, word)
        if isinstance(outcome, Outcome):
            write = log.error if outcome is Outcome.NOT_STORED else log.info
            write("payment notice", provider=provider, outcome=word)
        elif time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + SAY_AGAIN_S
            detail = outcome.detail if outcome is not None else ""
            log.warning("payment notice refused", provider=provider, reason=word, detail=detail)


async def _body(request: Request) -> bytes | Response:
    """The whole body, in time and not too long; otherwise the answer to whoever sends such."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for part in request.stream():
                body += part
                if len(body) > MAX_NOTICE_BYTES:
                    return Response(status_code=413)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:
        return Response(status_code=400)
    return bytes(body)
