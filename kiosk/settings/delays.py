"""The settings' [delays] table: `kiosk.flow.delays.Delays` with bounds."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kiosk.flow.delays import Delays

_DEFAULT = Delays()

Idle = Annotated[float, Field(ge=20, le=300)]  # WCAG 2.2 SC 2.2.1: at least 20 s; VVSG 2.0: at most 5 min
Limit = Annotated[float, Field(ge=2, le=120)]
Shown = Annotated[float, Field(ge=3, le=300)]
Tries = Annotated[int, Field(ge=1, le=5)]


class DelaysSection(BaseModel):
    """Delays and limits of the flow, in seconds; each key overrides one default of `kiosk.flow.delays.Delays`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, title="Delays")

    device_idle: Idle = Field(default=_DEFAULT.device_idle, title="Idle at a device (s)")
    choice_idle: Idle = Field(default=_DEFAULT.choice_idle, title="Idle at a choice (s)")
    still_there: Idle = Field(default=_DEFAULT.still_there, title="“Still there?” countdown (s)")
    card_return: Limit = Field(default=_DEFAULT.card_return, title="Wait for a pulled card (s)")
    read_limit: Limit = Field(default=_DEFAULT.read_limit, title="Longest chip read (s)")
    insurance_limit: Limit = Field(default=_DEFAULT.insurance_limit, title="Longest wait for the portal (s)")
    register_limit: Limit = Field(default=_DEFAULT.register_limit, title="Longest wait for the HIS (s)")
    services_limit: Limit = Field(default=_DEFAULT.services_limit, title="Longest wait for the services (s)")
    payment_start_limit: Limit = Field(default=_DEFAULT.payment_start_limit, title="Longest wait for a QR code (s)")
    payment_life: Annotated[float, Field(ge=60, le=900)] = Field(
        default=_DEFAULT.payment_life, title="Life of a payment QR code (s)"
    )
    print_limit: Limit = Field(default=_DEFAULT.print_limit, title="Longest print (s)")
    ticket_shown: Shown = Field(default=_DEFAULT.ticket_shown, title="Ticket shown (s)")
    thanks_shown: Shown = Field(default=_DEFAULT.thanks_shown, title="Thanks shown (s)")
    counter_shown: Shown = Field(default=_DEFAULT.counter_shown, title="Way to the counter shown (s)")
    staff_called_shown: Shown = Field(default=_DEFAULT.staff_called_shown, title="“Staff is coming” shown (s)")
    key_tries: Tries = Field(default=_DEFAULT.key_tries, title="Tries for the chip's key")
    face_tries: Tries = Field(default=_DEFAULT.face_tries, title="Tries for the face")
