"""EF.DG12: additional details of the document (ICAO 9303-10, 4.7.12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cccd_reader.lds.detail_fields import DetailFields, parse_detail_fields, split_name

FILE = "DG12"
TAG = 0x6C

_AUTHORITY, _ISSUED, _OTHER_PERSON, _OBSERVATIONS, _EXIT = 0x5F19, 0x5F26, 0x5F1A, 0x5F1B, 0x5F1C
_FRONT, _REAR, _PERSONALISED, _SYSTEM = 0x5F1D, 0x5F1E, 0x5F55, 0x5F56
_KNOWN = frozenset({_AUTHORITY, _ISSUED, _OTHER_PERSON, _OBSERVATIONS, _EXIT, _FRONT, _REAR, _PERSONALISED, _SYSTEM})


@dataclass(frozen=True, slots=True, repr=False)
class Dg12:
    """Every field may be missing. `front` and `rear` are pictures of the document. `personalised` is the state's local
    time. `unknown` has the raw values of tags that the standard does not have here, and `missing` the tags that the
    file announces and lacks."""

    issuing_authority: str | None
    issued: date | None
    other_persons: tuple[str, ...]
    observations: str | None
    exit_requirements: str | None
    front: bytes | None
    rear: bytes | None
    personalised: datetime | None
    personalisation_system: str | None
    unknown: Mapping[int, tuple[bytes, ...]]
    missing: tuple[int, ...]

    def __repr__(self) -> str:
        return "Dg12(…)"


def parse_dg12(data: bytes) -> Dg12:
    """The file's content, or `ChipDataError`."""
    fields = parse_detail_fields(data, FILE, TAG)
    return Dg12(
        issuing_authority=fields.text(_AUTHORITY),
        issued=fields.day(_ISSUED),
        other_persons=tuple(name for text in fields.texts(_OTHER_PERSON) if (name := split_name(text))),
        observations=fields.text(_OBSERVATIONS),
        exit_requirements=fields.text(_EXIT),
        front=fields.first(_FRONT) or None,
        rear=fields.first(_REAR) or None,
        personalised=_moment(fields),
        personalisation_system=fields.text(_SYSTEM),
        unknown=fields.others(_KNOWN),
        missing=fields.missing,
    )


def _moment(fields: DetailFields) -> datetime | None:
    """CCYYMMDDhhmmss, in fourteen digits or in seven bytes BCD."""
    value = fields.first(_PERSONALISED) or b""
    digits = value.hex() if len(value) == 7 else value.decode("latin-1")
    if not re.fullmatch(r"[0-9]{14}", digits):
        return None
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    hour, minute, second = int(digits[8:10]), int(digits[10:12]), int(digits[12:])
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  the file has no zone
    except ValueError:
        return None
