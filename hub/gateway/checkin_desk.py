"""Check-in records (XML0) as the gateway signs and sends them for its kiosks."""

from collections.abc import Callable
from datetime import datetime

from his_adapter.bhyt.xml0 import CheckIn, CheckInSender
from his_adapter.clock import ZONE, now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import Health
from his_adapter.remote import wire

SYSTEM = "hub"
NOT_SENT = "sends no check-in records: its settings have no [checkin] with send = true"


class CheckInDesk:
    """Sends with one certificate, from one address. It keeps nothing: the kiosk's outbox sends again until it has a
    receipt, and the portal counts a record's MA_LK and STT once (confidence low, see `XmlCheckInSender`).
    """

    def __init__(self, sender: CheckInSender, how: CheckIn, clock: Callable[[], datetime] = now) -> None:
        self._sender = sender
        self._how = how
        self._clock = clock

    def send(self, question: wire.CheckInToSend) -> wire.CheckInTold:
        """Sign and send one record. Raises OutsideFault."""
        return wire.CheckInTold(receipt=self._sender.send(question.record))

    def standing(self, _: wire.Nothing) -> wire.CheckInStanding:
        """Whether the certificate can sign today. The portal is not asked."""
        until = self._how.sending.identity.certificate.not_valid_after_utc.astimezone(ZONE).date()
        problem = self._how.outdated(self._clock())
        fault = OutsideFaultCode.AUTH if problem else None
        return wire.CheckInStanding(health=Health(SYSTEM, fault, problem), certificate_until=until)

    def close(self) -> None:
        """Release the connections."""
        self._sender.close()


class NoCheckIns:
    """Of a hub that sends none: a kiosk keeps its records, and its staff read why."""

    def send(self, _: wire.CheckInToSend) -> wire.CheckInTold:
        """Raises OutsideFault SERVER_ERROR: once the hub is set up for it, trying again helps."""
        raise OutsideFault(OutsideFaultCode.SERVER_ERROR, SYSTEM, NOT_SENT)

    def standing(self, _: wire.Nothing) -> wire.CheckInStanding:
        """The reason."""
        return wire.CheckInStanding(health=Health(SYSTEM, OutsideFaultCode.SERVER_ERROR, NOT_SENT))
