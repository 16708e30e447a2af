"""Search of a simulated FHIR server: token, reference, date and string parameters (R4 3.1.1), by paths."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from his_adapter.clock import ZONE
from his_adapter.simulation.fhir_store import Resource, Unit

Parameter = tuple[str, str]  # kind of parameter, path
_EVERY: Mapping[str, Parameter] = {"_id": ("token", "id"), "identifier": ("token", "identifier")}
_PATIENT: Parameter = ("reference", "patient")
_SUBJECT: Parameter = ("reference", "subject")
_STATUS: Parameter = ("token", "status")
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "Patient": {"active": ("token", "active"), "birthdate": ("date", "birthDate"), "name": ("string", "name")},
    "Coverage": {
        "beneficiary": ("reference", "beneficiary"),
        "patient": ("reference", "beneficiary"),
        "status": _STATUS,
    },
    "CoverageEligibilityRequest": {"patient": _PATIENT, "status": _STATUS, "created": ("date", "created")},
    "CoverageEligibilityResponse": {
        "patient": _PATIENT,
        "status": _STATUS,
        "created": ("date", "created"),
        "request": ("reference", "request"),
    },
    "Appointment": {
        "patient": ("reference", "participant.actor"),
        "actor": ("reference", "participant.actor"),
        "date": ("date", "start"),
        "status": _STATUS,
    },
    "Encounter": {
        "patient": _SUBJECT,
        "subject": _SUBJECT,
        "appointment": ("reference", "appointment"),
        "date": ("date", "period.start"),
        "status": _STATUS,
        "class": ("token", "class"),
    },
    "ServiceRequest": {
        "patient": _SUBJECT,
        "subject": _SUBJECT,
        "encounter": ("reference", "encounter"),
        "code": ("token", "code"),
        "status": _STATUS,
    },
    "ChargeItem": {
        "patient": _SUBJECT,
        "subject": _SUBJECT,
        "context": ("reference", "context"),
        "code": ("token", "code"),
    },
    "Invoice": {"patient": _SUBJECT, "subject": _SUBJECT, "status": _STATUS, "date": ("date", "date")},
    "PaymentNotice": {"request": ("reference", "request"), "status": _STATUS, "created": ("date", "created")},
    "HealthcareService": {"active": ("token", "active"), "name": ("string", "name"), "service-type": ("token", "type")},
    "ChargeItemDefinition": {"status": _STATUS, "url": ("token", "url")},
    "Location": {"name": ("string", "name"), "status": _STATUS},
}
"""What each type can be searched by, besides `_id` and `identifier`; also the list of the server's types."""
CONTROL = frozenset({"_count", "_include", "_summary", "_format", "_page"})


class BadSearch(ValueError):
    """A parameter that cannot be read. `args[0]` is its name."""


def search(unit: Unit, kind: str, query: Iterable[tuple[str, str]]) -> tuple[list[Resource], list[str]]:
    """What matches all parameters, and the parameters that were ignored because they are not known (R4 3.1.1.1.1)."""
    known = {**_EVERY, **PARAMETERS[kind]}
    tests: list[tuple[Parameter, str, str]] = []
    ignored = []
    start: Iterator[Resource] | None = None
    for name, value in query:
        if name in CONTROL:
            continue
        if name not in known:
            ignored.append(name)
            continue
        tests.append((known[name], name, value))
        if name == "identifier" and start is None and len(options := _split(value, ",")) == 1:
            parts = _split(options[0], "|")
            if len(parts) == 2 and all(parts):
                start = unit.with_identifier(kind, _plain(parts[0]), _plain(parts[1]))
    candidates = unit.all(kind) if start is None else start
    return [one for one in candidates if all(_fits(one, *test) for test in tests)], ignored


def _fits(resource: Resource, parameter: Parameter, name: str, value: str) -> bool:
    how, path = parameter
    found = list(_at(resource, path.split(".")))
    return any(_matches(how, name, one, option) for option in _split(value, ",") for one in found)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _matches(how: str, name: str, found: Any, value: str) -> bool:
    if how == "token":
        return _token(found, value)
    if how == "reference":
        return isinstance(found, dict) and found.get("reference", "").endswith(("/" + value, value)) and "/" in value
    if how == "date":
        return _date(name, found, value)
    return any(_plain(value).casefold() in text.casefold() for text in _strings(found))


def _token(found: Any, value: str) -> bool:
    if isinstance(found, dict) and "coding" in found:
        return any(_token(coding, value) for coding in found["coding"])
    parts = [_plain(part) for part in _split(value, "|")]
    if isinstance(found, dict):
        own = found.get("value", found.get("code", ""))
        if len(parts) == 1:
            return bool(own == parts[0])
        return bool(found.get("system", "") == parts[0] and (own == parts[1] or not parts[1]))
    text = str(found).lower() if isinstance(found, bool) else str(found)
    return text == parts[-1]


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for child in found.values():
            yield from _strings(child)
    elif isinstance(found, list):
        for child in found:
            yield from _strings(child)


_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le)?(.+)")


def _date(name: str, found: Any, value: str) -> bool:
    prefix, text = _PREFIX.fullmatch(value).groups() if _PREFIX.fullmatch(value) else ("", "")  # type: ignore[union-attr]
    low, high = _span(name, text)
    start, end = _span(name, str(found))
    match prefix or "eq":
        case "eq":
            return low <= start and end <= high
        case "ne":
            return not (low <= start and end <= high)
        case "gt":
            return end > high
        case "lt":
            return start < low
        case "ge":
            return end > high or low <= start
        case _:
            return start < low or end <= high


def _span(name: str, text: str) -> tuple[datetime, datetime]:
    """The time from and to (exclusive) that a date of any precision stands for."""
    try:
        if re.fullmatch(r"\d{4}", text):
            return _local(int(text), 1, 1), _local(int(text) + 1, 1, 1)
        if re.fullmatch(r"\d{4}-\d\d", text):
            year, month = int(text[:4]), int(text[5:])
            return _local(year, month, 1), _local(year + month // 12, month % 12 + 1, 1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSearch(name) from None
    if len(text) == 10:
        start = moment.replace(tzinfo=ZONE)
        return start, start + timedelta(days=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    return moment.astimezone(UTC), moment.astimezone(UTC) + timedelta(seconds=1)


def _local(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZONE)


def _split(text: str, separator: str) -> list[str]:
    """At separators that no backslash makes plain characters; the parts keep their backslashes."""
    parts, escaped = [""], False
    for character in text:
        if character == separator and not escaped:
            parts.append("")
            continue
        parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
