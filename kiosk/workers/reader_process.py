"""The reader's process: watches the reader, reads the card when told, goes on where a pulled card stopped."""

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from cccd_reader import (
    CardError,
    CardErrorCode,
    CardReadout,
    CardSource,
    Empty,
    NoReader,
    PartialRead,
    PcscSource,
    Present,
    Progress,
    ReaderState,
    ReadProfiles,
    ServiceDown,
    SeveralCards,
    SocketSource,
    Stage,
    read_card,
)
from cccd_reader.pki.trust_store import TrustStore
from kiosk.flow.values import ReadStage
from kiosk.workers.messages import (
    CancelRead,
    CardProgress,
    CardRead,
    CardReadFailed,
    ForgetCard,
    ReadCard,
    ReaderStatus,
    Shutdown,
)
from kiosk.workers.process import Channel

if TYPE_CHECKING:
    from kiosk.workers.reader import ReaderConfig

WATCH_S = 0.1
"""How long a look at the reader may wait for a change: the longest a command waits to be seen."""

PROGRESS_STEP = 0.02
"""Progress is told in steps of this share of the bytes: fifty moves of the bar, not one for each APDU."""

_STAGES = {"DG1": ReadStage.IDENTITY, "DG13": ReadStage.IDENTITY, "DG2": ReadStage.PHOTO}
"""The stage of a file; every other file serves the proof."""

_UNSURE = frozenset({CardErrorCode.BAD_ANSWER, CardErrorCode.SECURE_MESSAGING})


def serve_reader(channel: Channel, config: "ReaderConfig") -> None:
    """The process's work; returns after `Shutdown`."""
    ReaderLoop(channel, lambda: open_source(config), reading_options(config)).run()


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What all readings of the process have in common. `trust` None: no issuer can be verified."""

    largest_read: int | None = None
    trust: TrustStore | None = None
    profiles: ReadProfiles = field(default_factory=ReadProfiles)


def reading_options(config: "ReaderConfig") -> ReadingOptions:
    """Loads the trust store, once for all cards. Files in it that are broken are left out; the doctor names them."""
    trust = TrustStore(config.trust_store).load() if config.trust_store is not None else None
    return ReadingOptions(config.largest_read, trust, ReadProfiles(config.read_profile))


def open_source(config: "ReaderConfig") -> CardSource:
    """Raises CardError: service_down when the socket's port is taken."""
    if config.source == "socket":
        return SocketSource(config.host, config.port)
    if config.service_socket:
        os.environ["PCSCLITE_CSOCK_NAME"] = config.service_socket  # pcsc-lite's own way; read at its first call
    return PcscSource(config.name or None)


@dataclass(frozen=True, slots=True)
class _Told:
    """The progress told last, to tell the next one only when it says something new."""

    stage: ReadStage
    fraction: float
    named: bool


