"""What a card and a reader do, without what they say: a report that a site can send to people who have no such card.

The report has tags, sizes, object identifiers, status words and times. It has no personal data, and nothing that tells
one card from the others of its kind: no values, no hashes of files, no keys of the chip, and lengths as classes.

    report = diagnose(connection, keyring_from_number("001099012345"))
    print(json.dumps(report))
"""

import os
import platform
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from importlib import metadata

from cccd_reader.diagnosis.content_probes import (
    probe_com,
    probe_dg1,
    probe_dg2,
    probe_dg13,
    probe_dg14,
    probe_dg15,
    probe_qr,
)
from cccd_reader.diagnosis.file_probes import probe_card_access, probe_files, probe_master_file
from cccd_reader.diagnosis.reading_probes import (
    probe_access,
    probe_active_authentication,
    probe_other_ways,
    probe_pieces,
    probe_reading,
)
from cccd_reader.diagnosis.recorder import RecordedConnection
from cccd_reader.diagnosis.report import BUG, CODE, Report, Value, as_text, is_failure
from cccd_reader.diagnosis.session import Session
from cccd_reader.diagnosis.sod_probe import probe_sod
from cccd_reader.keys import KeyRing
from cccd_reader.transport.base import Connection
from cccd_reader.transport.link import Link

FORMAT = 1
"""Of the report. Grows when a section changes its meaning."""

OPTIONAL_PROBES = ("reading", "other ways in", "pieces")
"""What may be left out: each takes a session of its own, or several."""

__all__ = ["BUG", "CODE", "FORMAT", "OPTIONAL_PROBES", "as_text", "diagnose", "is_failure"]


def diagnose(
    connection: Connection,
    keys: KeyRing | None,
    *,
    leave_out: Collection[str] = (),
    on_probe: Callable[[str], None] = lambda name: None,
    clock: Callable[[], float] = time.perf_counter,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    random: Callable[[int], bytes] = os.urandom,
) -> dict[str, Value]:
    """The report. Never raises for what card or reader do: a section that could not be found out has {"failed": why}.

    `keys` are tried as `read_card` tries them, and none that is not known to fit after that; without any, the report
    is what the chip shows to everybody. `leave_out` are some of `OPTIONAL_PROBES`; `on_probe` is told what comes next.
    """
    recorded = RecordedConnection(connection, clock)
    report = Report(on_probe)
    report.probe("software", _software)
    report.probe("reader", _reader, recorded)
    report.probe("master file", probe_master_file, Link(recorded))
    report.probe("CardAccess", probe_card_access, Link(recorded))
    if keys is not None:
        session = Session(recorded, keys)
        if report.probe("access", probe_access, session, keys, clock) is not None:
            _probe_application(report, session, recorded, leave_out, clock, now, random)
    report.probe("status words", recorded.statuses)
    report.probe("timings", recorded.timings)
    return report.sections


def _probe_application(
    report: Report,
    session: Session,
    recorded: RecordedConnection,
    leave_out: Collection[str],
    clock: Callable[[], float],
    now: Callable[[], datetime],
    random: Callable[[int], bytes],
) -> None:
    content: dict[str, bytes] = {}
    known = session.keys

    def files() -> Value:
        found, read = probe_files(session, clock)
        content.update(read)
        return found

    report.probe("files", files)
    dg13 = content.get("DG13")
    for name, find_out in (
        ("COM", probe_com),
        ("DG1", lambda data: probe_dg1(data, dg13)),
        ("DG13", probe_dg13),
        ("SOD", lambda data: probe_sod(data, now())),
        ("DG14", probe_dg14),
        ("DG15", probe_dg15),
        ("DG2", probe_dg2),
    ):
        if name in content:
            report.probe(name, find_out, content[name])
    if known.qr is not None:
        report.probe("QR code", probe_qr, known.qr, dg13)
    if "DG15" in content:
        report.probe("active authentication", probe_active_authentication, session, content["DG15"], random)
    if "reading" not in leave_out:
        report.probe("reading", probe_reading, recorded, known, clock)
    if "other ways in" not in leave_out and "DG1" in content:
        report.probe("other ways in", probe_other_ways, recorded, content["DG1"], clock)
    if "pieces" not in leave_out:
        report.probe("pieces", probe_pieces, Session(recorded, known), clock)


def _software() -> Value:
    return {
        "format": FORMAT,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        **{name: _version(name) for name in ("tiepdon", "cryptography", "pyscard")},
    }


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _reader(connection: RecordedConnection) -> Value:
    return {
        "name": connection.name,
        "transport": connection.kind,
        "ATR": connection.atr.hex().upper(),
        "largest APDU data that it claims": connection.max_data_bytes,
    }
