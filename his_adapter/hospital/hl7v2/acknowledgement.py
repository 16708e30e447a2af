"""MSA and ERR: what a receiver says of a message, and which fault that is (HL7 v2.5.1, 2.9, 2.15.5 and 2.15.8)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2.message import Message, MessageError, Segment, part

DUPLICATE_KEY = "205"
_CODE = re.compile(r"[0-9]{1,3}")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


class AckCode(StrEnum):
    """MSA-1 (table 0008)."""

    ACCEPTED = "AA"
    ERROR = "AE"
    REJECTED = "AR"
    COMMITTED = "CA"
    COMMIT_ERROR = "CE"
    COMMIT_REJECTED = "CR"


FAULT_OF_CONDITION = {
    "100": OutsideFaultCode.REJECTED,  # segment sequence error
    "101": OutsideFaultCode.REJECTED,  # required field missing
    "102": OutsideFaultCode.REJECTED,  # data type error
    "103": OutsideFaultCode.REJECTED,  # table value not found
    "200": OutsideFaultCode.REJECTED,  # unsupported message type
    "201": OutsideFaultCode.REJECTED,  # unsupported event code
    "202": OutsideFaultCode.REJECTED,  # unsupported processing id
    "203": OutsideFaultCode.REJECTED,  # unsupported version id
    "204": OutsideFaultCode.REJECTED,  # unknown key identifier
    DUPLICATE_KEY: OutsideFaultCode.CONFLICT,  # duplicate key identifier
    "206": OutsideFaultCode.SERVER_ERROR,  # application record locked
    "207": OutsideFaultCode.SERVER_ERROR,  # application internal error
}
"""Message error condition codes (table 0357)."""

FAULT_WITHOUT_CONDITION = {
    AckCode.ERROR: OutsideFaultCode.REJECTED,  # the content is at fault
    AckCode.REJECTED: OutsideFaultCode.SERVER_ERROR,  # "unrelated to its content", may work later (2.9.2.2)
    AckCode.COMMIT_ERROR: OutsideFaultCode.SERVER_ERROR,  # not stored, "for any other reason" (2.9.3.1)
    AckCode.COMMIT_REJECTED: OutsideFaultCode.REJECTED,  # type, version or processing id (2.9.3.1)
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One error: a code of table 0357, its severity (table 0516: E, W, I; E when unsaid) and the segment at fault."""

    code: str
    severity: str = "E"
    place: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.place}".rstrip()


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of the message with `control_id`."""

    code: AckCode
    control_id: str
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, reply: Message) -> "Acknowledgement":
        """Read a reply of any version 2. Raises MessageError when it acknowledges nothing."""
        msa = reply.first("MSA")
        if msa is None:
            raise MessageError("a reply has an MSA")
        try:
            code = AckCode(msa.text(1))
        except ValueError:
            raise MessageError("MSA-1 is a code of table 0008") from None
        found = [condition for err in reply.all("ERR") for condition in _conditions(err)]
        if _CODE.fullmatch(msa.text(6)):  # error condition, before version 2.4
            found.append(Condition(msa.text(6)))
        return cls(code, msa.text(2), tuple(found))

    @property
    def accepted(self) -> bool:
        """Done, or safely stored."""
        return self.code in (AckCode.ACCEPTED, AckCode.COMMITTED)

    @property
    def known_before(self) -> bool:
        """Accepted with the remark that the key was there already."""
        return self.accepted and any(condition.code == DUPLICATE_KEY for condition in self.conditions)

    def fault(self, system: str) -> OutsideFault | None:
        """The fault a refusal stands for; its detail holds codes and segment names, never the receiver's texts.

        A duplicate key in PID means that several files could be the patient's.
        """
        if self.accepted:
            return None
        errors = [one for one in self.conditions if one.severity == "E"] or list(self.conditions)
        known = next((one for one in errors if one.code in FAULT_OF_CONDITION), None)
        if known is None:
            code = FAULT_WITHOUT_CONDITION[self.code]
        elif known.code == DUPLICATE_KEY and known.place == "PID":
            code = OutsideFaultCode.DUPLICATE_PATIENT
        else:
            code = FAULT_OF_CONDITION[known.code]
        return OutsideFault(code, system, ", ".join([self.code, *map(str, errors[:3])]))


def _conditions(err: Segment) -> list[Condition]:
    """ERR-3 with ERR-2 and ERR-4 since version 2.5; ERR-1 (segment^sequence^field^code) before."""
    if _CODE.fullmatch(err.text(3)):
        return [Condition(err.text(3), err.text(4) or "E", _segment_name(err.text(2)))]
    old = [(part(one, 4), part(one, 1)) for one in err.field(1)]
    return [Condition(code, place=_segment_name(place)) for code, place in old if _CODE.fullmatch(code)]


def _segment_name(text: str) -> str:
    return text if _SEGMENT.fullmatch(text) else ""
