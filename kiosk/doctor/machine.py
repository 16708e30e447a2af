"""Probes of the machine and of what ships with the kiosk: settings, assets, clock, time zone, disk."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, SecretStr

from kiosk.doctor.report import Finding
from kiosk.printing.typeset import Weight, font
from kiosk.settings import Settings
from kiosk.settings.build import pack_dir

ZONE = "Asia/Ho_Chi_Minh"
HANOI_OFFSET = timedelta(hours=7)
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock can be right that shows an earlier time
LONGEST_USE = timedelta(days=20 * 365)
LOW_DISK_BYTES = 2_000_000_000  # weeks of check-ins: time enough to act
NO_DISK_BYTES = 100_000_000  # SQLite's journals and the logs need room to fail gracefully
EXAMPLE_SECRET = "replace-me"  # noqa: S105 — what docs/kiosk.example.toml says
EXAMPLE_MD5 = "0" * 32
_TIME_ERROR = 5  # adjtimex(2): the kernel's clock is not synchronised
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; the kernel writes no more than that


def settings(settings: Settings) -> Finding:
    """Valid by now; says which values are missing or still those of the example."""
    if unset := settings.unset():
        return Finding.warn("not set: " + ", ".join(".".join(path) for path in unset))
    left = [".".join(path) for path, secret in _secrets(settings) if secret in (EXAMPLE_SECRET, EXAMPLE_MD5)]
    if left:
        return Finding.warn("still the example's value: " + ", ".join(left))
    return Finding.ok(f"kiosk {settings.kiosk.id}, {settings.devices.mode.value} devices")


def _secrets(section: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in section:
        if isinstance(value, SecretStr):
            yield (*path, key), value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets(value, (*path, key))


def assets(settings: Settings) -> Finding:
    """Fonts can be opened and every file of the face models has the hash its manifest names."""
    from face.errors import FaceError
    from face.models.pack import load_pack

    for weight in Weight:
        try:
            font(weight, 20)
        except OSError:
            return Finding.fail(f"font {weight.value} is missing or damaged")
    try:
        pack = load_pack(pack_dir(settings))
    except FaceError as error:
        return Finding.fail(f"face models: {error.detail}")
    return Finding.ok(f"{len(Weight)} fonts, {len(pack.hashes)} model files with the right hashes")


def clock(settings: Settings) -> Finding:
    """The time is possible, and the kernel says that it is kept by a time service."""
    return clock_at(datetime.now(UTC), _synchronised())


def clock_at(now: datetime, synchronised: bool | None) -> Finding:
    """The verdict on a time; `synchronised` None means that this system does not tell."""
    shown = now.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M")
    if not RELEASED <= now <= RELEASED + LONGEST_USE:
        return Finding.fail(f"the clock shows {shown}, which cannot be")
    if synchronised is None:
        return Finding.warn(f"{shown}; this system does not tell whether the clock is synchronised")
    if not synchronised:
        return Finding.warn(f"{shown}; the clock is not synchronised")
    return Finding.ok(f"{shown}, synchronised")


def _synchronised() -> bool | None:
    if not sys.platform.startswith("linux"):
        return None
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: read only
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return None if state < 0 else state != _TIME_ERROR


def time_zone(settings: Settings) -> Finding:
    """The zone's data are there, and the machine itself runs in it."""
    return time_zone_at(datetime.now().astimezone().utcoffset())


def time_zone_at(machine_offset: timedelta | None) -> Finding:
    """The verdict on the machine's distance from UTC."""
    try:
        offset = datetime.now(ZoneInfo(ZONE)).utcoffset()
    except ZoneInfoNotFoundError:
        return Finding.fail(f"no data for {ZONE}")
    if offset != HANOI_OFFSET:
        return Finding.fail(f"{ZONE} is not 7 hours ahead of UTC in this system's data")
    if machine_offset != HANOI_OFFSET:
        return Finding.warn(f"the machine's own time zone is not {ZONE}; tickets are right, system logs may mislead")
    return Finding.ok(ZONE)


def disk(settings: Settings) -> Finding:
    """Room and permission to write where the store is."""
    folder = settings.kiosk.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # not made yet: look where it will be made
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding.fail(f"{folder}: {error.strerror}")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding.fail(f"{folder} may not be written to")
    return disk_with(free)


def disk_with(free_bytes: int) -> Finding:
    """The verdict on that much room."""
    said = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes < NO_DISK_BYTES:
        return Finding.fail(said)
    return Finding.warn(said) if free_bytes < LOW_DISK_BYTES else Finding.ok(said)
