"""Hospital information systems: one adapter per kind."""

from his_adapter.hospital.gnuhealth import GnuHealthHospital
from his_adapter.hospital.hispro import HisProHospital
from his_adapter.hospital.hl7v2 import Hl7Hospital

__all__ = ["GnuHealthHospital", "HisProHospital", "Hl7Hospital"]
