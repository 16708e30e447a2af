"""The reader's worker as the kiosk uses it: a real process, the real pcscd or a socket, and emulated cards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cccd_reader import Access, CardErrorCode, Check, CheckState, keyring_from_number
from cccd_reader.emulation import PullInFile, SilenceAt, TestSigner
from cccd_reader.emulation.tabletop import CardTabletop
from kiosk.flow.values import ReadStage
from kiosk.simulation.people import Person, make_cards
from kiosk.simulation.reader_twin import ReaderTwin, Transport
from kiosk.workers.backoff import RestartPolicy
from kiosk.workers.messages import (
    CancelRead,
    CardProgress,
    CardRead,
    CardReadFailed,
    ForgetCard,
    ReadCard,
    ReaderStatus,
    WorkerDown,
    WorkerUp,
)
from kiosk.workers.reader import ReaderWorker
from kiosk.workers.supervisor import STALLED, WorkerLimits

PEOPLE = Path(__file__).resolve().parents[2] / "assets" / "people"
QUICK = RestartPolicy(first_s=0.01, longest_s=0.05, permanent_s=0.1)
Until = Callable[..., None]


@pytest.fixture(scope="module")
def authority() -> TestSigner:
    return TestSigner.create()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, authority: TestSigner) -> dict[str, Person]:
    return {person.id: person for person in make_cards(PEOPLE, tmp_path_factory.mktemp("cards"), authority)}


@dataclass
class Desk:
    """A reader with its worker, and the table that cards lie on."""

    worker: ReaderWorker
    reader: ReaderTwin
    table: CardTabletop
    people: dict[str, Person]
    inbox: Any

    def place(self, person: str = "lan") -> None:
        mark = self.inbox.mark()
        self.table.place(self.people[person].card)
        self.inbox.wait(ReaderStatus, lambda status: status.state == "present", after=mark)

    def pull(self) -> None:
        mark = self.inbox.mark()
        self.table.pull()
        self.inbox.wait(ReaderStatus, lambda status: status.state == "empty", after=mark)

    def read(self, session: int, person: str = "lan", *, number: str | None = None) -> None:
        keyring = keyring_from_number(number or self.people[person].number)
        self.worker.send(ReadCard(session, keyring, Access.AUTO, keyring.number))

    def apdus(self) -> int:
        return self.table.status()[0].apdus


@contextmanager
def desk_for(
    transport: Transport,
    people: dict[str, Person],
    inbox: Any,
    limits: WorkerLimits | None = None,
    **options: Path,
) -> Iterator[Desk]:
    reader = ReaderTwin(transport)
    worker = ReaderWorker(replace(reader.config, **options), inbox, limits=limits, policy=QUICK)
    try:
        worker.start()
        inbox.wait(WorkerUp)
        with CardTabletop(reader.port) as table:
            yield Desk(worker, reader, table, people, inbox)
    finally:
        worker.stop()
        reader.close()


@pytest.fixture
def desk(people: dict[str, Person], inbox: Any) -> Iterator[Desk]:
    with desk_for("pcsc", people, inbox) as made:
        yield made


@pytest.mark.pcscd
@pytest.mark.parametrize("transport", ["pcsc", "socket"])
def test_a_card_is_read_with_progress(transport: Transport, people: dict[str, Person], inbox: Any) -> None:
    with desk_for(transport, people, inbox) as desk:
        inbox.wait(ReaderStatus, lambda status: status.state == "empty")
        desk.place("lan")
        desk.read(5)
        done = inbox.wait(CardRead)
        assert done.session == 5
        assert done.readout.transport == transport
        assert done.readout.access is Access.PACE
        assert done.readout.citizen.full_name == "NGUYỄN THỊ LAN"
        assert done.readout.photo is not None
        assert [verdict for verdict in done.readout.verdicts if verdict.state is CheckState.FAILED] == []
        assert dict(done.readout.files)["DG2"].size > 10_000

        progress = inbox.of(CardProgress)
        assert {item.session for item in progress} == {5}
        assert [item.fraction for item in progress] == sorted(item.fraction for item in progress)
        order = list(ReadStage)
        assert [order.index(item.stage) for item in progress] == sorted(order.index(item.stage) for item in progress)
        assert {item.stage for item in progress} == set(ReadStage)
        named = [item for item in progress if item.citizen is not None]
        assert named[0].fraction < 0.3, "the holder is known long before the photo"
        assert "LAN" not in repr(named[-1])


@pytest.mark.pcscd
def test_a_card_pulled_in_the_photo_is_read_on_from_there(desk: Desk, inbox: Any) -> None:
    desk.table.arm(PullInFile("DG2", 6000))
    desk.place()
    desk.read(1)
    failed = inbox.wait(CardReadFailed)
    assert (failed.session, failed.code) == (1, CardErrorCode.CARD_REMOVED)
    inbox.wait(ReaderStatus, lambda status: status.state == "empty", after=inbox.messages.index(failed))
    desk.place()
    desk.read(1)
    resumed = inbox.wait(CardRead).readout
    resumed_apdus = desk.apdus()
    desk.worker.send(ForgetCard(1))
    desk.pull()
    mark = inbox.mark()
    desk.place()
    desk.read(1)
    whole = inbox.wait(CardRead, after=mark)
    assert whole.readout.photo == resumed.photo
    assert resumed_apdus < desk.apdus(), "nothing is read twice, unless it was forgotten"
    assert resumed.bytes_moved < 0.8 * whole.readout.bytes_moved


@pytest.mark.pcscd
def test_what_was_read_of_one_patient_is_not_kept_for_the_next(desk: Desk, inbox: Any) -> None:
    desk.table.arm(PullInFile("DG2", 6000))
    desk.place("lan")
    desk.read(1)
    inbox.wait(CardReadFailed)
    inbox.wait(ReaderStatus, lambda status: status.state == "empty")
    desk.place("hung")
    desk.read(2, "hung")
    done = inbox.wait(CardRead)
    assert (done.session, done.readout.citizen.full_name) == (2, "TRẦN VĂN HÙNG")


@pytest.mark.pcscd
def test_a_wrong_number_is_a_wrong_key(desk: Desk, inbox: Any) -> None:
    desk.place("lan")
    desk.read(1, number="001198990009")
    failed = inbox.wait(CardReadFailed)
    assert failed.code is CardErrorCode.WRONG_KEY
    assert "990" not in failed.detail
    desk.read(1)
    inbox.wait(CardRead)


@pytest.mark.pcscd
def test_reading_without_a_card(desk: Desk, inbox: Any) -> None:
    desk.read(1)
    assert inbox.wait(CardReadFailed).code is CardErrorCode.NO_CARD


@pytest.mark.pcscd
def test_two_cards_are_told_apart_from_one(desk: Desk, inbox: Any) -> None:
    desk.place("lan")
    desk.table.place(desk.people["hung"].card, slot=1)
    inbox.wait(ReaderStatus, lambda status: status.state == "several")
    desk.read(1)
    assert inbox.wait(CardReadFailed).code is CardErrorCode.SEVERAL_CARDS
    mark = inbox.mark()
    desk.table.pull(slot=1)
    inbox.wait(ReaderStatus, lambda status: status.state == "present", after=mark)


@pytest.mark.pcscd
def test_a_read_can_be_cancelled_and_belongs_to_its_session(desk: Desk, inbox: Any) -> None:
    desk.place()
    desk.read(1)
    inbox.wait(CardProgress, lambda progress: progress.stage is ReadStage.IDENTITY)
    desk.worker.send(CancelRead(99))  # somebody else's
    desk.worker.send(CancelRead(1))
    failed = inbox.wait(CardReadFailed)
    assert (failed.session, failed.code) == (1, CardErrorCode.CANCELLED)
    desk.read(2)
    assert inbox.wait(CardRead).session == 2


@pytest.mark.pcscd
def test_a_card_that_never_answers_is_given_up_and_the_next_read_works(people: dict[str, Person], inbox: Any) -> None:
    """PC/SC's transmit has no time limit and cannot be interrupted: only the end of its process helps."""
    with desk_for("pcsc", people, inbox, WorkerLimits(stall_s=3.0)) as desk:
        desk.place()
        desk.table.arm(SilenceAt(5))
        desk.read(1)
        down = inbox.wait(WorkerDown)
        assert (down.reason, down.permanent) == (STALLED, False)
        failed = inbox.wait(CardReadFailed)
        assert (failed.session, failed.code) == (1, CardErrorCode.TIMEOUT)
        # pcscd itself waits for the card until it leaves
        desk.table.pull()
        inbox.wait(ReaderStatus, lambda status: status.state == "empty", after=inbox.messages.index(down))
        desk.place()
        desk.read(1)
        inbox.wait(CardRead)


