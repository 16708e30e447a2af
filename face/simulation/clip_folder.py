"""A clip on disk: ``clip.avi`` (MJPEG), ``script.json`` (what was asked) and ``label.json`` (what it is).

:class:`face.evaluation.pad_clips.FolderClip` reads it.
"""

import json
from pathlib import Path
from typing import Final

from face.opencv import cv2
from face.simulation.clips import Clip

JPEG_QUALITY: Final = 92  # of cameras that send MJPEG


def write_clip(clip: Clip, folder: Path) -> int:
    """Takes the clip's frames. Returns how many there were. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / "clip.avi"
    writer: cv2.VideoWriter | None = None
    times: list[float] = []
    for at, image in clip.frames:
        if writer is None:
            size = (image.shape[1], image.shape[0])
            writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), clip.fps, size)
            writer.set(cv2.VIDEOWRITER_PROP_QUALITY, JPEG_QUALITY)
            if not writer.isOpened():
                raise OSError(f"cannot write {video}")
        writer.write(image)
        times.append(round(at, 4))
    if writer is not None:
        writer.release()
    label = {
        "species": clip.species,
        "seed": clip.seed,
        "person": clip.person,
        "notes": clip.notes,
        "simulated": True,
        "times": times,
    }
    (folder / "script.json").write_text(clip.script.to_json(), encoding="utf-8")
    (folder / "label.json").write_text(json.dumps(label) + "\n", encoding="utf-8")
    return len(times)
