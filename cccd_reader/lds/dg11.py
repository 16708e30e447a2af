"""EF.DG11: additional personal details (ICAO 9303-10, 4.7.11). Vietnamese cards have them in DG13 instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cccd_reader.lds.detail_fields import parse_detail_fields, split_name

FILE = "DG11"
TAG = 0x6B

_NAME, _OTHER_NAME, _NUMBER, _BIRTH, _BIRTH_PLACE, _ADDRESS = 0x5F0E, 0x5F0F, 0x5F10, 0x5F2B, 0x5F11, 0x5F42
_TELEPHONE, _PROFESSION, _TITLE, _SUMMARY, _CITIZENSHIP = 0x5F12, 0x5F13, 0x5F14, 0x5F15, 0x5F16
_OTHER_DOCUMENTS, _CUSTODY = 0x5F17, 0x5F18


@dataclass(frozen=True, slots=True, repr=False)
class Dg11:
    """Every field may be missing. The name is in national characters. Places and addresses are in their parts.
    `proof_of_citizenship` is a picture. `unknown` has the raw values of tags that the standard does not have here, and
    `missing` the tags that the file announces and lacks."""

    full_name: str | None
    other_names: tuple[str, ...]
    personal_number: str | None
    birth: date | None
    place_of_birth: tuple[str, ...]
    address: tuple[str, ...]
    telephone: str | None
    profession: str | None
    title: str | None
    summary: str | None
    proof_of_citizenship: bytes | None
    other_documents: tuple[str, ...]
    custody: str | None
    unknown: Mapping[int, tuple[bytes, ...]]
    missing: tuple[int, ...]

    def __repr__(self) -> str:
        return "Dg11(…)"


def parse_dg11(data: bytes) -> Dg11:
    """The file's content, or `ChipDataError`."""
    fields = parse_detail_fields(data, FILE, TAG)
    return Dg11(
        full_name=split_name(fields.text(_NAME)),
        other_names=tuple(name for text in fields.texts(_OTHER_NAME) if (name := split_name(text))),
        personal_number=fields.text(_NUMBER),
        birth=fields.day(_BIRTH),
        place_of_birth=fields.parts(_BIRTH_PLACE),
        address=fields.parts(_ADDRESS),
        telephone=fields.text(_TELEPHONE),
        profession=fields.text(_PROFESSION),
        title=fields.text(_TITLE),
        summary=fields.text(_SUMMARY),
        proof_of_citizenship=fields.first(_CITIZENSHIP) or None,
        other_documents=fields.parts(_OTHER_DOCUMENTS),
        custody=fields.text(_CUSTODY),
        unknown=fields.others(_KNOWN),
        missing=fields.missing,
    )


_KNOWN = frozenset(
    {
        _NAME,
        _OTHER_NAME,
        _NUMBER,
        _BIRTH,
        _BIRTH_PLACE,
        _ADDRESS,
        _TELEPHONE,
        _PROFESSION,
        _TITLE,
        _SUMMARY,
        _CITIZENSHIP,
        _OTHER_DOCUMENTS,
        _CUSTODY,
    }
)
