"""SePay: a VietQR to the hospital's own account, drawn by us, and a service that watches what arrives there.

Nobody keeps an order: the transfer's code in the purpose is the only thread from the money to the bill, so the same
request gives the same QR for ever, and cancelling is our own affair. Answers are not signed; TLS proves the sender.
The list's field names follow developer.sepay.vn and, where published clients disagree, both are read (confidence:
medium). Tried against this project's simulator only.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from his_adapter.clock import ZONE, Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentStatus, Transfer
from his_adapter.payment.foreign import local_time, transaction_id, whole_dong
from his_adapter.payment.judgement import standing
from his_adapter.payment.open_orders import OpenOrders
from his_adapter.payment.purpose import find_purpose, order_code_of
from his_adapter.payment.settings import SePaySettings
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import VietQr, encode
from his_adapter.ports import PaymentProvider

SYSTEM = "sepay"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
LOOK_BACK = timedelta(days=1)
"""An order lives minutes; money for one that ended is looked for this long before its end."""


@dataclass(frozen=True, slots=True)
class _Row:
    order: int | None
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class _Page:
    asked_at: float
    since: datetime
    rows: tuple[_Row, ...]
    full: bool


class SePayProvider(PaymentProvider):
    """`PaymentProvider` over a watched bank account."""

    def __init__(
        self, settings: SePaySettings, *, clock: Now = now, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._now = clock
        self._monotonic = monotonic
        bearer = {"Authorization": f"Bearer {settings.api_token.get_secret_value()}"}
        self._http = Http(SYSTEM, settings.base_url, bearer)
        self._orders = OpenOrders(SYSTEM)
        self._asking = threading.Lock()
        self._kept: _Page | None = None

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Draw the QR; see the port. Asks nobody. Raises OutsideFault REJECTED for a purpose without our code."""
        known = self._orders.known(request)
        if known is not None:
            return known
        if order_code_of(request.purpose, self._settings.prefix) != request.order_code:
            raise self._http.fault(OutsideFaultCode.REJECTED, "the purpose does not carry the order's code")
        settings = self._settings
        try:
            text = encode(
                VietQr(
                    settings.bank,
                    settings.account,
                    amount_dong=request.amount_dong,
                    purpose=request.purpose,
                    name=settings.account_name,
                )
            )
        except VietQrError as error:
            raise self._http.fault(OutsideFaultCode.REJECTED, f"QR: {error}") from None
        intent = PaymentIntent(
            request.purpose, request.order_code, request.amount_dong, request.purpose, text, request.expires_at
        )
        return self._orders.keep(request, intent)

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port."""
        transfers = [row.transfer for row in self._rows(intent) if row.order == intent.order_code]
        cancelled = self._orders.is_cancelled(intent.order_code)
        return standing(intent, transfers, self._now(), cancelled=cancelled)

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port. The QR still works in a bank's application: money after this is LATE."""
        return self._orders.cancel(intent, self.status(intent))

    def health(self) -> Health:
        """Whether the list of transactions opens with our token."""
        try:
            self._ask(self._now().astimezone(ZONE), limit=1)
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _rows(self, intent: PaymentIntent) -> tuple[_Row, ...]:
        """The account's arrivals. One answer serves every order that is asked about within the poll interval."""
        since = intent.expires_at.astimezone(ZONE) - LOOK_BACK
        with self._asking:
            page = self._kept
            fresh = page is not None and self._monotonic() - page.asked_at < self._settings.poll_interval_s
            if page is None or not fresh or page.since > since:
                self._kept = page = self._ask(since, limit=self._settings.page)
        found = any(row.order == intent.order_code for row in page.rows)
        # the list is newest first: a full page that does not reach back to the order's beginning proves nothing
        if page.full and not found and not any(row.transfer.received_at <= since for row in page.rows):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "more transactions than one page holds")
        return page.rows

    def _ask(self, since: datetime, *, limit: int) -> _Page:
        params = {
            "account_number": self._settings.account,
            "transaction_date_min": since.strftime(TIME_FORMAT),
            "limit": str(limit),
        }
        deadline = Deadline(self._settings.timeout_s)
        reply = self._http.call("GET", self._settings.list_path, deadline, params=params)
        if refusal := self._http.refused(reply.status):
            raise refusal
        if reply.status >= 400:
            raise self._http.fault(OutsideFaultCode.REJECTED, f"HTTP {reply.status}")
        rows = self._http.parse(reply.body).get("transactions")
        if not isinstance(rows, list):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "no transactions")
        ours = tuple(row for row in map(self._row, rows) if row is not None)
        return _Page(self._monotonic(), since, ours, full=len(rows) >= limit)

    def _row(self, row: object) -> _Row | None:
        if not isinstance(row, dict):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "transaction")
        amount = whole_dong(row.get("amount_in", row.get("transfer_amount")))
        if amount is None or row.get("transfer_type") == "out":
            return None  # money that went out, or a fee of a fraction of a đồng
        number, content = transaction_id(row.get("id")), row.get("transaction_content", row.get("content"))
        moment = local_time(row.get("transaction_date"), TIME_FORMAT)
        if number is None or moment is None or not isinstance(content, str):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "transaction fields")
        return _Row(find_purpose(content, self._settings.prefix), Transfer(number, amount, moment))
