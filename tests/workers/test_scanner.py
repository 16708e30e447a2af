"""The scanner's worker: a real process at one end of a terminal line."""

import os
import pty
import sys

import pytest

from cccd_reader import CardError
from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import CodeScanned, Shutdown, WorkerDown, WorkerUp
from kiosk.workers.process import PermanentFaultError
from kiosk.workers.scanner import ScannerConfig, scanner_worker, serve_scanner

CARD = "001198990123||Nguyễn Thị Lan|14031998|Nữ|Số 4, Phố Năm|01082024||||"


@pytest.fixture
def line():
    scanner, port = pty.openpty()
    ends = [scanner, port]
    yield ends, os.ttyname(port)
    for end in ends:
        os.close(end)


def test_a_scan_arrives_and_an_unplugged_scanner_is_told(inbox, line):
    ends, port = line
    worker = scanner_worker(
        ScannerConfig(port), inbox, policy=RestartPolicy(first_s=0.01, longest_s=0.05, permanent_s=9)
    )
    try:
        worker.start()
        inbox.wait(WorkerUp)
        os.write(ends[0], CARD.encode() + b"\r\n")
        assert inbox.wait(CodeScanned).text == CARD
        os.close(ends.pop(0))
        assert "CardError" in inbox.wait(WorkerDown).reason
    finally:
        worker.stop()


class HandHeld:
    """A channel in this process."""

    def __init__(self):
        self.sent = []

    def ready(self):
        self.sent.append("ready")

    def beat(self):
        pass

    def receive(self):
        return Shutdown()

    def send(self, message):
        self.sent.append(message)


def test_it_ends_when_told(line):
    channel = HandHeld()
    serve_scanner(channel, ScannerConfig(line[1]))
    assert channel.sent == ["ready"]


def test_without_pyserial_there_is_no_use_in_trying_again(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(PermanentFaultError, match="pyserial"):
        serve_scanner(HandHeld(), ScannerConfig("/dev/ttyS0"))


def test_a_port_that_is_not_there_may_come_back():
    with pytest.raises(CardError):
        serve_scanner(HandHeld(), ScannerConfig("/dev/no-such-port"))
