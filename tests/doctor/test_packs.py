"""`kiosk packs`: what there is, and choosing one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk import paths
from kiosk.__main__ import app
from kiosk.doctor.packs import Choice, PackList, choose_pack, list_packs
from kiosk.settings import Settings, load


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack of the facility's own, beside those that ship with the kiosk."""
    folder = tmp_path / "packs" / "site"
    shutil.copytree(paths.models() / "yunet-sface", folder, copy_function=shutil.copy)
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('name = "yunet-sface"', 'name = "site"'), "utf-8")
    return folder


@pytest.fixture
def file(tmp_path: Path, settings_text: str, copy: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(f'{settings_text}[face]\npacks_dir = "packs"  # ours\n', "utf-8")
    return path


@pytest.fixture
def settings_text(tmp_path: Path, settings_with: Callable[[str], Settings]) -> str:
    kiosk = settings_with("").kiosk
    return (
        f'[kiosk]\nid = "{kiosk.id}"\nfacility_name_vi = "V"\nfacility_name_en = "E"\nfacility_code = "01999"\n'
        '[devices]\nmode = "simulated"\n'
    )


def test_ours_and_the_facilitys_packs_are_listed(file: Path) -> None:
    found = list_packs(load(file))
    assert {pack.name: pack.ok for pack in found.packs} == {"yunet-sface": True, "site": True}
    assert found.selected == "yunet-sface"
    assert all(pack.commercial_use and "Apache-2.0" in pack.licence for pack in found.packs)
    assert PackList.from_json(found.to_json()) == found


def test_the_chosen_pack_is_written_and_found_at_the_next_start(file: Path) -> None:
    done = choose_pack(load(file), file, "site")
    assert (done.choice, done.selected) == (Choice.CHOSEN, "site")
    assert load(file).face.pack == "site"
    assert "# ours" in file.read_text("utf-8")


def test_a_pack_that_may_not_decide_is_not_chosen(file: Path, copy: Path) -> None:
    before = file.read_text("utf-8")
    manifest = copy / "manifest.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('fmr = "1e-5"', 'fmr = "1e-6"'), "utf-8")
    done = choose_pack(load(file), file, "site")
    assert done.choice is Choice.UNFIT
    assert done.detail
    assert choose_pack(load(file), file, "nowhere").choice is Choice.UNKNOWN
    assert file.read_text("utf-8") == before


def test_a_changed_weight_is_not_chosen(file: Path, copy: Path) -> None:
    weights = next(copy.glob("*.onnx"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    done = choose_pack(load(file), file, "site")
    assert done.choice is Choice.UNFIT
    assert weights.name in done.detail


def test_a_file_that_cannot_be_written_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kiosk.settings.edit._replace", refuse)
    done = choose_pack(load(file), file, "site")
    assert (done.choice, done.detail) == (Choice.NOT_WRITTEN, "Permission denied")
    assert load(file).face.pack == "yunet-sface"


def test_the_command_lists_chooses_and_says_no(file: Path) -> None:
    listed = CliRunner().invoke(app, ["packs", str(file)])
    assert listed.exit_code == 0
    assert "* yunet-sface" in listed.output
    assert "  site" in listed.output
    chosen = CliRunner().invoke(app, ["packs", str(file), "--choose", "site"])
    assert (chosen.exit_code, "next start" in chosen.output) == (0, True)
    assert CliRunner().invoke(app, ["packs", str(file), "--choose", "none"]).exit_code == 1
    assert CliRunner().invoke(app, ["packs", str(file.parent / "none.toml")]).exit_code == 2


@pytest.mark.parametrize("text", ["", "[]", '{"packs": []}', '{"packs": [{"x": 1}], "selected": "a"}'])
def test_something_else_is_no_list_of_packs(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (JSON errors are ValueErrors too)
        PackList.from_json(text)
