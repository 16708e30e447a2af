"""The clips of a PAD test: rendered from a seed, or folders on disk, filmed at a site or written by the simulator.

A folder holds a video (``clip.*``), ``script.json`` (what the kiosk asked while it was filmed) and ``label.json`` with
at least ``species``: ``bona_fide``, or whatever the attack was made of. With ``chip.jpg`` or ``chip.jp2`` that picture
is the one on the card; without one the clip's own first good frame is, and the comparison is no hurdle.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from face.degradation.chip import encode
from face.opencv import Image, cv2
from face.pad.script import ChallengeScript
from face.template import Template
from face.verify import Verifier

_CHIP = ("chip.jpg", "chip.jp2", "chip.jpeg")
_CHIP_SIZE = (480, 640)


class ClipError(Exception):
    """A folder that holds no clip that can be played. Says which and why."""


@dataclass(frozen=True, slots=True, eq=False)
class PadClip:
    """``chip``: the picture on the card, None if nobody gave one. ``frames`` can be taken once."""

    species: str
    name: str
    person: str
    notes: str
    chip: bytes | None
    script: ChallengeScript
    frames: Iterator[tuple[float, Image]]


class ClipSource(Protocol):
    """Where one clip comes from; cheap to send to another process. ``open`` may be called again for the same clip."""

    def open(self) -> PadClip: ...


@dataclass(frozen=True, slots=True)
class SimulatedClip:
    """One seed of one species of the simulator."""

    species: str
    seed: int
    people: Path

    def open(self) -> PadClip:
        from face.simulation.clips import iterate_clip

        clip = iterate_clip(self.species, self.seed, self.people)
        return PadClip(
            species=self.species,
            name=f"seed {self.seed}",
            person=clip.person,
            notes=clip.notes,
            chip=_chip_of(self.people, clip.person),
            script=clip.script,
            frames=clip.frames,
        )


@dataclass(frozen=True, slots=True)
class FolderClip:
    """Raises :class:`ClipError` when opened and damaged."""

    folder: Path

    def open(self) -> PadClip:
        try:
            script = ChallengeScript.from_json((self.folder / "script.json").read_text(encoding="utf-8"))
            label = json.loads((self.folder / "label.json").read_text(encoding="utf-8"))
            times = label.get("times")
            return PadClip(
                species=str(label["species"]),
                name=self.folder.name,
                person=str(label.get("person", "")),
                notes=str(label.get("notes", "")),
                chip=_first_of(self.folder),
                script=script,
                frames=_decode(_video(self.folder), None if times is None else [float(at) for at in times]),
            )
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ClipError(f"{self.folder}: {type(error).__name__}: {error}") from None


def find_folders(root: Path, species: Collection[str] | None = None) -> tuple[FolderClip, ...]:
    """Every clip below ``root``, by name; only of ``species`` if given. Raises :class:`ClipError` if there is none."""
    labels = sorted(root.rglob("label.json"))
    found = tuple(FolderClip(path.parent) for path in labels if species is None or _species_of(path) in species)
    if not found:
        raise ClipError(f"{root}: no folder with a label.json{' of these species' if labels else ''}")
    return found


def _species_of(label: Path) -> str:
    try:
        return str(json.loads(label.read_text(encoding="utf-8"))["species"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClipError(f"{label}: {type(error).__name__}: {error}") from None


def is_simulated(root: Path) -> bool:
    """Whether any clip below ``root`` says that it was rendered."""
    return any('"simulated": true' in path.read_text(encoding="utf-8") for path in root.rglob("label.json"))


def enrol(verifier: Verifier, source: ClipSource, clip: PadClip) -> Template | None:
    """The template a clip is compared with; None if no picture of it shows a usable face.

    Raises :class:`~face.errors.FaceError` for a chip picture that cannot be used.
    """
    if clip.chip is not None:
        return verifier.enrol(clip.chip)
    for _, image in source.open().frames:
        embedding = verifier.look(image)[3]
        image.fill(0)
        if embedding is not None:
            return Template(embedding, verifier.model_hashes)
    return None


def _chip_of(people: Path, person: str) -> bytes | None:
    """The person's chip picture; of a plain portrait what a card would hold of it."""
    folder = people / person
    if folder.is_dir():
        return _first_of(folder)
    for path in sorted(people.glob(f"{person}.*")):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is not None:
            return encode(np.asarray(image, dtype=np.uint8), size=_CHIP_SIZE)
    return None


def _first_of(folder: Path) -> bytes | None:
    return next(((folder / name).read_bytes() for name in _CHIP if (folder / name).is_file()), None)


def _video(folder: Path) -> Path:
    videos = [path for path in sorted(folder.glob("clip.*")) if path.suffix.lower() in (".avi", ".mp4", ".mkv", ".mov")]
    if len(videos) != 1:
        raise ValueError(f"{len(videos)} files clip.avi, .mp4, .mkv or .mov")
    return videos[0]


def _decode(video: Path, times: list[float] | None) -> Iterator[tuple[float, Image]]:
    """With ``times`` as recorded; without them evenly, as the video says."""
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    try:
        fps = capture.get(cv2.CAP_PROP_FPS) or 25.0
        number = 0
        while times is None or number < len(times):
            taken, image = capture.read()
            if not taken:
                break
            yield number / fps if times is None else times[number], np.asarray(image, dtype=np.uint8)
            number += 1
    finally:
        capture.release()
    if number < len(times or (0,)):
        raise ClipError(f"{video}: {number} frames, fewer than its times")
