"""A simulated card terminal: a real TCP server with a ledger of its own, and every way to lose a message.

``python -m his_adapter.simulation.pos [--port N]`` prints ``{"port": N}`` and reads one behaviour a line.
"""

import argparse
import contextlib
import itertools
import json
import socket
import sys
import threading
from dataclasses import dataclass, replace
from enum import StrEnum

from his_adapter.model.pos import PosSale, PosState
from his_adapter.payment.pos_frame import (
    ACK,
    NAK,
    Control,
    FrameReader,
    PosMessage,
    frame,
    read,
    write,
)

HOST = "127.0.0.1"
REPEATS = 3


class Behaviour(StrEnum):
    """What the terminal does with the next sales; inquiries and reversals are answered unless SILENT."""

    APPROVE = "approve"
    DECLINE = "decline"
    CANCEL = "cancel"
    LOSE_SALE = "lose_sale"  # the frame never arrives: nothing is charged
    LOSE_ACK = "lose_ack"  # charges, and says nothing at all
    LOSE_OUTCOME = "lose_outcome"  # acknowledges and charges; the outcome never arrives
    CUT = "cut"  # acknowledges and charges; the connection breaks
    HOLD = "hold"  # acknowledges; the patient looks for the card for ever
    NAK_ONCE = "nak_once"  # the first frame is damaged on its way
    NAK = "nak"  # every frame is
    DAMAGE_ONCE = "damage_once"  # the first outcome is damaged on its way back
    DAMAGE = "damage"  # every outcome is
    NONSENSE = "nonsense"  # an outcome that is none
    OTHER_AMOUNT = "other_amount"  # approves one đồng more
    STALE = "stale"  # first tells of some older sale
    SILENT = "silent"  # answers nothing, whatever is asked, and does nothing


@dataclass(frozen=True, slots=True)
class Charge:
    """A sale as the terminal remembers it. `charges` counts how often the card was charged: twice is once too often."""

    reference: str
    amount_dong: int
    state: str
    transaction: str = ""
    approval: str = ""
    charges: int = 0


class PosSimulator:
    """Serves from `start` to `close`. The ledger survives its connections, as a terminal's memory does."""

    def __init__(self, port: int = 0) -> None:
        self.behaviour = Behaviour.APPROVE
        self._ledger: dict[str, Charge] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = socket.create_server((HOST, port))
        self.port: int = self._server.getsockname()[1]
        self._lines: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to serve."""
        self._spawn(self._accept)

    def close(self) -> None:
        """Stop serving and cut what is open."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for line in self._lines:
                with contextlib.suppress(OSError):  # already cut by the other side
                    line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def charges(self) -> dict[str, Charge]:
        """What the terminal has done, by reference."""
        with self._lock:
            return dict(self._ledger)

    def finish(self, reference: str) -> None:
        """The patient who was waited for has found the card."""
        with self._lock:
            self._ledger[reference] = self._charged(self._ledger[reference])

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="pos", daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._lines.add(line)
            self._spawn(self._serve, line)

    def _serve(self, line: socket.socket) -> None:
        try:
            _Caller(self, line).serve()
        except OSError:
            pass  # the kiosk went away
        finally:
            with self._lock:
                self._lines.discard(line)
            line.close()

    def answer(self, message: PosMessage) -> PosMessage:
        """Do what a message asks."""
        reference = message.fields.get("reference", "")
        with self._lock:
            known = self._ledger.get(reference)
            if message.kind == "STATUS":
                return PosMessage("READY")
            if message.kind == "SALE" and known is None:
                known = self._sold(Charge(reference, int(message.fields["amount"]), "pending"))
            elif message.kind == "REVERSAL":
                known = self._reversed(reference, known)
            if known is not None:
                self._ledger[reference] = known
            return _told(reference, known)

    def _sold(self, charge: Charge) -> Charge:
        match self.behaviour:
            case Behaviour.DECLINE:
                return replace(charge, state=PosState.DECLINED)
            case Behaviour.CANCEL:
                return replace(charge, state=PosState.CANCELLED)
            case Behaviour.HOLD:
                return charge
        return self._charged(charge)

    def _charged(self, charge: Charge) -> Charge:
        number = next(self._numbers)
        amount = charge.amount_dong + (self.behaviour is Behaviour.OTHER_AMOUNT)
        return replace(
            charge,
            amount_dong=amount,
            state=PosState.APPROVED,
            transaction=f"T{number:06d}",
            approval=f"{number:06d}",
            charges=charge.charges + 1,
        )

    @staticmethod
    def _reversed(reference: str, known: Charge | None) -> Charge:
        """A reference that was never heard of is closed for ever: its sale may still be under way."""
        if known is None:
            return Charge(reference, 0, PosState.NOT_TAKEN)
        if known.state == PosState.APPROVED:
            return replace(known, state=PosState.REVERSED)
        return replace(known, state=PosState.CANCELLED) if known.state == "pending" else known


