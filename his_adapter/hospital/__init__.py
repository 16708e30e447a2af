"""Hospital information systems: one adapter per kind."""

from his_adapter.hospital.hispro import HisProHospital

__all__ = ["HisProHospital"]
