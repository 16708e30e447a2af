"""payOS (``/v2/payment-requests``): asks for an amount, draws its VietQR on our screen, tells what arrived.

Nothing a provider says is believed without proof: answers are signed, and the QR must ask for exactly our amount under
our purpose. One kiosk's order codes are used once for ever; a code that is taken is a CONFLICT.
"""

import re
from collections.abc import Mapping

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http, JsonObject
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentState, PaymentStatus, Transfer
from his_adapter.payment.foreign import transaction_id, whole_dong
from his_adapter.payment.judgement import judge
from his_adapter.payment.open_orders import OpenOrders
from his_adapter.payment.payos_signature import CREATE_FIELDS, SUCCESS, SYSTEM, holds, read_time, sign
from his_adapter.payment.settings import PayOsSettings
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import parse
from his_adapter.ports import PaymentProvider

PATH = "/v2/payment-requests"
ORDER_EXISTS = "231"
RETURN_URL = "https://kiosk.invalid/return"
"""payOS wants addresses for a browser to go back to; a kiosk has none (RFC 2606: never resolves)."""
CANCEL_URL = "https://kiosk.invalid/cancel"

_WITHOUT_MONEY = {
    "PENDING": PaymentState.WAITING,
    "PROCESSING": PaymentState.WAITING,
    "CANCELLED": PaymentState.CANCELLED,
    "EXPIRED": PaymentState.EXPIRED,
    "FAILED": PaymentState.CANCELLED,
}
_CODE = re.compile(r"[0-9A-Za-z]{1,6}")
_CLOSED = frozenset({"CANCELLED", "EXPIRED", "FAILED"})


class PayOsProvider(PaymentProvider):
    """`PaymentProvider` over HTTP. Tried against this project's simulator only."""

    def __init__(self, settings: PayOsSettings) -> None:
        self._settings = settings
        keys = {"x-client-id": settings.client_id, "x-api-key": settings.api_key.get_secret_value()}
        self._http = Http(SYSTEM, settings.base_url, keys)
        self._orders = OpenOrders(SYSTEM)

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount; see the port."""
        known = self._orders.known(request)
        if known is not None:
            return known
        intent = self._intent(request, self._call("POST", PATH, payload=self._message(request)))
        return self._orders.keep(request, intent)

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port."""
        return self._status(intent, self._call("GET", f"{PATH}/{intent.order_code}"))

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port."""
        reason: JsonObject = {"cancellationReason": "pays at the cashier"}
        try:
            return self._status(intent, self._call("POST", f"{PATH}/{intent.order_code}/cancel", payload=reason))
        except OutsideFault as fault:
            if fault.code is not OutsideFaultCode.REJECTED:
                raise
            return self.status(intent)  # paid, expired or cancelled already: what holds is what counts

    def health(self) -> Health:
        """Asks for an order that cannot exist: only the right keys get as far as "unknown order"."""
        try:
            self._call("GET", f"{PATH}/0")
        except OutsideFault as fault:
            if fault.code is not OutsideFaultCode.REJECTED:
                return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _message(self, request: PaymentRequest) -> JsonObject:
        message: dict[str, object] = {
            "orderCode": request.order_code,
            "amount": request.amount_dong,
            "description": request.purpose,
            "cancelUrl": CANCEL_URL,
            "returnUrl": RETURN_URL,
            "expiredAt": int(request.expires_at.timestamp()),
        }
        signed = {name: message[name] for name in CREATE_FIELDS}
        return message | {"signature": sign(signed, self._settings.checksum_key)}

    def _call(self, method: str, path: str, *, payload: JsonObject | None = None) -> Mapping[str, object]:
        reply = self._http.call(method, path, Deadline(self._settings.timeout_s), payload=payload)
        if refusal := self._http.refused(reply.status):
            raise refusal
        answer = self._http.parse(reply.body)
        code, data = answer.get("code"), answer.get("data")
        if code == ORDER_EXISTS:
            raise self._http.fault(OutsideFaultCode.CONFLICT, "order code taken")
        if code != SUCCESS:
            known = isinstance(code, str) and _CODE.fullmatch(code)
            raise self._http.fault(OutsideFaultCode.REJECTED, f"code {code}" if known else "no code")
        if not isinstance(data, dict):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "no data")
        if not holds(data, answer.get("signature"), self._settings.checksum_key):
            raise self._http.fault(OutsideFaultCode.AUTH, "answer's signature")
        return data

    def _intent(self, request: PaymentRequest, data: Mapping[str, object]) -> PaymentIntent:
        match data:
            case {"paymentLinkId": str(link), "orderCode": int(order), "amount": int(amount), "qrCode": str(text)}:
                pass
            case _:
                raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "request's fields")
        try:
            qr = parse(text)
        except VietQrError as error:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, f"QR: {error}") from None
        asked = (request.order_code, request.amount_dong, request.amount_dong, request.purpose)
        # banks may put words around the purpose; it must be in there, whole
        if (order, amount, qr.amount_dong) != asked[:3] or request.purpose not in qr.purpose:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "asks for something else")
        return PaymentIntent(link, request.order_code, request.amount_dong, request.purpose, text, request.expires_at)

    def _status(self, intent: PaymentIntent, data: Mapping[str, object]) -> PaymentStatus:
        match data:
            case {"orderCode": int(order), "amount": int(amount), "status": str(word), "transactions": list(rows)}:
                pass
            case _:
                raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "status fields")
        if (order, amount) != (intent.order_code, intent.amount_dong):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "another order")
        transfers = {transfer.provider_txn_id: transfer for transfer in map(self._transfer, rows)}
        if transfers:
            return judge(intent, tuple(transfers.values()), closed=word in _CLOSED)
        if word not in _WITHOUT_MONEY:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "paid without a transfer")
        return PaymentStatus(_WITHOUT_MONEY[word])

    def _transfer(self, row: object) -> Transfer:
        match row:
            case {"reference": reference, "amount": amount, "transactionDateTime": str(moment)} if (
                number := transaction_id(reference)
            ) is not None and (dong := whole_dong(amount)) is not None:
                return Transfer(number, dong, read_time(moment))
            case _:
                raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "transfer fields")
