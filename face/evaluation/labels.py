"""What is known of the people on the pictures: a CSV file with the column ``file`` and any of those below."""

from dataclasses import dataclass
from pathlib import Path

from face.evaluation.table import TableError, read_rows

# Younger adults, middle age, and from sixty on, where chip pictures are old and faces change.
_BANDS = ((18, "under 18"), (30, "18-29"), (45, "30-44"), (60, "45-59"))
_OLDEST = "60 and over"
_UNSAID = ("", "-", "?", "na", "n/a", "nan", "none", "null", "unknown")


@dataclass(frozen=True, slots=True)
class Label:
    """None: not said. ``age``: a band of years."""

    person: str | None
    gender: str | None
    ethnicity: str | None
    age: str | None


def read_labels(path: Path) -> dict[Path, Label]:
    """By absolute path. Columns: ``file``, ``person``, ``gender``, ``ethnicity``, ``age`` (years).

    Raises :class:`~face.evaluation.table.TableError` and ``OSError``.
    """
    folder = path.resolve().parent
    found = {}
    for line, row in read_rows(path, ("file",)):
        found[folder / row["file"]] = Label(
            person=_said(row.get("person")),
            gender=_word(row.get("gender")),
            ethnicity=_word(row.get("ethnicity")),
            age=_band(path, line, row.get("age")),
        )
    return found


def _said(text: str | None) -> str | None:
    return None if text is None or text.lower() in _UNSAID else text


def _word(text: str | None) -> str | None:
    said = _said(text)
    return said.lower() if said else None


def _band(path: Path, line: int, text: str | None) -> str | None:
    if _said(text) is None or text is None:
        return None
    try:
        years = float(text)
    except ValueError:
        raise TableError(path, line, "age", f"is {text!r}, not a number of years") from None
    return next((name for below, name in _BANDS if years < below), _OLDEST)