@pytest.mark.pcscd
def test_a_killed_worker_comes_back_with_the_card_still_there(desk: Desk, inbox: Any) -> None:
    desk.place()
    mark = inbox.mark()
    desk.worker.kill()
    assert inbox.wait(WorkerDown, after=mark).name == "reader"
    status = inbox.wait(ReaderStatus, after=mark)
    assert (status.state, status.kind) == ("present", "pcsc")
    assert inbox.of(CardReadFailed) == [], "nobody was reading"
    desk.read(1)
    inbox.wait(CardRead)


@pytest.mark.pcscd
def test_a_worker_killed_over_a_read_answers_for_it(desk: Desk, inbox: Any) -> None:
    desk.place()
    desk.read(4)
    inbox.wait(CardProgress)
    desk.worker.kill()
    failed = inbox.wait(CardReadFailed)
    assert (failed.session, failed.code) == (4, CardErrorCode.READER_GONE)


@pytest.mark.pcscd
def test_pcscd_may_die_and_come_back_in_the_middle_of_a_read(desk: Desk, inbox: Any) -> None:
    desk.place()
    desk.read(1)
    inbox.wait(CardProgress, lambda progress: progress.stage is ReadStage.IDENTITY)
    mark = inbox.mark()
    desk.reader.kill()
    failed = inbox.wait(CardReadFailed, after=mark)
    assert failed.code is CardErrorCode.SERVICE_DOWN
    inbox.wait(ReaderStatus, lambda status: status.state == "service_down", after=mark)
    desk.reader.start()
    inbox.wait(ReaderStatus, lambda status: status.state == "present", after=mark)
    desk.read(1)
    inbox.wait(CardRead)
    assert inbox.of(WorkerDown) == [], "no restart was needed"


