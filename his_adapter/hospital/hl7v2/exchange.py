"""A message and its answer: original and enhanced acknowledgement (HL7 v2.5.1, 2.9.2 and 2.9.3)."""

from enum import StrEnum

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2.acknowledgement import AckCode, Acknowledgement
from his_adapter.hospital.hl7v2.frames import COMMITTED, NOT_COMMITTED
from his_adapter.hospital.hl7v2.link import Line, Link
from his_adapter.hospital.hl7v2.message import Message, MessageError, decode, encode, one, segment
from his_adapter.http import Deadline


class AckMode(StrEnum):
    """What an update is answered with. A query always waits for its application's answer."""

    ORIGINAL = "original"  # MSH-15 and MSH-16 empty: AA, AE or AR
    ACCEPT = "accept"  # AL, NE: CA, CE or CR is the last word
    BOTH = "both"  # AL, AL: CA, then AA, AE or AR on the same connection


class Exchange:
    """Asks a receiver."""

    def __init__(self, system: str, link: Link) -> None:
        self._system = system
        self._link = link

    def ask(self, message: Message, deadline: Deadline) -> tuple[Message, Acknowledgement]:
        """Send a message once and wait for the word that MSH-16 asks for.

        Raises OutsideFault: what the receiver refused; BAD_ANSWER for what is no answer to this message, and the
        connection is gone with it; TIMEOUT when the answer did not come, and nobody knows what was done.
        """
        reply, acknowledgement = self.converse(message, deadline)
        if fault := acknowledgement.fault(self._system):
            raise fault
        return reply, acknowledgement

    def converse(self, message: Message, deadline: Deadline) -> tuple[Message, Acknowledgement]:
        """The same, when a refusal is an answer like any other."""
        with self._link.line(deadline) as line:
            line.send(encode(message), deadline)
            reply, acknowledgement = self._answer(line, message, deadline)
            line.answered.append(message.control_id)
        return reply, acknowledgement

    def _answer(self, line: Line, message: Message, deadline: Deadline) -> tuple[Message, Acknowledgement]:
        stored_is_enough = message.head.text(16) == "NE"
        while True:
            content = line.receive(deadline)
            if content == COMMITTED:
                continue
            if content == NOT_COMMITTED:
                raise OutsideFault(OutsideFaultCode.SERVER_ERROR, self._system, "not stored")
            try:
                reply = decode(content)
                acknowledgement = Acknowledgement.of(reply)
            except MessageError as error:
                raise OutsideFault(OutsideFaultCode.BAD_ANSWER, self._system, str(error)) from None
            if acknowledgement.control_id != message.control_id:
                if acknowledgement.control_id in line.answered:
                    continue  # said twice
                raise OutsideFault(OutsideFaultCode.BAD_ANSWER, self._system, "the answer to another message")
            if acknowledgement.code is AckCode.COMMITTED and not stored_is_enough:
                continue
            if reply.head.text(15) == "AL":
                line.send(encode(_committed(message, reply)), deadline)
            return reply, acknowledgement


def _committed(message: Message, reply: Message) -> Message:
    """The receiver wants to know that its answer has arrived."""
    ours = message.head
    kept = {number: ours.field(number) for number in (1, 2, 3, 4, 5, 6, 7, 11, 12, 18)}
    kind = one("ACK", ours.text(9, 2), "ACK")
    return Message(
        (
            segment("MSH", {**kept, 9: kind, 10: ours.text(10)[:19] + "C"}),
            segment("MSA", {1: AckCode.COMMITTED.value, 2: reply.control_id}),
        )
    )
