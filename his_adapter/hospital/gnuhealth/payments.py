"""Money that arrived: the invoice of a visit, the ledger in its comment, and the payment of an exact transfer.

The invoice is made by GNU Health's own wizard, which sets the service to "invoiced" in the same transaction: the
database lets one of two wizards through. Every transfer is first written into the invoice's comment, with its key, only
if the invoice has not changed meanwhile; so it is told once. An exact transfer then posts the invoice and pays it
through Tryton's payment wizard, which pays nothing twice: the lines that it reconciles are taken. The accounting move
that it makes names the transfer, so that an invoice which a cashier has settled meanwhile is not taken for ours.
Anything else, and an exact amount that GNU Health prices differently, stands in the comment for the cashier.
"""

from his_adapter.clock import ZONE, now
from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.gnuhealth.marks import PREFIX, TransferMark, key_text, like, transfer_text
from his_adapter.hospital.gnuhealth.rows import IdRow, InvoiceRow, ServiceRow
from his_adapter.hospital.gnuhealth.session import Domain, Tryton, Values
from his_adapter.hospital.gnuhealth.visits import SERVICE, Visit
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import PaymentReceipt, PaymentReport, TransferVerdict

INVOICE = "account.invoice"
METHOD, MOVE = "account.invoice.payment.method", "account.move"
OPEN, POSTED, PAID = "draft", "posted", "paid"
_ATTEMPTS = 5
NOTES = {
    TransferVerdict.EXACT: "đủ tiền",
    TransferVerdict.UNDERPAID: "THIẾU TIỀN, thu ngân xử lý",
    TransferVerdict.OVERPAID: "THỪA TIỀN, thu ngân xử lý",
    TransferVerdict.DUPLICATE: "CHUYỂN HAI LẦN, thu ngân hoàn tiền",
    TransferVerdict.LATE: "ĐẾN MUỘN sau khi mời ra quầy, thu ngân kiểm tra",
}
DIFFERS = "SỐ TIỀN KHÁC HOÁ ĐƠN, thu ngân xử lý"
PAID_BEFORE = "hoá đơn ĐÃ THU BẰNG CÁCH KHÁC, thu ngân hoàn tiền"


