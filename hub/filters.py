"""The list's filters as they stand in an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from hub.localtime import end_of, start_of
from records.evidence import Decision
from records.reading import LogFilter
from records.tables import NAME_LENGTH

HIGHEST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What an auditor asked for: whole days in Vietnam's time, both included."""

    first: date | None = None
    last: date | None = None
    decision: Decision | None = None
    kiosk: str = ""

    def wanted(self) -> LogFilter:
        """The same for the store."""
        return LogFilter(
            since=None if self.first is None else start_of(self.first),
            until=None if self.last is None else end_of(self.last),
            decision=self.decision,
            kiosk_id=self.kiosk or None,
        )

    def query(self, page: int = 1) -> str:
        """The query string of a page under this filter; also what the audit trail keeps of it."""
        fields = {
            "from": "" if self.first is None else self.first.isoformat(),
            "to": "" if self.last is None else self.last.isoformat(),
            "decision": "" if self.decision is None else self.decision.value,
            "kiosk": self.kiosk,
            "page": str(page) if page > 1 else "",
        }
        return urlencode({name: value for name, value in fields.items() if value})


def read_filter(query: Mapping[str, str]) -> ListFilter:
    """The filter of a query string. Raises ValueError for what no form of ours sends."""
    first, last, decision = query.get("from", ""), query.get("to", ""), query.get("decision", "")
    return ListFilter(
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        decision=Decision(decision) if decision else None,
        kiosk=query.get("kiosk", "")[:NAME_LENGTH],
    )


def read_page(query: Mapping[str, str]) -> int:
    """The page number, from 1. Raises ValueError."""
    page = int(query.get("page", "1"))
    if not 1 <= page <= HIGHEST_PAGE:
        raise ValueError("no such page")
    return page
