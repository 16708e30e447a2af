"""The insurance portal as the hub offers it."""

import hashlib

from his_adapter.bhyt.result_codes import NO_ANSWER, ResultCodes
from his_adapter.clock import ZONE, Now, now
from his_adapter.faults import OutsideFault
from his_adapter.model import CopaymentAnswer, CoverageAnswer, Health, InsuranceQuery
from his_adapter.ports import InsurancePortal
from his_adapter.remote import wire
from his_adapter.remote.connection import HubConnection
from his_adapter.remote.settings import RemoteSettings

NOTHING_SHA256 = hashlib.sha256(b"").hexdigest()


class RemotePortal(InsurancePortal):
    """`InsurancePortal` through a hub, whose one address the portal's tokens are bound to.

    The hub keeps the answers for a while and asks once when several kiosks want the same card. When the hub itself is
    silent the answer is the one of a silent portal: UNVERIFIED, with the fault, the hub's word on it in `message`, and
    no reply as evidence.
    """

    def __init__(self, settings: RemoteSettings, codes: ResultCodes | None = None, clock: Now = now) -> None:
        self._hub = HubConnection(settings)
        self._silence = (codes or ResultCodes()).entry(NO_ANSWER)
        self._clock = clock

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        """What is known of a card today; see the port."""
        asked_at = self._clock().astimezone(ZONE)
        try:
            return self._hub.ask(wire.CHECK_CARD, wire.CardQuestion(query=query)).answer
        except OutsideFault as fault:
            return CoverageAnswer(
                outcome=self._silence.outcome,
                action=self._silence.action,
                code="",
                entry=NO_ANSWER,
                asked_at=asked_at,
                message=str(fault),
                fault=fault.code,
                evidence_sha256=NOTHING_SHA256,
            )

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        """This year's co-payments; see the port."""
        asked_at = self._clock().astimezone(ZONE)
        try:
            return self._hub.ask(wire.COPAYMENT, wire.CardQuestion(query=query)).answer
        except OutsideFault as fault:
            return CopaymentAnswer(
                code="", asked_at=asked_at, detail=str(fault), fault=fault.code, evidence_sha256=NOTHING_SHA256
            )

    def health(self) -> Health:
        """One sign-in of the hub at the portal; see the port."""
        try:
            return self._hub.ask(wire.PORTAL_HEALTH, wire.Nothing()).health
        except OutsideFault as fault:
            return Health(fault.system, fault.code, fault.detail)

    def close(self) -> None:
        """Release the connections. Kept answers are the hub's."""
        self._hub.close()
