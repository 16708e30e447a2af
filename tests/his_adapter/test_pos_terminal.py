"""A card terminal: whatever is lost on the line, a patient is charged once or not at all, and we never guess which."""

import itertools
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import PosOutcome, PosSale, PosState
from his_adapter.payment.pos import PosSettings, TcpPosTerminal
from his_adapter.payment.pos_frame import (
    ACK,
    ETX,
    MAX_TEXT,
    NAK,
    STX,
    Control,
    Damaged,
    FrameReader,
    PosFormatError,
    PosMessage,
    frame,
    lrc,
    read,
    write,
)
from his_adapter.simulation.pos import Behaviour, PosSimulator

SHORT_S = 0.5  # for answers that never come
LONG_S = 20.0  # for answers that do
SILENT = {Behaviour.LOSE_SALE, Behaviour.LOSE_ACK, Behaviour.LOSE_OUTCOME, Behaviour.HOLD, Behaviour.SILENT}
NAMES = itertools.count(1)


@pytest.fixture
def twin() -> Iterator[PosSimulator]:
    simulator = PosSimulator()
    simulator.start()
    yield simulator
    simulator.close()


@pytest.fixture
def terminal(twin: PosSimulator) -> TcpPosTerminal:
    return terminal_at(twin.port)


def terminal_at(port: int, limit_s: float = LONG_S) -> TcpPosTerminal:
    return TcpPosTerminal(PosSettings("127.0.0.1", port, limit_s, limit_s, limit_s))


@pytest.fixture
def sale() -> PosSale:
    return PosSale(f"XP{next(NAMES):012d}", 50_600)


def charged(twin: PosSimulator, sale: PosSale) -> int:
    charge = twin.charges().get(sale.reference)
    return 0 if charge is None else charge.charges


def test_a_card_is_charged(twin: PosSimulator, terminal: TcpPosTerminal, sale: PosSale) -> None:
    assert terminal.sell(sale) == PosOutcome(sale.reference, PosState.APPROVED, 50_600, "T000001", "000001")
    assert charged(twin, sale) == 1
    assert terminal.health().well


@pytest.mark.parametrize(
    ("behaviour", "state", "charges"),
    [
        (Behaviour.DECLINE, PosState.DECLINED, 0),
        (Behaviour.CANCEL, PosState.CANCELLED, 0),
        (Behaviour.LOSE_SALE, PosState.NOT_TAKEN, 0),
        (Behaviour.LOSE_ACK, PosState.APPROVED, 1),
        (Behaviour.LOSE_OUTCOME, PosState.APPROVED, 1),
        (Behaviour.CUT, PosState.APPROVED, 1),
        (Behaviour.HOLD, PosState.UNKNOWN, 0),
        (Behaviour.NAK_ONCE, PosState.APPROVED, 1),
        (Behaviour.DAMAGE_ONCE, PosState.APPROVED, 1),
        (Behaviour.DAMAGE, PosState.APPROVED, 1),  # the inquiry's answer comes through
        (Behaviour.NONSENSE, PosState.APPROVED, 1),
        (Behaviour.OTHER_AMOUNT, PosState.UNKNOWN, 1),
        (Behaviour.STALE, PosState.APPROVED, 1),
        (Behaviour.NAK, PosState.UNKNOWN, 0),
        (Behaviour.SILENT, PosState.UNKNOWN, 0),
    ],
)
def test_whatever_is_lost_nobody_pays_twice(
    twin: PosSimulator, sale: PosSale, behaviour: Behaviour, state: PosState, charges: int
) -> None:
    terminal = terminal_at(twin.port, SHORT_S if behaviour in SILENT else LONG_S)
    twin.behaviour = behaviour
    assert terminal.sell(sale).state is state
    assert charged(twin, sale) == charges
    twin.behaviour = Behaviour.APPROVE
    try:
        again = terminal.sell(sale)  # the kiosk is impatient
    except OutsideFault as fault:
        assert (behaviour, fault.code) == (Behaviour.OTHER_AMOUNT, OutsideFaultCode.CONFLICT)  # noqa: PT017
    else:
        assert again.state is state or state is PosState.UNKNOWN
    assert charged(twin, sale) <= 1


def test_a_restarted_kiosk_sells_nothing_twice(twin: PosSimulator, terminal: TcpPosTerminal, sale: PosSale) -> None:
    first = terminal.sell(sale)
    restarted = terminal_at(twin.port)
    assert restarted.sell(sale) == first
    assert charged(twin, sale) == 1


def test_a_reference_stands_for_one_amount(terminal: TcpPosTerminal, sale: PosSale) -> None:
    terminal.sell(sale)
    with pytest.raises(OutsideFault) as caught:
        terminal.sell(PosSale(sale.reference, 1))
    assert caught.value.code is OutsideFaultCode.CONFLICT


def test_a_patient_who_looks_for_the_card_is_asked_about_again(
    twin: PosSimulator, terminal: TcpPosTerminal, sale: PosSale
) -> None:
    twin.behaviour = Behaviour.HOLD
    assert terminal_at(twin.port, SHORT_S).sell(sale).state is PosState.UNKNOWN
    assert terminal.inquire(sale.reference).state is PosState.UNKNOWN
    twin.finish(sale.reference)
    assert terminal.inquire(sale.reference).state is PosState.APPROVED
    assert charged(twin, sale) == 1


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        (Behaviour.APPROVE, PosState.REVERSED),
        (Behaviour.DECLINE, PosState.DECLINED),
        (Behaviour.HOLD, PosState.CANCELLED),
    ],
)
def test_what_was_begun_is_taken_back(
    twin: PosSimulator, terminal: TcpPosTerminal, sale: PosSale, behaviour: Behaviour, state: PosState
) -> None:
    twin.behaviour = behaviour
    terminal_at(twin.port, SHORT_S if behaviour in SILENT else LONG_S).sell(sale)
    assert [terminal.reverse(sale.reference).state for _ in range(2)] == [state] * 2


