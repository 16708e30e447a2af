"""Writing the photo: the picture's own extension, nobody else's file, and nothing half written."""

import os
from pathlib import Path

import pytest

from cccd_reader.cli.photo import PhotoFileError, check_target, extension, write_photo
from cccd_reader.lds.image import Codec, FaceImage

JPEG = FaceImage(Codec.JPEG, b"\xff\xd8\xff picture", 300, 400)


@pytest.mark.parametrize(
    ("codec", "start", "expected"),
    [
        (Codec.JPEG, "FFD8FF", ".jpg"),
        (Codec.JPEG2000, "0000000C6A5020200D0A870A", ".jp2"),
        (Codec.JPEG2000, "FF4FFF51", ".j2k"),
    ],
)
def test_the_extension_is_the_pictures(codec: Codec, start: str, expected: str) -> None:
    assert extension(FaceImage(codec, bytes.fromhex(start), 1, 1)) == expected


@pytest.mark.parametrize(
    ("name", "written"),
    [("face", "face.jpg"), ("face.png", "face.jpg"), ("face.JPEG", "face.jpg"), ("face.2024", "face.2024.jpg")],
)
def test_a_name_keeps_what_is_no_pictures_extension(tmp_path: Path, name: str, written: str) -> None:
    assert write_photo(JPEG, str(tmp_path / name), force=False) == tmp_path / written
    assert (tmp_path / written).read_bytes() == JPEG.data


def test_a_file_that_came_in_between_is_left_alone(tmp_path: Path) -> None:
    check_target(str(tmp_path / "face"), force=False)
    (tmp_path / "face.jpg").write_text("somebody else's")
    with pytest.raises(PhotoFileError, match="--force"):
        write_photo(JPEG, str(tmp_path / "face"), force=False)
    assert (tmp_path / "face.jpg").read_text() == "somebody else's"


@pytest.mark.parametrize("force", [True, False])
def test_a_disk_that_is_full_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    def full(descriptor: int, mode: str) -> None:
        os.close(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cccd_reader.cli.photo.os.fdopen", full)
    with pytest.raises(OSError, match="No space"):
        write_photo(JPEG, str(tmp_path / "face"), force=force)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "/", "."])
def test_what_is_no_file_name(name: str) -> None:
    with pytest.raises(PhotoFileError, match="the name of a file"):
        check_target(name, force=True)
