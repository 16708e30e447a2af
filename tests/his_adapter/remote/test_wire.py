"""What kiosk and hub say to each other arrives as it was said, and an older side still understands a newer one."""

import contextlib
import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from his_adapter.bhyt.xml0 import CheckInReceipt, CheckInRecord0
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import (
    Appointment,
    BirthDate,
    Charge,
    CopaymentAnswer,
    Coverage,
    CoverageAnswer,
    CoverageReport,
    Entitlement,
    Health,
    InsuranceQuery,
    PatientIdentity,
    PaymentIntent,
    PaymentReceipt,
    PaymentReport,
    PaymentRequest,
    PaymentStatus,
    QueueTicket,
    Referral,
    Registration,
    RegistrationRequest,
    Room,
    Service,
    Transfer,
)
from his_adapter.remote import wire

OPERATIONS = {value.path: value for value in vars(wire).values() if isinstance(value, wire.Operation)}
SAMPLES = Path(__file__).parents[2] / "data" / "his_adapter" / "wire_v1.json"

# Texts as a chip, a portal or a hospital may write them; a lone surrogate is no text.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)
amounts = st.integers(0, 10**13 - 1)
arrived = st.integers(1, 10**13 - 1)
orders = st.integers(1, 2**53 - 1)
moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 — hypothesis wants it naive
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
births = st.dates(date(1900, 1, 1)).flatmap(
    lambda day: st.sampled_from([BirthDate(day.year), BirthDate(day.year, day.month), BirthDate.of(day)])
)
percents = st.decimals(0, 100, places=2, allow_nan=False)
st.register_type_strategy(Decimal, percents)
patients = st.builds(
    PatientIdentity,
    number=st.text("0123456789", min_size=12, max_size=12),
    full_name=names,
    birth_date=births,
    residence=texts,
    phone=texts,
)
rooms = st.builds(Room, texts, texts, texts)
coverages = st.builds(Coverage, texts, texts)
entitlements = st.builds(
    Entitlement,
    rate_percent=st.integers(0, 100),
    card_level_percent=st.integers(0, 100),
    payable_percent=percents,
)
referrals = st.builds(Referral, number=names, facility_code=names)
requests = st.builds(
    RegistrationRequest,
    idempotency_key=keys,
    patient=patients,
    service_code=names,
    requested_at=moments,
    coverage=st.none() | coverages,
    entitlement=st.none() | entitlements,
    referral=st.none() | referrals,
)
charges = st.tuples(amounts, amounts).map(lambda pair: Charge("K", "Khám", max(pair), min(pair)))
registrations = st.builds(
    Registration,
    visit_id=names,
    patient_code=texts,
    ticket=st.none() | st.builds(QueueTicket, names, rooms, st.none() | st.integers(0, 10**6 - 1)),
    fee_dong=amounts,
    charges=st.lists(charges, max_size=3).map(tuple),
)
services = st.builds(
    Service,
    code=names,
    room=rooms,
    waiting=st.none() | st.integers(0, 999),
    price_dong=amounts,
    insured_price_dong=amounts,
)
appointments = st.builds(
    Appointment, appointment_id=names, starts_at=moments, room=st.none() | rooms, service_code=texts
)
coverage_reports = st.builds(
    CoverageReport,
    idempotency_key=keys,
    his_visit_id=names,
    patient=patients,
    asked_at=moments,
    coverage=st.none() | coverages,
    entitlement=st.none() | entitlements,
)
payment_reports = st.builds(
    PaymentReport,
    idempotency_key=keys,
    his_visit_id=names,
    provider_txn_id=names,
    received_at=moments,
    order_code=orders,
    amount_dong=arrived,
)
copayments = st.builds(
    CopaymentAnswer,
    asked_at=moments,
    accumulated_dong=st.none() | amounts,
    as_of=texts,
    fault=st.none(),
    raw=st.binary(max_size=64),
)
answers = st.builds(
    CoverageAnswer,
    asked_at=moments,
    raw=st.binary(max_size=64),
    coverage=st.none() | coverages,
    entitlement=st.none() | entitlements,
    copayment=st.none() | copayments,
)
queries = st.builds(
    InsuranceQuery,
    number=st.sampled_from([10, 12, 15]).flatmap(lambda size: st.text("0123456789ABC", min_size=size, max_size=size)),
    full_name=names,
    birth_date=births,
)
payment_requests = st.builds(PaymentRequest, orders, arrived, purpose=names, expires_at=moments, bill_id=texts)
intents = st.builds(PaymentIntent, order_code=orders, amount_dong=arrived, expires_at=moments)
transfers = st.builds(Transfer, names, arrived, moments)
payment_statuses = st.builds(
    PaymentStatus, amount_received=amounts, transfers=st.lists(transfers, max_size=3).map(tuple)
)
healths = st.builds(Health, system=texts)
SENT = next(item for item in json.loads(SAMPLES.read_text("utf-8")) if item["path"] == wire.SEND_CHECK_IN.path)
check_ins = st.builds(
    lambda visit, name: CheckInRecord0(**SENT["question"]["record"] | {"ma_lk": visit, "ho_ten": name}),
    st.text("ABC0123456789", min_size=1, max_size=12),
    names,
)
messages = st.one_of(
    st.builds(wire.Nothing),
    st.builds(wire.Services, services=st.lists(services, max_size=3).map(tuple)),
    st.builds(wire.AppointmentsOf, patient=patients, day=st.dates()),
    st.builds(wire.Appointments, appointments=st.lists(appointments, max_size=3).map(tuple)),
    st.builds(wire.Register, request=requests),
    st.builds(wire.Registered, registration=registrations),
    st.builds(wire.ByKey, idempotency_key=keys),
    st.builds(wire.Found, registration=st.none() | registrations),
    st.builds(wire.CoverageToTell, report=coverage_reports),
    st.builds(wire.PaymentToTell, report=payment_reports),
    st.builds(wire.Receipt, receipt=st.builds(PaymentReceipt, texts)),
    st.builds(wire.HealthAnswer, health=healths),
    st.builds(wire.CardQuestion, query=queries),
    st.builds(wire.CardAnswer, answer=answers, age_ms=st.none() | amounts),
    st.builds(wire.CopaymentTold, answer=copayments, age_ms=st.none() | amounts),
    st.builds(wire.CheckInToSend, record=check_ins),
    st.builds(wire.CheckInTold, receipt=st.builds(CheckInReceipt, texts, texts, texts, texts, texts)),
    st.builds(wire.CheckInStanding, health=healths, certificate_until=st.none() | st.dates()),
    st.builds(wire.MoneyToAsk, request=payment_requests),
    st.builds(wire.MoneyAsked, intent=intents),
    st.builds(wire.IntentQuestion, intent=intents),
    st.builds(wire.IntentStanding, status=payment_statuses),
)
TOLD = {
    wire.Nothing,
    wire.Services,
    wire.AppointmentsOf,
    wire.Appointments,
    wire.Register,
    wire.Registered,
    wire.ByKey,
    wire.Found,
    wire.CoverageToTell,
    wire.PaymentToTell,
    wire.Receipt,
    wire.HealthAnswer,
    wire.CardQuestion,
    wire.CardAnswer,
    wire.CopaymentTold,
    wire.CheckInToSend,
    wire.CheckInTold,
    wire.CheckInStanding,
    wire.MoneyToAsk,
    wire.MoneyAsked,
    wire.IntentQuestion,
    wire.IntentStanding,
}


