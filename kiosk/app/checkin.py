"""The check-in record (XML0) of a registered visit, where the hospital's own system does not send it.

It is promised as soon as the hospital has registered the visit and the portal has confirmed the card, and sent by the
outbox. The portal's receipt is kept with the visit's other replies of the portal: there it can be searched for 60 days.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime

import structlog

from his_adapter.bhyt.xml0 import (
    CheckInReceipt,
    CheckInSender,
    FirstCost,
    NationalService,
    dump_checkin,
    from_registration,
    load_checkin,
)
from his_adapter.faults import OutsideFault
from his_adapter.model import Registration, RegistrationRequest
from kiosk.app.delivery import failed, unreadable
from records import values
from records.evidence import InsuranceOutcome
from records.outbox import Delivered, DeliveryResult, OutboxItem

log = structlog.get_logger(__name__)


class CheckInRecords:
    """Makes and sends check-in records. `services` are the hospital's departments by its own codes."""

    def __init__(
        self,
        sender: CheckInSender,
        *,
        facility_code: str,
        services: Mapping[str, NationalService],
        now: Callable[[], datetime],
    ) -> None:
        self._sender = sender
        self._facility_code = facility_code
        self._services = services
        self._now = now

    def messages(
        self, request: RegistrationRequest, his_visit_id: str, patient_code: str
    ) -> tuple[values.OutboxMessage, ...]:
        """To be promised for a visit; nothing when no record is due, or cannot be made yet or at all."""
        service = self._services.get(request.service_code)
        if service is None:
            log.error("no national code of a department", service=request.service_code)
            return ()
        registration = Registration(his_visit_id, patient_code, ticket=None, fee_dong=0)
        cost = FirstCost(service.code, service.name, request.requested_at)
        try:
            record = from_registration(request, registration, self._facility_code, cost)
        except ValueError as error:  # names the rule or the field, never a value
            log.info("no check-in record", reason=str(error))
            return ()
        return (values.OutboxMessage(values.BHYT_CHECKIN, dump_checkin(record)),)

    def send(self, item: OutboxItem) -> DeliveryResult:
        """One record, for the outbox."""
        try:
            record = load_checkin(item.payload)
        except ValueError:
            return unreadable(item)
        try:
            receipt = self._sender.send(record)
        except OutsideFault as fault:
            return failed(item, fault)
        log.info("check-in record sent", visit=item.visit_id, code=receipt.code)
        return Delivered(evidence=(self._kept(receipt),))

    def _kept(self, receipt: CheckInReceipt) -> values.PortalEvidence:
        raw = json.dumps(asdict(receipt), ensure_ascii=False, sort_keys=True).encode()
        return values.PortalEvidence(
            asked_at=self._now(),
            outcome=InsuranceOutcome.NOT_ASKED,  # it says nothing about the card
            code=receipt.code,
            entry=values.CHECKIN_RECEIPT,
            fault="",
            sha256=hashlib.sha256(raw).hexdigest(),
            raw=raw,
        )
