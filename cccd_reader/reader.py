"""Reading a card from the first APDU to the verdicts."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cccd_reader.access import Access, Opened, open_chip
from cccd_reader.checks import check_online, check_reading
from cccd_reader.chip_proof import ChipProof
from cccd_reader.citizen import Citizen, citizen_from_dg13, citizen_from_mrz
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.file_reader import FileReader
from cccd_reader.keys import Can, KeyRing
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.files import EF, READING_ORDER, REQUIRED
from cccd_reader.lds.signed_data import SignedData
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.online import OnlineVerifier
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.read_tactics import SHORT_CHUNKS, ReadTactics
from cccd_reader.readout import CardReadout, FileSummary, PartialRead, Progress, Stage
from cccd_reader.transport.base import Connection
from cccd_reader.transport.link import Link
from cccd_reader.verdict import CheckState

OnProgress = Callable[[Progress], None]


def _now() -> datetime:
    return datetime.now(UTC)


def read_card(
    connection: Connection,
    keyring: KeyRing,
    *,
    access: Access = Access.AUTO,
    on_progress: OnProgress | None = None,
    resume: PartialRead | None = None,
    cancelled: Callable[[], bool] | None = None,
    largest_read: int | None = None,
    profiles: ReadProfiles | None = None,
    both_proofs: bool = False,
    trust: TrustStore | None = None,
    online: OnlineVerifier | None = None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = _now,
) -> CardReadout:
    """Opens the chip, reads DG1, DG13, EF.SOD, DG14 and DG2, has the chip prove that it is no copy, and checks what the
    files say. DG15 is read when active authentication is wanted: when chip authentication did not prove the chip.

    `resume` continues an interrupted reading if it is the same card. `cancelled` is asked before every command.
    `profiles` remembers how this reader and kind of card are read fastest; without it every reading finds out anew.
    `largest_read` (bytes) bounds one READ BINARY: 223 keeps to short APDUs. `both_proofs` asks for active
    authentication even where chip authentication has proven the chip. `trust` are the issuers that are trusted as of
    `now` (with a time zone), `online` is asked at the end, when everything else is known; without them these checks
    are undetermined.

    Raises `CardError`, with `partial` set when it was interrupted after something was read. A check that fails is a
    verdict and no error; a file that cannot be parsed is an error (`bad_data`, naming the file).
    """
    store = ReadProfiles() if profiles is None else profiles
    wishes = _Wishes(on_progress, cancelled, largest_read, store, both_proofs, trust, online, clock, now)
    return _Reading(connection, keyring, resume, wishes).run(access)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What `read_card` was told about how to read."""

    on_progress: OnProgress | None
    cancelled: Callable[[], bool] | None
    largest_read: int | None
    profiles: ReadProfiles
    both_proofs: bool
    trust: TrustStore | None
    online: OnlineVerifier | None
    clock: Callable[[], float]
    now: Callable[[], datetime]


