from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from kiosk.flow.values import CoverageOutcome, PaymentState
from kiosk.printing import PrintResult, TicketContent, print_bitmap, render
from kiosk.printing.simulated import SimulatedPrinter


@pytest.fixture
def content() -> TicketContent:
    """A synthetic patient's ticket, printed at 08:30 in Hanoi."""
    return TicketContent(
        facility="BỆNH VIỆN ĐA KHOA XANH PÔN",
        printed_at=datetime(2026, 11, 24, 1, 30, tzinfo=UTC),
        number="A 047",
        room="203",
        floor="2",
        service="Khám Nội tổng quát",
        people_ahead=4,
        masked_name="NGUYỄN T*** ƯỠNG",
        insurance=CoverageOutcome.VALID,
        payment=PaymentState.PAID,
        fee_dong=39_100,
        qr_text="XP-2026-000047",
        footer="Xin giữ phiếu này đến khi khám xong.",
    )


@pytest.fixture
def ticket(content: TicketContent) -> Image.Image:
    return render(content)


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[SimulatedPrinter]:
    with SimulatedPrinter(tmp_path / "paper") as running:
        yield running


@pytest.fixture
def print_on(printer: SimulatedPrinter) -> Callable[[Image.Image], PrintResult]:
    """Prints on the simulated printer with the time limit of a kiosk."""
    return lambda image: print_bitmap(image, printer.host, printer.port, timeout_s=10.0)
