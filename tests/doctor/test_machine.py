"""Probes of the machine: clock, zone, disk, settings, assets."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk import paths
from kiosk.doctor import ProbeState, machine
from kiosk.settings import Settings, load

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "docs" / "kiosk.example.toml"


def test_a_right_clock_is_told_in_local_time() -> None:
    finding = machine.clock_at(NOW, synchronised=True)
    assert (finding.state, finding.detail) == (ProbeState.OK, "2026-11-24 08:30, synchronised")


@pytest.mark.parametrize("synchronised", [False, None])
def test_a_clock_that_nobody_sets_is_a_warning(synchronised: bool | None) -> None:
    assert machine.clock_at(NOW, synchronised).state is ProbeState.WARN


@pytest.mark.parametrize("year", [1970, 2020, 2099])
def test_an_impossible_time_fails(year: int) -> None:
    assert machine.clock_at(NOW.replace(year=year), synchronised=True).state is ProbeState.FAIL


def test_this_machines_clock_can_be_asked(settings: Settings) -> None:
    assert machine.clock(settings).state is not ProbeState.FAIL


def test_the_zone_is_there_and_another_one_on_the_machine_is_a_warning() -> None:
    assert machine.time_zone_at(timedelta(hours=7)).state is ProbeState.OK
    assert machine.time_zone_at(timedelta(hours=0)).state is ProbeState.WARN


@pytest.mark.parametrize(
    ("free", "state"),
    [(50_000_000, ProbeState.FAIL), (1_000_000_000, ProbeState.WARN), (9_000_000_000, ProbeState.OK)],
)
def test_room_on_the_disk(free: int, state: ProbeState) -> None:
    assert machine.disk_with(free).state is state


def test_a_folder_that_is_not_made_yet_is_looked_at_where_it_will_be(
    settings_with: Callable[[str], Settings], tmp_path: Path
) -> None:
    settings = settings_with("")
    section = settings.kiosk.model_copy(update={"data_dir": tmp_path / "not" / "yet"})
    finding = machine.disk(settings.model_copy(update={"kiosk": section}))
    assert "GB free" in finding.detail


def test_the_examples_secrets_are_named_by_key_only() -> None:
    finding = machine.settings(load(EXAMPLE))
    assert finding.state is ProbeState.WARN
    assert "portal.password_md5" in finding.detail
    assert "replace-me" not in finding.detail


def test_values_that_are_missing_are_named(settings: Settings) -> None:
    finding = machine.settings(settings)
    assert finding.state is ProbeState.WARN
    assert "his.base_url" in finding.detail


def test_the_assets_that_ship_are_whole(settings: Settings) -> None:
    assert machine.assets(settings).state is ProbeState.OK


def test_a_model_file_that_was_changed_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = tmp_path / "models" / settings.face.pack
    shutil.copytree(paths.models() / settings.face.pack, pack)
    weights = next(pack.glob("*.onnx"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    monkeypatch.setattr(paths, "models", lambda: pack.parent)
    finding = machine.assets(settings)
    assert finding.state is ProbeState.FAIL
    assert weights.name in finding.detail


def test_a_missing_font_is_found(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "fonts", lambda: tmp_path)
    machine.font.cache_clear()
    finding = machine.assets(settings)
    machine.font.cache_clear()
    assert finding.state is ProbeState.FAIL
    assert "BeVietnamPro" in finding.detail
