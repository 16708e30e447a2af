"""MoMo v2 (``/v2/gateway/api``): an order whose QR the payer scans with MoMo or a bank's application.

developers.momo.vn (confidence: high for fields, signatures and result codes 0, 40 to 42 and 1000 to 1006). A request id
made from the order code makes the same request again the same order there. Answers are not signed; TLS proves the
sender. A query tells no time of payment of its own: ``responseTime`` is taken, so money that is first seen after the
order's end counts as LATE and a person settles it. There is no call to cancel. Tried against this project's simulator
only.
"""

from collections.abc import Mapping

from his_adapter.clock import Now, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.model import Health, PaymentIntent, PaymentRequest, PaymentState, PaymentStatus, QrKind, Transfer
from his_adapter.payment.foreign import transaction_id, unix_time_ms, whole_dong
from his_adapter.payment.judgement import standing
from his_adapter.payment.momo_signature import CREATE_FIELDS, QUERY_FIELDS, sign
from his_adapter.payment.open_orders import OpenOrders
from his_adapter.payment.settings import MoMoSettings
from his_adapter.payment.tlv import VietQrError
from his_adapter.payment.vietqr import parse
from his_adapter.ports import PaymentProvider

SYSTEM = "momo"
CREATE_PATH = "/v2/gateway/api/create"
QUERY_PATH = "/v2/gateway/api/query"
MIN_AMOUNT_DONG, MAX_AMOUNT_DONG = 1_000, 50_000_000
NO_ORDER = "0"
EMVCO_START = "000201"

SUCCESS = 0
UNKNOWN_ORDER = 42
_TAKEN = frozenset({40, 41})  # a request id or order id used for something else
_DENIED = frozenset({11, 13})
_WAITING = frozenset({1000, 7000, 7002, 9000})
_ENDED = frozenset({1003, 1005, 1006})  # cancelled, expired, refused by the payer
_FAILED = frozenset({1001, 1002, 1004, 1007, 1017, 4001, 4100})  # money short, card or account trouble


class MoMoProvider(PaymentProvider):
    """`PaymentProvider` over MoMo."""

    def __init__(self, settings: MoMoSettings, *, clock: Now = now) -> None:
        self._settings = settings
        self._now = clock
        self._http = Http(SYSTEM, settings.base_url)
        self._orders = OpenOrders(SYSTEM)

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount; see the port. Raises OutsideFault REJECTED outside 1,000 to 50,000,000 đồng."""
        known = self._orders.known(request)
        if known is not None:
            return known
        if not MIN_AMOUNT_DONG <= request.amount_dong <= MAX_AMOUNT_DONG:
            raise self._http.fault(OutsideFaultCode.REJECTED, "not an amount that MoMo takes")
        message: dict[str, object] = {
            "partnerCode": self._settings.partner_code,
            "requestId": f"create-{request.order_code}",
            "orderId": str(request.order_code),
            "amount": request.amount_dong,
            "orderInfo": request.purpose,
            "redirectUrl": self._settings.redirect_url,
            "ipnUrl": self._settings.ipn_url,
            "requestType": self._settings.request_type,
            "extraData": "",
            "lang": "vi",
        }
        message["signature"] = sign(message, CREATE_FIELDS, self._settings)
        answer = self._call(CREATE_PATH, message)
        if _result(answer) != SUCCESS:
            raise self._refused(_result(answer))
        return self._orders.keep(request, self._intent(request, answer))

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands; see the port."""
        answer = self._query(str(intent.order_code))
        result = _result(answer)
        cancelled = self._orders.is_cancelled(intent.order_code)
        if result == SUCCESS:
            return standing(intent, (self._transfer(intent, answer),), self._now(), cancelled=cancelled)
        if result in _WAITING or result in _FAILED or result == UNKNOWN_ORDER:
            # after a failed try the payer may try again; an order that never reached MoMo is paid by nobody
            return standing(intent, (), self._now(), cancelled=cancelled)
        if result in _ENDED:
            expired = self._now() > intent.expires_at and not cancelled
            return PaymentStatus(PaymentState.EXPIRED if expired else PaymentState.CANCELLED)
        raise self._refused(result)

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking; see the port. The QR still works until MoMo ends it: money after this is LATE."""
        return self._orders.cancel(intent, self.status(intent))

    def health(self) -> Health:
        """Asks for an order that cannot exist: only the right keys get as far as "unknown order"."""
        try:
            result = _result(self._query(NO_ORDER))
            if result not in (SUCCESS, UNKNOWN_ORDER):
                raise self._refused(result)
        except OutsideFault as fault:
            return Health(SYSTEM, fault.code, fault.detail)
        return Health(SYSTEM)

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def _query(self, order: str) -> Mapping[str, object]:
        message: dict[str, object] = {
            "partnerCode": self._settings.partner_code,
            "requestId": f"query-{order}-{int(self._now().timestamp() * 1000)}",
            "orderId": order,
            "lang": "vi",
        }
        message["signature"] = sign(message, QUERY_FIELDS, self._settings)
        return self._call(QUERY_PATH, message)

    def _call(self, path: str, message: Mapping[str, object]) -> Mapping[str, object]:
        reply = self._http.call("POST", path, Deadline(self._settings.timeout_s), payload=message)
        if refusal := self._http.refused(reply.status):
            raise refusal
        answer = self._http.parse(reply.body)
        if answer.get("partnerCode") not in (None, self._settings.partner_code):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "another partner")
        return answer

    def _intent(self, request: PaymentRequest, answer: Mapping[str, object]) -> PaymentIntent:
        asked = (str(request.order_code), request.amount_dong)
        if (answer.get("orderId"), whole_dong(answer.get("amount"))) != asked:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "asks for something else")
        text = answer.get("qrCodeUrl") or answer.get("payUrl")
        if not isinstance(text, str) or not 0 < len(text) <= 2048 or not text.isprintable():
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "no QR")
        return PaymentIntent(
            str(request.order_code),
            request.order_code,
            request.amount_dong,
            request.purpose,
            text,
            request.expires_at,
            self._kind(request, text),
        )

    def _kind(self, request: PaymentRequest, text: str) -> QrKind:
        if not text.startswith(EMVCO_START):
            return QrKind.PAGE if text.startswith("https://") else QrKind.MOMO
        try:
            amount = parse(text).amount_dong
        except VietQrError as error:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, f"QR: {error}") from None
        if amount != request.amount_dong:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "asks for something else")
        return QrKind.VIETQR

    def _transfer(self, intent: PaymentIntent, answer: Mapping[str, object]) -> Transfer:
        if answer.get("orderId") != str(intent.order_code):
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "another order")
        amount = whole_dong(answer.get("amount"))
        moment, number = unix_time_ms(answer.get("responseTime")), transaction_id(answer.get("transId"))
        if amount is None or moment is None or number is None:
            raise self._http.fault(OutsideFaultCode.BAD_ANSWER, "transaction fields")
        return Transfer(number, amount, moment)

    def _refused(self, result: int | None) -> OutsideFault:
        if result is None:
            return self._http.fault(OutsideFaultCode.BAD_ANSWER, "no result")
        if result in _TAKEN:
            return self._http.fault(OutsideFaultCode.CONFLICT, "order code taken")
        code = OutsideFaultCode.AUTH if result in _DENIED else OutsideFaultCode.REJECTED
        return self._http.fault(code, f"result {result}")


def _result(answer: Mapping[str, object]) -> int | None:
    value = answer.get("resultCode")
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**6 else None
