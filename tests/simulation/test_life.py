"""The life of a world: it starts whole or not at all, and leaves no process, no memory block and no folder behind."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cccd_reader import Access, keyring_from_number
from cccd_reader.emulation import EmulationError
from kiosk.printing.simulated import SimulatedPrinterError
from kiosk.simulation import reader_twin, twins, world
from kiosk.simulation.twins import Twin
from kiosk.simulation.world import SimulatedWorld
from kiosk.workers.messages import CardRead, ReadCard, ReaderStatus
from kiosk.workers.reader import ReaderWorker

Until = Callable[[Callable[[], object]], None]


def descendants(root: int) -> set[int]:
    """All processes below `root`, the resource tracker left out."""
    children: dict[int, set[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if "resource_tracker" not in command:
            children.setdefault(int(fields[1]), set()).add(int(status.parent.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), set())
        found |= below
        waiting += below
    return found


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of temporary files, empty and our own. Its path is short, because a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)
        monkeypatch.undo()


@pytest.mark.pcscd
def test_nothing_is_left_when_it_closes(tmp_path: Path, people_dir: Path, temporary: Path) -> None:
    processes = descendants(os.getpid())
    with SimulatedWorld(tmp_path / "out", people_dir) as made:
        assert len(descendants(os.getpid()) - processes) >= 7  # card, camera, printer, HIS, portal, bank, pcscd
        made.close()
        made.close()
    assert descendants(os.getpid()) <= processes
    assert list(temporary.iterdir()) == []


def test_tickets_of_an_earlier_world_do_not_count(tmp_path: Path, people_dir: Path) -> None:
    old = tmp_path / "out" / "tickets" / "ticket-0007.png"
    old.parent.mkdir(parents=True)
    old.touch()
    with SimulatedWorld(tmp_path / "out", people_dir, transport="socket") as made:
        assert made.tickets() == []


@pytest.mark.pcscd
def test_an_error_in_its_use_leaves_nothing_either(tmp_path: Path, people_dir: Path, temporary: Path) -> None:
    processes = descendants(os.getpid())
    with pytest.raises(RuntimeError, match="a bug"), SimulatedWorld(tmp_path / "out", people_dir):
        raise RuntimeError("a bug")
    assert descendants(os.getpid()) <= processes
    assert list(temporary.iterdir()) == []


@pytest.mark.pcscd
def test_a_twin_that_does_not_start_takes_the_others_with_it(
    tmp_path: Path, people_dir: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(twin: Twin) -> tuple[str, ...]:
        return (sys.executable, "-c", "") if twin is Twin.PRINTER else twins.command(twin)

    monkeypatch.setattr(world, "command", broken)
    processes = descendants(os.getpid())
    with pytest.raises(SimulatedPrinterError):
        SimulatedWorld(tmp_path / "out", people_dir)
    assert descendants(os.getpid()) <= processes
    assert list(temporary.iterdir()) == []


@pytest.mark.pcscd
def test_a_killed_kiosk_leaves_no_process(tmp_path: Path, people_dir: Path, until: Until, temporary: Path) -> None:
    """With both workers running: not even SIGKILL leaves anybody behind."""
    script = """
import sys, time
from pathlib import Path
from kiosk.simulation.world import SimulatedWorld
from kiosk.workers.reader import ReaderWorker
from kiosk.workers.vision import VisionConfig, VisionWorker

if __name__ == "__main__":
    out, people, pack = map(Path, sys.argv[1:])
    world = SimulatedWorld(out, people)
    up = []
    camera = world.settings_overrides()["camera"]["source"]
    ReaderWorker(world.reader_config, up.append).start()
    vision = VisionWorker(VisionConfig(camera, pack), up.append)
    vision.start()
    while sum(type(message).__name__ == "WorkerUp" for message in up) < 2:
        time.sleep(0.02)
    (out / "up.part").write_text(vision.frames.name)
    (out / "up.part").rename(out / "up")
    time.sleep(3600)
"""
    program = tmp_path / "kiosk_to_kill.py"
    program.write_text(script)
    out = tmp_path / "out"
    pack = people_dir.parent / "models" / "yunet-sface"
    with subprocess.Popen([sys.executable, str(program), str(out), str(people_dir), str(pack)]) as kiosk:
        until((out / "up").exists)
        frames = Path("/dev/shm") / (out / "up").read_text().lstrip("/")
        assert frames.exists()
        family = descendants(kiosk.pid)
        assert len(family) >= 9
        kiosk.kill()
        kiosk.wait()
    until(lambda: not any(alive(pid) for pid in family))
    until(lambda: not frames.exists())


def test_without_pcscd_the_cards_come_over_a_socket_and_the_reason_is_told(
    tmp_path: Path, people_dir: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(reader_twin, "available", lambda: "needs root")
    with pytest.raises(EmulationError, match="needs root"):
        reader_twin.ReaderTwin("pcsc")
    with SimulatedWorld(tmp_path / "out", people_dir) as made:
        assert (made.transport, made.fallback_reason) == ("socket", "needs root")
        said: list[object] = []
        worker = ReaderWorker(made.reader_config, said.append)
        worker.start()
        try:
            made.place_card("lan")
            until(lambda: ReaderStatus("present", "Socket reader 0", "socket") in said)
            keyring = keyring_from_number(made.number_of("lan"))
            worker.send(ReadCard(1, keyring, Access.AUTO, keyring.number))
            until(lambda: any(isinstance(message, CardRead) for message in said))
        finally:
            worker.stop()
        with pytest.raises(EmulationError, match="without pcscd"):
            made.kill_pcscd()


def test_a_twin_is_started_by_this_program_in_the_stand_alone_build_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert twins.command(Twin.CAMERA) == (sys.executable, "simulate", "camera")


def test_an_unknown_twin_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert twins.main(["dentist"]) == 2
    assert "camera" in capsys.readouterr().err
