"""The emulated card on a real pcscd. The reader's program runs in a process of its own each time, because the client
library remembers the service's socket for as long as its process lives."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cccd_reader.emulation import (
    CardImage,
    EmulatedCard,
    EmulationError,
    EmulationErrorCode,
    PullInFile,
    SilenceAt,
    pcscd,
)
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def service() -> Iterator[IsolatedPcscd]:
    with IsolatedPcscd() as running:
        yield running


@pytest.fixture(scope="module")
def two_slots(service: IsolatedPcscd) -> tuple[VirtualSlot, VirtualSlot]:
    """The same for all tests: a slot knows when its last card left, and waits until pcscd has noticed."""
    return VirtualSlot("127.0.0.1", service.port), VirtualSlot("127.0.0.1", service.port + 1)


@pytest.fixture
def slots(two_slots: tuple[VirtualSlot, VirtualSlot]) -> Iterator[tuple[VirtualSlot, VirtualSlot]]:
    yield two_slots
    for slot in two_slots:
        slot.pull()


@pytest.fixture
def read(service: IsolatedPcscd, image: CardImage) -> Callable[..., dict[str, Any]]:
    """read(*options): what the reader's program prints."""

    def run(*options: str) -> dict[str, Any]:
        key = () if "--qr" in options else ("--number", image.number)
        done = subprocess.run(
            [sys.executable, "-m", "cccd_reader", "read", "--json", *key, *options],
            cwd=ROOT,
            env={**os.environ, **service.env},
            capture_output=True,
            check=False,
            text=True,
        )
        assert not done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.pcscd
class TestOnPcscd:
    @pytest.mark.parametrize("largest", [(), ("--largest-read", "4096")], ids=["short", "extended"])
    @pytest.mark.parametrize("access", ["pace", "bac"])
    def test_a_card_is_read(
        self, slots: Any, read: Any, image: CardImage, access: str, largest: tuple[str, ...]
    ) -> None:
        slots[0].place(EmulatedCard(image))
        summary = read("--qr", image.qr_text, "--access", access, *largest)
        assert (summary["access"], summary["transport"]) == (access, "pcsc")
        assert summary["reader"].startswith("Virtual PCD")
        assert summary["verdicts"]["dg_hashes"]["state"] == "successful"
        assert summary["files"] == {
            name: len(image.files[fid])
            for name, fid in [
                ("DG1", 0x0101),
                ("DG13", 0x010D),
                ("SOD", 0x011D),
                ("DG14", 0x010E),
                ("DG2", 0x0102),
            ]
        }

    def test_removed_in_the_middle_of_the_photo_and_read_again(self, slots: Any, read: Any, image: CardImage) -> None:
        card = EmulatedCard(image)
        card.arm(PullInFile("DG2", after_bytes=1000))
        slots[0].place(card)
        assert read("--put-back", "0")["error"] == "card_removed"
        assert slots[0].wait_empty(10.0)
        slots[0].place(EmulatedCard(image))
        assert read()["access"] == "pace"

    def test_two_cards(self, slots: Any, read: Any, image: CardImage) -> None:
        for slot in slots:
            slot.place(EmulatedCard(image))
        # pcscd looks at its slots in turn: at first it may have seen one card only.
        answers = (read("--wait", "1").get("error") for _ in range(10))
        assert "several_cards" in answers

    def test_the_service_dies_and_comes_back(
        self, service: IsolatedPcscd, slots: Any, read: Any, image: CardImage
    ) -> None:
        slots[0].place(EmulatedCard(image))
        assert read()["access"] == "pace"
        before = service.env
        service.kill()
        assert not service.running()
        assert read("--wait", "0")["error"] == "service_down"
        service.start()
        service.start()  # it runs already
        assert service.env == before
        assert read()["access"] == "pace"

    def test_a_card_that_never_answers_does_not_keep_the_service_from_ending(
        self, service: IsolatedPcscd, slots: Any, image: CardImage
    ) -> None:
        slots[0].arm(SilenceAt(1))
        slots[0].place(EmulatedCard(image))
        command = [sys.executable, "-m", "cccd_reader", "read", "--number", image.number]
        with subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **service.env}, stderr=subprocess.PIPE, text=True
        ) as reader:
            while slots[0].status().apdus == 0:
                assert reader.poll() is None
            service.stop()
            assert reader.stderr is not None
            assert "service_down" in reader.stderr.read()
        slots[0].pull()
        service.start()

    def test_a_service_that_hangs_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd, "STOP_TIMEOUT_S", 0.01)
        with IsolatedPcscd() as hanging:
            process = hanging._process
            assert process is not None
            process.send_signal(signal.SIGSTOP)
            hanging.stop()
            assert process.returncode == -signal.SIGKILL

    def test_it_dies_with_its_parent(self) -> None:
        code = (
            "import sys\n"
            "from cccd_reader.emulation.pcscd import IsolatedPcscd\n"
            "service = IsolatedPcscd()\n"
            "service.start()\n"
            "print(service._process.pid, service._folder, flush=True)\n"
            "sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout is not None
            pid, folder = parent.stdout.readline().split()
            child = os.pidfd_open(int(pid))
            assert Path(f"/proc/{pid}/comm").read_text().strip() == "pcscd"
            parent.kill()
        try:
            ended, _, _ = select.select([child], [], [], 10.0)
            assert ended
        finally:
            os.close(child)
            shutil.rmtree(folder)

    def test_it_leaves_nothing_behind(self) -> None:
        with IsolatedPcscd() as one:
            folder = one._folder
            assert one.running()
        assert not folder.exists()
        assert not one.running()

    def test_a_pcscd_that_does_not_start_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd, "_READER", "FRIENDLYNAME {name} {port} {driver} nonsense")
        with pytest.raises(EmulationError) as caught, IsolatedPcscd():
            pass
        assert caught.value.code is EmulationErrorCode.PCSCD_FAILED


