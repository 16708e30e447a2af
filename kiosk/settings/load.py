"""Reads the settings file; says every mistake with its line."""

import difflib
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kiosk.settings import lines
from kiosk.settings.allowed import allowed_at, keys_at
from kiosk.settings.build import checkin, checkin_requests, hospital_settings
from kiosk.settings.problems import Problem, ProblemKind, SettingsError
from kiosk.settings.schema import NEEDED, NO_RULE, Settings
from kiosk.settings.values import Section

S = TypeVar("S", bound=Section)

HUB_FILES = ("authority", "certificate", "certificate_key")

_SYNTAX_PLACE = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def load(path: Path) -> Settings:
    """The settings in the TOML file at `path`.

    Relative paths in the file start at the file's folder.
    Raises: SettingsError with every problem found, none of which repeats a value of the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            path, [Problem(ProblemKind.UNREADABLE, 0, "", f"cannot be read ({error.strerror})")]
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(path, [Problem(ProblemKind.SYNTAX, line, "", "is not UTF-8 text")]) from None
    settings = _with_absolute_paths(parse(text, path), path.parent)
    for table, key, read in (
        ("his", "file", hospital_settings),
        ("portal", "checkin_file", checkin),
        ("portal", "checkin_file", checkin_requests),
    ):
        try:
            read(settings)
        except ValueError as error:  # says which key of which file, and quotes nothing
            line = lines.line_of(lines.index_lines(text), (table, key))
            raise SettingsError(path, [Problem(ProblemKind.VALUE, line, table, str(error))]) from None
    return settings


def check_dates(settings: Settings, path: Path, moment: datetime) -> None:
    """Raises SettingsError when something the settings name has run out. A kiosk works on without it, so `load` does
    not say this."""
    how = checkin(settings)
    if how is not None and (problem := how.outdated(moment)):
        line = lines.line_of(lines.index_lines(path.read_text(encoding="utf-8")), ("portal", "checkin_file"))
        raise SettingsError(path, [Problem(ProblemKind.VALUE, line, "portal", problem)])


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    """Relative folders start at the settings file's."""
    kiosk = _replaced(settings.kiosk, data_dir=_absolute(settings.kiosk.data_dir, folder))
    reader = _with_absolute(settings.reader, folder, "trust_store")
    face = _with_absolute(settings.face, folder, "packs_dir")
    his, hub = _with_absolute(settings.his, folder, "file"), _with_absolute(settings.hub, folder, *HUB_FILES)
    portal = _with_absolute(settings.portal, folder, "checkin_file")
    return settings.model_copy(
        update={"kiosk": kiosk, "reader": reader, "face": face, "his": his, "hub": hub, "portal": portal}
    )


def _with_absolute(section: S, folder: Path, *keys: str) -> S:
    """The section with these files, where they are set, beside the settings file."""
    named = {key: path for key in keys if (path := getattr(section, key)) is not None}
    return _replaced(section, **{key: _absolute(path, folder) for key, path in named.items()})


def _absolute(path: Path, folder: Path) -> Path:
    return (folder / path.expanduser()).resolve()


def _replaced(section: S, **values: object) -> S:
    """A copy without another validation: a default stays known as a default."""
    return type(section).model_construct(section.model_fields_set, **{**dict(section), **values})


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`; `path` only names the source in problems. Raises: SettingsError."""
    text = text.removeprefix("\ufeff")  # Windows editors write a byte order mark, which TOML does not allow
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib's own, and what an absurd number or depth makes it raise
        raise SettingsError(path, [_syntax_problem(error, text)]) from None
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        index = lines.index_lines(text)
        found = {
            (problem.line, problem.key): problem
            for item in error.errors(include_url=False, include_input=False)
            for problem in _problems(item, index)
        }
        raise SettingsError(path, list(found.values())) from None


def _syntax_problem(error: Exception, text: str) -> Problem:
    """tomllib tells the place in its message; the message itself may quote a key, never a whole value."""
    place = _SYNTAX_PLACE.match(str(error))
    if place is None:
        return Problem(ProblemKind.SYNTAX, 0, "", "is not valid TOML")
    line = int(place["line"]) if place["line"] else max(text.rstrip().count("\n") + 1, 1)
    column = f", column {place['column']}" if place["column"] else ""
    return Problem(ProblemKind.SYNTAX, line, "", f"is not valid TOML: {place['what'].lower()}{column}")


def _problems(item: ErrorDetails, index: dict[lines.Path, int]) -> list[Problem]:
    if item["type"] == NEEDED:
        return [_needed(path, index) for path in item["ctx"]["keys"]]
    if item["type"] == NO_RULE:
        message = "rank, former_level and points together fit no rule for self-referred patients"
        return [Problem(ProblemKind.VALUE, lines.line_of(index, ("entitlement",)), "entitlement", message)]
    return [_problem(item["type"], _in_file(item["loc"]), index)]


def _needed(path: lines.Path, index: dict[lines.Path, int]) -> Problem:
    """Points to the key's table, or to the mode that needs it."""
    line = lines.line_of(index, path) or lines.line_of(index, ("devices", "mode"))
    message = f'is missing, and mode = "real" needs it; it must be {allowed_at(path)}'
    return Problem(ProblemKind.MISSING, line, _name(path), message)


def _problem(error_type: str, path: lines.Path, index: dict[lines.Path, int]) -> Problem:
    key, line = _name(path), lines.line_of(index, path)
    match error_type:
        case "extra_forbidden":
            return Problem(ProblemKind.UNKNOWN_KEY, line, key, _unknown(path))
        case "missing":
            return Problem(ProblemKind.MISSING, line, key, f"is missing; it must be {allowed_at(path)}")
        case _:
            return Problem(ProblemKind.VALUE, line, key, f"must be {allowed_at(path)}")


def _in_file(location: tuple[str | int, ...]) -> lines.Path:
    """pydantic adds the branch of a union to the location ("int", "constrained-str"); the file knows no such name."""
    for length in range(len(location)):
        if not isinstance(location[length], int) and location[length] not in keys_at(location[:length]):
            keys = keys_at(location[:length])
            return location[: length + 1] if keys else location[:length]
    return location


def _unknown(path: lines.Path) -> str:
    choices = keys_at(path[:-1])
    deeper = [(*path[:-1], table) for table in choices if path[-1] in keys_at((*path[:-1], table))]
    if deeper and len(path) > 1:  # as in files of an earlier version, which had one payment provider
        tables = " or ".join(f"[{_name(table)}]" for table in deeper)
        return f"is no key of [{_name(path[:-1])}] any more; move it to {tables}"
    near = difflib.get_close_matches(str(path[-1]), choices, n=1)
    hint = f' (did you mean "{near[0]}"?)' if near else ""
    kind = "table" if len(path) == 1 else "key"
    return f"is no {kind} of these settings{hint}; allowed here: {', '.join(choices)}"


def _name(path: lines.Path) -> str:
    """`a.b[2]`, as people write it."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
