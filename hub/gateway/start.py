"""The gateway from the settings file, for as long as the hub serves."""

import contextlib
from collections.abc import Iterator

from prometheus_client import CollectorRegistry

from his_adapter.guard import OutsideMetrics
from his_adapter.settings_file import SettingsFile
from hub.gateway.adapters import build_systems
from hub.gateway.gateway import Gateway
from hub.payments.service import Payments
from records.store import Store


@contextlib.contextmanager
def open_gateway(file: SettingsFile, own: Store) -> Iterator[Gateway]:
    """A gateway over the systems that the file names; they are closed after the last call. Raises SettingsError."""
    registry = CollectorRegistry()
    systems = build_systems(file, OutsideMetrics(registry))
    with contextlib.ExitStack() as opened:
        opened.enter_context(contextlib.closing(systems))
        payments = None
        if systems.payment is not None:
            payments = opened.enter_context(
                contextlib.closing(Payments(own, systems.payment, systems.providers, registry))
            )
            payments.start()
        gateway = Gateway(
            own,
            hospital=systems.hospital,
            portal=systems.portal,
            checkin=systems.checkin,
            payments=payments,
            settings=systems.settings,
            registry=registry,
        )
        yield opened.enter_context(contextlib.closing(gateway))
