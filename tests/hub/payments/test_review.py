"""The cashier settles what the machines must not: cases, refunds, and who did it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from his_adapter.model import PaymentNotice, PaymentRequest, Transfer
from his_adapter.payment import ProviderName, purpose_for
from his_adapter.payment.cases import RefundState
from his_adapter.payment.webhook import StrayTransfer
from hub.__main__ import main
from hub.database import open_hub_database
from hub.payments.orders import Orders
from hub.payments.review import ReviewDesk, ReviewError
from hub.payments.settlement import Settlement
from records.audit import AuditTrail
from records.outbox_desk import Operator
from records.store import Store

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)  # 10:00 in Vietnam
AMOUNT = 50_600
ORDER = 4242
CASE = f"sepay-{ORDER}"
Arrive = Callable[..., None]


@pytest.fixture
def path(hub_path: Path) -> Path:
    return hub_path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_hub_database(path, clock=lambda: NOW) as opened:
        orders = Orders(opened, ProviderName.SEPAY)
        orders.keep("V1", PaymentRequest(ORDER, AMOUNT, purpose_for(ORDER), NOW + timedelta(minutes=5), "V1"))
        yield opened


@pytest.fixture
def arrive(store: Store) -> Arrive:
    """Money is told of, and settled."""
    settlement = Settlement(store)

    def tell(number: str, amount: int = AMOUNT, order: int | None = ORDER) -> None:
        transfer = Transfer(number, amount, NOW)
        notice = StrayTransfer(transfer) if order is None else PaymentNotice(order, "", transfer)
        settlement.keep("sepay", notice)
        settlement.settle_due()

    return tell


@pytest.fixture
def desk(store: Store) -> ReviewDesk:
    return ReviewDesk(store, Operator("thu ngân 3"))


def audited(store: Store) -> list[tuple[str, str, str]]:
    return [(item.actor, item.action, item.target) for item in reversed(AuditTrail(store).page(1, 100).events)]


def test_money_in_order_is_nobodys_case(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("1")
    assert (desk.cases(), desk.refunds()) == ((), ())


def test_a_case_tells_every_transfer_and_what_is_owed(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("1")
    arrive("2")
    (file,) = desk.cases()
    assert file == desk.case(CASE)
    assert [transfer.provider_txn_id for transfer in file.case.transfers] == ["1", "2"]
    assert (file.case.asked_dong, file.case.received_dong, file.owed_dong) == (AMOUNT, 2 * AMOUNT, AMOUNT)


def test_settling_opens_a_refund_that_is_paid_out_under_a_voucher(
    arrive: Arrive, desk: ReviewDesk, store: Store
) -> None:
    arrive("1")
    arrive("2")
    settled = desk.resolve(CASE, "trả hai lần", refund_dong=0)
    assert (settled.resolved_by, settled.resolution, settled.owed_dong) == ("thu ngân 3", "trả hai lần", 0)
    (refund,) = desk.refunds()
    assert (refund.amount_dong, refund.provider_txn_ids, refund.reason) == (AMOUNT, ("1", "2"), "duplicate")
    done = desk.settle_refund(refund.case_id, "PC-0042")
    assert (done.state, done.voucher) == (RefundState.PAID_OUT, "PC-0042")
    assert desk.refunds() == ()
    assert desk.refunds(settled=True) == (done,)
    with pytest.raises(ReviewError, match="once"):
        desk.settle_refund(refund.case_id)
    assert audited(store) == [
        ("hub", "review_opened", CASE),
        ("thu ngân 3", "refund_opened", f"refund-{CASE}: {AMOUNT} đ"),
        ("thu ngân 3", "review_resolved", f"{CASE}: trả hai lần"),
        ("thu ngân 3", "refund_paid_out", f"refund-{CASE} PC-0042"),
    ]


def test_new_money_opens_a_settled_case_again(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("1", AMOUNT + 1)
    desk.resolve(CASE, "trả thừa", refund_dong=1)
    arrive("2")
    (file,) = desk.cases()
    assert (file.case.reason, file.owed_dong) == ("duplicate", AMOUNT)
    desk.resolve(CASE, "trả lần nữa", refund_dong=0)
    assert {refund.case_id for refund in desk.refunds()} == {f"refund-{CASE}", f"refund-{CASE}-2"}


def test_the_same_notice_again_does_not_open_a_settled_case(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("1", AMOUNT + 1)
    desk.resolve(CASE, "trả thừa")
    arrive("1", AMOUNT + 1)
    assert desk.cases() == ()
    assert [file.case.case_id for file in desk.cases(resolved=True)] == [CASE]


def test_a_declined_refund_leaves_the_money_owed(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("1", AMOUNT + 1)
    desk.resolve(CASE, "trả thừa", refund_dong=0)
    desk.settle_refund(f"refund-{CASE}")
    assert desk.case(CASE).owed_dong == 1


def test_what_cannot_be_settled(arrive: Arrive, desk: ReviewDesk, store: Store) -> None:
    arrive("1", AMOUNT - 600)
    with pytest.raises(ReviewError, match="no case"):
        desk.resolve("sepay-7", "x")
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(ReviewError, match="reason"):
            desk.resolve(CASE, reason)
    with pytest.raises(ReviewError, match="no more than"):
        desk.resolve(CASE, "x", refund_dong=AMOUNT)
    with pytest.raises(ReviewError, match="no refund"):
        desk.settle_refund("refund-7", "PC-1")
    assert [row[1] for row in audited(store)] == ["review_opened"], "what was refused has left nothing"
    desk.resolve(CASE, "thu thêm 600 tại quầy")
    with pytest.raises(ReviewError, match="settled already"):
        desk.resolve(CASE, "x")


def test_a_stray_is_a_case_with_its_one_transfer(arrive: Arrive, desk: ReviewDesk) -> None:
    arrive("9", 1_000, order=None)
    (file,) = desk.cases()
    assert (file.case.case_id, file.case.order_code, file.owed_dong) == ("sepay-stray-9", None, 1_000)
    arrive("10", 1_000, order=77)
    assert desk.case("sepay-stray-10").detail == "told for order 77"


def test_the_command(arrive: Arrive, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrive("FT1")
    arrive("FT2")
    data = ["--data", str(path)]
    assert main(["payments", "list", *data]) == 0
    assert capsys.readouterr().out == f"{CASE}\topen\tduplicate\t{2 * AMOUNT} đ\t27/11/2026 10:00:00\n"
    assert main(["payments", "show", CASE, *data]) == 0
    shown = capsys.readouterr().out
    assert f"27/11/2026 10:00:00\tFT2\t{AMOUNT} đ" in shown
    assert main(["payments", "resolve", CASE, "--reason", "trả hai lần", "--refund", "--who", "Hoa", *data]) == 0
    assert f"refund-{CASE}\topen\t{AMOUNT} đ" in capsys.readouterr().out
    assert main(["payments", "refund", f"refund-{CASE}", "--paid-out", "PC-1", "--who", "Hoa", *data]) == 0
    assert "paid_out" in capsys.readouterr().out
    assert main(["payments", "list", *data]) == 0
    assert capsys.readouterr().out == ""
    assert main(["payments", "list", "--settled", *data]) == 0
    assert capsys.readouterr().out.count(CASE) == 2
    assert main(["payments", "show", CASE, *data]) == 0
    assert "by Hoa: trả hai lần" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "sepay-7"], "no case of this name"),
        (["resolve", "sepay-7", "--reason", "x"], "no case of this name"),
        (["resolve", "sepay-7", "--reason", "x", "--who", "\n"], "printable"),
        (["ledger", "--day", "2026-11-27", "--until", "2026-11-26"], "not before"),
    ],
)
def test_the_command_says_what_it_cannot_do(
    store: Store, path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["payments", *arguments, "--data", str(path)]) == 1
    assert said in capsys.readouterr().err
