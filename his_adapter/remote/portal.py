"""The insurance portal as the hub offers it."""

from dataclasses import replace
from datetime import datetime, timedelta

from his_adapter.bhyt.result_codes import NO_ANSWER, ResultCodes
from his_adapter.clock import ZONE, Now, everywhere, now
from his_adapter.faults import OutsideFault
from his_adapter.model import CopaymentAnswer, CoverageAnswer, Health, InsuranceQuery
from his_adapter.ports import InsurancePortal
from his_adapter.remote import wire
from his_adapter.remote.connection import HubConnection
from his_adapter.remote.settings import RemoteSettings


class RemotePortal(InsurancePortal):
    """`InsurancePortal` through a hub, whose one address the portal's tokens are bound to.

    The hub keeps the answers for a while and asks once when several kiosks want the same card. When the hub itself is
    silent the answer is the one of a silent portal: UNVERIFIED, with the fault, the hub's word on it in `message`, and
    no reply as evidence. Where the two machines' clocks differ, `asked_at` is told by this one's.
    """

    def __init__(self, settings: RemoteSettings, codes: ResultCodes | None = None, clock: Now = now) -> None:
        self._hub = HubConnection(settings)
        self._silence = (codes or ResultCodes()).entry(NO_ANSWER)
        self._clock = clock

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        """What is known of a card today; see the port."""
        asked_at = self._clock().astimezone(ZONE)
        try:
            told = self._hub.ask(wire.CHECK_CARD, wire.CardQuestion(query=query))
        except OutsideFault as fault:
            return CoverageAnswer(
                outcome=self._silence.outcome,
                action=self._silence.action,
                code="",
                entry=NO_ANSWER,
                asked_at=asked_at,
                message=str(fault),
                fault=fault.code,
            )
        offset = self._offset(told.answer.asked_at, told.age_ms, asked_at)
        paid = told.answer.copayment
        return replace(
            told.answer,
            asked_at=_moved(told.answer.asked_at, offset),
            copayment=None if paid is None else replace(paid, asked_at=_moved(paid.asked_at, offset)),
        )

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        """This year's co-payments; see the port."""
        asked_at = self._clock().astimezone(ZONE)
        try:
            told = self._hub.ask(wire.COPAYMENT, wire.CardQuestion(query=query))
        except OutsideFault as fault:
            return CopaymentAnswer(code="", asked_at=asked_at, detail=str(fault), fault=fault.code)
        offset = self._offset(told.answer.asked_at, told.age_ms, asked_at)
        return replace(told.answer, asked_at=_moved(told.answer.asked_at, offset))

    def health(self) -> Health:
        """One sign-in of the hub at the portal; see the port."""
        try:
            return self._hub.ask(wire.PORTAL_HEALTH, wire.Nothing()).health
        except OutsideFault as fault:
            return Health(fault.system, fault.code, fault.detail)

    def close(self) -> None:
        """Release the connections. Kept answers are the hub's."""
        self._hub.close()

    def _offset(self, answered_at: datetime, age_ms: int | None, asked_at: datetime) -> timedelta:
        """What makes a fresh answer fresh and a kept one kept by this machine's clock too.

        None as long as the two clocks agree so far: an answer that is told twice then carries the same moment.
        """
        if age_ms is None:
            return timedelta(0)
        received_at = self._clock()
        by_age = received_at - timedelta(milliseconds=age_ms)
        agreed = asked_at <= answered_at <= received_at if by_age >= asked_at else answered_at < asked_at
        return timedelta(0) if agreed else by_age - answered_at


def _moved(moment: datetime, offset: timedelta) -> datetime:
    try:
        moved = everywhere(moment + offset)
    except OverflowError:
        moved = None
    # two moments of one answer that lie ages apart: no clock's difference moves both
    return moved if moved is not None else moment.astimezone(ZONE)