def test_a_command_to_a_worker_that_is_not_there_is_answered(inbox: Any) -> None:
    worker = ReaderWorker(ReaderTwin("socket").config, inbox)
    worker.send(ReadCard(3, keyring_from_number("001198990001"), Access.AUTO, None))
    assert inbox.of(CardReadFailed) == [
        CardReadFailed(3, CardErrorCode.READER_GONE, "the reader's process is not running")
    ]
    worker.send(CancelRead(3))
    worker.stop()
    assert len(inbox.messages) == 1


def test_a_port_that_is_taken_is_waited_for(inbox: Any, people: dict[str, Person]) -> None:
    reader = ReaderTwin("socket")
    first = ReaderWorker(reader.config, lambda _: None, policy=QUICK)
    second = ReaderWorker(reader.config, inbox, policy=QUICK)
    try:
        with CardTabletop(reader.port) as table:
            first.start()
            assert table.place(people["lan"].card) == "in_reader"
            second.start()
            assert inbox.wait(WorkerDown).reason.startswith("CardError at socket.py:")
            first.stop()
            inbox.wait(ReaderStatus, lambda status: status.state == "present")
    finally:
        first.stop()
        second.stop()


def test_with_the_issuer_in_the_trust_store_a_card_is_genuine_and_what_the_reader_can_do_is_remembered(
    people: dict[str, Person], inbox: Any, authority: TestSigner, tmp_path: Path
) -> None:
    (tmp_path / "trust" / "csca").mkdir(parents=True)
    (tmp_path / "trust" / "csca" / "test.der").write_bytes(authority.csca_certificate)
    profile = tmp_path / "profile.json"
    with desk_for("socket", people, inbox, trust_store=tmp_path / "trust", read_profile=profile) as desk:
        desk.place("lan")
        desk.read(1)
        states = {verdict.check: verdict.state for verdict in inbox.wait(CardRead).readout.verdicts}
    assert states[Check.ISSUER] is CheckState.SUCCESSFUL
    assert states[Check.CHIP_AUTHENTICATION] is CheckState.SUCCESSFUL
    remembered = profile.read_text("utf-8")
    assert people["lan"].number not in remembered
    assert "proven" in remembered


def test_without_a_trust_store_nobody_is_vouched_for(people: dict[str, Person], inbox: Any) -> None:
    with desk_for("socket", people, inbox) as desk:
        desk.place("lan")
        desk.read(1)
        verdicts = {verdict.check: verdict for verdict in inbox.wait(CardRead).readout.verdicts}
    assert verdicts[Check.ISSUER].state is CheckState.UNDETERMINED
    assert verdicts[Check.ISSUER].reason == "no trust store"
