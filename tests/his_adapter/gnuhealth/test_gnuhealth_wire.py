"""Tryton's JSON-RPC: what is sent has its form, and any bytes that come back are an answer, a refusal or malformed."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.clock import ZONE, everywhere
from his_adapter.hospital.gnuhealth.wire import (
    MAX_REFUSAL_CHARS,
    Malformed,
    Refusal,
    RpcRefused,
    answer,
    encode,
    question,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(max_size=20)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC)).filter(everywhere)
    | st.decimals(-(10**9), 10**9, places=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "tên"]), inner, max_size=3),
    max_leaves=12,
)


def said(value: object, number: int = 7) -> bytes:
    return json.dumps({"id": number, "result": value}).encode()


def test_a_question_names_the_method_and_carries_its_context_last() -> None:
    body = question(3, "model.party.party.search", [[["ref", "=", "001"]], {"company": 1}])
    assert body == {"id": 3, "method": "model.party.party.search", "params": [[["ref", "=", "001"]], {"company": 1}]}


@given(VALUES)
def test_what_is_sent_is_read_back(value: object) -> None:
    assert answer(said(encode(value)), 7) == value


def test_moments_are_sent_in_utc() -> None:
    sent: Any = encode(datetime(2026, 11, 28, 0, 30, tzinfo=ZONE))
    assert (sent["day"], sent["hour"], sent["minute"]) == (27, 17, 30)
    assert answer(said(sent), 7) == datetime(2026, 11, 27, 17, 30, tzinfo=timezone(timedelta(0)))


@pytest.mark.parametrize("value", [datetime(2026, 11, 27), {1, 2}, b"x", object()])  # noqa: DTZ001 - refused for it
def test_what_has_no_form_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError):
        encode({"field": [value]})


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (["UserError", ["The PUID must be unique", "", None]], Refusal.USER, "The PUID must be unique"),
        (["UserWarning", ["past", "A date in the past.", ""]], Refusal.WARNING, "A date in the past."),
        (["ConcurrencyException", "Records were modified"], Refusal.CONCURRENCY, "Records were modified"),
        (["LoginException", ["sms_code", "The code", "char"]], Refusal.LOGIN, "The code"),
        (["division by zero", "Traceback …"], Refusal.INTERNAL, ""),
        (["internal", "Traceback …"], Refusal.INTERNAL, ""),
        (["UserError"], Refusal.USER, ""),
        ([{"a": 1}], Refusal.INTERNAL, ""),
    ],
)
def test_a_refusal_has_its_kind(error: object, kind: Refusal, text: str) -> None:
    with pytest.raises(RpcRefused) as caught:
        answer(json.dumps({"id": 7, "error": error}).encode(), 7)
    assert (caught.value.kind, caught.value.text) == (kind, text)
    assert text not in str(caught.value) or not text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"id": 7}',
        b'{"id": 8, "result": 1}',
        b'{"id": "7", "result": 1}',
        b'{"id": 7, "error": []}',
        b'{"id": 7, "error": "no"}',
        b'{"id": 7, "result": NaN}',
        b'{"id": 7, "result": {"__class__": "date", "year": 2026, "month": 13, "day": 1}}',
        b'{"id": 7, "result": {"__class__": "date", "year": true, "month": 1, "day": 1}}',
        b'{"id": 7, "result": {"__class__": "datetime", "year": 2026}}',
        b'{"id": 7, "result": {"__class__": "Decimal", "decimal": "sNaN"}}',
        b'{"id": 7, "result": {"__class__": "Decimal", "decimal": 5}}',
        b'{"id": 7, "result": {"__class__": "Decimal", "decimal": "' + b"9" * 5000 + b'"}}',
        b'{"id": 7, "result": ' + b"9" * 5000 + b"}",
        b'{"id": 7, "result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"__class__" * 10,
        b'{"__class__": "Decimal", "decimal": "7"}',
    ],
)
def test_anything_else_is_malformed_and_not_quoted(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        answer(body, 7)
    assert len(str(caught.value)) < 60


def outcome_of(body: bytes) -> bool:
    """Whether there is a value or one of the two errors, whose text is short; anything else passes through."""
    try:
        answer(body, 7)
    except Malformed as error:
        return len(str(error)) < 60
    except RpcRefused as refused:
        return len(refused.text) <= MAX_REFUSAL_CHARS
    return True


@given(st.binary(max_size=200))
def test_any_bytes_have_an_outcome(body: bytes) -> None:
    assert outcome_of(body)


@given(VALUES.map(encode), st.sampled_from(["result", "error"]), st.integers(0, 60))
def test_any_damaged_answer_has_an_outcome(value: object, member: str, cut: int) -> None:
    body = json.dumps({"id": 7, member: value}).encode()
    for damaged in (body, body[:cut], body[cut:], body.replace(b"__class__", b"decimal")):
        assert outcome_of(damaged)
