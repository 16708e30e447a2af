"""Probes of devices, against the simulated devices and against nothing at all."""

import os
import pty
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards
from face.simulation.stage import CameraStage
from kiosk import paths
from kiosk.doctor import ProbeState, devices
from kiosk.printing.simulated import SimulatedPrinter
from kiosk.settings import Settings

SettingsWith = Callable[[str], Settings]


def printer_at(printer: SimulatedPrinter) -> str:
    return f'[printer]\nhost = "{printer.host}"\nport = {printer.port}\n'


def test_the_printer_tells_its_own_state(settings_with: SettingsWith, tmp_path: Path) -> None:
    with SimulatedPrinter(tmp_path) as printer:
        settings = settings_with(printer_at(printer))
        assert devices.printer(settings).state is ProbeState.OK
        printer.set_paper("low")
        assert devices.printer(settings).state is ProbeState.WARN
        printer.set_paper("out")
        finding = devices.printer(settings)
        assert finding.state is ProbeState.FAIL
        assert "paper out" in finding.detail
        assert printer.tickets() == []
    gone = devices.printer(settings)
    assert gone.state is ProbeState.FAIL
    assert "unreachable" in gone.detail


def test_a_printer_without_an_address_fails(settings: Settings) -> None:
    assert devices.printer(settings).detail == "no address: [printer] host is not set"


def test_a_camera_that_delivers_is_well_and_one_that_is_covered_is_not(settings_with: SettingsWith) -> None:
    with CameraStage(paths.people()) as stage:
        settings = settings_with(f'[camera]\nsource = "{stage.url}"\n')
        assert devices.camera(settings).state is ProbeState.OK
        stage.show_black()
        finding = devices.camera(settings)
        assert finding.state is ProbeState.FAIL
        assert "black" in finding.detail


def test_no_camera_fails(settings_with: SettingsWith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "CAMERA_LIMIT_S", 0.3)
    settings = settings_with('[camera]\nsource = "http://127.0.0.1:9/none"\n')  # port 9: discard, nobody listens
    finding = devices.camera(settings)
    assert finding.state is ProbeState.FAIL
    assert "0 frames" in finding.detail


def test_the_models_load_with_their_threshold(settings_with: SettingsWith) -> None:
    finding = devices.models(settings_with('[face]\nfmr = "1e-3"\n'))
    assert finding.state is ProbeState.OK
    for said in (
        "yunet-sface",
        "FMR 1e-3",
        "lfw96",
        "Apache-2.0",
        "MIT",
        "active, 2 moves of 5 s, screen light required",
    ):
        assert said in finding.detail
    assert "extrapolated" not in finding.detail


def test_a_score_that_nobody_measured_is_called_so(settings: Settings) -> None:
    assert "at FMR 1e-5 (extrapolated)" in devices.models(settings).detail


@pytest.mark.parametrize("policy", ["advisory", "off"])
def test_a_kiosk_that_any_picture_may_pass_is_pointed_out(settings_with: SettingsWith, policy: str) -> None:
    finding = devices.models(settings_with(f'[pad]\npolicy = "{policy}"\n'))
    assert finding.state is ProbeState.WARN
    assert "picture" in finding.detail


def test_a_pack_without_a_commercial_licence_is_pointed_out(settings_with: SettingsWith, tmp_path: Path) -> None:
    copy = tmp_path / "packs" / "research"
    shutil.copytree(paths.models() / "yunet-sface", copy)
    manifest = copy / "manifest.toml"
    manifest.write_text(manifest.read_text("utf-8").replace("commercial_use = true", "commercial_use = false"), "utf-8")
    tables = f'[face]\npack = "research"\npacks_dir = "{copy.parent.as_posix()}"\n'
    finding = devices.models(settings_with(tables))
    assert finding.state is ProbeState.WARN
    assert "commercially" in finding.detail


def test_a_pack_that_is_not_there_fails(settings_with: SettingsWith) -> None:
    assert devices.models(settings_with('[face]\npack = "none"\n')).state is ProbeState.FAIL


@pytest.mark.parametrize(
    ("state", "reader", "card"),
    [
        (ServiceDown("no pcscd"), ProbeState.FAIL, ProbeState.FAIL),
        (NoReader(), ProbeState.FAIL, ProbeState.FAIL),
        (Empty(("ACR 1252",)), ProbeState.OK, ProbeState.OK),
        (Present("ACR 1252", b"\x3b\x80\x80\x01\x01"), ProbeState.OK, ProbeState.OK),
        (SeveralCards(("A", "B")), ProbeState.OK, ProbeState.WARN),
    ],
)
def test_every_state_of_a_reader_has_its_verdict(state: ReaderState, reader: ProbeState, card: ProbeState) -> None:
    assert devices.reader_finding(state, "").state is reader
    assert devices.card_finding(state).state is card


def test_nothing_of_the_card_is_told() -> None:
    finding = devices.card_finding(Present("ACR 1252", bytes.fromhex("3B8F80018031")))
    assert finding.detail == "a card on the reader"


def test_a_reader_that_is_looked_for_by_name_is_named_when_it_is_missing() -> None:
    assert "ACR" in devices.reader_finding(NoReader(), "ACR").detail


def test_the_emulated_reader_of_a_running_kiosk_is_left_alone(settings_with: SettingsWith) -> None:
    settings = settings_with('[reader]\nsource = "socket"\n')
    assert devices.reader(settings).state is ProbeState.WARN
    assert devices.card(settings).state is ProbeState.WARN


def serial_scanner(port: Path) -> str:
    return f'[scanner]\nkind = "serial"\nport = "{port.as_posix()}"\n'


def test_a_scanner_on_a_port_is_opened_and_any_other_has_nothing_to_open(
    settings: Settings, settings_with: SettingsWith, tmp_path: Path
) -> None:
    assert devices.scanner(settings).state is ProbeState.OK
    ours, theirs = pty.openpty()
    try:
        port = Path(os.ttyname(theirs))
        assert devices.scanner(settings_with(serial_scanner(port))).detail == "the port opens"
    finally:
        os.close(ours)
        os.close(theirs)
    gone = devices.scanner(settings_with(serial_scanner(tmp_path / "unplugged")))
    assert gone.state is ProbeState.FAIL
    file = tmp_path / "no-port"
    file.touch()
    assert devices.scanner(settings_with(serial_scanner(file))).state is ProbeState.WARN
