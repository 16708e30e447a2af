"""What a reading gives: the readout at its end, progress on the way, and what is kept of an interrupted one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.access import Access
from cccd_reader.citizen import Citizen
from cccd_reader.lds.files import EF
from cccd_reader.lds.image import FaceImage
from cccd_reader.mrz import Mrz
from cccd_reader.verdict import Check, Verdict


class Stage(StrEnum):
    OPENING = "opening"
    READING = "reading"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a reading is. `done` of `total` are bytes of the whole reading; the total is an estimate until every file's
    length is known. `identity` is what the chip said so far about the holder: from DG1, then from DG13."""

    stage: Stage
    file: str | None
    done: int
    total: int
    identity: Citizen | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PartialRead:
    """Files of a reading that was interrupted, for `read_card(resume=…)`. Personal data: memory only.

    `unfinished` is the file that was on its way, as far as it came.
    """

    files: Mapping[EF, bytes]
    unfinished: tuple[EF, bytes] | None = None

    def __repr__(self) -> str:
        return f"PartialRead({', '.join(ef.label for ef in self.files)})"

    @property
    def key(self) -> bytes | None:
        """Which card it is of: SHA-256 of EF.SOD, or of DG1 as long as EF.SOD was not read."""
        anchor = self.files.get(EF.SOD) or self.files.get(EF.DG1)
        return hashlib.sha256(anchor).digest() if anchor else None


@dataclass(frozen=True, slots=True)
class FileSummary:
    """A file that was read: its size in bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, repr=False)
class CardReadout:
    """A whole reading. `bytes_moved` are the bytes of all commands and answers; `seconds` from the first APDU to the
    last verdict. `photo` is None when the card has none that can be read. `sod` is EF.SOD as it is."""

    access: Access
    transport: str
    reader: str
    apdus: int
    bytes_moved: int
    seconds: float
    citizen: Citizen
    mrz: Mrz
    photo: FaceImage | None
    verdicts: tuple[Verdict, ...]
    files: Mapping[str, FileSummary]
    sod: bytes

    def __repr__(self) -> str:
        return f"CardReadout({self.access}, {self.apdus} APDUs, {len(self.files)} files)"

    def verdict(self, check: Check) -> Verdict:
        return next(verdict for verdict in self.verdicts if verdict.check is check)
