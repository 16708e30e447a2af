"""Every delay and limit of the flow, in one table. Seconds unless the name says otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delays:
    """Defaults follow VVSG 2.0 (idle 2–5 min with a 20–45 s countdown, shortened for a queue) and WCAG 2.2 SC 2.2.1."""

    device_idle: float = 45.0
    """Without a touch on a screen that waits for a device (key, card, camera)."""
    choice_idle: float = 60.0
    """Without a touch on a screen that waits for a decision."""
    still_there: float = 30.0
    """Countdown of the question whether somebody is still there; any touch extends."""
    card_return: float = 20.0
    """A pulled card, or a reader that went away, is waited for this long before the counter takes over."""
    read_limit: float = 45.0
    """Longest chip read, whatever the reader says: nobody is left standing before a bar that does not move."""
    insurance_limit: float = 15.0
    """Longest wait for the insurance portal, beyond the adapter's own limit."""
    register_limit: float = 20.0
    """Longest wait for the hospital system; the visit is already recorded here by then."""
    services_limit: float = 10.0
    payment_start_limit: float = 10.0
    payment_life: float = 300.0
    """A QR code is offered this long (the usual life of a VietQR order), then the desk takes the money."""
    print_limit: float = 20.0
    ticket_shown: float = 25.0
    thanks_shown: float = 8.0
    counter_shown: float = 40.0
    staff_called_shown: float = 60.0
    key_tries: int = 3
    """Wrong keys before the counter: the chip may delay after failures, so it is never asked in a loop."""
    face_tries: int = 2
