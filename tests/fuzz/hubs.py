"""Kiosk and hub: what a hub answers a kiosk, and what anybody sends to a hub."""

import asyncio
import functools
from collections.abc import Callable, MutableMapping
from typing import Any, cast

import structlog.testing
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.remote import RemoteHospital, RemotePayment, RemotePortal, RemoteSettings, wire
from hub.gateway.admission import Admission, Admitted
from hub.gateway.api import gateway_api
from hub.gateway.metrics import GatewayMetrics
from hub.gateway.operations import Offer
from hub.gateway.workers import Workers
from hub.payments.webhooks import PATH, notice_routes
from tests.fuzz.hospitals import OPERATIONS, SecretStr, ask
from tests.fuzz.insurance import QUERY
from tests.fuzz.money import NOTICES
from tests.fuzz.outside import MOMENT, MONEY, answering, check_told, unpack
from tests.fuzz.registry import target
from tests.his_adapter.stores import MemoryInbox

HUB = RemoteSettings("http://127.0.0.1:8470", "kiosk-1", SecretStr("k" * 43))
ALL: tuple[wire.Operation[Any, Any], ...] = (
    *(wire.LIST_SERVICES, wire.APPOINTMENTS, wire.REGISTER, wire.REGISTRATION_BY_KEY, wire.REPORT_COVERAGE),
    *(wire.RECORD_PAYMENT, wire.HOSPITAL_HEALTH, wire.CHECK_CARD, wire.COPAYMENT, wire.PORTAL_HEALTH),
    *(wire.CREATE_PAYMENT, wire.PAYMENT_STATUS, wire.CANCEL_PAYMENT, wire.PAYMENT_HEALTH),
)
LONGEST_DETAIL, LONGEST_FAULT = 200, 300


@target(max_len=8192, json=True, errors=())
def hub_answer(data: bytes) -> None:
    """The choice is what a kiosk asks: the hospital's calls, the portal's, the money's. The portal is never a fault. A
    fault is told in the hub's own words, which know what may be said; they are short, and fit for a log."""
    choice, replies = unpack(data)
    try:
        _ask_hub(choice, replies)
    except OutsideFault as fault:
        assert choice % len(ALL) not in (7, 8, 9), "a portal that is a fault"
        _check_words(fault)


def _check_words(fault: OutsideFault) -> None:
    assert len(str(fault)) <= LONGEST_FAULT
    assert str(fault).isprintable()


def _ask_hub(choice: int, replies: list[bytes]) -> None:
    with answering(replies):
        if choice % len(ALL) < OPERATIONS:
            ask(RemoteHospital(HUB), choice % len(ALL))
            return
        portal, payment = RemotePortal(HUB, clock=lambda: MOMENT), RemotePayment(HUB)
        match choice % len(ALL):
            case 7:
                check_told(wire.CardAnswer(answer=portal.check(QUERY)))
            case 8:
                check_told(wire.CopaymentTold(answer=portal.copayment(QUERY)))
            case 9:
                check_told(wire.HealthAnswer(health=portal.health()))
            case 13:
                check_told(wire.HealthAnswer(health=payment.health()))
            case _:
                intent = payment.create(MONEY)
                check_told(wire.MoneyAsked(intent=intent))
                check_told(wire.IntentStanding(status=payment.status(intent)))
                check_told(wire.IntentStanding(status=payment.cancel(intent)))


class _Everybody:
    """Lets in whoever comes: the question is what happens behind the door."""

    def admit(self, kiosk_id: str, authorization: str, address: str) -> Admitted:
        return Admitted("kiosk-1")


def _refuse(question: wire.Message) -> wire.Message:
    """What was understood can be told on; and then the system behind says no."""
    check_told(question)
    raise OutsideFault(OutsideFaultCode.REJECTED, "his", "no")


@functools.cache
def _app() -> tuple[FastAPI, asyncio.AbstractEventLoop]:
    registry = CollectorRegistry()
    app, workers = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), Workers(4, 4)
    app.include_router(notice_routes(NOTICES[1:2] + NOTICES[3:], MemoryInbox(), lambda: None, lambda: MOMENT, registry))
    offers = [Offer(operation, _refuse) for operation in ALL]
    metrics = GatewayMetrics(registry, workers.running)
    app.mount(wire.API, gateway_api(offers, cast(Admission, _Everybody()), workers, metrics))
    return app, asyncio.new_event_loop()


@target(max_len=8192, json=True, errors=())
def hub_request(data: bytes) -> None:
    """The choice is the address; then come body, query and headers. Every request is answered by a message of the wire
    or in the provider's words, without a word of its own and never by a mistake of ours."""
    choice, parts = unpack(data)
    body, query, *lines = (*parts, b"", b"")[: max(2, len(parts))]
    pairs = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
    headers = [(n, v) for n, v in pairs if n and n.replace(b"-", b"").isalnum() and not {0, 10, 13} & set(v)]
    choice %= len(ALL) + 3
    if choice < len(ALL):
        method, path = "POST", wire.API + ALL[choice].path
    else:
        provider = ("sepay", "vnpay", "momo")[choice - len(ALL)]
        method, path = "GET" if provider == "vnpay" else "POST", PATH.format(provider=provider)
    with structlog.testing.capture_logs() as logs:
        status, said = _request(method, path, query, headers, body)
    assert status in (400, 401, 403, 408, 413, 422) or (choice >= len(ALL) and status == 200), status
    if choice < len(ALL):
        fault = wire.Failure.model_validate_json(said).fault
        assert len(fault.detail) <= LONGEST_DETAIL
        assert status != 422 or fault.detail == "no"
    for line in logs:
        assert line["log_level"] != "error"
        assert len(str(line)) < 400


def _request(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, bytes]:
    app, loop = _app()
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": bytes(sign for sign in query if 0x21 <= sign <= 0x7E),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8470),
    }
    pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    run: Callable[..., Any] = loop.run_until_complete
    run(app(scope, receive, send))
    return int(sent[0]["status"]), b"".join(message.get("body", b"") for message in sent[1:])
