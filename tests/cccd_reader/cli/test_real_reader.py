"""The commands as processes, over a real pcscd with a virtual reader."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cccd_reader.emulation import CardImage, EmulatedCard, PullInFile, SilenceAt
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot

pytestmark = pytest.mark.pcscd

ROOT = Path(__file__).parents[3]


@pytest.fixture
def service() -> Iterator[IsolatedPcscd]:
    with IsolatedPcscd() as running:
        yield running


def start(service: IsolatedPcscd, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cccd_reader", *arguments],
        cwd=ROOT,
        env={**os.environ, **service.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_card_that_is_pulled_and_put_back_is_read_with_a_key_from_a_pipe(
    service: IsolatedPcscd, image: CardImage, number: str
) -> None:
    slot = VirtualSlot("127.0.0.1", service.port)
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=8000))
    slot.place(card)
    with start(service, "read", "--key-stdin", "--put-back", "60") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(number + "\n")
        process.stdin.close()
        seen = []
        while "put the card back" not in (line := process.stderr.readline()):
            assert line, f"ended after {seen}"
            seen.append(line)
        assert slot.wait_empty(10.0)
        slot.place(EmulatedCard(image))
        assert process.wait(60) == 0
    slot.pull()
    assert "DG2\n" in seen


def test_the_diagnosis_of_a_card_on_a_real_reader(service: IsolatedPcscd, image: CardImage, number: str) -> None:
    slot = VirtualSlot("127.0.0.1", service.port)
    slot.place(EmulatedCard(image))
    with start(service, "diagnose", "--number", number, "--json") as process:
        output, complaints = process.communicate(timeout=60)
    slot.pull()
    assert (process.returncode, complaints) == (0, "")
    report = json.loads(output)
    assert report["reader"]["name"].startswith("Virtual PCD")
    assert [name for name, value in report.items() if "failed" in value] == []


def test_a_reader_that_is_not_there(service: IsolatedPcscd, number: str) -> None:
    with start(service, "read", "--number", number, "--reader", "No such reader", "--wait", "0") as process:
        _, complaints = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "error: reader_gone" in complaints


def test_a_card_that_falls_silent_does_not_hold_the_command(
    service: IsolatedPcscd, image: CardImage, number: str
) -> None:
    slot = VirtualSlot("127.0.0.1", service.port)
    card = EmulatedCard(image)
    card.arm(SilenceAt(9))
    slot.place(card)
    with start(service, "read", "--number", number, "--timeout", "1", "--json") as process:
        output, _ = process.communicate(timeout=60)
    slot.pull()
    assert process.returncode == 6
    assert json.loads(output)["error"] == "timeout"
