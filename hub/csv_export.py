"""The match log as CSV for a spreadsheet: a line per entry, with the hashed text itself, so that it can be checked."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator

from hub.localtime import local_text
from records.match_entry import MatchEntry
from records.reading import LogRow

COLUMNS = (
    "kiosk",
    "seq",
    "time",
    "decision",
    "reason",
    "visit",
    "subject",
    "chip_access",
    "chip_checks",
    "face_outcome",
    "face_score",
    "face_threshold",
    "face_fmr",
    "face_attempts",
    "face_reason",
    "face_frames",
    "liveness",
    "pad_checks",
    "pad_moves",
    "insurance_code",
    "insurance_outcome",
    "insurance_verified",
    "insurance_reference",
    "consent_version",
    "consent_choice",
    "prev_hash",
    "hash",
    "entry",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, CSV injection


def csv_lines(rows: Iterable[LogRow]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, without which spreadsheets break Vietnamese letters; RFC 4180 line ends."""
    yield codecs.BOM_UTF8 + _line(COLUMNS)
    for row in rows:
        yield _line(_cells(row))


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _line(cells: Iterable[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue().encode()


def _cells(row: LogRow) -> list[str]:
    entry = row.entry
    middle = [""] * (len(COLUMNS) - 6) if entry is None else _evidence(entry)
    time = row.at if entry is None else local_text(entry.at)
    return [row.kiosk_id, str(row.seq), time, *middle, row.prev_hash, row.hash, row.text]


def _evidence(entry: MatchEntry) -> list[str]:
    evidence = entry.evidence
    chip, face, insurance, consent = evidence.chip, evidence.face, evidence.insurance, evidence.consent
    return [
        entry.decision.value,
        entry.reason,
        entry.visit_id,
        entry.subject,
        "" if chip is None else chip.access.value,
        "" if chip is None else "; ".join(f"{i.check}={i.verdict.value} ({i.reason})" for i in chip.verdicts),
        "" if face is None else face.outcome.value,
        "" if face is None else _number(face.score),
        "" if face is None else _number(face.threshold),
        "" if face is None else _number(face.fmr),
        "" if face is None else str(face.attempts),
        "" if face is None else face.reason,
        "" if face is None or face.quality is None else str(face.quality.frames_used),
        "" if face is None else face.liveness.value,
        "" if face is None else "; ".join(f"{i.check}={i.state.value} ({i.reason})" for i in face.pad),
        "" if face is None else "; ".join(face.moves),
        "" if insurance is None else insurance.code,
        "" if insurance is None else insurance.outcome.value,
        "" if insurance is None else str(insurance.verified).lower(),
        "" if insurance is None else insurance.portal_reference,
        "" if consent is None else consent.text_version,
        "" if consent is None else consent.choice.value,
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.8f}".rstrip("0").rstrip(".")
