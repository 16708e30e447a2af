"""Reading the three books from files: CSV (UTF-8; comma, semicolon or tab), and JSON for the hospital's receipts.

Banks and hospitals name columns as they like: usual names are known, others are told. Whatever cannot be read is named
by file, line and column, all of it at once, and then nothing is compared: half a statement proves nothing.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from his_adapter.model import nfc
from his_adapter.payment.foreign import whole_dong
from his_adapter.reconciliation.compare import Row, Source
from his_adapter.reconciliation.values import MAX_CELL, read_amount, read_code, read_time

MAX_BYTES = 64 << 20
MAX_PROBLEMS = 50
MAX_COLUMN = 64
DELIMITERS = ",;\t"

COLUMNS: Mapping[Source, Mapping[str, tuple[str, ...]]] = {
    Source.STATEMENT: {
        "txn_id": ("txn_id", "reference", "reference_number", "mã giao dịch", "số tham chiếu", "số bút toán"),
        "amount": ("amount_dong", "amount", "credit", "amount_in", "ghi có", "số tiền ghi có", "phát sinh có"),
        "text": ("text", "description", "content", "nội dung", "diễn giải", "nội dung giao dịch", "mô tả"),
        "time": ("time", "transaction_date", "ngày giao dịch", "thời gian", "ngày"),
    },
    Source.HIS: {
        "label": ("receipt_number", "receipt", "số biên lai", "số hóa đơn"),
        "order": ("order_code", "mã đơn", "mã thanh toán"),
        "amount": ("amount_dong", "amount", "số tiền"),
        "txn_id": ("provider_txn_id", "txn_id", "mã giao dịch"),
        "time": ("time", "paid_at", "ngày thu", "thời gian"),
    },
    Source.LEDGER: {
        "order": ("order_code",),
        "txn_id": ("provider_txn_id", "txn_id"),
        "amount": ("amount_dong", "amount"),
        "time": ("received_at", "time"),
    },
}
"""Each field's usual names, compared without case."""
REQUIRED: Mapping[Source, tuple[str, ...]] = {
    Source.STATEMENT: ("txn_id", "amount", "text"),
    Source.HIS: ("label", "order", "amount"),
    Source.LEDGER: ("order", "txn_id", "amount"),
}

