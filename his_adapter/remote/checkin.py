"""Check-in records (XML0) as the hub sends them."""

from his_adapter.bhyt.xml0 import CheckInReceipt, CheckInRecord0
from his_adapter.faults import OutsideFault
from his_adapter.model import Health
from his_adapter.remote import wire
from his_adapter.remote.connection import HubConnection
from his_adapter.remote.settings import RemoteSettings


class RemoteCheckIn:
    """`CheckInSender` through a hub, which has the facility's certificate and the one address of the portal's tokens.

    Whatever goes wrong before the portal has answered, the same record is sent again: MA_LK and STT name it for ever.
    """

    def __init__(self, settings: RemoteSettings) -> None:
        self._hub = HubConnection(settings)

    def send(self, record: CheckInRecord0) -> CheckInReceipt:
        """The portal's receipt for one record.

        Raises OutsideFault as `XmlCheckInSender.send` does, of system "hub" for the hub's own: SERVER_ERROR also when
        it sends no records, BAD_ANSWER when its version does not know them.
        """
        return self._hub.ask(wire.SEND_CHECK_IN, wire.CheckInToSend(record=record)).receipt

    def standing(self) -> wire.CheckInStanding:
        """Whether the hub can sign and send; a fault of system "hub" when it does not, or does not answer."""
        try:
            return self._hub.ask(wire.CHECK_IN_STANDING, wire.Nothing())
        except OutsideFault as fault:
            return wire.CheckInStanding(health=Health(fault.system, fault.code, fault.detail))

    def close(self) -> None:
        """Release the connections."""
        self._hub.close()
