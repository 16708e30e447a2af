"""Everything that a card can do wrong, over a real pcscd and the guarded process: a documented error, and the next card
is read normally."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from cccd_reader import CardError, CardErrorCode, CardReadout, CheckState, Empty, Present, Progress, ServiceDown
from cccd_reader.emulation import (
    CardImage,
    EmulatedCard,
    Fault,
    PullAt,
    PullInFile,
    SilenceAt,
    StatusWordAt,
    TruncateAt,
    WrongMacAt,
)
from cccd_reader.emulation.pcscd import IsolatedPcscd
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.keys import keyring_from_number
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.reader import read_card
from cccd_reader.transport.guarded import GuardedSource, TimeLimits
from tests.people import AN

pytestmark = pytest.mark.pcscd

LIMITS = TimeLimits(exchange_s=1.5)


@pytest.fixture(scope="module")
def service() -> Iterator[IsolatedPcscd]:
    with IsolatedPcscd() as running:
        yield running


@pytest.fixture
def source(service: IsolatedPcscd, monkeypatch: pytest.MonkeyPatch) -> Iterator[GuardedSource]:
    for name, value in service.env.items():
        monkeypatch.setenv(name, value)  # the child's to find
    with GuardedSource.pcsc(limits=LIMITS) as made:
        yield made


@pytest.fixture(scope="module")
def only_slot(service: IsolatedPcscd) -> VirtualSlot:
    """One for all tests: it knows when the last card left, and that pcscd takes a moment to see it."""
    return VirtualSlot("127.0.0.1", service.port)


@pytest.fixture
def slot(only_slot: VirtualSlot) -> Iterator[VirtualSlot]:
    yield only_slot
    only_slot.pull()


def until(source: GuardedSource, kind: type) -> None:
    for _ in range(20):
        if isinstance(source.wait_change(5.0), kind):
            return
    raise AssertionError(f"never {kind.__name__}")


def read(
    source: GuardedSource, on_progress: Callable[[Progress], None] | None = None, error: CardError | None = None
) -> CardReadout:
    connection = source.connect()
    try:
        return read_card(
            connection,
            keyring_from_number(AN.number),
            on_progress=on_progress,
            resume=error.partial if error else None,
            profiles=ReadProfiles(),
        )
    finally:
        connection.close()


def assert_good(readout: CardReadout) -> None:
    assert readout.transport == "pcsc"
    assert len(readout.files) == 5
    assert not [verdict for verdict in readout.verdicts if verdict.state is CheckState.FAILED]


def next_card_is_read(source: GuardedSource, slot: VirtualSlot, image: CardImage) -> None:
    slot.pull()
    until(source, Empty)
    slot.place(EmulatedCard(image))
    until(source, Present)
    assert_good(read(source))


REMOVED, TIMEOUT, BAD_ANSWER = CardErrorCode.CARD_REMOVED, CardErrorCode.TIMEOUT, CardErrorCode.BAD_ANSWER
FIRST_OF_PACE, IN_SESSION = 3, 12

FAULTS: list[tuple[Fault, CardErrorCode | None]] = [
    (PullAt(1), REMOVED),
    (PullAt(FIRST_OF_PACE), REMOVED),
    (PullAt(IN_SESSION), REMOVED),
    (PullInFile("DG2", 8000), REMOVED),
    (SilenceAt(1), TIMEOUT),
    (SilenceAt(FIRST_OF_PACE), TIMEOUT),
    (SilenceAt(IN_SESSION), TIMEOUT),
    (StatusWordAt(FIRST_OF_PACE, 0x6F00), BAD_ANSWER),
    (TruncateAt(FIRST_OF_PACE), BAD_ANSWER),
    # In a session these cost the session, and nothing else.
    (WrongMacAt(IN_SESSION), None),
    (TruncateAt(IN_SESSION), None),
    (TruncateAt(IN_SESSION, keep=40), None),
    *((StatusWordAt(IN_SESSION, sw), None) for sw in (0x6982, 0x6A82, 0x6D00, 0x6988, 0x6987, 0x6282, 0x6B00)),
    *((StatusWordAt(IN_SESSION, sw), None) for sw in (0x6700, 0x6C10, 0x6110, 0x6283, 0x6A80, 0x6A88, 0x6F00)),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=lambda value: repr(value) if value else "none")
def test_a_fault_and_the_next_card(
    source: GuardedSource, slot: VirtualSlot, image: CardImage, fault: Fault, code: CardErrorCode | None
) -> None:
    card = EmulatedCard(image)
    card.arm(fault)
    slot.place(card)
    until(source, Present)
    if code is None:
        assert_good(read(source))
    else:
        with pytest.raises(CardError) as caught:
            read(source)
        assert caught.value.code is code, caught.value
    next_card_is_read(source, slot, image)


def test_a_silent_card_that_stays(source: GuardedSource, slot: VirtualSlot, image: CardImage) -> None:
    """pcscd itself waits for its answer, and keeps the card for who asked, until the card is taken away."""
    card = EmulatedCard(image)
    card.arm(SilenceAt(IN_SESSION))
    slot.place(card)
    until(source, Present)
    for code in (CardErrorCode.TIMEOUT, CardErrorCode.READER_BUSY):
        with pytest.raises(CardError) as caught:
            read(source)
        assert caught.value.code is code
    next_card_is_read(source, slot, image)


@pytest.mark.parametrize("what", ["service", "process"])
def test_what_dies_in_mid_read_comes_back(
    source: GuardedSource, service: IsolatedPcscd, slot: VirtualSlot, image: CardImage, what: str
) -> None:
    slot.place(EmulatedCard(image))
    until(source, Present)

    def kill(progress: Progress) -> None:
        if progress.file == "DG2" and service.running() and source.pid is not None:
            if what == "service":
                service.kill()
            else:
                os.kill(source.pid, signal.SIGKILL)

    with pytest.raises(CardError) as caught:
        read(source, kill)
    assert caught.value.code is CardErrorCode.SERVICE_DOWN
    if what == "service":
        until(source, ServiceDown)
        service.start()
        until(source, Present)
    resumed = read(source, error=caught.value)
    assert_good(resumed)
    next_card_is_read(source, slot, image)
