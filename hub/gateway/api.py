"""The gateway's HTTP side (`his_adapter.remote.wire`): headers, bodies, limits, and a status for every fault."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline
from his_adapter.remote import wire
from hub.gateway.admission import Admission, NotAdmitted
from hub.gateway.metrics import OK, GatewayMetrics
from hub.gateway.operations import Offer
from hub.gateway.workers import BUSY, SYSTEM, Workers
from hub.logs import where
from records.errors import StoreError

log = structlog.get_logger(__name__)

DEFAULT_DEADLINE_MS = 8_000
RETRY_AFTER_S = 1


class _Refusal(Exception):
    """The request ends here, with this status and this fault."""

    def __init__(self, status: int, fault: OutsideFault, retry_after_s: int = 0) -> None:
        super().__init__()
        self.status = status
        self.fault = fault
        self.retry_after_s = retry_after_s


def gateway_api(offers: Sequence[Offer], admission: Admission, workers: Workers, metrics: GatewayMetrics) -> FastAPI:
    """The application to be mounted at `wire.API`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for offer in offers:
        endpoint = _Endpoint(offer, admission, workers, metrics)
        app.add_api_route(offer.operation.path, endpoint.respond, methods=["POST"])
    return app


class _Endpoint:
    """One operation's way from the request to the response."""

    def __init__(self, offer: Offer, admission: Admission, workers: Workers, metrics: GatewayMetrics) -> None:
        self._offer = offer
        self._admission = admission
        self._workers = workers
        self._metrics = metrics

    async def respond(self, request: Request) -> Response:
        """Every way out is a message of the wire, and one line in the log."""
        started = time.monotonic()
        kiosk_id = ""
        try:
            kiosk_id = await self._admitted(request)
            answer = await self._answer(request, kiosk_id)
        except _Refusal as refusal:
            return self._told(kiosk_id, started, refusal)
        except OutsideFault as fault:
            return self._told(kiosk_id, started, _of(fault))
        except StoreError as error:
            failed = OutsideFault(OutsideFaultCode.SERVER_ERROR, SYSTEM, f"database: {error.code.value}")
            return self._told(kiosk_id, started, _Refusal(500, failed))
        except Exception as error:  # noqa: BLE001 — a mistake of ours or of an adapter must not print a patient's data
            log.error("gateway failed", operation=self._offer.name, error=type(error).__name__, where=where(error))
            failed = OutsideFault(OutsideFaultCode.SERVER_ERROR, SYSTEM, "failed")
            return self._told(kiosk_id, started, _Refusal(500, failed))
        self._note(kiosk_id, started, OK)
        return Response(answer.model_dump_json(), media_type="application/json")

    async def _admitted(self, request: Request) -> str:
        verdict = await run_in_threadpool(
            self._admission.admit,
            request.headers.get(wire.KIOSK_HEADER, ""),
            request.headers.get("authorization", ""),
            request.client.host if request.client else "",
        )
        if not isinstance(verdict, NotAdmitted):
            return verdict.kiosk_id
        self._metrics.refused("locked" if verdict.locked_s else "key")
        if verdict.locked_s:
            raise _Refusal(429, OutsideFault(OutsideFaultCode.AUTH, SYSTEM, "refused too often"), verdict.locked_s)
        raise _Refusal(401, OutsideFault(OutsideFaultCode.AUTH, SYSTEM, "kiosk or key not accepted"))

    async def _answer(self, request: Request, kiosk_id: str) -> wire.Message:
        deadline = Deadline(_milliseconds(request.headers.get(wire.DEADLINE_HEADER)) / 1_000)
        question = self._read(await _body(request, deadline))
        if isinstance(question, wire.Register) and question.request.kiosk_id != kiosk_id:
            raise _Refusal(403, OutsideFault(OutsideFaultCode.AUTH, SYSTEM, "another kiosk's id in the request"))
        return await self._workers.run(kiosk_id, lambda: self._offer.answer(question), deadline)

    def _read(self, body: bytes) -> wire.Message:
        try:
            question: wire.Message = self._offer.operation.question.model_validate_json(body)
        except ValidationError as error:
            places = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors()[:3])
            raise _not_understood(places) from None
        return question

    def _told(self, kiosk_id: str, started: float, refusal: _Refusal) -> Response:
        if kiosk_id:  # what strangers ask is counted as refused, and no line of the log is theirs
            self._note(kiosk_id, started, refusal.fault.code.value)
        return Response(
            wire.Failure.of(refusal.fault).model_dump_json(),
            refusal.status,
            media_type="application/json",
            headers={"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s else None,
        )

    def _note(self, kiosk_id: str, started: float, outcome: str) -> None:
        seconds = time.monotonic() - started
        self._metrics.answered(self._offer.name, outcome, seconds)
        write = log.info if outcome == OK else log.warning
        write(
            "kiosk call",
            kiosk=kiosk_id,
            operation=self._offer.name,
            outcome=outcome,
            milliseconds=round(seconds * 1_000),
        )


def _of(fault: OutsideFault) -> _Refusal:
    """What a system behind us said or left unsaid, or that all our threads are taken."""
    if fault.system == SYSTEM and fault.detail == BUSY:
        return _Refusal(503, fault, RETRY_AFTER_S)
    return _Refusal(wire.FAULT_STATUS[fault.code], fault)


def _not_understood(what: str) -> _Refusal:
    return _Refusal(400, OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, f"request not understood: {what}"[:200]))


def _milliseconds(header: str | None) -> int:
    """How long the kiosk still waits. Raises _Refusal for a header that is no count."""
    if header is None:
        return DEFAULT_DEADLINE_MS
    if not (header.isascii() and header.isdigit() and len(header) <= 9):
        raise _not_understood(wire.DEADLINE_HEADER)
    return min(int(header), wire.MAX_DEADLINE_MS)


async def _body(request: Request, deadline: Deadline) -> bytes:
    """The whole body, in time and not too long. Raises _Refusal."""
    body = bytearray()
    try:
        async with asyncio.timeout(deadline.left()):
            async for part in request.stream():
                body += part
                if len(body) > wire.MAX_QUESTION_BYTES:
                    fault = OutsideFault(OutsideFaultCode.BAD_ANSWER, SYSTEM, "request too long")
                    raise _Refusal(413, fault)
    except TimeoutError:
        raise _Refusal(408, OutsideFault(OutsideFaultCode.TIMEOUT, SYSTEM, "request too slow")) from None
    except ClientDisconnect:
        raise _Refusal(400, OutsideFault(OutsideFaultCode.TIMEOUT, SYSTEM, "request not finished")) from None
    return bytes(body)