def test_every_message_of_the_wire_is_told_here() -> None:
    said = {kind for operation in OPERATIONS.values() for kind in (operation.question, operation.answer)}
    assert len(OPERATIONS) == 16
    assert said == TOLD


@settings(max_examples=150, deadline=None)
@given(messages)
def test_what_is_said_arrives_as_it_was_said(message: wire.Message) -> None:
    """By the client's way (a dict as JSON) and by the hub's (JSON at once), which are the same text."""
    by_client = json.dumps(message.model_dump(mode="json"), ensure_ascii=False)
    by_hub = message.model_dump_json()
    assert json.loads(by_client) == json.loads(by_hub)
    assert type(message).model_validate_json(by_client.encode()) == message
    assert type(message).model_validate_json(by_hub) == message


def with_news(value: Any) -> Any:
    """The same as a later version may say it: with a field more in every object."""
    if isinstance(value, dict):
        return {key: with_news(item) for key, item in value.items()} | {"a_later_field": {"x": [1]}}
    if isinstance(value, list):
        return [with_news(item) for item in value]
    return value


@settings(max_examples=50, deadline=None)
@given(messages)
def test_fields_of_a_later_version_pass(message: wire.Message) -> None:
    told = with_news(message.model_dump(mode="json"))
    assert type(message).model_validate_json(json.dumps(told)) == message


