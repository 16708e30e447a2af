"""Changing one key of a settings file: everything else, comments included, stays as it was; no write is half done."""

import os
import tempfile
import tomllib
from pathlib import Path

from kiosk.settings import lines
from kiosk.settings.load import load, parse
from kiosk.settings.show import quoted


class NotEditableError(Exception):
    """The file cannot be changed by program; the text says why. A person can still change it by hand."""


def with_value(text: str, table: str, key: str, value: str) -> str:
    """`text` with `key` of `[table]` set to a text value. Raises NotEditableError.

    The text must be valid TOML. The result is read again: it differs from `text` in this one value and in nothing else.
    """
    before = tomllib.loads(text.removeprefix("\ufeff"))
    changed = _changed(text, table, key, quoted(value))
    expected = before | {table: {**before.get(table, {}), key: value}}
    if tomllib.loads(changed.removeprefix("\ufeff")) != expected:
        raise NotEditableError(f"{table}.{key} is written in a way that this program does not change")
    return changed


def _changed(text: str, table: str, key: str, written: str) -> str:
    shift = len(text) - len(text.removeprefix("\ufeff"))
    body = text[shift:]
    span = lines.value_span(body, (table, key))
    if span is not None:
        return text[: shift + span[0]] + written + text[shift + span[1] :]
    line_end = "\r\n" if "\r\n" in text else "\n"
    header = lines.header_end(body, (table,))
    if header is None:
        if table in tomllib.loads(body):
            raise NotEditableError(f"[{table}] has no line of its own")
        gap = "" if text.endswith("\n") else line_end
        return f"{text}{gap}{line_end}[{table}]{line_end}{key} = {written}{line_end}"
    after = body.find("\n", header)
    place = len(text) if after < 0 else shift + after + 1
    return f"{text[:place]}{line_end if after < 0 else ''}{key} = {written}{line_end}{text[place:]}"


def set_value(path: Path, table: str, key: str, value: str) -> None:
    """Change one key of a settings file. Raises NotEditableError; the file is then as it was.

    The new file is complete on disk before it takes the old one's place, keeps its permissions (it holds secrets), and
    is one that the kiosk can start with.
    """
    target = path.resolve()  # a link stays a link
    try:
        load(target)
        # newline="": the file's own line ends
        with target.open(encoding="utf-8", newline="") as file:
            changed = with_value(file.read(), table, key, value)
        parse(changed, path)
        _replace(target, changed)
    except OSError as error:
        raise NotEditableError(error.strerror or type(error).__name__) from None


def _replace(target: Path, text: str) -> None:
    status = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # readable by the owner alone
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if hasattr(os, "fchown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            part.chmod(status.st_mode & 0o7777)
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """After a power cut the folder names the new file."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