class Payments:
    """Books transfers."""

    def __init__(self, tryton: Tryton, method: str) -> None:
        self._tryton = tryton
        self._method = method

    def book(self, deadline: Deadline, visit: Visit, report: PaymentReport) -> PaymentReceipt:
        """Book a transfer for a visit. Raises OutsideFault CONFLICT when it stands there with other content."""
        mark = TransferMark.of(report)
        self._not_elsewhere(deadline, visit, mark)
        repeated = self._told(deadline, visit, mark)
        if report.verdict is not TransferVerdict.EXACT:
            return PaymentReceipt("", repeated)
        return PaymentReceipt(self._settle(deadline, visit, report), repeated)

    def note(self, deadline: Deadline, visit: Visit, text: str) -> None:
        """A line for the cashier in the invoice's comment, written once."""
        for _ in range(_ATTEMPTS):
            invoice = self._invoice(deadline, visit)
            if text in (invoice.comment or "").splitlines() or self._append(deadline, invoice, text):
                return
        raise self._restless()

    def _not_elsewhere(self, deadline: Deadline, visit: Visit, mark: TransferMark) -> None:
        """The same transfer or key at another visit is a conflict."""
        texts = (transfer_text(mark.transfer), key_text(mark.key))
        domain: Domain = [
            ["reference", "like", f"{PREFIX}%"],
            ["reference", "!=", visit.service.name],
            ["OR", *([["comment", "like", f"% {like(text)}%"]] for text in texts)],
        ]
        for invoice in self._tryton.search(deadline, INVOICE, domain, InvoiceRow, limit=10):
            for told in TransferMark.all_in(invoice.comment):
                if told.transfer == mark.transfer or told.key == mark.key:
                    raise self._tryton.fault(OutsideFaultCode.CONFLICT, "the transfer or key is of another visit")

    def _told(self, deadline: Deadline, visit: Visit, mark: TransferMark) -> bool:
        """See that the transfer stands in the invoice's comment; whether it did before."""
        for _ in range(_ATTEMPTS):
            invoice = self._invoice(deadline, visit)
            for told in TransferMark.all_in(invoice.comment):
                if told.transfer == mark.transfer or told.key == mark.key:
                    if not told.same(mark):
                        raise self._tryton.fault(OutsideFaultCode.CONFLICT, "told before with other content")
                    return True
            fits = mark.verdict is not TransferVerdict.EXACT or invoice.total == mark.amount_dong
            if self._append(deadline, invoice, mark.text(NOTES[mark.verdict] if fits else DIFFERS)):
                return False
        raise self._restless()

    def _append(self, deadline: Deadline, invoice: InvoiceRow, line: str) -> bool:
        comment = f"{invoice.comment}\n{line}" if invoice.comment else line
        try:
            self._tryton.write(deadline, INVOICE, invoice.id, {"comment": comment}, unless_since=invoice.stamp)
        except RpcRefused as refused:
            if refused.kind is Refusal.CONCURRENCY:
                return False
            raise self._tryton.refused(refused, INVOICE) from None
        return True

    # the invoice

    def _invoice(self, deadline: Deadline, visit: Visit) -> InvoiceRow:
        """The visit's invoice, made when there is none. Cancelled ones do not count."""
        found = self._made(deadline, visit)
        if found is None:
            self._make(deadline, visit)
            found = self._made(deadline, visit)
        if found is None:
            # the service says invoiced and no invoice of a kiosk's role is there: staff have taken it apart
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "the visit has no invoice and takes none")
        return found

    def _made(self, deadline: Deadline, visit: Visit) -> InvoiceRow | None:
        domain = [["reference", "=", visit.service.name], ["type", "=", "out"], ["state", "!=", "cancelled"]]
        found = self._tryton.search(deadline, INVOICE, domain, InvoiceRow, limit=1, order=[("id", "ASC")])
        return found[0] if found else None

    def _make(self, deadline: Deadline, visit: Visit) -> None:
        services = self._tryton.search(deadline, SERVICE, [["id", "=", visit.service.id]], ServiceRow, limit=1)
        if not services or services[0].state == "invoiced":
            return
        context = _active(SERVICE, visit.service.id)
        try:
            self._wizard(deadline, "gnuhealth.service.invoice.create", "create_service_invoice", {}, context)
        except RpcRefused as refused:
            if refused.kind is not Refusal.USER or self._made(deadline, visit) is None:
                raise self._tryton.refused(refused, "invoice") from None

    # paid

    def _settle(self, deadline: Deadline, visit: Visit, report: PaymentReport) -> str:
        """Post and pay the invoice; its number. Empty when the cashier has to look."""
        for _ in range(_ATTEMPTS):
            invoice = self._invoice(deadline, visit)
            if invoice.total != report.amount_dong:
                return ""
            if invoice.state == PAID:
                return self._receipt(deadline, visit, invoice, report)
            try:
                if invoice.state == POSTED:
                    self._pay(deadline, invoice, report)
                else:
                    self._post(deadline, invoice)
            except RpcRefused as refused:
                if refused.kind is Refusal.WARNING:
                    # to Tryton our day has not come yet: its company has no time zone. By 7 in the morning it has
                    raise self._tryton.fault(
                        OutsideFaultCode.SERVER_ERROR, "posting wants confirmation: has the company a time zone?"
                    ) from None
                if refused.kind is not Refusal.CONCURRENCY:
                    raise self._tryton.refused(refused, INVOICE) from None
        raise self._restless()

    def _post(self, deadline: Deadline, invoice: InvoiceRow) -> None:
        """Post, as of the hospital's own day: the wizard takes the server's, which in Hà Nội is yesterday until 7.

        A company without a time zone has the server's day, and Tryton wants a person to confirm a later one.
        """
        today = now().date()
        if invoice.invoice_date != today:
            values = {"invoice_date": today}
            self._tryton.write(deadline, INVOICE, invoice.id, values, unless_since=invoice.stamp)
        else:
            self._tryton.press(deadline, INVOICE, "post", invoice.id, unless_since=invoice.stamp)

    def _receipt(self, deadline: Deadline, visit: Visit, invoice: InvoiceRow, report: PaymentReport) -> str:
        """The number of a paid invoice if our transfer has paid it; else the cashier is told."""
        domain = [["origin", "=", f"{INVOICE},{invoice.id}"], ["description", "=", _move_text(report)]]
        if self._tryton.search(deadline, MOVE, domain, IdRow, limit=1):
            return invoice.number or ""
        self.note(deadline, visit, f"{report.provider_txn_id}: {PAID_BEFORE}")
        return ""

    def _pay(self, deadline: Deadline, invoice: InvoiceRow, report: PaymentReport) -> None:
        methods = self._tryton.search(deadline, METHOD, [["name", "=", self._method]], IdRow, limit=1)
        if not methods:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "no such payment method")
        start = {
            "payee": invoice.party,
            "amount": invoice.total,
            "currency": invoice.currency,
            "company": invoice.company,
            "payment_method": methods[0].id,
            "date": report.received_at.astimezone(ZONE).date(),
            "description": _move_text(report),
        }
        self._wizard(deadline, "account.invoice.pay", "choice", {"start": start}, _active(INVOICE, invoice.id))

    def _wizard(self, deadline: Deadline, name: str, state: str, data: Values, context: Values) -> None:
        made = self._tryton.call(deadline, f"wizard.{name}.create", context=context)
        if not isinstance(made, list) or not made or not isinstance(made[0], int):
            raise self._tryton.fault(OutsideFaultCode.BAD_ANSWER, f"{name}: no session")
        self._tryton.call(deadline, f"wizard.{name}.execute", made[0], data, state, context=context)
        self._tryton.call(deadline, f"wizard.{name}.delete", made[0], context=context)

    def _restless(self) -> Exception:
        return self._tryton.fault(OutsideFaultCode.SERVER_ERROR, "the invoice never rests")


def _move_text(report: PaymentReport) -> str:
    """The description of the payment's accounting move, which the reconciliation with the bank goes by."""
    return f"{PREFIX} {report.provider_txn_id} {report.order_code}"


def _active(model: str, record: int) -> Values:
    """The context of a wizard on a record."""
    return {"active_model": model, "active_id": record, "active_ids": [record]}
