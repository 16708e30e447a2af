"""The simulated payOS: orders with VietQR texts, transfers, signed answers and webhooks."""

import json
import secrets
import time
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, SecretStr

from his_adapter.clock import ZONE, now
from his_adapter.payment.payos_signature import CREATE_FIELDS, TIME_FORMAT, sign
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import VietQr, encode, parse
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import Answer, Pay, PayQr
from his_adapter.simulation.notices import Notice, Notices

BANK, ACCOUNT = "970403", "0011012345678"  # the account of the specification's own sample
NAME = "BENH VIEN MO PHONG"


class _Ask(BaseModel):
    orderCode: int
    amount: int
    description: str
    cancelUrl: str
    returnUrl: str
    expiredAt: int
    signature: str


class _Order:
    def __init__(self, ask: _Ask) -> None:
        self.ask = ask
        self.link = secrets.token_hex(16)
        self.qr = encode(VietQr(BANK, ACCOUNT, amount_dong=ask.amount, purpose=ask.description, name=NAME))
        self.created_at = now()
        self.ended: str | None = None
        self.transfers: list[dict[str, object]] = []

    @property
    def paid(self) -> int:
        return sum(amount for row in self.transfers if isinstance(amount := row["amount"], int))

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.ask.expiredAt, UTC).astimezone(ZONE)

    @property
    def status(self) -> str:
        if self.ended is not None:
            return self.ended
        if self.paid:
            return "PAID" if self.paid >= self.ask.amount else "UNDERPAID"
        return "EXPIRED" if time.time() > self.ask.expiredAt else "PENDING"

    def data(self) -> dict[str, object]:
        return {
            "id": self.link,
            "orderCode": self.ask.orderCode,
            "amount": self.ask.amount,
            "amountPaid": self.paid,
            "amountRemaining": max(0, self.ask.amount - self.paid),
            "status": self.status,
            "createdAt": self.created_at.isoformat(timespec="seconds"),
            "transactions": self.transfers,
            "canceledAt": None,
            "cancellationReason": None,
        }


class PayOsDesk:
    """Orders live as long as the process."""

    def __init__(self, notices: Notices) -> None:
        self.webhook: str | None = None
        self._notices = notices
        self._orders: dict[int, _Order] = {}
        self._key = SecretStr(accounts.BANK_CHECKSUM_KEY)
        self._wrong_key = SecretStr(secrets.token_hex(16))
        self.router = self._routes()

    def expire(self, order_code: int) -> Answer:
        """The order's time is over."""
        order = self._orders.get(order_code)
        if order is None:
            return Answer(ok=False, error="no such order")
        order.ended = "EXPIRED"
        return Answer(ok=True)

    async def pay(self, command: Pay) -> Answer:
        """Somebody pays an order."""
        order = self._orders.get(command.pay)
        if order is None:
            return Answer(ok=False, error="no such order")
        moment = order.expires_at + timedelta(seconds=1) if command.late else now()
        return await self._arrive(order, command.amount, command.times, moment)

    async def scan(self, command: PayQr) -> Answer | None:
        """Somebody scans one of our codes; None when it is none."""
        try:
            qr = parse(command.scan)
        except VietQrError:
            return None
        if (qr.bank, qr.account) != (BANK, ACCOUNT):
            return None
        order = next((order for order in self._orders.values() if order.qr == command.scan), None)
        if order is None:
            return Answer(ok=False, error="no such order")
        return await self._arrive(order, command.amount, command.times, command.at or now())

    def _routes(self) -> APIRouter:
        router = APIRouter()

        @router.post("/v2/payment-requests", response_model=None)
        async def create(ask: _Ask, request: Request) -> dict[str, object] | JSONResponse:
            return _denied() if _foreign(request) else self._create(ask)

        @router.get("/v2/payment-requests/{order_code}", response_model=None)
        async def status(order_code: int, request: Request) -> dict[str, object] | JSONResponse:
            if _foreign(request):
                return _denied()
            order = self._orders.get(order_code)
            return _refusal("101", "no such order") if order is None else self._signed(order.data())

        @router.post("/v2/payment-requests/{order_code}/cancel", response_model=None)
        async def cancel(order_code: int, request: Request) -> dict[str, object] | JSONResponse:
            if _foreign(request):
                return _denied()
            order = self._orders.get(order_code)
            if order is None:
                return _refusal("101", "no such order")
            if order.status != "PENDING":
                return _refusal("20", "not open")
            order.ended = "CANCELLED"
            return self._signed(order.data())

        @router.get("/simulation/orders")
        async def orders() -> dict[str, object]:
            return {"count": len(self._orders), "orders": [order.data() for order in self._orders.values()]}

        return router

    def _create(self, ask: _Ask) -> dict[str, object]:
        signed = ask.model_dump(include=set(CREATE_FIELDS))
        if not secrets.compare_digest(sign(signed, self._key), ask.signature):
            return _refusal("201", "wrong signature")
        if ask.orderCode in self._orders:
            return _refusal("231", "order exists")
        order = self._orders[ask.orderCode] = _Order(ask)
        return self._signed(
            {
                "bin": BANK,
                "accountNumber": ACCOUNT,
                "accountName": NAME,
                "amount": ask.amount,
                "description": ask.description,
                "orderCode": ask.orderCode,
                "currency": "VND",
                "paymentLinkId": order.link,
                "status": order.status,
                "expiredAt": ask.expiredAt,
                "checkoutUrl": f"https://pay.invalid/web/{order.link}",
                "qrCode": order.qr,
            }
        )

    def _signed(self, data: dict[str, object]) -> dict[str, object]:
        key = self._wrong_key if self._notices.wrong_signatures else self._key
        return {"code": "00", "desc": "success", "data": data, "signature": sign(data, key)}

    async def _arrive(self, order: _Order, amount: int | None, times: int, moment: datetime) -> Answer:
        if moment > order.expires_at and order.ended is None:
            order.ended = "EXPIRED"
        sent: list[int] = []
        for _ in range(times):
            row: dict[str, object] = {
                "reference": f"FT{secrets.token_hex(6).upper()}",
                "amount": amount or order.ask.amount,
                "accountNumber": ACCOUNT,
                "description": f"MBVCB.{order.ask.description}.CT tu 0123",
                "transactionDateTime": moment.astimezone(ZONE).strftime(TIME_FORMAT),
            }
            order.transfers.append(row)
            if self.webhook is not None:
                sent += await self._notices.tell(self._notice(self.webhook, order, row))
        return Answer(ok=True, webhooks=tuple(sent))

    def _notice(self, address: str, order: _Order, row: dict[str, object]) -> Notice:
        data = {
            **row,
            "orderCode": order.ask.orderCode,
            "currency": "VND",
            "paymentLinkId": order.link,
            "code": "00",
            "desc": "success",
            "counterAccountBankId": "",
            "counterAccountName": None,
        }
        body = json.dumps(self._signed(data) | {"success": True}).encode()
        return Notice("POST", address, body, {"Content-Type": "application/json"})


def _foreign(request: Request) -> bool:
    keys = (request.headers.get("x-client-id"), request.headers.get("x-api-key"))
    return keys != (accounts.BANK_CLIENT_ID, accounts.BANK_API_KEY)


def _denied() -> JSONResponse:
    return JSONResponse({"code": "401", "desc": "unauthorized"}, status_code=401)


def _refusal(code: str, reason: str) -> dict[str, object]:
    return {"code": code, "desc": reason, "data": None, "signature": None}
