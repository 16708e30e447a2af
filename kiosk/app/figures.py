"""The figures of a kiosk as a file, for the collector that the hospital's monitoring has on every machine.

A kiosk opens no port. Prometheus' node exporter reads `*.prom` files (its textfile collector), and so do others.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from his_adapter.guard import OutsideMetrics
from records.outbox import Outbox
from records.store import Store

log = structlog.get_logger(__name__)

FILE_NAME = "metrics.prom"
EVERY_S = 15.0
"""As often as a Prometheus asks by default."""


class FiguresFile:
    """Calls, breakers and what waits in the outbox. `clock` is monotonic seconds."""

    def __init__(
        self, metrics: OutsideMetrics, store: Store, path: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._outbox = Outbox(store)
        self._path = path
        self._clock = clock
        self._next = clock()

    def update(self) -> None:
        """Write the file anew when its time has come; a reader sees the old one or the new one. Raises StoreError."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY_S
        for destination, health in self._outbox.health_by_destination().items():
            self._metrics.outbox(destination, pending=health.pending, dead=health.dead, oldest=health.oldest)
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(self._metrics.text())
            os.replace(part, self._path)
        except OSError as error:  # the patients' business goes on without figures
            log.warning("figures not written", error=type(error).__name__)
