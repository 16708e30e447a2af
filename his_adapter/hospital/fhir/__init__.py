"""A hospital whose system speaks HL7 FHIR R4 (4.0.1) or R4B (4.3.0), whoever made it."""

from his_adapter.hospital.fhir.adapter import FhirHospital
from his_adapter.hospital.fhir.settings import (
    BasicAuth,
    ClientCredentials,
    FhirSettings,
    QueueSource,
    Systems,
)

__all__ = [
    "BasicAuth",
    "ClientCredentials",
    "FhirHospital",
    "FhirSettings",
    "QueueSource",
    "Systems",
]
