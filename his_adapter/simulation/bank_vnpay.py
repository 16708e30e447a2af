"""The simulated VNPAY gateway: signed addresses that a payer opens, queries, and IPNs."""

import itertools
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import SecretStr

from his_adapter.clock import ZONE, now
from his_adapter.payment.vnpay_signature import (
    ANSWER_FIELDS,
    HASH,
    QUERY_FIELDS,
    TIME_FORMAT,
    encoded,
    query_holds,
    read_query,
    same,
    sign,
    sign_bar,
)
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import Answer, PayQr
from his_adapter.simulation.notices import Notice, Notices

PAGE = "/paymentv2/vpcpay.html"


@dataclass(slots=True)
class _Order:
    fields: dict[str, str]
    payments: list[dict[str, str]] = field(default_factory=list)


class VnPayDesk:
    """The gateway learns of an order when its address is opened; it forgets with the process."""

    def __init__(self, notices: Notices) -> None:
        self.webhook: str | None = None
        self._notices = notices
        self._orders: dict[str, _Order] = {}
        self._numbers = itertools.count(14_000_001)
        self._key = SecretStr(accounts.VNPAY_HASH_KEY)
        self._wrong_key = SecretStr(secrets.token_hex(16))
        self.router = self._routes()

    async def scan(self, command: PayQr) -> Answer | None:
        """Somebody opens an address of ours and pays; None when it is none."""
        parts = urlsplit(command.scan)
        if parts.path != PAGE:
            return None
        order = self._open(parts.query)
        if order is None:
            return Answer(ok=False, error="wrong signature")
        sent: list[int] = []
        for _ in range(command.times):
            payment = {
                "vnp_Amount": str(command.amount * 100) if command.amount else order.fields["vnp_Amount"],
                "vnp_BankCode": "NCB",
                "vnp_PayDate": (command.at or now()).astimezone(ZONE).strftime(TIME_FORMAT),
                "vnp_TransactionNo": str(next(self._numbers)),
            }
            order.payments.append(payment)
            if self.webhook is not None:
                sent += await self._notices.tell(self._notice(self.webhook, order, payment))
        return Answer(ok=True, webhooks=tuple(sent))

    def _routes(self) -> APIRouter:
        router = APIRouter()

        @router.get(PAGE, response_model=None)
        async def page(request: Request) -> PlainTextResponse:
            order = self._open(request.url.query)
            if order is None:
                return PlainTextResponse("Sai chữ ký", status_code=400)
            return PlainTextResponse(f"{order.fields['vnp_OrderInfo']}: {int(order.fields['vnp_Amount']) // 100} đ")

        @router.post("/merchant_webapi/api/transaction", response_model=None)
        async def query(message: dict[str, object]) -> dict[str, object] | JSONResponse:
            return self._query(message)

        return router

    def _open(self, query: str) -> _Order | None:
        fields = read_query(query)
        if fields is None or fields.get("vnp_TmnCode") != accounts.VNPAY_TERMINAL:
            return None
        if not query_holds(query, fields, self._key):
            return None
        return self._orders.setdefault(fields["vnp_TxnRef"], _Order(fields))

    def _query(self, message: dict[str, object]) -> dict[str, object]:
        if message.get("vnp_TmnCode") != accounts.VNPAY_TERMINAL:
            return {"vnp_ResponseCode": "02", "vnp_Message": "Invalid TmnCode"}
        if not same(sign_bar(message, QUERY_FIELDS, self._key), message.get(HASH)):
            return {"vnp_ResponseCode": "97", "vnp_Message": "Invalid Checksum"}
        order = self._orders.get(str(message.get("vnp_TxnRef")))
        if order is not None and order.fields["vnp_CreateDate"] != message.get("vnp_TransactionDate"):
            order = None
        answer: dict[str, object] = {
            "vnp_ResponseId": secrets.token_hex(16),
            "vnp_Command": "querydr",
            "vnp_TmnCode": accounts.VNPAY_TERMINAL,
        }
        if order is None:
            answer |= {"vnp_ResponseCode": "91", "vnp_Message": "Order not found"}
        else:
            # one order, one transaction: a second payment shows in its IPN alone
            paid = order.payments[0] if order.payments else None
            answer |= {
                "vnp_ResponseCode": "00",
                "vnp_Message": "QueryDR Success",
                "vnp_TxnRef": order.fields["vnp_TxnRef"],
                "vnp_OrderInfo": order.fields["vnp_OrderInfo"],
                "vnp_TransactionType": "01",
                "vnp_TransactionStatus": "00" if paid else "01",
                **(paid or {"vnp_Amount": order.fields["vnp_Amount"]}),
            }
        wrong = self._notices.wrong_signatures
        answer[HASH] = sign_bar(answer, ANSWER_FIELDS, self._wrong_key if wrong else self._key)
        return answer

    def _notice(self, address: str, order: _Order, payment: dict[str, str]) -> Notice:
        fields = {
            **payment,
            "vnp_TmnCode": accounts.VNPAY_TERMINAL,
            "vnp_TxnRef": order.fields["vnp_TxnRef"],
            "vnp_OrderInfo": order.fields["vnp_OrderInfo"],
            "vnp_BankTranNo": f"VNP{payment['vnp_TransactionNo']}",
            "vnp_CardType": "QRCODE",
            "vnp_ResponseCode": "00",
            "vnp_TransactionStatus": "00",
        }
        proof = sign(fields, self._wrong_key if self._notices.wrong_signatures else self._key)
        return Notice("GET", f"{address}?{encoded(fields.items())}&{urlencode({HASH: proof})}")
