"""Calling staff. A port: a bell, a light or the desk's pager each become an adapter when a site has one."""

from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class StaffCall(Protocol):
    """Whoever can make a person come."""

    def ring(self, kiosk_id: str) -> None:
        """Somebody at kiosk `kiosk_id` needs help. Must not block and not raise."""


class LoggedStaffCall:
    """No bell is connected: the call is on the screen and in the log, which the desk's monitor can watch."""

    def ring(self, kiosk_id: str) -> None:
        """Write the call down."""
        log.warning("staff called", kiosk=kiosk_id)
