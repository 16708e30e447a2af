"""Webhooks: only what is signed is believed."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PaymentRequest
from his_adapter.payment import PayOsProvider, verify_webhook
from his_adapter.payment.payos_signature import holds, sign
from his_adapter.simulation import Fault, OutsideWorld, System

DATA = Path(__file__).parents[1] / "data" / "his_adapter"
BODY = (DATA / "payos_webhook.json").read_bytes()
KEY = SecretStr((DATA / "payos_webhook.key").read_text())


def test_the_published_example() -> None:
    notice = verify_webhook(BODY, KEY)
    assert notice is not None
    assert (notice.order_code, notice.intent_id) == (123, "124c33293c43417ab7879e14c8d9eb18")
    assert (notice.transfer.provider_txn_id, notice.transfer.amount_dong) == ("TF230204212323", 3000)
    assert notice.transfer.received_at.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize("name", sorted(json.loads(BODY)["data"]))
def test_every_field_is_signed(name: str) -> None:
    message = json.loads(BODY)
    message["data"][name] = 3001 if isinstance(message["data"][name], int) else "x"
    with pytest.raises(OutsideFault) as caught:
        verify_webhook(json.dumps(message).encode(), KEY)
    assert caught.value.code is OutsideFaultCode.AUTH


@pytest.mark.parametrize("signature", [None, "", 5, "ế", "0" * 64])
def test_bad_signatures(signature: object) -> None:
    message = json.loads(BODY) | {"signature": signature}
    with pytest.raises(OutsideFault) as caught:
        verify_webhook(json.dumps(message).encode(), KEY)
    assert caught.value.code is OutsideFaultCode.AUTH


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": []}', b"[" * 60_000, b" " * 70_000, b"\xff"])
def test_what_is_no_webhook(body: bytes) -> None:
    with pytest.raises(OutsideFault) as caught:
        verify_webhook(body, KEY)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


def signed(data: dict[str, object]) -> bytes:
    return json.dumps({"data": data, "signature": sign(data, KEY)}).encode()


def test_a_signed_message_about_a_failure_is_no_transfer() -> None:
    assert verify_webhook(signed({"code": "01", "orderCode": 1}), KEY) is None


@pytest.mark.parametrize("change", [{"amount": "3000"}, {"amount": 0}, {"reference": ""}, {"transactionDateTime": "?"}])
def test_a_signed_message_without_sense(change: dict[str, object]) -> None:
    with pytest.raises(OutsideFault) as caught:
        verify_webhook(signed(json.loads(BODY)["data"] | change), KEY)
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.dictionaries(st.text(), st.integers()))


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES), VALUES)
def test_any_data_is_signed_and_any_signature_compared(data: dict[str, object], signature: object) -> None:
    assert holds(data, sign(data, KEY), KEY)
    assert not holds(data, signature, KEY)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(OutsideFault):
        verify_webhook(body, KEY)


def test_the_bank_tells_of_a_payment(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest, script: Any
) -> None:
    intent = bank.create(bill)
    world.webhook(f"{script.url}/payment")
    script.say({"success": True})
    script.say({"success": True})
    assert world.pay(bill.order_code, times=2) == (200, 200)
    key = world.payment_settings().checksum_key
    notices = [verify_webhook(body, key) for _, body in script.asked]
    told = [(notice.order_code, notice.intent_id, notice.transfer.amount_dong) for notice in notices if notice]
    assert told == [(bill.order_code, intent.intent_id, bill.amount_dong)] * 2
    assert {notice.transfer for notice in notices if notice} == set(bank.status(intent).transfers)


def test_somebody_else_tells_of_a_payment(
    world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest, script: Any
) -> None:
    bank.create(bill)
    world.webhook(f"{script.url}/payment")
    world.fault(System.BANK, Fault.BAD_SIGNATURE)
    script.say({"success": False}, status=401)
    assert world.pay(bill.order_code) == (401,)
    with pytest.raises(OutsideFault) as caught:
        verify_webhook(script.asked[0][1], world.payment_settings().checksum_key)
    assert caught.value.code is OutsideFaultCode.AUTH


def test_a_webhook_nobody_takes_is_reported(world: OutsideWorld, bank: PayOsProvider, bill: PaymentRequest) -> None:
    bank.create(bill)
    world.webhook("http://127.0.0.1:9/payment")  # the discard port: nobody listens
    assert world.pay(bill.order_code) == (0,)
