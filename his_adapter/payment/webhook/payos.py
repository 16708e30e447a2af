"""payOS webhooks (payos.vn/docs; confidence: high). Any 2xx is an acknowledgement; there is no time to check."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.payment.payos_signature import verify_webhook
from his_adapter.payment.webhook.interface import (
    Acknowledgement,
    NothingArrived,
    NoticeVerifier,
    Outcome,
    Refusal,
    RefusalCode,
    Verdict,
)


class PayOsNotices(NoticeVerifier):
    """`NoticeVerifier` of payOS."""

    provider = "payos"

    def __init__(self, checksum_key: SecretStr) -> None:
        self._key = checksum_key

    def verify(self, headers: Mapping[str, str], query: str, raw_body: bytes, now: datetime) -> Verdict:
        """See the interface; the proof is inside the body."""
        try:
            notice = verify_webhook(raw_body, self._key)
        except OutsideFault as fault:
            proven = fault.code is not OutsideFaultCode.AUTH
            return Refusal(RefusalCode.MALFORMED if proven else RefusalCode.SIGNATURE, fault.detail)
        return notice or NothingArrived("a payment that failed")

    def acknowledge(self, outcome: Outcome | Refusal) -> Acknowledgement:
        """See the interface."""
        if isinstance(outcome, Refusal):
            return Acknowledgement(401 if outcome.code is RefusalCode.SIGNATURE else 400, b'{"success":false}')
        if outcome is Outcome.NOT_STORED:
            return Acknowledgement(503, b'{"success":false}')
        return Acknowledgement(200, b'{"success":true}')
