"""What the doctor finds: one result per probe, as values that a screen or a JSON reader can show."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from kiosk.settings import Settings


class ProbeState(StrEnum):
    """How a device or connection is."""

    OK = "ok"
    WARN = "warn"  # works, and somebody should look at it
    FAIL = "fail"


class ProbeName(StrEnum):
    """Everything the doctor looks at, in the order of the report."""

    SETTINGS = "settings"
    ASSETS = "assets"
    CLOCK = "clock"
    TIME_ZONE = "time_zone"
    DISK = "disk"
    STORE = "store"
    MATCH_LOG = "match_log"
    READER = "reader"
    CARD = "card"
    TRUST_STORE = "trust_store"
    SCANNER = "scanner"
    CAMERA = "camera"
    MODELS = "models"
    PRINTER = "printer"
    PORTAL = "portal"
    CHECK_IN_RECORDS = "check_in_records"
    HIS = "his"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe saw. `detail` is for IT staff: technical English, no personal data, no secret."""

    state: ProbeState
    detail: str

    @classmethod
    def ok(cls, detail: str) -> Self:
        return cls(ProbeState.OK, detail)

    @classmethod
    def warn(cls, detail: str) -> Self:
        return cls(ProbeState.WARN, detail)

    @classmethod
    def fail(cls, detail: str) -> Self:
        return cls(ProbeState.FAIL, detail)


@dataclass(frozen=True, slots=True)
class Probe:
    """A look at one thing. `look` may block or raise whatever it likes: the runner gives it `limit_s` seconds."""

    name: ProbeName
    look: Callable[[Settings], Finding]
    limit_s: float


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A finding with its name, how long it took, and what to do about it (empty when all is well)."""

    name: ProbeName
    state: ProbeState
    detail: str
    seconds: float
    advice_vi: str = ""
    advice_en: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All results, in the order of `ProbeName`."""

    results: tuple[ProbeResult, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed. Warnings do not count: the kiosk can receive patients."""
        return all(result.state is not ProbeState.FAIL for result in self.results)

    def to_json(self) -> str:
        """`{"ok": …, "probes": [{"name", "state", "detail", "seconds", "advice_vi", "advice_en"}, …]}`."""
        probes = [asdict(result) for result in self.results]
        return json.dumps({"ok": self.ok, "probes": probes}, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A report another process printed. Raises: ValueError."""
        try:
            rows = json.loads(text)["probes"]
            return cls(tuple(_result(row) for row in rows))
        except (KeyError, TypeError) as error:
            raise ValueError("not a doctor's report") from error


def _result(row: Mapping[str, str | float]) -> ProbeResult:
    return ProbeResult(
        ProbeName(str(row["name"])),
        ProbeState(str(row["state"])),
        str(row["detail"]),
        float(row["seconds"]),
        str(row["advice_vi"]),
        str(row["advice_en"]),
    )
