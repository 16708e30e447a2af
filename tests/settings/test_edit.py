"""One key of a settings file changes; comments, order and everything else stay."""

import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.settings import SettingsError, load
from kiosk.settings.edit import NotEditableError, set_value, with_value

Write = Callable[[str], Path]
EXAMPLE = (Path(__file__).parents[2] / "docs" / "kiosk.example.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[face]\npack = "a" # ours\nfmr = "1e-4"\n', '[face]\npack = "new" # ours\nfmr = "1e-4"\n'),
        ("[face]\npack = 'a'\n", '[face]\npack = "new"\n'),
        ('[face]   # models\nfmr = "1e-4"\n', '[face]   # models\npack = "new"\nfmr = "1e-4"\n'),
        ("[face]", '[face]\npack = "new"\n'),
        ("[camera]\nsource = 0\n", '[camera]\nsource = 0\n\n[face]\npack = "new"\n'),
        ("[camera]\nsource = 0", '[camera]\nsource = 0\n\n[face]\npack = "new"\n'),
        ('face.pack = "a"\nface.fmr = "1e-4"\n', 'face.pack = "new"\nface.fmr = "1e-4"\n'),
        ('face = {pack = "a", fmr = "1e-4"}\n', 'face = {pack = "new", fmr = "1e-4"}\n'),
        ('[face]\r\npack = "a"\r\n[pad]\r\n', '[face]\r\npack = "new"\r\n[pad]\r\n'),
        ('[pad]\r\n[face]\r\nfmr = "x"\r\n', '[pad]\r\n[face]\r\npack = "new"\r\nfmr = "x"\r\n'),
        ('\ufeff[face]\npack = "a"\n', '\ufeff[face]\npack = "new"\n'),
        ('x = "[face]\\npack = 1"\n[face]\npack = "a"\n', 'x = "[face]\\npack = 1"\n[face]\npack = "new"\n'),
        ('x = """\n[face]\n"""\n[face]\npack = "a"\n', 'x = """\n[face]\n"""\n[face]\npack = "new"\n'),
    ],
)
def test_only_the_value_changes(before: str, after: str) -> None:
    assert with_value(before, "face", "pack", "new") == after


@pytest.mark.parametrize("text", ['face = {fmr = "1e-4"}\n', 'face.fmr = "1e-4"\n', "[[face]]\n", "face = 1\n"])
def test_what_cannot_be_changed_safely_is_left_to_a_person(text: str) -> None:
    with pytest.raises((NotEditableError, TypeError)):
        with_value(text, "face", "pack", "new")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_any_text_is_written_as_itself(value: str) -> None:
    changed = with_value(EXAMPLE, "face", "pack", value)
    assert tomllib.loads(changed)["face"]["pack"] == value
    assert [line for line in changed.splitlines() if "#" in line][:5] == [
        line for line in EXAMPLE.splitlines() if "#" in line
    ][:5]


def test_the_file_keeps_its_comments_its_permissions_and_its_neighbours(write: Write, minimal: str) -> None:
    path = write(minimal + '\n[face]  # models\npack = "yunet-sface"  # ours\n')
    path.chmod(0o640)
    before = path.read_text("utf-8")
    set_value(path, "face", "pack", "licensed")
    assert path.read_text("utf-8") == before.replace('"yunet-sface"', '"licensed"')
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert load(path).face.pack == "licensed"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], "no half-written file is left"


def test_a_link_stays_a_link(write: Write, minimal: str, tmp_path: Path) -> None:
    real = write(minimal)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    set_value(link, "face", "pack", "licensed")
    assert link.is_symlink()
    assert load(real).face.pack == "licensed"


def test_a_value_that_the_kiosk_could_not_start_with_is_not_written(write: Write, minimal: str) -> None:
    path = write(minimal)
    with pytest.raises(SettingsError):
        set_value(path, "face", "pack", "../elsewhere")
    assert path.read_text("utf-8") == minimal


def test_a_file_with_mistakes_is_not_touched(write: Write, minimal: str) -> None:
    path = write(minimal + "[face]\nfmrr = 1\n")
    with pytest.raises(SettingsError):
        set_value(path, "face", "pack", "licensed")


def test_a_full_disk_leaves_the_old_file(write: Write, minimal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(minimal)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotEditableError, match="No space left"):
        set_value(path, "face", "pack", "licensed")
    assert path.read_text("utf-8") == minimal
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
