"""A readout for programs and for people. Without `identity` neither has personal data."""

from collections.abc import Iterable
from dataclasses import asdict

from cccd_reader.citizen import Citizen
from cccd_reader.cli.conclusion import conclusion
from cccd_reader.published_fields import STATE_TEXTS
from cccd_reader.readout import CardReadout

LANGUAGES = ("vi", "en")
"""In the order of the library's texts."""


def as_json(readout: CardReadout, *, identity: bool) -> dict[str, object]:
    photo = readout.photo
    summary: dict[str, object] = {
        "access": readout.access.value,
        "transport": readout.transport,
        "reader": readout.reader,
        "apdus": readout.apdus,
        "bytes": readout.bytes_moved,
        "seconds": round(readout.seconds, 3),
        "fields": readout.citizen.fields_present(),
        "photo": f"{photo.codec} {photo.width}x{photo.height}" if photo else None,
        "files": {name: found.size for name, found in readout.files.items()},
        "verdicts": {
            verdict.check.value: {"state": verdict.state.value, "reason": verdict.reason}
            for verdict in readout.verdicts
        },
    }
    if identity:
        summary["citizen"] = asdict(readout.citizen) | {"unreadable": sorted(readout.citizen.unreadable)}
    return summary


def as_text(readout: CardReadout, *, identity: bool, language: str) -> str:
    photo = readout.photo
    present = readout.citizen.fields_present()
    lines = _table(
        [
            ("reader", f"{readout.reader} ({readout.transport})"),
            ("access", readout.access.value),
            ("traffic", f"{readout.apdus} APDUs, {readout.bytes_moved} bytes, {readout.seconds:.2f} s"),
            ("files", ", ".join(f"{name} {found.size}" for name, found in readout.files.items())),
            ("photo", f"{photo.codec} {photo.width}x{photo.height}" if photo else "none"),
            ("fields", f"{sum(present.values())} of {len(present)}"),
        ]
    )
    lines += ["", "checks"]
    lines += _table(
        [(f"  {verdict.check.value}", f"{verdict.state.value} ({verdict.reason})") for verdict in readout.verdicts]
    )
    lines += ["", f"together: {conclusion(readout.verdicts)}"]
    if identity:
        lines += ["", "holder"]
        lines += _table(_holder(readout.citizen, LANGUAGES.index(language)))
    return "\n".join(lines)


def _holder(citizen: Citizen, language: int) -> list[tuple[str, str]]:
    """The eighteen published fields in one language; where a field has no text, its state."""
    return [
        (f"  {(field.label_vi, field.label_en)[language]}", field.text or f"({STATE_TEXTS[field.state][language]})")
        for field in citizen.fields()
    ]


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    found = list(rows)
    width = max(len(name) for name, _ in found)
    return [f"{name:<{width}}  {value}" for name, value in found]
