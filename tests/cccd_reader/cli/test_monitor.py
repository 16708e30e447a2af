"""`monitor`: every state has its line, and it goes on when the service dies."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cccd_reader.cli import main, readers
from cccd_reader.emulation import CardImage, EmulatedCard
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards
from cccd_reader.transport.local import LocalSource

ROOT = Path(__file__).parents[3]
Capture = pytest.CaptureFixture[str]

STATES: list[ReaderState] = [
    ServiceDown("no service"),
    NoReader(),
    Empty(("Reader A", "Reader B")),
    Empty(("Reader A", "Reader B")),
    Present("Reader A", bytes.fromhex("3B80800101")),
    SeveralCards(("Reader A", "Reader B")),
]


class ScriptedSource(LocalSource):
    """Gives these states, one a call."""

    def __init__(self) -> None:
        super().__init__()
        self._states = iter(STATES)

    def wait_change(self, timeout_s: float) -> ReaderState:
        return next(self._states)


@pytest.fixture
def scripted_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "pcsc_source", lambda reader, card_time_s: ScriptedSource())


@pytest.mark.usefixtures("scripted_source")
def test_every_change_is_a_json_line(capsys: Capture) -> None:
    assert main(["monitor", "--json", "--count", "5"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["state"] for event in events] == ["service_down", "no_reader", "empty", "present", "several_cards"]
    assert events[0]["reason"] == "no service"
    assert events[2]["readers"] == ["Reader A", "Reader B"]
    assert events[3]["atr"] == "3B80800101"
    assert all(event["time"].endswith("+00:00") for event in events)


@pytest.mark.usefixtures("scripted_source")
def test_every_change_is_a_line(capsys: Capture) -> None:
    assert main(["monitor", "--count", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[10:] for line in lines] == [
        "service_down  reason: no service",
        "no_reader",
        "empty         readers: Reader A, Reader B",
        "present       reader: Reader A; atr: 3B80800101",
    ]


@pytest.mark.usefixtures("local")
def test_it_ends_after_its_time(capsys: Capture) -> None:
    assert main(["monitor", "--for", "0.01"]) == 0
    assert capsys.readouterr().out.count("present") == 1


def test_a_port_that_is_taken(port: int, capsys: Capture) -> None:
    arguments = ["monitor", "--transport", "socket", "--port", str(port), "--count", "1"]
    assert main(arguments) == 0
    capsys.readouterr()
    with socket.create_server(("127.0.0.1", port)):
        assert main([*arguments, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"] == "service_down"


@pytest.mark.parametrize("arguments", [["--count", "0"], ["--for", "-1"], ["--for", "nan"], ["--for", "1e9"]])
def test_limits_have_to_make_sense(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["monitor", *arguments])
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.fixture
def service() -> Iterator[IsolatedPcscd]:
    with IsolatedPcscd() as running:
        yield running


@pytest.mark.pcscd
def test_over_a_real_service_that_dies(service: IsolatedPcscd, image: CardImage) -> None:
    slot = VirtualSlot("127.0.0.1", service.port)
    with subprocess.Popen(
        [sys.executable, "-m", "cccd_reader", "monitor", "--json"],
        cwd=ROOT,
        env={**os.environ, **service.env},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None

        def next_state() -> str:
            assert process.stdout is not None
            return str(json.loads(process.stdout.readline())["state"])

        def reach(expected: str) -> None:
            while next_state() != expected:
                pass  # a busy machine's service passes through other states, more than once

        try:
            reach("empty")
            slot.place(EmulatedCard(image))
            reach("present")
            service.kill()
            reach("service_down")
            service.start()
            reach("present")
            slot.pull()
            reach("empty")
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        finally:
            process.kill()  # a monitor without limits would be waited for as long as the failure is not read
