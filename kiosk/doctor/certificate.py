"""Probe of the certificate that check-in records (XML0) are signed with."""

from his_adapter.clock import now
from kiosk.doctor.report import Finding
from kiosk.settings import Settings
from kiosk.settings.build import checkin

SOON_DAYS = 30
"""A new certificate has to be bought and registered on the portal: that takes weeks."""


def check_in_records(settings: Settings) -> Finding:
    """The certificate can be read, is of its key, and is in its dates for a while yet. Nothing is sent."""
    try:
        how = checkin(settings)
    except ValueError as error:  # names the key, quotes nothing
        return Finding.fail(str(error))
    if how is None:
        return Finding.ok("not sent from here")
    moment = now()
    if problem := how.outdated(moment):
        return Finding.fail(problem)
    end = how.sending.identity.certificate.not_valid_after_utc
    left = (end - moment).days
    said = f"sent; the certificate counts until {end:%Y-%m-%d}, {left} days"
    return Finding.warn(said) if left < SOON_DAYS else Finding.ok(said)
