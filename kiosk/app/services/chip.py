"""The card: keys from the QR or the number, reads on the reader's worker, the reader's comings and goings."""

from collections.abc import Callable
from datetime import date

import structlog

from cccd_reader import (
    Access,
    CardError,
    CardErrorCode,
    KeyRing,
    ScanProblem,
    ScanRefused,
    keyring_from_number,
    keyring_from_scan,
)
from kiosk.app.identity import identity_of, trust_of
from kiosk.app.session import PatientSession, SessionHolder
from kiosk.flow import effects, events
from kiosk.flow.values import Device, FaultCode
from kiosk.workers.messages import (
    CancelRead,
    CardProgress,
    CardRead,
    CardReadFailed,
    ForgetCard,
    ReadCard,
    ReaderStatus,
)

log = structlog.get_logger(__name__)

FAULTS = {
    CardErrorCode.NO_CARD: FaultCode.CARD_PULLED,
    CardErrorCode.CARD_REMOVED: FaultCode.CARD_PULLED,
    CardErrorCode.CARD_RESET: FaultCode.CARD_PULLED,
    CardErrorCode.SEVERAL_CARDS: FaultCode.SEVERAL_CARDS,
    CardErrorCode.READER_GONE: FaultCode.READER_DOWN,
    CardErrorCode.READER_BUSY: FaultCode.READER_DOWN,
    CardErrorCode.SERVICE_DOWN: FaultCode.READER_DOWN,
    CardErrorCode.TIMEOUT: FaultCode.READER_DOWN,
    CardErrorCode.WRONG_KEY: FaultCode.WRONG_KEY,
}
"""What a read failure means for the patient. Everything else: the chip cannot be read, a person looks at the card."""

SCAN_FAULTS = {
    ScanProblem.VNEID_OR_OTHER: FaultCode.QR_FROM_APP,
    ScanProblem.DAMAGED: FaultCode.QR_UNREADABLE,
    ScanProblem.MANGLED_BY_INPUT_METHOD: FaultCode.QR_UNREADABLE,
}
"""What a code that gives no key means for the patient. Everything else: it is not a citizen card's."""


class ChipService:
    """Answers UseNumber, ReadChip and CancelRead; turns the worker's messages into events."""

    def __init__(
        self,
        send: Callable[[object], None],
        dispatch: Callable[[events.Event], None],
        holder: SessionHolder,
        *,
        access: Access,
        today: Callable[[], date],
    ) -> None:
        self._send = send
        self._dispatch = dispatch
        self._holder = holder
        self._access = access
        self._today = today
        self._state = ""

    def use_number(self, effect: effects.UseNumber) -> None:
        """The typed number as the key."""
        try:
            keyring = keyring_from_number(effect.digits)
        except CardError:
            self._refuse(effect.session, FaultCode.NUMBER_INVALID)
        else:
            self._take(effect.session, keyring)

    def use_code(self, session: int, text: str) -> None:
        """A scanned code as the key, when it is a card's.

        A code the chip has refused may still be in view: the screen says so, and the chip is not asked again.
        """
        scan = keyring_from_scan(text)
        if isinstance(scan, ScanRefused):
            log.info("scanned code refused", problem=scan.problem.value)
            self._refuse(session, SCAN_FAULTS.get(scan.problem, FaultCode.QR_NOT_A_CARD))
            return
        if scan.problem is not None:
            # It opens the chip all the same; whoever set the scanner up should hear of it.
            log.warning("scanned code damaged on its way", problem=scan.problem.value)
        patient = self._holder.of(session)
        if patient is not None and scan.keyring != patient.refused:
            self._take(session, scan.keyring)

    def _take(self, session: int, keyring: KeyRing) -> None:
        patient = self._holder.of(session)
        if patient is not None:
            patient.keyring = keyring
            self._dispatch(events.KeyReady(session))

    def _refuse(self, session: int, fault: FaultCode) -> None:
        if self._holder.of(session) is not None:
            self._dispatch(events.KeyRefused(session, fault))

    def _refused(self, patient: PatientSession, fault: FaultCode) -> None:
        patient.refused = patient.keyring
        self._dispatch(events.ReadFailed(patient.number, fault))

    def read(self, effect: effects.ReadChip) -> None:
        """Read the card, or go on where a pulled card stopped."""
        patient = self._holder.of(effect.session)
        if patient is None or patient.keyring is None:
            return
        patient.read_attempts += 1
        self._send(ReadCard(effect.session, patient.keyring, self._access, patient.keyring.number))

    def cancel(self, session: int) -> None:
        """Stop reading."""
        self._send(CancelRead(session))

    def forget(self, session: int) -> None:
        """Drop what the worker holds of a card."""
        self._send(ForgetCard(session))

    def on_status(self, status: ReaderStatus) -> None:
        """The reader's state as the worker sees it; only changes are told."""
        before, self._state = self._state, status.state
        if status.state == before:
            return
        usable = status.state in ("empty", "present", "several")
        self._dispatch(events.DeviceChanged(Device.READER, usable, None if usable else FaultCode.READER_DOWN))
        match status.state:
            case "present":
                self._dispatch(events.CardPlaced())
            case "several":
                self._dispatch(events.CardsCollide())
            case _ if before in ("present", "several"):
                self._dispatch(events.CardTaken())

    def on_progress(self, message: CardProgress) -> None:
        """The bar, and the identity as soon as it is known."""
        if self._holder.of(message.session) is None:
            return
        early = None if message.citizen is None else identity_of(message.citizen, self._today())
        self._dispatch(events.ReadProgressed(message.session, message.stage, message.fraction, early))

    def on_read(self, message: CardRead) -> None:
        """All files are here: keep them and tell the flow. The photo stays a photo until the patient consents."""
        patient = self._holder.of(message.session)
        if patient is None:
            return
        readout = message.readout
        number = patient.keyring.number if patient.keyring else None
        if number is not None and readout.citizen.number not in (None, number):
            self._refused(patient, FaultCode.OTHER_CARD)
            return
        identity = identity_of(readout.citizen, self._today())
        if identity is None:
            # some 2024 cards may hide parts of DG13: without name, number and year nobody can be registered
            self._dispatch(events.ReadFailed(message.session, FaultCode.CARD_UNREADABLE))
            return
        patient.readout = readout
        has_photo = readout.photo is not None
        self._dispatch(events.ChipRead(message.session, identity, trust_of(readout), has_photo))

    def on_failed(self, message: CardReadFailed) -> None:
        """A read that did not end well. A cancelled one was the flow's own wish."""
        patient = self._holder.of(message.session)
        if patient is None or message.code is CardErrorCode.CANCELLED:
            return
        fault = FAULTS.get(message.code, FaultCode.CARD_UNREADABLE)
        if fault is FaultCode.WRONG_KEY:
            self._refused(patient, fault)
        else:
            self._dispatch(events.ReadFailed(message.session, fault))
