"""Every call that a kiosk owes to other systems, and who makes it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.app.adapters import Adapters
from kiosk.app.checkin import CheckInRecords
from kiosk.app.delivery import Follow, OutboxDelivery, nothing_follows
from kiosk.app.recheck import CardRecheck
from kiosk.settings.schema import Settings
from records.outbox import Deliver
from records.retry import RetryPolicy
from records.store import Store
from records.values import BHYT_CHECKIN, BHYT_RECHECK, destination_of

PORTAL_GAP = timedelta(seconds=5)
"""Between two calls to the insurance portal from here: after an outage all of them are due at once."""


def outbox_delivery(
    settings: Settings,
    store: Store,
    adapters: Adapters,
    recheck: CardRecheck,
    now: Callable[[], datetime],
    *,
    after_round: Callable[[], None] = lambda: None,
) -> OutboxDelivery:
    """The delivery of one kiosk, not started yet; with check-in records only where the adapters can send them."""
    others: dict[str, Deliver] = {BHYT_RECHECK: recheck.ask}
    follow: Follow = nothing_follows
    if adapters.checkin is not None:
        check_ins = CheckInRecords(
            adapters.checkin, facility_code=settings.kiosk.facility_code, services=adapters.services, now=now
        )
        others[BHYT_CHECKIN], follow = check_ins.send, check_ins.messages
    return OutboxDelivery(
        store,
        adapters.hospital,
        now,
        policy=RetryPolicy(max_attempts=settings.his.attempts),
        others=others,
        gaps={destination_of(BHYT_RECHECK): PORTAL_GAP},
        follow=follow,
        after_round=after_round,
    )