class ReaderLoop:
    """One thread: look at the reader, do commands, look again. Life is shown between looks and between APDUs only."""

    def __init__(self, channel: Channel, open_source: Callable[[], CardSource], options: ReadingOptions) -> None:
        self._channel = channel
        self._source = open_source()
        self._options = options
        self._commands: deque[object] = deque()
        self._status: ReaderStatus | None = None
        self._partial: tuple[int, PartialRead] | None = None
        self._told: _Told | None = None

    def run(self) -> None:
        self._channel.ready()
        try:
            while True:
                self._channel.beat()
                self._collect()
                while self._commands:
                    command = self._commands.popleft()
                    if isinstance(command, Shutdown):
                        return
                    self._obey(command)
                self._publish(self._source.wait_change(WATCH_S))
        finally:
            self._partial = None
            self._source.close()

    def _collect(self) -> None:
        while (command := self._channel.receive()) is not None:
            self._commands.append(command)

    def _obey(self, command: object) -> None:
        match command:
            case ReadCard():
                self._read(command)
            case ForgetCard(session=session):
                if self._partial is not None and self._partial[0] == session:
                    self._partial = None
            case _:
                pass  # a CancelRead for a read that has ended

    def _publish(self, state: ReaderState) -> None:
        status = reader_status(state, self._source.kind)
        if status != self._status:
            self._status = status
            self._channel.send(status)

    def _read(self, command: ReadCard) -> None:
        session = command.session
        resume = self._partial[1] if self._partial is not None and self._partial[0] == session else None
        self._partial = self._told = None
        try:
            readout = self._read_connected(command, resume)
        except CardError as error:
            partial = error.partial or resume
            if partial is not None:
                self._partial = (session, partial)
            state = self._source.wait_change(0)
            self._channel.send(CardReadFailed(session, failure_code(error.code, state), str(error)))
            self._publish(state)
        else:
            # read-only views cannot be sent to another process
            self._channel.send(CardRead(session, replace(readout, files=dict(readout.files))))

    def _read_connected(self, command: ReadCard, resume: PartialRead | None) -> CardReadout:
        keyring = command.keyring
        if keyring.number is None and command.expected_number is not None:
            keyring = replace(keyring, number=command.expected_number)
        connection = self._source.connect()
        try:
            return read_card(
                connection,
                keyring,
                access=command.access,
                on_progress=lambda progress: self._report(command.session, progress),
                resume=resume,
                cancelled=lambda: self._is_cancelled(command.session),
                largest_read=self._options.largest_read,
                trust=self._options.trust,
                profiles=self._options.profiles,
            )
        finally:
            connection.close()

    def _is_cancelled(self, session: int) -> bool:
        """Asked before every APDU. Any command that ends this session's read does; it is obeyed afterwards."""
        self._channel.beat()
        self._collect()
        return any(
            isinstance(command, Shutdown)
            or (isinstance(command, CancelRead | ForgetCard) and command.session == session)
            or (isinstance(command, ReadCard) and command.session != session)
            for command in self._commands
        )

    def _report(self, session: int, progress: Progress) -> None:
        stage = read_stage(progress)
        fraction = min(1.0, progress.done / progress.total) if progress.total else 0.0
        told = _Told(stage, fraction, progress.identity is not None)
        last = self._told
        if last is None or (stage, told.named) != (last.stage, last.named) or fraction - last.fraction >= PROGRESS_STEP:
            self._told = told
            self._channel.send(CardProgress(session, stage, fraction, progress.identity))


def failure_code(code: CardErrorCode, state: ReaderState) -> CardErrorCode:
    """Why a read failed, given what the reader sees right after it.

    A service that dies or a card that leaves in the middle of an exchange may look like a wrong answer.
    """
    if code not in _UNSURE:
        return code
    match state:
        case ServiceDown():
            return CardErrorCode.SERVICE_DOWN
        case NoReader():
            return CardErrorCode.READER_GONE
        case Empty():
            return CardErrorCode.CARD_REMOVED
        case Present() | SeveralCards():
            return code
        case _:
            assert_never(state)


def read_stage(progress: Progress) -> ReadStage:
    """The step a patient can follow."""
    match progress.stage:
        case Stage.OPENING:
            return ReadStage.OPENING
        case Stage.CHECKING:
            return ReadStage.DONE
        case Stage.READING:
            return _STAGES.get(progress.file or "", ReadStage.PROVING)
        case _:
            assert_never(progress.stage)


def reader_status(state: ReaderState, kind: str) -> ReaderStatus:
    """The library's state as a message."""
    match state:
        case ServiceDown():
            return ReaderStatus("service_down", "", kind)
        case NoReader():
            return ReaderStatus("no_reader", "", kind)
        case Empty(readers):
            return ReaderStatus("empty", readers[0] if len(readers) == 1 else "", kind)
        case Present(reader, _):
            return ReaderStatus("present", reader, kind)
        case SeveralCards():
            return ReaderStatus("several", "", kind)
        case _:
            assert_never(state)
