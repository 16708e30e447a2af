"""A clip on disk: ``clip.avi`` (MJPEG), ``script.json`` (what was asked) and ``label.json`` (what it is)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from face.opencv import Image, cv2
from face.pad.script import ChallengeScript
from face.simulation.clips import Clip
from face.simulation.staging import Species

VIDEO: Final = "clip.avi"
SCRIPT: Final = "script.json"
LABEL: Final = "label.json"
JPEG_QUALITY: Final = 92  # of cameras that send MJPEG


class ClipError(ValueError):
    """A folder that holds no clip, or a damaged one."""


def write_clip(clip: Clip, folder: Path) -> int:
    """Takes the clip's frames. Returns how many there were. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    writer: cv2.VideoWriter | None = None
    times: list[float] = []
    for at, image in clip.frames:
        if writer is None:
            size = (image.shape[1], image.shape[0])
            writer = cv2.VideoWriter(str(folder / VIDEO), cv2.VideoWriter.fourcc(*"MJPG"), clip.fps, size)
            writer.set(cv2.VIDEOWRITER_PROP_QUALITY, JPEG_QUALITY)
        if not writer.isOpened():
            raise OSError(f"cannot write {folder / VIDEO}")
        writer.write(image)
        times.append(round(at, 4))
    if writer is not None:
        writer.release()
    label = {
        "species": clip.species,
        "seed": clip.seed,
        "person": clip.person,
        "notes": clip.notes,
        "fps": clip.fps,
        "simulated": True,
        "times": times,
    }
    (folder / SCRIPT).write_text(clip.script.to_json(), encoding="utf-8")
    (folder / LABEL).write_text(json.dumps(label) + "\n", encoding="utf-8")
    return len(times)


def read_clip(folder: Path) -> Clip:
    """Frames are decoded as they are taken. Raises :class:`ClipError`."""
    try:
        script = ChallengeScript.from_json((folder / SCRIPT).read_text(encoding="utf-8"))
        label = json.loads((folder / LABEL).read_text(encoding="utf-8"))
        times = [float(at) for at in label["times"]]
        return Clip(
            species=Species(label["species"]),
            seed=int(label["seed"]),
            person=str(label["person"]),
            notes=str(label["notes"]),
            script=script,
            fps=float(label["fps"]),
            frames=_frames(folder / VIDEO, times),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ClipError(f"{folder.name}: {type(error).__name__}: {error}") from None


def _frames(video: Path, times: list[float]) -> Iterator[tuple[float, Image]]:
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    try:
        for at in times:
            taken, image = capture.read()
            if not taken:
                raise ClipError(f"{video.parent.name}: the video ends before its times do")
            yield at, np.asarray(image, dtype=np.uint8)
    finally:
        capture.release()
