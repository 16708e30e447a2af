"""`hub payments`: what the cashier settles, and the ledger for the day's reconciliation."""

import argparse
import getpass
import sys
from collections.abc import Callable

from his_adapter.payment.cases import RefundCase
from hub.localtime import local_text
from hub.payments.ledger import hub_ledger
from hub.payments.review import CaseFile, ReviewDesk, ReviewError
from records.ledger import add_days, days_of, write_ledger
from records.outbox_desk import Operator
from records.store import Store

OWED = 0


def add_payments_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_data: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command to the hub's own; `add_data` adds the option that names the hub's database."""
    acts = commands.add_parser("payments", help="money that a person settles, refunds, and the ledger").add_subparsers(
        required=True, metavar="ACT"
    )
    listing = acts.add_parser("list", help="open cases and refunds, the oldest first")
    listing.add_argument("--settled", action="store_true", help="those that are settled instead")
    listing.set_defaults(act=_list)

    show = acts.add_parser("show", help="one case, with every transfer")
    show.add_argument("case")
    show.set_defaults(act=_show)

    resolve = acts.add_parser("resolve", help="settle a case; the patient's visit is not changed by it")
    resolve.add_argument("case")
    resolve.add_argument("--reason", required=True, help="how it was settled; goes to the access history, no names")
    resolve.add_argument(
        "--refund", type=_amount, nargs="?", const=OWED, metavar="DONG", help="open a refund (default: what is owed)"
    )
    resolve.set_defaults(act=_resolve)

    refund = acts.add_parser("refund", help="settle a refund")
    refund.add_argument("case")
    how = refund.add_mutually_exclusive_group(required=True)
    how.add_argument("--paid-out", metavar="VOUCHER", default="", help="the number of the cashier's own voucher")
    how.add_argument("--decline", action="store_true", help="no money goes back")
    refund.set_defaults(act=_refund)

    ledger = acts.add_parser("ledger", help="the money that arrived, as CSV for the day's reconciliation")
    add_days(ledger)
    ledger.set_defaults(act=_ledger)
    for name, parser in acts.choices.items():
        if name in ("resolve", "refund"):
            parser.add_argument("--who", default="", help="your name for the access history; without it your account's")
        add_data(parser)


def run_payments_command(arguments: argparse.Namespace, own: Store) -> None:
    """Do what was asked. Raises StoreError, and ReviewError for anything that cannot be done."""
    account = getpass.getuser()
    who = getattr(arguments, "who", "") or account
    try:
        arguments.act(arguments, own, ReviewDesk(own, Operator(who, f"local:{account}"[:64])))
    except ValueError as error:  # days or a name that are none
        raise ReviewError(str(error)) from None


def _list(arguments: argparse.Namespace, _: Store, desk: ReviewDesk) -> None:
    for file in desk.cases(resolved=arguments.settled):
        _say(_case_line(file))
    for refund in desk.refunds(settled=arguments.settled):
        _say(_refund_line(refund))


def _show(arguments: argparse.Namespace, _: Store, desk: ReviewDesk) -> None:
    file = desk.case(arguments.case)
    case = file.case
    _say(_case_line(file))
    _say(f"  order\t{case.order_code if case.order_code is not None else '-'}\tasked\t{case.asked_dong} đ")
    for transfer in case.transfers:
        _say(f"  {local_text(transfer.received_at)}\t{transfer.provider_txn_id}\t{transfer.amount_dong} đ")
    if file.detail:
        _say(f"  {file.detail}")
    _say(f"  owed to the patient, as a proposal\t{file.owed_dong} đ")
    for refund in file.refunds:
        _say(f"  {_refund_line(refund)}")
    if file.resolved_at is not None:
        _say(f"  settled {local_text(file.resolved_at)} by {file.resolved_by}: {file.resolution}")


def _resolve(arguments: argparse.Namespace, _: Store, desk: ReviewDesk) -> None:
    file = desk.resolve(arguments.case, arguments.reason, refund_dong=arguments.refund)
    _say(_case_line(file))
    for refund in file.refunds:
        _say(_refund_line(refund))


def _refund(arguments: argparse.Namespace, _: Store, desk: ReviewDesk) -> None:
    _say(_refund_line(desk.settle_refund(arguments.case, arguments.paid_out)))


def _ledger(arguments: argparse.Namespace, own: Store, _: ReviewDesk) -> None:
    write_ledger(hub_ledger(own, days_of(arguments)), sys.stdout)


def _case_line(file: CaseFile) -> str:
    case = file.case
    state = "open" if file.resolved_at is None else "settled"
    return f"{case.case_id}\t{state}\t{case.reason.value}\t{case.received_dong} đ\t{local_text(case.opened_at)}"


def _refund_line(refund: RefundCase) -> str:
    voucher = f"\t{refund.voucher}" if refund.voucher else ""
    return f"{refund.case_id}\t{refund.state.value}\t{refund.amount_dong} đ\t{local_text(refund.opened_at)}{voucher}"


def _amount(text: str) -> int:
    amount = int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else 0
    if amount <= 0:
        raise argparse.ArgumentTypeError("a refund is a positive number of đồng")
    return amount


def _say(line: str) -> None:
    print("".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in line))  # noqa: T201