class _Reading:
    def __init__(self, connection: Connection, keyring: KeyRing, resume: PartialRead | None, wishes: _Wishes) -> None:
        self._link = Link(connection)
        self._keyring = keyring
        self._resume = resume  # until it is taken over, or found to be of another card
        self._wishes = wishes
        self._proof = ChipProof(both=wishes.both_proofs, trusted=self._is_trusted)
        self._tactics: ReadTactics | None = None
        self._files: dict[EF, bytes] = {}
        self._unfinished: tuple[EF, bytes] | None = None
        self._sod_of_session = False
        self._sizes = {ef: ef.typical_bytes for ef in READING_ORDER}
        self._identity: Citizen | None = None
        self._dg13_citizen: Citizen | None = None

    def run(self, access: Access) -> CardReadout:
        started = self._wishes.clock()
        try:
            opened = self._open(self._keyring, access)
            while not self._read_all():
                # The session is over, and something will be done otherwise in the next one.
                self._link.reset()
                opened = self._open(_ring_of(opened, self._keyring), opened.access)
            self._report(Stage.CHECKING, None, 0)
            return self._conclude(opened.access, started)
        except CardError as error:
            error.partial = self._partial(error)
            raise
        finally:
            self._remember()
            self._link.close()

    def _partial(self, error: CardError) -> PartialRead | None:
        """What a later reading can go on from. Files that are malformed stay so, however often they are read."""
        if error.code is CardErrorCode.BAD_DATA:
            return None
        if self._resume is not None:
            # Interrupted again before the earlier reading could be compared with this card.
            return self._resume
        if not self._files and self._unfinished is None:
            return None
        return PartialRead(dict(self._files), self._unfinished)

    def _open(self, keys: KeyRing, access: Access) -> Opened:
        self._report(Stage.OPENING, None, 0)
        connection = self._link.connection
        profile = self._wishes.profiles.get(connection.name, connection.atr)
        if profile.extended is False:
            self._link.extended = False
        largest = profile.proven if profile.proven > max(SHORT_CHUNKS) else profile.largest
        opened = open_chip(self._link, keys, access, self._check_cancelled, largest_read=largest)
        self._proof.opened(opened)
        self._sod_of_session = False
        if self._tactics is None:
            assert self._link.channel is not None
            self._tactics = ReadTactics(
                self._link.channel.suite,
                profile,
                max_data_bytes=connection.max_data_bytes,
                largest_read=self._wishes.largest_read,
            )
        return opened

    def _remember(self) -> None:
        if self._tactics is not None:
            connection = self._link.connection
            self._wishes.profiles.put(connection.name, connection.atr, self._tactics.profile)

    def _read_all(self) -> bool:
        """Reads what is missing and makes the proofs. False when the session is over and another one may help."""
        assert self._tactics is not None
        reader = FileReader(self._link, self._tactics, self._on_bytes)
        try:
            if self._resume is not None:
                self._continue_from(reader, self._resume)
                self._resume = None
            return all(self._read_and_prove(reader, ef) for ef in READING_ORDER)
        except CardError as error:
            if reader.unfinished is not None:
                self._unfinished = reader.unfinished
            if not self._proof.settle() or self._tactics.adapt(error):
                return False
            raise

    def _read_and_prove(self, reader: FileReader, ef: EF) -> bool:
        """A file, and the proof that its key is for. False when the chip has to be opened again for what is next."""
        assert self._tactics is not None
        assert self._link.channel is not None
        self._tactics.under(self._link.channel.suite)
        if ef is EF.DG15 and not self._proof.wants_active:
            self._sizes[ef] = len(self._files.get(ef, b""))
            return True
        if ef not in self._files:
            self._read_file(reader, ef)
        extended = self._tactics.extended
        self._link.extended = extended is not False
        data = self._files.get(ef, b"")
        if ef is EF.DG14 and data:
            sod = self._files[EF.SOD]
            more = self._reads_on_safely()
            if self._proof.wants_sod_of_session and not self._sod_of_session:
                self._sod_of_session = reader.read(EF.SOD) == sod
            return self._proof.prove_chip(
                self._link,
                data,
                sod,
                sod_of_session=self._sod_of_session,
                extended=extended,
                more_to_read=more,
            )
        if not self._proof.settle():
            return False
        return ef is not EF.DG15 or not data or self._proof.prove_actively(self._link, data, extended=extended)

    def _reads_on_safely(self) -> bool:
        """Whether a file follows, and its first answer cannot be too long: if it did not get through, that would look
        as if the chip did not know the keys."""
        assert self._tactics is not None
        if self._proof.both and EF.DG15 not in self._files:
            return True  # it is short
        return EF.DG2 not in self._files and self._tactics.size <= self._tactics.profile.proven

    def _continue_from(self, reader: FileReader, resume: PartialRead) -> None:
        """Takes over an earlier reading's files if DG1, and EF.SOD where it was read, are the same on this card.

        The other files need no comparison: their hashes are checked against EF.SOD, wherever they come from.
        """
        for ef in (EF.DG1, EF.SOD):
            if ef in resume.files and ef not in self._files:
                self._read_file(reader, ef)
        same = PartialRead(self._files).key == resume.key and self._files.get(EF.DG1) == resume.files.get(EF.DG1)
        if resume.key is None or not same:
            return
        for ef, data in resume.files.items():
            if ef not in self._files:
                self._accept(ef, data)
        self._unfinished = resume.unfinished

    def _read_file(self, reader: FileReader, ef: EF) -> None:
        start = b""
        if self._unfinished is not None and self._unfinished[0] is ef:
            start = self._unfinished[1]
        try:
            data = reader.read(ef, start)
        except CardError as error:
            if error.code is not CardErrorCode.ACCESS_DENIED or ef in REQUIRED:
                raise
            data = None
        if start:
            self._unfinished = None
        if data is not None:
            self._sod_of_session = self._sod_of_session or (ef is EF.SOD and not start)
            self._accept(ef, data)
        elif ef in REQUIRED:
            raise CardError(CardErrorCode.BAD_ANSWER, "the card has no such file", file=ef.label)
        else:
            self._sizes[ef] = 0

    def _accept(self, ef: EF, data: bytes) -> None:
        if ef is EF.DG1:
            self._identity = citizen_from_mrz(parse_dg1(data))
        elif ef is EF.DG13:
            self._identity = self._dg13_citizen = citizen_from_dg13(parse_dg13(data))
        self._files[ef] = data
        self._sizes[ef] = len(data)
        self._report(Stage.READING, ef, 0)

    def _conclude(self, access: Access, started: float) -> CardReadout:
        mrz = parse_dg1(self._files[EF.DG1])
        photo = parse_dg2(self._files[EF.DG2]) if EF.DG2 in self._files else None
        if EF.DG13 in self._files:
            citizen = citizen_from_dg13(parse_dg13(self._files[EF.DG13]), face_image=photo is not None)
        else:
            citizen = citizen_from_mrz(mrz, face_image=photo is not None)
        verdicts = check_reading(
            self._files,
            mrz,
            self._dg13_citizen,
            self._keyring,
            chip=self._proof.chip,
            active=self._proof.active,
            trust=self._wishes.trust,
            at=self._wishes.now(),
        )
        verdicts += (check_online(self._files, verdicts, self._wishes.online, self._proof.evidence),)
        summaries = {
            ef.label: FileSummary(len(data), hashlib.sha256(data).hexdigest()) for ef, data in self._files.items()
        }
        connection = self._link.connection
        return CardReadout(
            access=access,
            transport=connection.kind,
            reader=connection.name,
            apdus=self._link.apdus,
            bytes_moved=self._link.bytes_moved,
            seconds=self._wishes.clock() - started,
            citizen=citizen,
            mrz=mrz,
            photo=photo,
            verdicts=verdicts,
            files=summaries,
            sod=self._files[EF.SOD],
        )

    def _is_trusted(self, signed: SignedData) -> bool:
        verdict = issuer_verdict(signed, self._wishes.trust, self._wishes.now())
        return verdict.state is CheckState.SUCCESSFUL

    def _on_bytes(self, ef: EF, done: int, total: int) -> None:
        self._check_cancelled()
        self._sizes[ef] = total
        if done < total:
            self._report(Stage.READING, ef, done)

    def _report(self, stage: Stage, ef: EF | None, of_file: int) -> None:
        if self._wishes.on_progress is not None:
            done = sum(map(len, self._files.values())) + of_file
            total = sum(self._sizes.values())
            self._wishes.on_progress(Progress(stage, ef.label if ef else None, done, total, self._identity))

    def _check_cancelled(self) -> None:
        cancelled = self._wishes.cancelled
        if cancelled is not None and cancelled():
            raise CardError(CardErrorCode.CANCELLED, "the reading was cancelled")


def _ring_of(opened: Opened, keys: KeyRing) -> KeyRing:
    """The key that is known to fit, alone: opening a second time is no more guessing."""
    if isinstance(opened.key, Can):
        return KeyRing(can=opened.key, number=keys.number)
    return KeyRing(can=None, mrz=(opened.key,), number=keys.number)
