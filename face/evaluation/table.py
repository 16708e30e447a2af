"""Reading a CSV file that somebody else wrote: every complaint names the line and the column."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import _csv  # the reader's type has no public name


class TableError(Exception):
    """The file is not what the command reads. Says where."""

    def __init__(self, path: Path, line: int, column: str | None, problem: str) -> None:
        place = f"{path.name}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{place}: {problem}")


def read_rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of its last line, by column name; names are compared without case and spaces around.

    Raises :class:`TableError`, and ``OSError`` if the file cannot be opened.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows(path, csv.reader(file, strict=True), required)
    except UnicodeDecodeError as error:
        raise TableError(path, 1, None, f"not UTF-8 ({error.reason} at byte {error.start})") from None


def _rows(path: Path, reader: "_csv.Reader", required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for name in required:
            if header.count(name) != 1:
                found = ", ".join(header) or "nothing"
                raise TableError(path, 1, name, f"is needed exactly once in the first line, which has {found}")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise TableError(path, reader.line_num, None, f"{len(row)} columns, the first line has {len(header)}")
            cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
            for name in required:
                if not cells[name]:
                    raise TableError(path, reader.line_num, name, "is empty")
            yield reader.line_num, cells
    except csv.Error as error:
        raise TableError(path, reader.line_num, None, str(error)) from None
