"""A card terminal over TCP. What was begun is never begun again: its reference is asked about instead.

A sale can be lost on its way to the terminal, with its acknowledgement, while the patient holds the card, and with its
outcome, and from here all four look alike. So the terminal is asked by reference; a sale that it has not heard of is
taken back, lest it arrive later; and when the terminal stays silent the answer is UNKNOWN: a person, or a later
question, settles it.
"""

import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import Health
from his_adapter.model.payment import MAX_AMOUNT_DONG
from his_adapter.model.pos import PosOutcome, PosSale, PosState
from his_adapter.payment.pos_frame import (
    ACK,
    NAK,
    Control,
    Damaged,
    FrameReader,
    Piece,
    PosFormatError,
    PosMessage,
    frame,
    read,
    write,
)
from his_adapter.ports import PosTerminal

SYSTEM = "pos"
PENDING = "pending"
_AMOUNT = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True, slots=True)
class PosSettings:
    """Where the terminal listens. `outcome_timeout_s` is how long a patient may take to find the card."""

    host: str
    port: int
    ack_timeout_s: float = 3.0
    outcome_timeout_s: float = 90.0
    answer_timeout_s: float = 8.0
    tries: int = 3


class _Unknown(Exception):
    """The message may have been taken. `detail` for staff."""


class _NotTaken(Exception):
    """The terminal refused the message itself: it has begun nothing."""