class _Caller:
    """One connection."""

    def __init__(self, terminal: PosSimulator, line: socket.socket) -> None:
        self._terminal = terminal
        self._line = line
        self._naks = 0

    def serve(self) -> None:
        reader = FrameReader()
        answer = b""
        repeats = 0
        while data := self._line.recv(4096):
            for piece in reader.feed(data):
                if isinstance(piece, bytes):
                    answer = self._hear(piece)
                    repeats = 0
                elif isinstance(piece, Control) and piece.byte == NAK and repeats < REPEATS:
                    repeats += 1
                    again = self._damaged(answer) if self._terminal.behaviour is Behaviour.DAMAGE else answer
                    self._line.sendall(again)

    def _hear(self, text: bytes) -> bytes:
        behaviour = self._terminal.behaviour
        try:
            message = read(text)
            if message.kind == "SALE":
                PosSale(message.fields.get("reference", ""), int(message.fields.get("amount", "")))
        except ValueError:  # PosFormatError among them
            self._line.sendall(bytes([NAK]))
            return b""
        sale = message.kind == "SALE"
        if behaviour is Behaviour.SILENT or (sale and behaviour is Behaviour.LOSE_SALE):
            return b""
        if behaviour is Behaviour.NAK or (behaviour is Behaviour.NAK_ONCE and not self._naks):
            self._naks += 1
            self._line.sendall(bytes([NAK]))
            return b""
        answer = frame(write(self._terminal.answer(message)))
        if not sale:
            self._line.sendall(bytes([ACK]) + answer)
            return answer
        self._outcome(behaviour, answer)
        return answer

    def _outcome(self, behaviour: Behaviour, answer: bytes) -> None:
        if behaviour is not Behaviour.LOSE_ACK:
            self._line.sendall(bytes([ACK]))
        match behaviour:
            case Behaviour.LOSE_ACK | Behaviour.LOSE_OUTCOME | Behaviour.HOLD:
                return
            case Behaviour.CUT:
                self._line.shutdown(socket.SHUT_RDWR)
                return
            case Behaviour.DAMAGE | Behaviour.DAMAGE_ONCE:
                self._line.sendall(self._damaged(answer))
                return
            case Behaviour.NONSENSE:
                self._line.sendall(frame(b"\xff\xfe"))
                return
            case Behaviour.STALE:
                self._line.sendall(frame(write(_told("OLD1", Charge("OLD1", 5, PosState.APPROVED)))))
        for byte in answer:  # byte by byte: a serial line cuts where it likes
            self._line.sendall(bytes([byte]))

    @staticmethod
    def _damaged(answer: bytes) -> bytes:
        return answer[:-1] + bytes([answer[-1] ^ 0x01])


def _told(reference: str, charge: Charge | None) -> PosMessage:
    if charge is None:
        return PosMessage("RESULT", {"reference": reference, "state": PosState.NOT_TAKEN})
    fields = {
        "reference": reference,
        "state": charge.state,
        "amount": str(charge.amount_dong),
        "transaction": charge.transaction,
        "approval": charge.approval,
    }
    return PosMessage("RESULT", fields)


def main() -> int:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(prog="python -m his_adapter.simulation.pos", description="A card terminal.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    terminal = PosSimulator(parser.parse_args().port)
    terminal.start()
    _say({"port": terminal.port})
    for line in sys.stdin:
        try:
            terminal.behaviour = Behaviour(line.strip())
        except ValueError:
            _say({"ok": False, "error": "one of " + ", ".join(Behaviour)})
        else:
            _say({"ok": True})
    terminal.close()
    return 0


def _say(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
