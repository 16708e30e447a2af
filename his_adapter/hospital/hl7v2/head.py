"""MSH, and the ids that follow from an idempotency key.

A key always gives the same control id and, with the same request, the same bytes: MSH-7 and EVN-2 are the request's own
time. A receiver that has the control id already knows that this is the same message (2.9.2.1).
"""

import base64
import hashlib
from datetime import datetime

from his_adapter.clock import ZONE
from his_adapter.hospital.hl7v2.exchange import AckMode
from his_adapter.hospital.hl7v2.message import UTF8, Segment, one, segment
from his_adapter.hospital.hl7v2.settings import Hl7Settings

VERSION = "2.5.1"
CONTROL_ID_LENGTH = 20  # MSH-10
VISIT_NUMBER_LENGTH = 15  # CX.1: 75 bits
TRANSACTION_ID_LENGTH = 12  # FT1-2
PATIENT_CODE_LENGTH = 12

_ACKNOWLEDGEMENTS = {AckMode.ORIGINAL: ("", ""), AckMode.ACCEPT: ("AL", "NE"), AckMode.BOTH: ("AL", "AL")}


def digest(purpose: str, key: str, length: int) -> str:
    """Letters and digits that stand for a key, another one for each purpose."""
    return base64.b32encode(hashlib.sha256(f"{purpose}\0{key}".encode()).digest()).decode()[:length]


def visit_number(key: str) -> str:
    """PV1-19 of the visit that a key registers."""
    return digest("visit", key, VISIT_NUMBER_LENGTH)


def time_text(moment: datetime) -> str:
    """TS to the second, with its zone."""
    return moment.astimezone(ZONE).strftime("%Y%m%d%H%M%S%z")


def message_head(
    settings: Hl7Settings, kind: tuple[str, str, str], control_id: str, at: datetime, *, query: bool = False
) -> Segment:
    """MSH. A query asks for its application's answer whatever the mode for updates is."""
    accept, application = _ACKNOWLEDGEMENTS[settings.ack_mode]
    if query and settings.ack_mode is AckMode.ACCEPT:
        accept, application = "NE", "AL"
    return segment(
        "MSH",
        {
            1: "|",
            2: "^~\\&",
            3: settings.sending_application,
            4: settings.sending_facility,
            5: settings.receiving_application,
            6: settings.receiving_facility,
            7: time_text(at),
            9: one(*kind),
            10: control_id,
            11: settings.processing_id,
            12: VERSION,
            15: accept,
            16: application,
            17: "VNM",
            18: UTF8,
        },
    )
