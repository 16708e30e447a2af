"""Which money is in all three books, which is not, and which is there twice. Pure.

Rows are brought together by the order's code, which the purpose carries through every bank, and by the transfer's id,
which banks and providers do not always share. Every row lands in exactly one item: nothing is lost in the comparison.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """The three books."""

    STATEMENT = "statement"
    HIS = "his"
    LEDGER = "ledger"


class Finding(StrEnum):
    """What is to be said of an item."""

    MATCHED = "matched"  # once in each book, with one amount
    MISSING_IN_STATEMENT = "missing_in_statement"
    MISSING_IN_HIS = "missing_in_his"
    MISSING_IN_LEDGER = "missing_in_ledger"
    AMOUNT_DIFFERS = "amount_differs"
    DUPLICATE = "duplicate"  # one transfer twice in a book, or more than one for an order


_MISSING = {
    Source.STATEMENT: Finding.MISSING_IN_STATEMENT,
    Source.HIS: Finding.MISSING_IN_HIS,
    Source.LEDGER: Finding.MISSING_IN_LEDGER,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One arrival in one book. `line` is where it stands in its file; `label` is a receipt's number, for people.

    `order_code` is None where the book does not know it, `txn_id` empty likewise.
    """

    source: Source
    line: int
    amount_dong: int
    order_code: int | None = None
    txn_id: str = ""
    moment: datetime | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.amount_dong <= 0:
            raise ValueError("an arrival is positive")


@dataclass(frozen=True, slots=True)
class Item:
    """The same money in up to three books."""

    order_code: int | None
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    def row(self, source: Source) -> Row | None:
        """The item's row in a book."""
        return next((row for row in self.rows if row.source is source), None)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All items: first those that need a person, in the order of their codes."""

    items: tuple[Item, ...]

    @property
    def clean(self) -> bool:
        """Nothing is left for a person."""
        return all(item.findings == (Finding.MATCHED,) for item in self.items)

    def count(self, finding: Finding) -> int:
        """How many items a finding was made of."""
        return sum(finding in item.findings for item in self.items)

    def total(self, source: Source) -> tuple[int, int]:
        """Rows and đồng in a book."""
        amounts = [row.amount_dong for item in self.items for row in item.rows if row.source is source]
        return len(amounts), sum(amounts)


def reconcile(rows: Iterable[Row]) -> Reconciliation:
    """Compare the books. The answer does not depend on the order of the rows."""
    ordered = sorted(rows, key=_by_place)
    first, repeated = _without_repeats(ordered)
    items = [Item(row.order_code, (row,), (Finding.DUPLICATE,)) for row in repeated]
    for order_code, group in _groups(first):
        items += _items(order_code, group)
    return Reconciliation(tuple(sorted(items, key=_for_people)))


def _by_place(row: Row) -> tuple[str, int, str, int, int, str]:
    return row.source.value, row.line, row.txn_id, row.amount_dong, row.order_code or 0, row.label


def _for_people(item: Item) -> tuple[bool, bool, int, list[tuple[str, int, str, int, int, str]]]:
    matched = item.findings == (Finding.MATCHED,)
    return matched, item.order_code is None, item.order_code or 0, [_by_place(row) for row in item.rows]


def _without_repeats(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """A transfer's id stands once in a book: an overlapping export, or a receipt written twice."""
    seen: set[tuple[Source, str]] = set()
    first: list[Row] = []
    repeated: list[Row] = []
    for row in rows:
        key = (row.source, row.txn_id)
        (repeated if row.txn_id and key in seen else first).append(row)
        seen.add(key)
    return first, repeated


def _groups(rows: Sequence[Row]) -> Iterable[tuple[int | None, list[Row]]]:
    orders = {row.txn_id: row.order_code for row in rows if row.txn_id and row.order_code is not None}
    groups: dict[tuple[int | None, str, int], list[Row]] = defaultdict(list)
    for place, row in enumerate(rows):
        order = row.order_code if row.order_code is not None else orders.get(row.txn_id)
        # money without an order is brought together by its id, and stands alone without one
        key = (order, "", 0) if order is not None else (None, row.txn_id, 0 if row.txn_id else place + 1)
        groups[key].append(row)
    return ((key[0], group) for key, group in groups.items())


@dataclass(slots=True)
class _Pairing:
    rows: list[Row] = field(default_factory=list)

    def has(self, source: Source) -> bool:
        return any(row.source is source for row in self.rows)


def _items(order_code: int | None, group: Sequence[Row]) -> list[Item]:
    pairings = [_Pairing([row]) for row in group if row.source is Source.LEDGER]
    for source in (Source.STATEMENT, Source.HIS):
        left = [row for row in group if row.source is source]
        # the surest likeness first, for all rows, so that no row takes another one's place
        for alike in (_same_id, _same_amount, _any):
            left = _place(left, pairings, source, alike)
        pairings += [_Pairing([row]) for row in left]
    counts = Counter(row.source for row in group)
    several = order_code is not None and max(counts.values()) > 1
    return [Item(order_code, tuple(one.rows), _findings(one.rows, several=several)) for one in pairings]


def _place(
    rows: Sequence[Row], pairings: Sequence[_Pairing], source: Source, alike: Callable[[Row, Row], bool]
) -> list[Row]:
    left = []
    for row in rows:
        free = (one for one in pairings if not one.has(source) and any(alike(row, other) for other in one.rows))
        found = next(free, None)
        if found is None:
            left.append(row)
        else:
            found.rows.append(row)
    return left


def _same_id(one: Row, other: Row) -> bool:
    return bool(one.txn_id) and one.txn_id == other.txn_id


def _same_amount(one: Row, other: Row) -> bool:
    return one.amount_dong == other.amount_dong


def _any(one: Row, other: Row) -> bool:
    return True


def _findings(rows: Sequence[Row], *, several: bool) -> tuple[Finding, ...]:
    present = {row.source for row in rows}
    found = [_MISSING[source] for source in Source if source not in present]
    if len({row.amount_dong for row in rows}) > 1:
        found.append(Finding.AMOUNT_DIFFERS)
    if several:
        found.append(Finding.DUPLICATE)
    return tuple(found) or (Finding.MATCHED,)
