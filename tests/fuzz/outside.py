"""Other systems that answer what the input says: adapters over HTTP without a network, and what their values are."""

import contextlib
import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

import httpx

import his_adapter.http
from his_adapter.clock import ZONE
from his_adapter.model import BirthDate, PatientIdentity, PaymentRequest, RegistrationRequest, Sex
from his_adapter.payment.purpose import purpose_for
from his_adapter.remote import wire

RECORD, HEADER = b"\x1e", b"\x1f"
STATUSES = (200, 201, 204, 202, 301, 304, 400, 401, 403, 404, 405, 409, 410, 412, 422, 429, 500, 501, 503)
MOMENT = datetime(2026, 11, 27, 8, 30, tzinfo=ZONE)
PATIENT = PatientIdentity(
    "001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai", "0900000000"
)
ORDER = 9_007_199_254_740_991
MONEY = PaymentRequest(ORDER, 50_600, purpose_for(ORDER), datetime(2026, 11, 27, 8, 40, tzinfo=ZONE))
_CLIENT = httpx.Client
LARGEST = 2**63 - 1
"""What a database takes as a whole number."""


def visit(**others: Any) -> RegistrationRequest:
    """A registration of an invented patient."""
    return RegistrationRequest("visit-1", PATIENT, "KTM", "kiosk-1", MOMENT, **others)


def reply(body: bytes, status: int = 200, **headers: str) -> bytes:
    """An answer as the input of a target: a letter for its status, headers, the body."""
    lines = [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
    return bytes([ord("0") + STATUSES.index(status)]) + b"".join(line + HEADER for line in lines) + body


def script(choice: int, *replies: bytes) -> bytes:
    """The input of a target: what is asked, and the answers to it."""
    return RECORD.join([bytes([ord("0") + choice]), *replies])


def unpack(data: bytes) -> tuple[int, list[bytes]]:
    """The choice and the answers in any bytes."""
    head, *replies = data.split(RECORD)
    return (head[0] - ord("0")) % 256 if head else 0, replies


class _Client:
    """In place of `httpx.Client`: requests are built by httpx, answers come from the script."""

    def __init__(self, answers: Iterator[bytes], base_url: str, headers: Mapping[str, str] | None) -> None:
        self._answers = answers
        self._real = _real(base_url, tuple((headers or {}).items()))

    @contextlib.contextmanager
    def stream(self, method: str, path: str, **how: Any) -> Iterator[httpx.Response]:
        request = self._real.build_request(method, path, **how)
        for _, value in request.headers.raw:  # h11 refuses to send such, and the fault would be ours
            assert not {0, 10, 13} & set(value), "an answer that breaks our next request"
        answer = next(self._answers, None)
        if answer is None:
            raise httpx.ReadTimeout("the script is over")
        status = STATUSES[(answer[0] - ord("0")) % len(STATUSES)] if answer else 200
        *lines, body = answer[1:].split(HEADER)
        asked = how.get("json")
        if isinstance(asked, dict) and "id" in asked:  # JSON-RPC: else every answer is one to another question
            body = body.replace(b'"{id}"', str(asked["id"]).encode())
        pairs = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        # what a transport hands over: it keeps to the grammar of headers
        headers = [(n, v) for n, v in pairs if n.replace(b"-", b"").isalnum() and not {0, 10, 13} & set(v)]
        yield httpx.Response(status, headers=headers, stream=httpx.ByteStream(body), request=request)

    def close(self) -> None:
        pass


@functools.cache
def _real(base_url: str, headers: tuple[tuple[str, str], ...]) -> httpx.Client:
    nobody = httpx.MockTransport(lambda request: httpx.Response(500))
    return _CLIENT(base_url=base_url, headers=dict(headers), transport=nobody, trust_env=False)


@contextlib.contextmanager
def answering(replies: list[bytes]) -> Iterator[None]:
    """Adapters that are made in this block get these answers, whatever they ask."""
    answers = iter(replies)

    def client(base_url: str = "", headers: Mapping[str, str] | None = None, **_: object) -> _Client:
        return _Client(answers, base_url, headers)

    with patch.object(his_adapter.http.httpx, "Client", client):
        yield


def check_told(message: wire.Message) -> None:
    """What an adapter answers can be kept, told by a hub to a kiosk, and is the same there."""
    check_value(message)
    told = message.model_dump_json()
    assert type(message).model_validate_json(told) == message


def check_value(value: object) -> None:
    """Whole texts, numbers that a database takes, moments that every zone has."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, bool | bytes | None):
        pass
    elif isinstance(value, int):
        assert abs(value) <= LARGEST, "a number without bounds"
    elif isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, datetime):
        assert value.tzinfo is not None, "a moment without a zone"
        value.astimezone(UTC)
        value.astimezone(ZONE)
    elif isinstance(value, date):
        pass
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            check_value(item)
    elif isinstance(value, wire.Message):
        for name in type(value).model_fields:
            check_value(getattr(value, name))
    elif is_dataclass(value):
        for one in fields(value):
            held = getattr(value, one.name)
            if one.name.endswith("_dong"):
                assert held is None or type(held) is int
            check_value(held)
