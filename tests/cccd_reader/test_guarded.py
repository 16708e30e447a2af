"""A reader that hangs or dies takes its own process with it, and nothing else."""

import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.emulation import CardImage, EmulatedCard, SilenceAt
from cccd_reader.emulation.pcscd import free_ports
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import keyring_from_number
from cccd_reader.reader import read_card
from cccd_reader.transport import frames
from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards
from cccd_reader.transport.guarded import GuardedSource, TimeLimits
from cccd_reader.transport.guarded_process import Served
from tests.people import AN

SOON = TimeLimits(exchange_s=1.0, connect_s=1.0, wait_s=1.0, close_s=1.0)
"""As short as a busy machine allows for what does answer."""
HANG, CRASH, PRINT, FAIL, ECHO = b"hang", b"crash", b"print", b"fail", b"echo"
Make = Callable[..., GuardedSource]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """make(at="connect"): a source whose child hangs there. The child imports what this process can."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    made: list[GuardedSource] = []

    def go(*, limits: TimeLimits = SOON, clock: Any = None, **arguments: str) -> GuardedSource:
        options = {} if clock is None else {"clock": clock}
        made.append(GuardedSource("fake", "guarded_fakes:FakeSource", arguments, limits=limits, **options))
        return made[-1]

    yield go
    for source in made:
        source.close()


def failure(call: Callable[..., object], *arguments: object) -> CardErrorCode:
    with pytest.raises(CardError) as caught:
        call(*arguments)
    return caught.value.code


def test_a_card_in_another_process_is_a_card_like_any_other(make: Make) -> None:
    with make() as source:
        assert source.wait_change(0) == Empty(("Fake reader", "Other"))
        assert source.wait_change(9.0) == Present("Fake reader", bytes.fromhex("3B80800101"))
        connection = source.connect()
        assert (connection.kind, connection.name, connection.max_data_bytes) == ("fake", "Fake reader", 522)
        assert connection.atr == bytes.fromhex("3B80800101")
        assert connection.transmit(bytes(70_000)) == (bytes(70_000), 0x9000)
        connection.reset()
        with pytest.raises(CardError) as caught:
            connection.transmit(FAIL)
        assert (caught.value.code, caught.value.detail, caught.value.sw) == (
            CardErrorCode.CARD_REMOVED,
            "the card left",
            0x6F00,
        )
        assert connection.transmit(ECHO) == (ECHO, 0x9000)
        connection.close()
        connection.close()
        assert failure(connection.transmit, ECHO) is CardErrorCode.CARD_REMOVED
    assert source.pid is None


def test_nothing_that_is_printed_gets_between_the_answers(make: Make) -> None:
    connection = make().connect()
    assert connection.transmit(PRINT) == (PRINT, 0x9000)
    assert connection.transmit(ECHO) == (ECHO, 0x9000)


def test_a_command_that_is_never_answered_ends_the_process_and_the_next_card_is_read(make: Make) -> None:
    source = make()
    connection = source.connect()
    stuck = source.pid
    assert stuck is not None
    assert failure(connection.transmit, HANG) is CardErrorCode.TIMEOUT
    with pytest.raises(ProcessLookupError):
        os.kill(stuck, 0)
    assert failure(connection.transmit, ECHO) is CardErrorCode.SERVICE_DOWN  # it went with its process
    again = source.connect()
    assert source.pid not in (None, stuck)
    assert again.transmit(ECHO) == (ECHO, 0x9000)
    assert failure(connection.transmit, ECHO) is CardErrorCode.SERVICE_DOWN
    connection.close()
    assert again.transmit(ECHO) == (ECHO, 0x9000)


@pytest.mark.parametrize("how", ["by itself", "by a signal"])
def test_a_process_that_dies(make: Make, how: str) -> None:
    source = make()
    connection = source.connect()
    if how == "by itself":
        assert failure(connection.transmit, CRASH) is CardErrorCode.SERVICE_DOWN
    else:
        assert source.pid is not None
        os.kill(source.pid, signal.SIGKILL)
        assert failure(connection.transmit, ECHO) is CardErrorCode.SERVICE_DOWN
    assert source.connect().transmit(ECHO) == (ECHO, 0x9000)


def test_a_reading_has_a_limit_too(make: Make) -> None:
    now = 0.0
    source = make(limits=TimeLimits(read_s=30.0), clock=lambda: now)
    connection = source.connect()
    assert connection.transmit(ECHO) == (ECHO, 0x9000)
    now = 31.0
    assert failure(connection.transmit, ECHO) is CardErrorCode.TIMEOUT
    assert failure(connection.transmit, ECHO) is CardErrorCode.CARD_REMOVED
    assert source.connect().transmit(ECHO) == (ECHO, 0x9000)


def test_connecting_and_looking_have_limits(make: Make, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    for at in ("connect", "wait"):
        flag.touch()
        source = make(at=at, flag=str(flag))
        if at == "connect":
            assert failure(source.connect) is CardErrorCode.TIMEOUT
        else:
            state = source.wait_change(0)
            assert isinstance(state, ServiceDown)
            assert "no answer within" in state.reason
        flag.unlink()
        assert source.wait_change(0) == Empty(("Fake reader", "Other"))
        assert source.connect().transmit(ECHO) == (ECHO, 0x9000)


def test_a_source_that_cannot_be_opened(make: Make) -> None:
    for at, reason in (("refuse", "the port is taken"), ("die", "the reader's process ended")):
        source = make(at=at)
        assert failure(source.connect) is CardErrorCode.SERVICE_DOWN
        assert source.pid is None
        assert source.wait_change(0) == ServiceDown(reason)


def test_a_source_that_stays_away_is_looked_for_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    now = 0.0
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        nonlocal now
        now += seconds
        pauses.append(seconds)

    source = GuardedSource(
        "fake", "guarded_fakes:FakeSource", {"at": "refuse"}, limits=SOON, clock=lambda: now, pause=pause
    )
    assert isinstance(source.wait_change(1.2), ServiceDown)
    assert isinstance(source.wait_change(1.2), ServiceDown)
    assert pauses == pytest.approx([0.5, 0.5, 0.2])


def test_a_new_process_has_no_news(make: Make) -> None:
    source = make()
    assert source.wait_change(0) == Empty(("Fake reader", "Other"))
    assert source.pid is not None
    os.kill(source.pid, signal.SIGKILL)
    assert isinstance(source.wait_change(5.0), ServiceDown)
    # The new one says what is there first; it was the same before.
    assert source.wait_change(5.0) == Empty(("Fake reader", "Other"))


def test_an_interrupted_question_leaves_no_answer_behind(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make()
    connection = source.connect()
    child = source._child
    assert child is not None

    def interrupted(**_options: object) -> bytes:
        raise KeyboardInterrupt

    class Interrupted:
        get = staticmethod(interrupted)
        put = staticmethod(lambda answer: None)

    monkeypatch.setattr(child, "_answers", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        connection.transmit(ECHO)
    assert source.pid is None
    assert source.connect().transmit(ECHO) == (ECHO, 0x9000)


def test_the_command_line_says_nothing(make: Make) -> None:
    source = make(flag="/tmp/only-for-the-child")
    source.connect()
    words = Path(f"/proc/{source.pid}/cmdline").read_bytes().split(b"\0")[1:]
    assert words == [b"-P", b"-m", b"cccd_reader.transport.guarded_process", b""]


STATES: list[ReaderState] = [
    ServiceDown("why"),
    NoReader(),
    Empty(("Đầu đọc",)),
    Present("A", b"\x3b\x80"),
    SeveralCards(("A", "B")),
]


@pytest.mark.parametrize("state", STATES)
def test_states_cross(state: ReaderState) -> None:
    assert frames.decode_state(frames.encode_state(state)) == state


@given(body=st.binary(max_size=1000), cut=st.integers(0, 1003))
def test_frames_come_back_or_are_none(body: bytes, cut: int) -> None:
    stream = io.BytesIO()
    frames.write_frame(stream, body)
    whole = stream.getvalue()
    assert frames.read_frame(io.BytesIO(whole)) == body
    if cut < len(whole):
        assert frames.read_frame(io.BytesIO(whole[:cut])) is None
    assert frames.read_frame(io.BytesIO(b"\xff\xff\xff\xff" + body)) is None


def test_what_the_process_does_with_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    served = Served()
    factory = json.dumps({"factory": "guarded_fakes:FakeSource", "arguments": {}}).encode()
    assert served.answer(frames.OPEN, factory) == b""
    assert failure(served.answer, frames.TRANSMIT, ECHO) is CardErrorCode.CARD_REMOVED
    assert json.loads(served.answer(frames.CONNECT, b""))["max_data_bytes"] == 522
    assert served.answer(frames.TRANSMIT, ECHO) == ECHO + b"\x90\x00"
    assert served.answer(frames.RESET, b"") == b""
    assert frames.decode_state(served.answer(frames.WAIT, b"0.0")) == Empty(("Fake reader", "Other"))
    assert served.answer(frames.DISCONNECT, b"") == b""
    assert served.answer(b"?", b"") == b""
    assert failure(served.answer, frames.RESET, b"") is CardErrorCode.CARD_REMOVED


def test_a_silent_card_on_a_socket_and_the_next_one(image: CardImage) -> None:
    port = free_ports(2)
    slot = VirtualSlot("127.0.0.1", port, settle_s=0)
    with GuardedSource.socket(port=port, limits=SOON) as source:
        assert isinstance(source.wait_change(0), Empty)
        silent = EmulatedCard(image)
        silent.arm(SilenceAt(12))
        slot.place(silent)
        while not isinstance(source.wait_change(5.0), Present):
            pass
        with pytest.raises(CardError) as caught:
            read_card(source.connect(), keyring_from_number(AN.number))
        assert caught.value.code is CardErrorCode.TIMEOUT
        slot.pull()
        slot.place(EmulatedCard(image))
        while not isinstance(source.wait_change(5.0), Present):
            pass
        readout = read_card(source.connect(), keyring_from_number(AN.number), resume=caught.value.partial)
        assert readout.transport == "socket"
        assert len(readout.files) == 5
        slot.pull()
