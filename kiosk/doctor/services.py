"""Probes of the systems outside: each signs in or asks for health once, through the adapter the kiosk itself uses."""

from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from his_adapter.model import Health
from his_adapter.ports import PaymentProvider
from kiosk.doctor.report import Finding
from kiosk.settings import Settings
from kiosk.settings.build import hospital_system, insurance_portal, payment_provider
from kiosk.settings.services import PaymentPath


class _System(Protocol):
    def health(self) -> Health: ...

    def close(self) -> None: ...


def portal(settings: Settings) -> Finding:
    """The insurance portal gives a token for our account."""
    if ("portal", "base_url") in settings.unset():
        return Finding.fail("no address: [portal] base_url is not set")
    return _made(lambda: insurance_portal(settings), "signed in")


def his(settings: Settings) -> Finding:
    """The hospital system answers and takes our key."""
    if ("his", "base_url") in settings.unset():
        return Finding.fail("no address: [his] base_url is not set")
    return _made(lambda: hospital_system(settings), "answers")


def payment(settings: Settings) -> Finding:
    """The payment provider, or the hub before it, answers and takes our keys."""
    if not settings.payment.enabled:
        return Finding.ok("not offered: [payment] enabled is false")
    tables = ("payment", "hub") if settings.payment.provider is PaymentPath.HUB else ("payment",)
    if missing := [path for path in settings.unset() if path[0] in tables]:
        *table, key = missing[0]
        return Finding.fail(f"no account: [{'.'.join(table)}] {key} is not set")
    return _made(lambda: _offered(payment_provider(settings)), "answers")


def _offered(provider: PaymentProvider | None) -> PaymentProvider:
    assert provider is not None, "payment is offered"
    return provider


def _made(make: Callable[[], _System], well: str) -> Finding:
    try:
        system = make()
    except ValueError as error:  # of its own settings; the text names the key and quotes nothing
        return Finding.fail(str(error))
    return _finding(system, well)


def _finding(system: _System, well: str) -> Finding:
    with closing(system):
        health = system.health()
    if health.fault is None:
        return Finding.ok(health.detail or well)
    reason = health.fault.value.replace("_", " ")
    return Finding.fail(f"{reason} ({health.detail})" if health.detail else reason)
