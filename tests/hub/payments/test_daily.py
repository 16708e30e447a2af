"""The day's end: the bank's statement, the hospital's receipts and our ledger, each from where it is really kept."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from his_adapter.__main__ import main as his_adapter_main
from his_adapter.clock import ZONE
from his_adapter.hospital import HisProHospital
from his_adapter.model import (
    BirthDate,
    PatientIdentity,
    PaymentIntent,
    PaymentReport,
    RegistrationRequest,
    Sex,
    TransferVerdict,
)
from his_adapter.payment import PayOsProvider, ProviderName
from his_adapter.reconciliation import Finding
from his_adapter.simulation import OutsideWorld, System
from hub.__main__ import main as hub_main
from tests.hub.payments.money_hub import AMOUNT, MakeHub, bill

PATIENT = PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai")


@pytest.fixture
def book(world: OutsideWorld) -> Iterator[Callable[..., None]]:
    """Tells the hospital of a transfer, as a kiosk does for its visit."""
    hospital = HisProHospital(world.his_settings())
    visit = hospital.register(
        RegistrationRequest(
            idempotency_key=f"day-{datetime.now(ZONE).timestamp()}",
            patient=PATIENT,
            service_code="KTM",
            kiosk_id="k1",
            requested_at=datetime.now(ZONE),
        )
    ).visit_id

    def tell(intent: PaymentIntent, number: str, amount: int = AMOUNT) -> None:
        key = f"{intent.order_code}-{number}"
        report = PaymentReport(key, visit, intent.order_code, number, amount, TransferVerdict.EXACT, datetime.now(ZONE))
        hospital.record_payment(report)

    yield tell
    hospital.close()


def statement_of(world: OutsideWorld, since: str) -> str:
    """The watched account's arrivals as the bank's table tells them."""
    account = world.sepay_settings()
    answer = httpx.get(
        f"{account.base_url}{account.list_path}",
        params={"transaction_date_min": since},
        headers={"Authorization": f"Bearer {account.api_token.get_secret_value()}"},
        trust_env=False,
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Số tham chiếu", "Ngày giao dịch", "Ghi có", "Nội dung"])
    for row in answer.json()["transactions"]:
        writer.writerow([row["id"], row["transaction_date"], row["amount_in"], row["transaction_content"]])
    return text.getvalue()


def test_a_day_is_reconciled_without_hand_work(
    make_hub: MakeHub,
    world: OutsideWorld,
    book: Callable[..., None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = datetime.now(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    already = {row.split(",")[0] for row in statement_of(world, began).splitlines()[1:]}
    hub = make_hub(ProviderName.SEPAY)
    kiosk = hub.kiosk()

    def paid(amount: int | None = None, times: int = 1) -> tuple[PaymentIntent, list[str]]:
        intent = kiosk.create(bill())
        world.pay_qr(intent.qr_text, amount, times)
        return intent, [transfer.provider_txn_id for transfer in kiosk.status(intent).transfers]

    in_order, (number,) = paid()
    book(in_order, number)
    not_told, _ = paid()
    otherwise, (number,) = paid()
    book(otherwise, number, AMOUNT - 600)
    twice, numbers = paid(times=2)
    book(twice, numbers[0])
    world.hold_notices(True)  # the bank has money that nobody here ever heard of
    unheard = kiosk.create(bill())
    world.pay_qr(unheard.qr_text)
    world.hold_notices(False)
    invented = kiosk.create(bill())  # a receipt for money that never came
    book(invented, "CASH-1")
    settled_elsewhere = by_another_provider(world)

    asked = (in_order, not_told, otherwise, twice, unheard, invented, settled_elsewhere)
    ours = {str(intent.order_code) for intent in asked}
    files = {name: tmp_path / name for name in ("statement.csv", "his.json", "ledger.csv", "kiosk.csv")}
    rows = [row for row in statement_of(world, began).splitlines() if row.split(",")[0] not in already]
    files["statement.csv"].write_text("\n".join(rows) + "\n", "utf-8")
    told = httpx.get(f"{world.urls[System.HIS]}/simulation/payments", trust_env=False).json()["payments"]
    files["his.json"].write_text(json.dumps([receipt(row) for row in told if row["order"] in ours]), "utf-8")
    hub.payments.watch.settle()
    capsys.readouterr()
    until = datetime.now(ZONE).date().isoformat()  # the test may run at midnight
    assert hub_main(["payments", "ledger", "--day", began[:10], "--until", until, "--data", str(hub.own_path)]) == 0
    files["ledger.csv"].write_text(capsys.readouterr().out, "utf-8")
    files["kiosk.csv"].write_text("received_at,order_code,provider_txn_id,amount_dong,verdict\n", "utf-8")

    arguments = ["--statement", str(files["statement.csv"]), "--his", str(files["his.json"])]
    ledgers = ["--ledger", str(files["ledger.csv"]), "--ledger", str(files["kiosk.csv"])]
    assert his_adapter_main(["reconcile", *arguments, *ledgers, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    found = {item["order_code"]: set(item["findings"]) for item in report["items"]}
    assert found[str(in_order.order_code)] == {Finding.MATCHED}
    assert found[str(not_told.order_code)] == {Finding.MISSING_IN_HIS}
    assert found[str(otherwise.order_code)] == {Finding.AMOUNT_DIFFERS}
    assert found[str(twice.order_code)] >= {Finding.DUPLICATE}
    assert found[str(unheard.order_code)] == {Finding.MISSING_IN_HIS, Finding.MISSING_IN_LEDGER}
    assert found[str(invented.order_code)] == {Finding.MISSING_IN_STATEMENT, Finding.MISSING_IN_LEDGER}
    assert found[str(settled_elsewhere.order_code)] == {Finding.MISSING_IN_STATEMENT, Finding.MISSING_IN_HIS}
    assert his_adapter_main(["reconcile", *arguments, *ledgers]) == 1
    assert "Cần xử lý:" in capsys.readouterr().out


def by_another_provider(world: OutsideWorld) -> PaymentIntent:
    """Money at a provider whose account is on another statement."""
    with closing(PayOsProvider(world.payment_settings())) as provider:
        intent = provider.create(bill())
    world.pay_qr(intent.qr_text)
    return intent


def receipt(row: dict[str, Any]) -> dict[str, object]:
    """A line of the hospital's own list."""
    return {
        "receipt_number": row["receipt"],
        "order_code": row["order"],
        "amount_dong": row["amount"],
        "provider_txn_id": row["transfer"],
    }