class TestAvailable:
    """What is missing is said, so that nobody wonders."""

    @pytest.fixture(autouse=True)
    def _complete(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd.sys, "platform", "linux")
        monkeypatch.setattr(pcscd.os, "geteuid", lambda: 0)
        monkeypatch.setattr(pcscd, "_PROGRAMS", ("sh",))
        monkeypatch.setattr(pcscd, "DRIVER", Path(__file__))
        monkeypatch.setattr(pcscd, "_program", lambda name: "/bin/true")

    def test_all_there(self) -> None:
        assert pcscd.available() is None

    def test_another_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd.sys, "platform", "win32")
        assert pcscd.available() == "needs Linux"

    def test_another_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd.os, "geteuid", lambda: 1000)
        assert pcscd.available() == "needs root"
        with pytest.raises(EmulationError) as caught:
            IsolatedPcscd()
        assert caught.value.code is EmulationErrorCode.PCSCD_UNAVAILABLE

    def test_a_missing_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd, "_PROGRAMS", ("sh", "no-such-program"))
        assert "no-such-program" in str(pcscd.available())

    def test_a_missing_driver(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(pcscd, "DRIVER", tmp_path / "libifdvpcd.so")
        assert "vsmartcard-vpcd" in str(pcscd.available())

    def test_a_container_without_rights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pcscd, "_program", lambda name: "/bin/false")
        assert pcscd.available() == "mount namespaces are not permitted here"


def test_ports_in_use_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("", 0)) as taken:
        used = taken.getsockname()[1]
        offered = [used, used - 1, 21_000]
        monkeypatch.setattr(pcscd.random, "choice", lambda _ports: offered.pop(0))
        monkeypatch.setattr(pcscd.socket, "create_server", refuse(pcscd.socket.create_server, used))
        assert pcscd.free_ports(2) == 21_000


def refuse(create_server: Callable[..., socket.socket], used: int) -> Callable[..., socket.socket]:
    """Only `used` is taken, whatever else runs on this machine."""

    def create(address: tuple[str, int]) -> socket.socket:
        return create_server(address if address[1] == used else ("", 0))

    return create


def test_a_program_that_went_away() -> None:
    with pytest.raises(EmulationError, match="no-such-program"):
        pcscd._program("no-such-program")
