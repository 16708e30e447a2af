"""The face model packs this kiosk has, for IT staff to choose from. For the doctor's process: it reads the weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from kiosk.settings import Settings, SettingsError
from kiosk.settings.build import pack_folders
from kiosk.settings.edit import NotEditableError, set_value


class Choice(StrEnum):
    """What came of choosing a pack."""

    NONE = "none"  # nobody chose
    CHOSEN = "chosen"
    UNKNOWN = "unknown"  # no pack of that name
    UNFIT = "unfit"  # it may not decide: altered, not calibrated, or without a score for the configured rate
    NOT_WRITTEN = "not_written"  # the settings file could not be changed


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack. `problem` says why it may not decide (`face.models.registry.PackProblem`) and `reason` gives the
    particulars in technical English; both are empty when it may.

    `commercial_use` None: not known, the manifest cannot be read.
    """

    name: str
    version: str
    ok: bool
    problem: str
    reason: str
    licence: str
    commercial_use: bool | None
    runtime: str
    folder: str


@dataclass(frozen=True, slots=True)
class PackList:
    """All packs, the one in the settings file, and what came of a choice. `detail` is technical English."""

    packs: tuple[Pack, ...]
    selected: str
    choice: Choice = Choice.NONE
    detail: str = ""

    def to_json(self) -> str:
        """`{"packs": [{"name", "version", "ok", …}], "selected", "choice", "detail"}`."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A list another process printed. Raises: ValueError."""
        try:
            raw: Mapping[str, Any] = json.loads(text)
            packs = tuple(Pack(**item) for item in raw["packs"])
            return cls(packs, str(raw["selected"]), Choice(raw["choice"]), str(raw["detail"]))
        except (KeyError, TypeError) as error:
            raise ValueError("not a list of packs") from error


def list_packs(settings: Settings) -> PackList:
    """Every pack, each file checked against its hash, and whether it could decide at the configured rate."""
    from face.models.registry import PackProblem, find_packs

    packs = []
    for found in find_packs(pack_folders(settings)):
        problem, reason = found.problem, found.reason
        if problem is None and (reason := _no_score(found.folder, settings.face.fmr)):
            problem = PackProblem.NO_SCORE
        packs.append(
            Pack(
                name=found.name,
                version=found.version,
                ok=problem is None,
                problem=problem or "",
                reason=reason,
                licence=found.licence,
                commercial_use=found.commercial_use,
                runtime=found.runtime,
                folder=str(found.folder),
            )
        )
    return PackList(tuple(packs), settings.face.pack)


def choose_pack(settings: Settings, file: Path, name: str) -> PackList:
    """Write `name` into the settings file if the kiosk could start with it. The running kiosk keeps its pack."""
    known = list_packs(settings)
    pack = next((pack for pack in known.packs if pack.name == name), None)
    if pack is None:
        return PackList(known.packs, known.selected, Choice.UNKNOWN, f"no pack {name}")
    if not pack.ok:
        return PackList(known.packs, known.selected, Choice.UNFIT, pack.reason)
    try:
        set_value(file, "face", "pack", name)
    except (NotEditableError, SettingsError) as error:
        return PackList(known.packs, known.selected, Choice.NOT_WRITTEN, str(error))
    return PackList(known.packs, name, Choice.CHOSEN)


def _no_score(folder: Path, fmr: str) -> str:
    from face.errors import FaceError
    from face.models.pack import load_pack

    try:
        load_pack(folder).accept_score(fmr)
    except FaceError as error:
        return error.detail
    return ""
