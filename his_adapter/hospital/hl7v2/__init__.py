"""HL7 v2.5.1 over MLLP."""

from his_adapter.hospital.hl7v2.adapter import Hl7Hospital
from his_adapter.hospital.hl7v2.exchange import AckMode
from his_adapter.hospital.hl7v2.place import Place
from his_adapter.hospital.hl7v2.settings import Authority, Hl7Settings

__all__ = ["AckMode", "Authority", "Hl7Hospital", "Hl7Settings", "Place"]
