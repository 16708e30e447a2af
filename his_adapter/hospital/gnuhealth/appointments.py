"""Appointments: today's, a walk-in patient's own, and the check-in."""

from datetime import date, datetime, timedelta

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.gnuhealth.rows import AppointmentRow
from his_adapter.hospital.gnuhealth.session import Tryton, Values
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import AppointmentState

APPOINTMENT = "gnuhealth.appointment"
DRAFT = "center_cancelled"
"""A walk-in patient's appointment until its visit is certain: one that is left behind is in nobody's way."""
CONFIRMED, CHECKED_IN = "confirmed", "checked_in"
STATES = {CONFIRMED: AppointmentState.BOOKED, CHECKED_IN: AppointmentState.CHECKED_IN}
_ATTEMPTS = 5


class Appointments:
    """Finds, makes and checks in."""

    def __init__(self, tryton: Tryton) -> None:
        self._tryton = tryton

    def of_day(self, deadline: Deadline, patient: int, day: date) -> list[AppointmentRow]:
        """A patient's appointments of a day of the hospital's calendar. Those without a code were never certain."""
        begins = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        domain = [
            ["patient", "=", patient],
            ["appointment_date", ">=", begins],
            ["appointment_date", "<", begins + timedelta(days=1)],
            ["name", "!=", None],
        ]
        order = [("appointment_date", "ASC"), ("id", "ASC")]
        return self._tryton.search(deadline, APPOINTMENT, domain, AppointmentRow, order=order)

    def by_code(self, deadline: Deadline, code: str) -> AppointmentRow | None:
        """The appointment that the hospital calls so."""
        return self._one(deadline, ["name", "=", code])

    def by_id(self, deadline: Deadline, number: int) -> AppointmentRow:
        """An appointment that is known to exist."""
        found = self._one(deadline, ["id", "=", number])
        if found is None:
            raise self._tryton.fault(OutsideFaultCode.REJECTED, "the visit's appointment is gone")
        return found

    def _one(self, deadline: Deadline, clause: list[object]) -> AppointmentRow | None:
        found = self._tryton.search(deadline, APPOINTMENT, [clause], AppointmentRow, limit=1)
        return found[0] if found else None

    def draft(self, deadline: Deadline, values: Values) -> int:
        """An appointment that does not count yet."""
        try:
            return self._tryton.create(deadline, APPOINTMENT, {**values, "state": DRAFT})
        except RpcRefused as refused:
            raise self._tryton.refused(refused, APPOINTMENT) from None

    def check_in(self, deadline: Deadline, number: int) -> AppointmentRow:
        """See that a certain visit's appointment has its code and is checked in, whoever does it.

        Each step is taken only if nobody has touched the appointment since it was looked at, so that two kiosks with
        one key give it one code. An appointment that is over stays so: the visit was, and staff have gone on.
        """
        for _ in range(_ATTEMPTS):
            appointment = self.by_id(deadline, number)
            confirmed = appointment.state == CONFIRMED
            if appointment.code and not confirmed:
                return appointment
            try:
                seen = appointment.stamp
                if confirmed:
                    self._tryton.press(deadline, APPOINTMENT, "check_in", number, unless_since=seen)
                else:
                    self._tryton.write(deadline, APPOINTMENT, number, {"state": CONFIRMED}, unless_since=seen)
            except RpcRefused as refused:
                if refused.kind is not Refusal.CONCURRENCY:
                    raise self._tryton.refused(refused, APPOINTMENT) from None
        raise self._tryton.fault(OutsideFaultCode.SERVER_ERROR, "the appointment never rests")
