"""A kiosk with every simulated device and system running, the card reader through a real pcscd: nothing fails."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cccd_reader.emulation import EmulatedCard, load_citizen, personalise
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot
from face.simulation.stage import CameraStage
from his_adapter.simulation import OutsideWorld
from kiosk import paths
from kiosk.doctor import ProbeName, ProbeResult, ProbeState, Report
from kiosk.printing.simulated import SimulatedPrinter
from records.store import open_store

pytestmark = pytest.mark.pcscd

RunDoctor = Callable[[Path, Mapping[str, str]], subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class RunningKiosk:
    """Everything a kiosk needs, and its settings file."""

    file: Path
    pcscd: IsolatedPcscd
    printer: SimulatedPrinter


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKiosk]:
    folder = tmp_path_factory.mktemp("kiosk")
    with ExitStack() as stack:
        pcscd = stack.enter_context(IsolatedPcscd())
        camera = stack.enter_context(CameraStage(paths.people()))
        camera.show_person("lan")
        world = stack.enter_context(OutsideWorld(paths.people()))
        printer = stack.enter_context(SimulatedPrinter(folder / "paper"))
        open_store(folder / "kiosk.db").close()
        file = folder / "kiosk.toml"
        file.write_text(settings_text(folder, camera.url, world, printer), encoding="utf-8")
        yield RunningKiosk(file, pcscd, printer)


def settings_text(folder: Path, camera_url: str, world: OutsideWorld, printer: SimulatedPrinter) -> str:
    portal, his, bank = world.portal_settings(), world.his_settings(), world.payment_settings()
    return f"""\
[kiosk]
id = "xanh-pon-01"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"
data_dir = "{folder.as_posix()}"

[devices]
mode = "real"

[camera]
source = "{camera_url}"

[portal]
base_url = "{portal.base_url}"
username = "{portal.username}"
password_md5 = "{portal.password_md5.get_secret_value()}"
officer_name = "{portal.officer_name}"
officer_number = "{portal.officer_number.get_secret_value()}"

[his]
base_url = "{his.base_url}"
api_key = "{his.api_key.get_secret_value()}"

[payment.payos]
base_url = "{bank.base_url}"
client_id = "{bank.client_id}"
api_key = "{bank.api_key.get_secret_value()}"
checksum_key = "{bank.checksum_key.get_secret_value()}"

[printer]
host = "{printer.host}"
port = {printer.port}
"""


def rows(told: subprocess.CompletedProcess[str]) -> dict[ProbeName, ProbeResult]:
    return {row.name: row for row in Report.from_json(told.stdout).results}


def test_nothing_fails_and_the_reader_is_named(kiosk: RunningKiosk, run_doctor: RunDoctor) -> None:
    told = run_doctor(kiosk.file, kiosk.pcscd.env)
    found = rows(told)
    assert {name for name, row in found.items() if row.state is ProbeState.FAIL} == set()
    assert told.returncode == 0
    assert "Virtual PCD" in found[ProbeName.READER].detail
    assert found[ProbeName.CARD].detail == "no card on the reader"


def test_a_card_is_noticed_and_nothing_of_it_told(kiosk: RunningKiosk, run_doctor: RunDoctor) -> None:
    person = paths.people() / "lan"
    citizen = load_citizen(person / "citizen.toml")
    slot = VirtualSlot("127.0.0.1", kiosk.pcscd.port)
    slot.place(EmulatedCard(personalise(citizen, (person / "chip.jpg").read_bytes())))
    try:
        told = run_doctor(kiosk.file, kiosk.pcscd.env)
    finally:
        slot.pull()
    assert rows(told)[ProbeName.CARD].detail == "a card on the reader"
    assert citizen.number not in told.stdout


def test_an_empty_printer_alone_fails(kiosk: RunningKiosk, run_doctor: RunDoctor) -> None:
    kiosk.printer.set_paper("out")
    told = run_doctor(kiosk.file, kiosk.pcscd.env)
    kiosk.printer.set_paper("ok")
    assert told.returncode == 1
    assert {name for name, row in rows(told).items() if row.state is ProbeState.FAIL} == {ProbeName.PRINTER}
