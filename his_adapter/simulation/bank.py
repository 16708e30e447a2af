"""The simulated bank behind a payOS-like provider: orders with VietQR texts, transfers, signed answers and webhooks."""

import secrets
import time
from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, SecretStr, TypeAdapter

from his_adapter.clock import ZONE, now
from his_adapter.payment.payos_signature import CREATE_FIELDS, TIME_FORMAT, sign
from his_adapter.payment.vietqr import VietQr, encode
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import Answer, Command, Expire, Fault, Pay, SetFault, SetWebhook, System
from his_adapter.simulation.process import Simulator

BANK, ACCOUNT = "970403", "0011012345678"  # the account of the specification's own sample
NAME = "BENH VIEN MO PHONG"
WEBHOOK_LIMIT_S = 5.0


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


class BankSimulator(Simulator):
    """Orders live as long as the process."""

    system = System.BANK

    def __init__(self) -> None:
        self._orders: dict[int, _Order] = {}
        self._key = SecretStr(accounts.BANK_CHECKSUM_KEY)
        self._wrong_key = SecretStr(secrets.token_hex(16))
        self._wrong_signatures = False
        self._webhook: str | None = None
        self._client = httpx.AsyncClient(timeout=WEBHOOK_LIMIT_S, trust_env=False)
        self.app = self._build()

    def commands(self) -> TypeAdapter[Command]:
        return TypeAdapter(SetFault | Pay | Expire | SetWebhook)

    def fault_changed(self, fault: Fault) -> Fault:
        self._wrong_signatures = fault is Fault.BAD_SIGNATURE
        return fault

    async def obey(self, command: Command) -> Answer:
        match command:
            case Pay():
                return await self._pay(command)
            case Expire():
                order = self._orders.get(command.expire)
                if order is None:
                    return Answer(ok=False, error="no such order")
                order.ended = "EXPIRED"
            case SetWebhook():
                self._webhook = command.webhook
        return Answer(ok=True)

    async def close(self) -> None:
        await self._client.aclose()

    def _build(self) -> FastAPI:
        app = FastAPI(title="Simulated bank", docs_url=None, redoc_url=None, openapi_url=None)

        @app.post("/v2/payment-requests", response_model=None)
        async def create(ask: _Ask, request: Request) -> dict[str, object] | JSONResponse:
            return _denied() if _foreign(request) else self._create(ask)

        @app.get("/v2/payment-requests/{order_code}", response_model=None)
        async def status(order_code: int, request: Request) -> dict[str, object] | JSONResponse:
            if _foreign(request):
                return _denied()
            order = self._orders.get(order_code)
            return _refusal("101", "no such order") if order is None else self._signed(order.data())

        @app.post("/v2/payment-requests/{order_code}/cancel", response_model=None)
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

        @app.get("/simulation/orders")
        async def orders() -> dict[str, object]:
            return {"count": len(self._orders), "orders": [order.data() for order in self._orders.values()]}

        return app

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
        key = self._wrong_key if self._wrong_signatures else self._key
        return {"code": "00", "desc": "success", "data": data, "signature": sign(data, key)}

    async def _pay(self, command: Pay) -> Answer:
        order = self._orders.get(command.pay)
        if order is None:
            return Answer(ok=False, error="no such order")
        if command.late and order.ended is None:
            order.ended = "EXPIRED"
        moment = now()
        if command.late:
            moment = datetime.fromtimestamp(order.ask.expiredAt, UTC).astimezone(ZONE) + timedelta(seconds=1)
        sent = []
        for _ in range(command.times):
            row: dict[str, object] = {
                "reference": f"FT{secrets.token_hex(6).upper()}",
                "amount": command.amount or order.ask.amount,
                "accountNumber": ACCOUNT,
                "description": f"MBVCB.{order.ask.description}.CT tu 0123",
                "transactionDateTime": moment.strftime(TIME_FORMAT),
            }
            order.transfers.append(row)
            if self._webhook is not None:
                sent.append(await self._tell(self._webhook, order, row))
        return Answer(ok=True, webhooks=tuple(sent))

    async def _tell(self, address: str, order: _Order, row: dict[str, object]) -> int:
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
        try:
            response = await self._client.post(address, json=self._signed(data) | {"success": True})
        except httpx.HTTPError:
            return 0
        return response.status_code


def _foreign(request: Request) -> bool:
    keys = (request.headers.get("x-client-id"), request.headers.get("x-api-key"))
    return keys != (accounts.BANK_CLIENT_ID, accounts.BANK_API_KEY)


def _denied() -> JSONResponse:
    return JSONResponse({"code": "401", "desc": "unauthorized"}, status_code=401)


def _refusal(code: str, reason: str) -> dict[str, object]:
    return {"code": code, "desc": reason, "data": None, "signature": None}
