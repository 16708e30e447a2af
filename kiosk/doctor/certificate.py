"""Probe of the certificate that check-in records (XML0) are signed with, here or on the hub."""

from contextlib import closing
from datetime import date

from his_adapter.clock import ZONE, now
from his_adapter.remote import RemoteCheckIn
from kiosk.doctor.report import Finding
from kiosk.settings import Settings
from kiosk.settings.build import checkin, checkin_requests, remote_checkin

SOON_DAYS = 30
"""A new certificate has to be bought and registered on the portal: that takes weeks."""


def check_in_records(settings: Settings) -> Finding:
    """The certificate can be read, is of its key, and is in its dates for a while yet. Nothing is sent."""
    try:
        if (requests := checkin_requests(settings)) is not None:
            return _on_the_hub(remote_checkin(settings, requests))
        how = checkin(settings)
    except ValueError as error:  # names the key, quotes nothing
        return Finding.fail(str(error))
    if how is None:
        return Finding.ok("not sent from here")
    if problem := how.outdated(now()):
        return Finding.fail(problem)
    return _until("sent", how.sending.identity.certificate.not_valid_after_utc.astimezone(ZONE).date())


def _on_the_hub(hub: RemoteCheckIn) -> Finding:
    with closing(hub):
        standing = hub.standing()
    if (fault := standing.health.fault) is None:
        return _until("sent by the hub", standing.certificate_until)
    reason = fault.value.replace("_", " ")
    return Finding.fail(f"hub: {reason} ({standing.health.detail})" if standing.health.detail else f"hub: {reason}")


def _until(sent: str, end: date | None) -> Finding:
    if end is None:  # a hub of a later version may sign with what has no end
        return Finding.ok(sent)
    left = (end - now().astimezone(ZONE).date()).days
    said = f"{sent}; the certificate counts until {end:%Y-%m-%d}, {left} days"
    return Finding.warn(said) if left < SOON_DAYS else Finding.ok(said)