Cell = tuple[str, object]  # the column's name in the file, and what stands there
Record = tuple[int, Mapping[str, Cell]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, and where. Holds nothing of the content. `line` 0: the file as a whole."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = [self.file]
        if self.line:
            place.append(f"line {self.line}")
        if self.column:
            column = "".join(sign if sign.isprintable() else "?" for sign in self.column[:MAX_COLUMN])
            place.append(f"column {column}")  # as the file spells it, and it goes to a terminal
        return f"{', '.join(place)}: {self.reason}"


class UnreadableError(Exception):
    """A book that cannot be read."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def read_file(path: Path, source: Source, *, prefix: str, columns: Mapping[str, str] | None = None) -> tuple[Row, ...]:
    """A book's rows. `columns` names fields' columns where they are unusual. Raises UnreadableError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError([Problem(path.name, 0, "", error.strerror or type(error).__name__)]) from None
    return read_bytes(data, path.name, source, prefix=prefix, columns=columns)


def read_bytes(
    data: bytes, name: str, source: Source, *, prefix: str, columns: Mapping[str, str] | None = None
) -> tuple[Row, ...]:
    """The rows in a file's bytes; JSON when `name` ends so. Raises UnreadableError and nothing else."""
    if len(data) > MAX_BYTES:
        raise UnreadableError([Problem(name, 0, "", f"longer than {MAX_BYTES >> 20} MB")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError([Problem(name, line, "", "not UTF-8: save the table as CSV UTF-8")]) from None
    names = _names(source, columns or {})
    records = _from_json if name.lower().endswith(".json") else _from_csv
    reader = _Reader(name, source, prefix)
    for line, record in records(text, name, source, names):
        reader.take(line, record)
    if reader.problems:
        raise UnreadableError(reader.problems)
    return tuple(reader.rows)


class _Reader:
    """Makes rows of records, and remembers every problem up to a limit."""

    def __init__(self, file: str, source: Source, prefix: str) -> None:
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self._file = file
        self._source = source
        self._prefix = prefix

    def take(self, line: int, record: Mapping[str, Cell]) -> None:
        before = len(self.problems)
        amount = self._amount(line, record)
        moment = self._time(line, record)
        txn_id = self._id(line, record, "txn_id")
        label = self._id(line, record, "label")
        order = self._order(line, record)
        if len(self.problems) > before or amount is None:
            return
        self.rows.append(Row(self._source, line, amount, order, txn_id, moment, label))

    def _amount(self, line: int, record: Mapping[str, Cell]) -> int | None:
        """Money that arrived; None for a statement's row of money that went out, which is no affair of ours."""
        column, cell = record["amount"]
        value = read_amount(cell) if isinstance(cell, str) else whole_dong(cell)
        if self._source is Source.STATEMENT and (cell == "" or (value is not None and value <= 0)):
            return None
        if value is None or value <= 0:
            self._problem(line, column, "not a positive amount of whole đồng")
            return None
        return value

    def _order(self, line: int, record: Mapping[str, Cell]) -> int | None:
        if self._source is Source.STATEMENT:
            return read_code(self._text(line, record, "text", limit=False), self._prefix)
        text = self._text(line, record, "order")
        if self._source is Source.LEDGER and not text.strip():
            return None  # money that came without an order
        order = read_code(text, self._prefix)
        if order is None:
            self._problem(line, record["order"][0], "not an order code")
        return order

    def _id(self, line: int, record: Mapping[str, Cell], field: str) -> str:
        text = self._text(line, record, field).strip()
        required = field in REQUIRED[self._source] and self._source is not Source.STATEMENT
        if required and not text:
            self._problem(line, record[field][0], "empty")
        if not text.isprintable():  # it goes to a terminal, as it is
            self._problem(line, record[field][0], "holds control characters")
        return text

    def _time(self, line: int, record: Mapping[str, Cell]) -> datetime | None:
        text = self._text(line, record, "time")
        if not text.strip():
            return None
        moment = read_time(text)
        if moment is None:
            self._problem(line, record["time"][0], "not a time")
        return moment

    def _text(self, line: int, record: Mapping[str, Cell], field: str, *, limit: bool = True) -> str:
        column, cell = record.get(field, (field, ""))
        text = str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell
        if text is None:
            return ""
        if not isinstance(text, str):
            self._problem(line, column, "not a text")
            return ""
        if len(text) > MAX_CELL:
            if limit:
                self._problem(line, column, f"longer than {MAX_CELL} characters")
            return text[:MAX_CELL]
        return text

    def _problem(self, line: int, column: str, reason: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self._file, line, column, reason))


def _names(source: Source, told: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    usual = COLUMNS[source]
    unknown = sorted(set(told) - set(usual))
    if unknown:
        raise UnreadableError([Problem(source.value, 0, unknown[0], f"no such field; there are {', '.join(usual)}")])
    return {field: (told[field],) if field in told else names for field, names in usual.items()}


def _plain(name: str) -> str:
    return nfc(name[:MAX_CELL]).casefold()


def _located(header: Sequence[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Each field's column, as the file spells it."""
    plain = {_plain(column): column for column in reversed(header)}
    located = {}
    for field, usual in names.items():
        column = next((plain[_plain(name)] for name in usual if _plain(name) in plain), None)
        if column is not None:
            located[field] = column
    return located


def _check_header(file: str, source: Source, names: Mapping[str, tuple[str, ...]], located: Mapping[str, str]) -> None:
    missing = [field for field in REQUIRED[source] if field not in located]
    if missing:
        raise UnreadableError(
            [Problem(file, 1, field, f"no such column; one of: {', '.join(names[field])}") for field in missing]
        )


def _from_csv(text: str, file: str, source: Source, names: Mapping[str, tuple[str, ...]]) -> Iterator[Record]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        located = _located(header, names)
        _check_header(file, source, names, located)
        places = {field: header.index(column) for field, column in located.items()}
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise UnreadableError(
                    [Problem(file, reader.line_num, "", f"{len(cells)} cells where the header has {len(header)}")]
                )
            yield reader.line_num, {field: (header[place], cells[place]) for field, place in places.items()}
    except csv.Error as error:
        raise UnreadableError([Problem(file, reader.line_num, "", str(error))]) from None


def _from_json(text: str, file: str, source: Source, names: Mapping[str, tuple[str, ...]]) -> Iterator[Record]:
    """A list of objects, or an object with one. `line` is the place in the list, from 1."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise UnreadableError([Problem(file, 0, "", "nested too deep")]) from None
    except json.JSONDecodeError as error:
        raise UnreadableError([Problem(file, error.lineno, str(error.colno), "not JSON")]) from None
    except ValueError:
        raise UnreadableError([Problem(file, 0, "", "a number that is too long")]) from None
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if not isinstance(value, list):
        raise UnreadableError([Problem(file, 0, "", "not a list of receipts")])
    for place, item in enumerate(value, start=1):
        if not isinstance(item, dict):
            raise UnreadableError([Problem(file, place, "", "not an object")])
        located = _located([str(name) for name in item], names)
        _check_item(file, place, source, names, located)
        yield place, {field: (column, item[column]) for field, column in located.items()}


def _check_item(
    file: str, place: int, source: Source, names: Mapping[str, tuple[str, ...]], located: Mapping[str, str]
) -> None:
    for field in REQUIRED[source]:
        if field not in located:
            raise UnreadableError([Problem(file, place, field, f"no such column; one of: {', '.join(names[field])}")])
