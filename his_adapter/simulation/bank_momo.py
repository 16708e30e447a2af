"""The simulated MoMo: orders, queries, and IPNs to the address each order names."""

import itertools
import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from pydantic import SecretStr

from his_adapter.clock import now
from his_adapter.payment.momo_signature import CREATE_FIELDS, IPN_FIELDS, QUERY_FIELDS, holds, sign
from his_adapter.payment.settings import MoMoSettings
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import Answer, PayQr
from his_adapter.simulation.notices import Notice, Notices

SCHEME = "momo"
NOWHERE = ".invalid"


@dataclass(slots=True)
class _Order:
    ask: dict[str, object]
    token: str
    payments: list[dict[str, object]] = field(default_factory=list)


class MoMoDesk:
    """Orders live as long as the process."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._orders: dict[str, _Order] = {}
        self._numbers = itertools.count(4_000_000_001)
        self._keys = _keys(accounts.MOMO_SIGNING_KEY)
        self._wrong_keys = _keys(secrets.token_hex(16))
        self.router = self._routes()

    async def scan(self, command: PayQr) -> Answer | None:
        """Somebody scans one of our codes; None when it is none."""
        parts = urlsplit(command.scan)
        if parts.scheme != SCHEME:
            return None
        token = parse_qs(parts.query).get("sid", [""])[0]
        order = next((order for order in self._orders.values() if order.token == token), None)
        if order is None:
            return Answer(ok=False, error="no such order")
        sent: list[int] = []
        for _ in range(command.times):
            payment: dict[str, object] = {
                "amount": command.amount or order.ask["amount"],
                "transId": next(self._numbers),
                "responseTime": _milliseconds(command.at or now()),
                "resultCode": 0,
                "message": "Thành công.",
                "payType": "qr",
            }
            order.payments.append(payment)
            address = str(order.ask["ipnUrl"])
            if not (urlsplit(address).hostname or NOWHERE).endswith(NOWHERE):
                sent += await self._notices.tell(self._notice(address, order, payment))
        return Answer(ok=True, webhooks=tuple(sent))

    def _routes(self) -> APIRouter:
        router = APIRouter()

        @router.post("/v2/gateway/api/create")
        async def create(message: dict[str, object]) -> dict[str, object]:
            return self._create(message)

        @router.post("/v2/gateway/api/query")
        async def query(message: dict[str, object]) -> dict[str, object]:
            return self._query(message)

        return router

    def _create(self, message: dict[str, object]) -> dict[str, object]:
        if message.get("partnerCode") != accounts.MOMO_PARTNER or not holds(message, CREATE_FIELDS, self._keys):
            return _result(message, 13, "Merchant authentication failed")
        number = str(message["orderId"])
        order = self._orders.get(number)
        if order is not None and order.ask != message:
            same_request = order.ask["requestId"] == message.get("requestId")
            return _result(message, 40 if same_request else 41, "Duplicated")
        if order is None:
            order = self._orders[number] = _Order(message, secrets.token_urlsafe(24))
        return _result(message, 0, "Thành công.") | {
            "orderId": number,
            "amount": message["amount"],
            "payUrl": f"https://pay.invalid/v2/gateway/pay?t={order.token}",
            "deeplink": f"{SCHEME}://app?action=payWithApp&sid={order.token}",
            "qrCodeUrl": f"{SCHEME}://app?action=payWithApp&isScanQR=true&sid={order.token}",
        }

    def _query(self, message: dict[str, object]) -> dict[str, object]:
        if message.get("partnerCode") != accounts.MOMO_PARTNER or not holds(message, QUERY_FIELDS, self._keys):
            return _result(message, 13, "Merchant authentication failed")
        order = self._orders.get(str(message.get("orderId")))
        if order is None:
            return _result(message, 42, "Order not found")
        if not order.payments:
            return _result(message, 1000, "Initiated") | {
                "orderId": order.ask["orderId"],
                "amount": order.ask["amount"],
            }
        # one order, one transaction: a second payment shows in its IPN alone
        return _result(message, 0, "Thành công.") | order.payments[0] | {"orderId": order.ask["orderId"]}

    def _notice(self, address: str, order: _Order, payment: dict[str, object]) -> Notice:
        ask = order.ask
        kept = ("partnerCode", "orderId", "requestId", "orderInfo", "extraData")
        message: dict[str, object] = {name: ask[name] for name in kept} | payment | {"orderType": "momo_wallet"}
        keys = self._wrong_keys if self._notices.wrong_signatures else self._keys
        message["signature"] = sign(message, IPN_FIELDS, keys)
        body = json.dumps(message, ensure_ascii=False).encode()
        return Notice("POST", address, body, {"Content-Type": "application/json; charset=UTF-8"})


def _keys(secret: str) -> MoMoSettings:
    return MoMoSettings(
        "", accounts.MOMO_PARTNER, SecretStr(accounts.MOMO_ACCESS_KEY), SecretStr(secret), "https://merchant.invalid"
    )


def _result(message: dict[str, object], code: int, text: str) -> dict[str, object]:
    return {
        "partnerCode": accounts.MOMO_PARTNER,
        "requestId": message.get("requestId"),
        "responseTime": int(time.time() * 1000),
        "resultCode": code,
        "message": text,
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
