"""Writing the chip's photo to a file: as it is, for the user alone, and never over something else by accident."""

import contextlib
import os
import tempfile
from pathlib import Path

from cccd_reader.lds.image import Codec, FaceImage

_CODESTREAM = bytes.fromhex("FF4FFF51")
_EXTENSIONS = (".jpg", ".jp2", ".j2k")
_REPLACED_EXTENSIONS = frozenset({*_EXTENSIONS, ".jpeg", ".png"})
_FOR_THE_USER_ALONE = 0o600


class PhotoFileError(Exception):
    """The file cannot be written as asked."""


def extension(photo: FaceImage) -> str:
    """`.jpg`; for JPEG 2000 `.jp2` with its boxes and `.j2k` for the bare code stream."""
    if photo.codec is Codec.JPEG:
        return ".jpg"
    return ".j2k" if photo.data.startswith(_CODESTREAM) else ".jp2"


def check_target(name: str, *, force: bool) -> None:
    """Says before the card is read what would fail after it: a folder that is not there, a file that is."""
    targets = [_target(name, end) for end in _EXTENSIONS]
    if not targets[0].parent.is_dir():
        raise PhotoFileError(f"{targets[0].parent}: no such folder")
    if not force:
        for target in targets:
            if target.exists():
                raise _exists(target)


def write_photo(photo: FaceImage, name: str, *, force: bool) -> Path:
    """The file that was written: `name` with the picture's extension, readable by the user alone.

    Raises `PhotoFileError` when it exists and `force` is not set, and `OSError`; a file that was begun is removed.
    """
    target = _target(name, extension(photo))
    if force:
        descriptor, written = tempfile.mkstemp(dir=target.parent, prefix=".photo-")
    else:
        written = str(target)
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_THE_USER_ALONE)
        except FileExistsError:
            raise _exists(target) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(photo.data)
        if force:
            os.replace(written, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise
    return target


def _target(name: str, ending: str) -> Path:
    path = Path(name)
    if not path.name:
        raise PhotoFileError("--photo needs the name of a file")
    stem = path.stem if path.suffix.lower() in _REPLACED_EXTENSIONS else path.name
    return path.with_name(stem + ending)


def _exists(target: Path) -> PhotoFileError:
    return PhotoFileError(f"{target} exists; --force overwrites it")
