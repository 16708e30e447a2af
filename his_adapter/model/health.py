"""Whether another system is there."""

from dataclasses import dataclass

from his_adapter.faults import OutsideFaultCode


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a system answers now. `fault` is None when it does; `detail` is for staff, without personal data."""

    system: str
    fault: OutsideFaultCode | None = None
    detail: str = ""

    @property
    def well(self) -> bool:
        """It answered as it should."""
        return self.fault is None
