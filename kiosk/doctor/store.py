"""Probes of the store: opens, takes a write, and the match log's chain is whole."""

from kiosk.doctor.report import Finding
from kiosk.settings import Settings
from records.errors import StoreError
from records.match_log import verify
from records.store import open_store, open_store_read_only

BUSY_MS = 2_000  # a running kiosk commits in milliseconds
_NONE_YET = "no store yet; it is made at the first start"


def store(settings: Settings) -> Finding:
    """Open it as it is (never make or upgrade one), then take and leave the write lock."""
    path = settings.kiosk.store_path
    if not path.exists():
        return Finding.ok(_NONE_YET)
    try:
        with open_store_read_only(path):
            pass  # the right schema: opening for writing below changes nothing
        with open_store(path, busy_timeout_ms=BUSY_MS) as opened, opened.transaction():
            pass
    except StoreError as error:
        return Finding.fail(str(error))
    return Finding.ok("opens and can be written to")


def match_log(settings: Settings) -> Finding:
    """Every entry follows the one before it."""
    path = settings.kiosk.store_path
    if not path.exists():
        return Finding.ok(_NONE_YET)
    try:
        with open_store_read_only(path) as opened:
            report = verify(opened)
    except StoreError as error:
        return Finding.fail(str(error))
    if not report.ok:
        return Finding.fail(f"broken at {report.first_bad_kiosk} entry {report.first_bad_seq}: {report.reason}")
    return Finding.ok(f"{report.entries} entries, each follows the one before it")
