"""The simulated SePay: a watched account, its list of transactions, and webhooks of each one."""

import itertools
import json
import secrets
import time
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr

from his_adapter.clock import ZONE, now
from his_adapter.payment.sepay_signature import key_header, signature
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import parse
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import Answer, PayQr
from his_adapter.simulation.notices import Notice, Notices

GATEWAY = "BankMoPhong"


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    moment: str
    amount: int
    content: str
    reference: str


class SePayDesk:
    """What arrived in the account, as long as the process lives."""

    def __init__(self, notices: Notices) -> None:
        self.webhook: str | None = None
        self._notices = notices
        self._rows: list[_Row] = []
        self._numbers = itertools.count(90_001)
        self.router = self._routes()

    async def scan(self, command: PayQr) -> Answer | None:
        """Somebody scans a code of our account; None when it is none. No order stands behind it."""
        try:
            qr = parse(command.scan)
        except VietQrError:
            return None
        if (qr.bank, qr.account) != (accounts.SEPAY_BANK, accounts.SEPAY_ACCOUNT):
            return None
        amount = command.amount or qr.amount_dong
        if amount is None:
            return Answer(ok=False, error="no amount")
        sent: list[int] = []
        for _ in range(command.times):
            row = _Row(
                next(self._numbers),
                (command.at or now()).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
                amount,
                f"MBVCB.{qr.purpose.lower()}.CT tu 0123",  # banks change case and add words
                f"FT{secrets.token_hex(6).upper()}",
            )
            self._rows.append(row)
            if self.webhook is not None:
                sent += await self._notices.tell(self._notice(self.webhook, row))
        return Answer(ok=True, webhooks=tuple(sent))

    def _routes(self) -> APIRouter:
        router = APIRouter()

        @router.get("/userapi/transactions/list", response_model=None)
        async def transactions(
            request: Request, account_number: str = "", transaction_date_min: str = "", limit: int = 5000
        ) -> dict[str, object] | JSONResponse:
            if request.headers.get("authorization") != f"Bearer {accounts.SEPAY_API_KEY}":
                return JSONResponse({"status": 401, "error": "Unauthorized"}, status_code=401)
            rows = [row for row in reversed(self._rows) if row.moment >= transaction_date_min]
            if account_number not in ("", accounts.SEPAY_ACCOUNT):
                rows = []
            return {
                "status": 200,
                "error": None,
                "messages": {"success": True},
                "transactions": [_listed(row) for row in rows[:limit]],
            }

        return router

    def _notice(self, address: str, row: _Row) -> Notice:
        body = json.dumps(
            {
                "id": row.number,
                "gateway": GATEWAY,
                "transactionDate": row.moment,
                "accountNumber": accounts.SEPAY_ACCOUNT,
                "subAccount": None,
                "code": None,
                "content": row.content,
                "transferType": "in",
                "description": f"BankAPINotify {row.content}",
                "transferAmount": row.amount,
                "accumulated": row.amount,
                "referenceCode": row.reference,
            }
        ).encode()
        wrong = self._notices.wrong_signatures
        secret = SecretStr(secrets.token_hex(8) if wrong else accounts.SEPAY_WEBHOOK_KEY)
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "Authorization": key_header(secret),
            "X-SePay-Timestamp": stamp,
            "X-SePay-Signature": signature(stamp, body, secret),
        }
        return Notice("POST", address, body, headers)


def _listed(row: _Row) -> dict[str, object]:
    return {
        "id": str(row.number),
        "transaction_date": row.moment,
        "account_number": accounts.SEPAY_ACCOUNT,
        "sub_account": None,
        "amount_in": f"{row.amount}.00",
        "amount_out": "0.00",
        "accumulated": f"{row.amount}.00",
        "transaction_content": row.content,
        "reference_number": row.reference,
        "code": None,
        "bank_brand_name": GATEWAY,
        "bank_account_id": "1",
    }