def test_a_sale_taken_back_before_it_arrived_is_never_charged(
    twin: PosSimulator, terminal: TcpPosTerminal, sale: PosSale
) -> None:
    assert terminal.reverse(sale.reference).state is PosState.NOT_TAKEN
    late = frame(write(PosMessage("SALE", {"reference": sale.reference, "amount": "50600"})))
    with socket.create_connection(("127.0.0.1", twin.port), timeout=5) as line:
        line.sendall(late)
        assert line.recv(1) == bytes([ACK])
    assert terminal.inquire(sale.reference).state is PosState.NOT_TAKEN
    assert charged(twin, sale) == 0


def test_a_terminal_that_is_not_there(sale: PosSale) -> None:
    with socket.socket() as reserved:  # bound, and nobody listens
        reserved.bind(("127.0.0.1", 0))
        terminal = terminal_at(reserved.getsockname()[1])
        with pytest.raises(OutsideFault) as caught:
            terminal.sell(sale)
        assert caught.value.code is OutsideFaultCode.UNREACHABLE
        assert terminal.inquire(sale.reference).state is PosState.UNKNOWN
        assert terminal.reverse(sale.reference).state is PosState.UNKNOWN
        assert terminal.health().fault is OutsideFaultCode.UNREACHABLE


def test_a_silent_terminal_is_not_well(twin: PosSimulator) -> None:
    twin.behaviour = Behaviour.SILENT
    assert terminal_at(twin.port, SHORT_S).health().fault is OutsideFaultCode.TIMEOUT


@pytest.mark.parametrize(("reference", "amount"), [("", 1), ("xp1", 1), ("A" * 26, 1), ("A", 0), ("A", 10**13)])
def test_impossible_sales(reference: str, amount: int) -> None:
    with pytest.raises(ValueError, match=r"reference|amount"):
        PosSale(reference, amount)


def test_the_simulator_is_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "his_adapter.simulation.pos"]
    done = subprocess.run(command, input="decline\nno such\n", capture_output=True, text=True, timeout=60, check=True)
    ready, obeyed, refused = done.stdout.splitlines()
    assert '"port": ' in ready
    assert (obeyed, '"ok": false' in refused) == ('{"ok": true}', True)


# frames

TEXTS = st.binary(max_size=MAX_TEXT).map(lambda data: data.translate(None, bytes([STX, ETX])))
MESSAGES = st.builds(
    PosMessage,
    st.from_regex(r"[A-Z]{1,16}", fullmatch=True),
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,16}", fullmatch=True), st.from_regex(r"[ -~]{0,20}", fullmatch=True), max_size=5
    ),
)


def test_the_checksum_covers_text_and_end() -> None:
    assert frame(b"AB") == bytes([STX]) + b"AB" + bytes([ETX, ord("A") ^ ord("B") ^ ETX])
    assert lrc(b"") == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, max_size=4), st.integers(1, 7))
def test_frames_come_whole_however_the_line_cuts_them(texts: list[bytes], cut: int) -> None:
    line = b"".join(frame(text) for text in texts)
    reader = FrameReader()
    parts = [line[start : start + cut] for start in range(0, len(line), cut)]
    assert [piece for part in parts for piece in reader.feed(part)] == texts


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=600), max_size=5))
def test_any_bytes_on_the_line_are_survived(parts: list[bytes]) -> None:
    reader = FrameReader()
    for part in parts:
        for piece in reader.feed(part):
            assert isinstance(piece, bytes | Control | Damaged)
    pieces = reader.feed(frame(b"one") * 3)  # two frames later at the latest it is in step again
    assert pieces[-1] == b"one"


@settings(deadline=None, max_examples=50)
@given(TEXTS.filter(bool), st.data())
def test_one_wrong_bit_is_noticed(text: bytes, data: st.DataObject) -> None:
    line = bytearray(frame(text))
    place = data.draw(st.integers(1, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    assert text not in FrameReader().feed(bytes(line))


def test_an_endless_frame_is_dropped() -> None:
    reader = FrameReader()
    assert reader.feed(bytes([STX]) + b"A" * (MAX_TEXT + 1)) == [Damaged()]
    assert reader.feed(bytes([ACK, NAK]) + frame(b"x")) == [Control(ACK), Control(NAK), b"x"]


@settings(deadline=None, max_examples=50)
@given(MESSAGES)
def test_messages_are_read_back(message: PosMessage) -> None:
    assert read(write(message)) == message


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=100))
def test_any_text_is_a_message_or_refused(text: bytes) -> None:
    try:
        message = read(text)
    except PosFormatError:
        return
    assert write(message) == text


@pytest.mark.parametrize(
    "make",
    [
        lambda: frame(b"a" * (MAX_TEXT + 1)),
        lambda: frame(bytes([ETX])),
        lambda: write(PosMessage("sale")),
        lambda: write(PosMessage("SALE", {"a": "\x1c"})),
        lambda: write(PosMessage("SALE", {"A": ""})),
        lambda: read(b"SALE\x1ca=1\x1ca=2"),
        lambda: read(b"SALE\x1ca"),
    ],
)
def test_what_does_not_fit_the_format(make: Callable[[], object]) -> None:
    with pytest.raises(PosFormatError):
        make()