@pytest.mark.parametrize("sample", json.loads(SAMPLES.read_text("utf-8")), ids=lambda sample: str(sample["path"]))
def test_version_1_is_understood_for_ever(sample: dict[str, Any]) -> None:
    """What the first kiosks and hubs say. A field may be added, with a default; none may go, or change its form."""
    operation = OPERATIONS[sample["path"]]
    for kind, said in ((operation.question, sample["question"]), (operation.answer, sample["answer"])):
        message = kind.model_validate_json(json.dumps(said))
        assert contains(message.model_dump(mode="json"), said)


def contains(whole: Any, part: Any) -> bool:
    """Whether every field of `part` is in `whole`, with its value."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def test_the_samples_tell_of_every_operation_and_every_field_that_is_needed() -> None:
    samples = {sample["path"]: sample for sample in json.loads(SAMPLES.read_text("utf-8"))}
    assert samples.keys() == OPERATIONS.keys()
    request = samples["/hospital/register"]["question"]["request"]
    assert {"patient", "coverage", "entitlement", "referral", "idempotency_key", "kiosk_id"} <= request.keys()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (wire.ByKey, {"idempotency_key": "a key"}),
        (wire.ByKey, {"idempotency_key": 7}),
        (wire.Receipt, {"receipt": {"receipt_number": 7}}),
        (wire.HealthAnswer, {"health": {"system": "his", "fault": "tired"}}),
        (wire.Services, {"services": {}}),
        (wire.AppointmentsOf, {"day": "2026-11-24"}),
        (wire.CardAnswer, {"answer": None}),
    ],
)
def test_what_is_not_of_the_contract_is_refused(kind: type[wire.Message], said: object) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(json.dumps(said))


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(ValidationError) as caught:
        wire.CardQuestion.model_validate_json('{"query": {"number": "001190990101", "full_name": 7}}')
    assert "001190990101" not in str(caught.value)


@pytest.mark.parametrize("code", list(OutsideFaultCode))
def test_every_fault_travels_as_itself(code: OutsideFaultCode) -> None:
    told = wire.Failure.of(OutsideFault(code, "his", "HTTP 503"))
    back = wire.Failure.model_validate_json(told.model_dump_json()).fault.fault()
    assert (back.code, back.system, back.detail) == (code, "his", "HTTP 503")
    assert code in wire.FAULT_STATUS


def test_a_fault_of_a_later_version_is_an_answer_that_is_not_understood() -> None:
    told = wire.Failure.model_validate_json('{"fault": {"code": "moon_phase", "system": "his", "detail": "x"}}')
    assert told.fault.fault().code is OutsideFaultCode.BAD_ANSWER
    assert told.fault.fault().retryable, "it may have been done: the outbox asks again"


def test_a_long_detail_is_cut() -> None:
    told = wire.Failure.of(OutsideFault(OutsideFaultCode.REJECTED, "his", "x" * 5_000))
    assert len(told.model_dump_json()) < 300


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64) | texts.map(str.encode))
def test_any_bytes_are_a_message_or_one_error(body: bytes) -> None:
    for operation in OPERATIONS.values():
        with contextlib.suppress(ValidationError):
            assert isinstance(operation.answer.model_validate_json(body), operation.answer)
