"""A check-in record as text, for a store that keeps it until the portal has given a receipt."""

from pydantic import TypeAdapter, ValidationError

from his_adapter.bhyt.xml0.record import CheckInRecord0

KIND = "bhyt.checkin"
"""What the outbox calls such an entry. Delivered by `XmlCheckInSender.send(load_checkin(text))`."""

_RECORDS = TypeAdapter(CheckInRecord0)


def dump_checkin(record: CheckInRecord0) -> str:
    """JSON. Holds personal data: to be kept encrypted, never logged. Signed only when it is sent."""
    return _RECORDS.dump_json(record).decode()


def load_checkin(text: str) -> CheckInRecord0:
    """The same record again. Raises ValueError, without content, for a text that is none."""
    try:
        return _RECORDS.validate_json(text)
    except ValidationError:
        raise ValueError("not a check-in record") from None
