"""VNPAY gateway: a signed address that the payer's phone opens, and a query that tells how it ended.

sandbox.vnpayment.vn/apis/docs, version 2.1.0 (confidence: high; the signed order of a query's answer: medium). The
gateway learns of an order only when a payer opens the address, so a code that is taken shows as a failed payment there
and our own ledger is what keeps codes apart. There is no call to cancel. Tried against this project's simulator only.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from his_adapter.clock import ZONE, Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentState, PaymentStatus, QrKind, Transfer
from his_adapter.payment.foreign import local_time, transaction_id
from his_adapter.payment.judgement import standing
from his_adapter.payment.open_orders import OpenOrders
from his_adapter.payment.settings import VnPaySettings
from his_adapter.payment.vnpay_signature import (
    ANSWER_FIELDS,
    HASH,
    QUERY_FIELDS,
    TIME_FORMAT,
    encoded,
    same,
    sign,
    sign_bar,
)
from his_adapter.payment.webhook.vnpay import dong
from his_adapter.ports import PaymentProvider

SYSTEM = "vnpay"
VERSION = "2.1.0"
PAY_PATH = "/paymentv2/vpcpay.html"
QUERY_PATH = "/merchant_webapi/api/transaction"
MAX_AMOUNT_DONG = 10**10 - 1  # vnp_Amount holds twelve digits of hundredths
SUCCESS, UNKNOWN_ORDER, BAD_CHECKSUM, BAD_TERMINAL = "00", "91", "97", "02"
NO_ORDER = "0"

_WITHOUT_MONEY = {"01": PaymentState.WAITING, "02": PaymentState.CANCELLED}
"""vnp_TransactionStatus: not finished, failed. Reversed (04), refunded (05, 06, 09), suspect (07): a person looks."""


class VnPayProvider(PaymentProvider):
    """`PaymentProvider` over the VNPAY gateway."""

    def __init__(self, settings: VnPaySettings, *, clock: Now = now) -> None:
        self._settings = settings
        self._now = clock
        self._http = Http(SYSTEM, settings.query_url)
        self._orders = OpenOrders(SYSTEM)

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Sign the address; see the port. Asks nobody, and the same request gives the same address for ever."""
        known = self._orders.known(request)
        if known is not None:
            return known
        if request.amount_dong > MAX_AMOUNT_DONG:
            raise self._http.fault(OutsideFaultCode.REJECTED, "more than VNPAY takes")
        created = request.expires_at.astimezone(ZONE) - timedelta(seconds=self._settings.life_s)
        if created > self._now():
            raise self._http.fault(OutsideFaultCode.REJECTED, "expires later than VNPAY allows")
        stamp = created.strftime(TIME_FORMAT)
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self._settings.terminal,
            "vnp_Amount": str(request.amount_dong * 100),
            "vnp_BankCode": self._settings.bank_code,
            "vnp_CreateDate": stamp,
            "vnp_ExpireDate": request.expires_at.astimezone(ZONE).strftime(TIME_FORMAT),
            "vnp_CurrCode": "VND",
            "vnp_IpAddr": self._settings.kiosk_address,
            "vnp_Locale": "vn",
            "vnp_OrderInfo": request.purpose,
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": self._settings.return_url,
            "vnp_TxnRef": str(request.order_code),
        }
        fields = {name: value for name, value in fields.items() if value}  # empty fields are neither sent nor signed
        proof = urlencode({HASH: sign(fields, self._settings.hash_secret)})
        address = f"{self._settings.base_url}{PAY_PATH}?{encoded(fields.items())}&{proof}"
        intent = PaymentIntent(
            stamp,
            request.order_code,
            request.amount_dong,
            request.purpose,
            address,
            request.expires_at,
            QrKind.PAGE,
        )
        return self._orders.keep(request, intent)

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port.

        Raises OutsideFault REJECTED for a transaction that was reversed, refunded or held as suspect.
        """
        answer = self._query(str(intent.order_code), self._created(intent))
        cancelled = self._orders.is_cancelled(intent.order_code)
        match answer.get("vnp_ResponseCode"):
            case "00":
                pass
            case "91":
                return standing(intent, (), self._now(), cancelled=cancelled)
            case code:
                raise self._refused(code)
        if answer.get("vnp_TxnRef") != str(intent.order_code):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "another order")
        state = answer.get("vnp_TransactionStatus")
        if state == SUCCESS:
            return standing(intent, (self._transfer(answer),), self._now(), cancelled=cancelled)
        if not isinstance(state, str) or state not in _WITHOUT_MONEY:
            raise self._http.fault(OutsideFaultCode.REJECTED, f"transaction status {_code(state)}")
        return standing(intent, (), self._now(), cancelled=cancelled or _WITHOUT_MONEY[state] is PaymentState.CANCELLED)

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port. The address still works until it expires: money after this is LATE."""
        return self._orders.cancel(intent, self.status(intent))

    def health(self) -> Health:
        """Asks for an order that cannot exist: only the right terminal and secret get as far as "unknown order"."""
        try:
            code = self._query(NO_ORDER, self._stamp()).get("vnp_ResponseCode")
            if code not in (SUCCESS, UNKNOWN_ORDER):
                raise self._refused(code)
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _created(self, intent: PaymentIntent) -> str:
        """vnp_CreateDate of the order; for an intent made again from our ledger, from its end."""
        if local_time(intent.intent_id, TIME_FORMAT) is not None:
            return intent.intent_id
        created = intent.expires_at.astimezone(ZONE) - timedelta(seconds=self._settings.life_s)
        return created.strftime(TIME_FORMAT)

    def _stamp(self) -> str:
        return self._now().astimezone(ZONE).strftime(TIME_FORMAT)

    def _query(self, order: str, created: str) -> Mapping[str, object]:
        message: dict[str, object] = {
            "vnp_RequestId": secrets.token_hex(16),
            "vnp_Version": VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": self._settings.terminal,
            "vnp_TxnRef": order,
            "vnp_OrderInfo": f"Truy van {order}",
            "vnp_TransactionDate": created,
            "vnp_CreateDate": self._stamp(),
            "vnp_IpAddr": self._settings.kiosk_address,
        }
        message[HASH] = sign_bar(message, QUERY_FIELDS, self._settings.hash_secret)
        reply = self._http.call("POST", QUERY_PATH, Deadline(self._settings.timeout_s), payload=message)
        if refusal := self._http.refused(reply.status):
            raise refusal
        answer = self._http.parse(reply.body)
        if answer.get("vnp_ResponseCode") in (BAD_CHECKSUM, BAD_TERMINAL):
            raise self._refused(answer["vnp_ResponseCode"])  # nobody who does not know us can sign for us
        if not same(sign_bar(answer, ANSWER_FIELDS, self._settings.hash_secret), answer.get(HASH)):
            raise self._http.fault(OutsideFaultCode.AUTH, "answer's signature")
        return answer

    def _transfer(self, answer: Mapping[str, object]) -> Transfer:
        amount, number = dong(answer.get("vnp_Amount")), transaction_id(answer.get("vnp_TransactionNo"))
        moment = local_time(answer.get("vnp_PayDate"), TIME_FORMAT)
        if amount is None or moment is None or number is None:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "transaction fields")
        return Transfer(number, amount, moment)

    def _refused(self, code: object) -> OutsideFault:
        keys = code in (BAD_CHECKSUM, BAD_TERMINAL)
        return self._http.fault(OutsideFaultCode.AUTH if keys else OutsideFaultCode.REJECTED, f"code {_code(code)}")


def _code(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 4 and value.isalnum() else "?"