class TcpPosTerminal(PosTerminal):
    """`PosTerminal` over this project's own fields. Tried against this project's simulator only."""

    def __init__(self, settings: PosSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._one_at_a_time = threading.Lock()

    def sell(self, sale: PosSale) -> PosOutcome:
        """Charge an amount; see the port. The terminal is asked first, so that no restart of ours sells twice."""
        with self._one_at_a_time:
            before = self._outcome(sale.reference, _about(sale.reference, "INQUIRY"), self._settings.answer_timeout_s)
            if before.state is not PosState.NOT_TAKEN:
                if before.amount_dong not in (0, sale.amount_dong):
                    raise OutsideFault(OutsideFaultCode.CONFLICT, SYSTEM, "reference used for another amount")
                return before
            fields = {"reference": sale.reference, "amount": str(sale.amount_dong)}
            limit = self._settings.outcome_timeout_s
            outcome = self._outcome(sale.reference, PosMessage("SALE", fields), limit, connected=True)
            if outcome.state is PosState.UNKNOWN:
                outcome = self._asked(sale.reference, "INQUIRY")
                if outcome.state is PosState.NOT_TAKEN:
                    # the frame may still lie in some buffer: taking it back closes its reference for ever
                    outcome = self._asked(sale.reference, "REVERSAL")
        if outcome.state is PosState.APPROVED and outcome.amount_dong != sale.amount_dong:
            return PosOutcome(sale.reference, PosState.UNKNOWN, outcome.amount_dong, detail="another amount")
        return outcome

    def inquire(self, reference: str) -> PosOutcome:
        """What became of a sale; see the port."""
        with self._one_at_a_time:
            return self._asked(reference, "INQUIRY")

    def reverse(self, reference: str) -> PosOutcome:
        """Take a sale back; see the port."""
        with self._one_at_a_time:
            return self._asked(reference, "REVERSAL")

    def health(self) -> Health:
        """Whether the terminal answers; asks about nothing."""
        with self._one_at_a_time:
            try:
                answer = self._exchange(PosMessage("STATUS"), self._settings.answer_timeout_s)
            except OutsideFault as fault:
                return Health(SYSTEM, fault.code, fault.detail)
            except (_Unknown, _NotTaken) as error:
                return Health(SYSTEM, OutsideFaultCode.TIMEOUT, str(error))
        return Health(SYSTEM) if answer.kind == "READY" else Health(SYSTEM, OutsideFaultCode.BAD_ANSWER, "status")

    def close(self) -> None:
        """Nothing stays open between two questions."""

    def _asked(self, reference: str, kind: str) -> PosOutcome:
        return self._outcome(reference, _about(reference, kind), self._settings.answer_timeout_s, connected=True)

    def _outcome(self, reference: str, message: PosMessage, limit_s: float, *, connected: bool = False) -> PosOutcome:
        """What became of a sale. A connection that cannot be made is a fault, unless one was there before: then
        something may have happened, and it is UNKNOWN.
        """
        try:
            fields = self._exchange(message, limit_s).fields
        except _Unknown as error:
            return PosOutcome(reference, PosState.UNKNOWN, detail=str(error))
        except _NotTaken as error:
            # an inquiry that is refused says nothing about the sale it asks for
            state = PosState.NOT_TAKEN if message.kind == "SALE" else PosState.UNKNOWN
            return PosOutcome(reference, state, detail=str(error))
        except OutsideFault as fault:
            if not connected:
                raise
            state = PosState.NOT_TAKEN if message.kind == "SALE" else PosState.UNKNOWN
            return PosOutcome(reference, state, detail=fault.detail)
        word, amount = fields.get("state", ""), fields.get("amount", "0")
        if word == PENDING:
            return PosOutcome(reference, PosState.UNKNOWN, detail="the patient still holds the card")
        if word not in set(PosState) or _AMOUNT.fullmatch(amount) is None or int(amount) > MAX_AMOUNT_DONG:
            return PosOutcome(reference, PosState.UNKNOWN, detail="an answer without sense")
        return PosOutcome(
            reference, PosState(word), int(amount), fields.get("transaction", ""), fields.get("approval", "")
        )

    def _exchange(self, message: PosMessage, limit_s: float) -> PosMessage:
        address = (self._settings.host, self._settings.port)
        try:
            line = socket.create_connection(address, timeout=self._settings.ack_timeout_s)
        except OSError as error:
            raise OutsideFault(OutsideFaultCode.UNREACHABLE, SYSTEM, type(error).__name__) from None
        with line:
            return _Conversation(line, self._settings, self._monotonic).ask(message, limit_s)


def _about(reference: str, kind: str) -> PosMessage:
    return PosMessage(kind, {"reference": reference})


class _Conversation:
    def __init__(self, line: socket.socket, settings: PosSettings, monotonic: Callable[[], float]) -> None:
        self._line = line
        self._settings = settings
        self._monotonic = monotonic
        self._reader = FrameReader()
        self._pieces: deque[Piece] = deque()

    def ask(self, message: PosMessage, limit_s: float) -> PosMessage:
        text = frame(write(message))
        for _ in range(self._settings.tries):
            self._send(text)
            if self._acknowledged():
                return self._answer(message, self._monotonic() + limit_s)
        raise _NotTaken("the terminal refused every frame")

    def _acknowledged(self) -> bool:
        """True for ACK, False for NAK: damaged on its way, so it may be sent again."""
        until = self._monotonic() + self._settings.ack_timeout_s
        while True:
            piece = self._next(until)
            if isinstance(piece, Control):
                return piece.byte == ACK
            if isinstance(piece, bytes):  # an outcome ahead of its acknowledgement: taken all the same
                self._pieces.appendleft(piece)
                return True

    def _answer(self, asked: PosMessage, until: float) -> PosMessage:
        damaged = 0
        while True:
            piece = self._next(until)
            if isinstance(piece, Control):
                continue
            if isinstance(piece, Damaged):
                damaged += 1
                if damaged > self._settings.tries:
                    raise _Unknown("damaged frames")
                self._send(bytes([NAK]))
                continue
            self._send(bytes([ACK]))
            try:
                message = read(piece)
            except PosFormatError:
                raise _Unknown("an answer without sense") from None
            if message.fields.get("reference") == asked.fields.get("reference"):
                return message
            # an old answer that was never fetched: not ours, and acknowledged so that it goes away

    def _next(self, until: float) -> Piece:
        while not self._pieces:
            left = until - self._monotonic()
            if left <= 0:
                raise _Unknown("no answer in time")
            self._line.settimeout(left)
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                raise _Unknown("no answer in time") from None
            except OSError as error:
                raise _Unknown(type(error).__name__) from None
            if not data:
                raise _Unknown("the connection was cut")
            self._pieces.extend(self._reader.feed(data))
        return self._pieces.popleft()

    def _send(self, data: bytes) -> None:
        try:
            self._line.settimeout(self._settings.ack_timeout_s)
            self._line.sendall(data)
        except OSError as error:
            raise _Unknown(type(error).__name__) from None
