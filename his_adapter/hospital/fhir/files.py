"""Finding what is there: patients, visits and our own messages, by identifier."""

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.fhir.client import FhirClient
from his_adapter.hospital.fhir.people import is_surely
from his_adapter.hospital.fhir.query import token
from his_adapter.hospital.fhir.read import Malformed, Node, has_identifier
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.http import Deadline
from his_adapter.model import PatientIdentity


class Files:
    """Look-ups. A server that ignores a parameter answers with everything: all is checked again here."""

    def __init__(self, client: FhirClient, settings: FhirSettings) -> None:
        self._client = client
        self._settings = settings

    def by_identifier(self, kind: str, system: str, value: str, deadline: Deadline) -> list[Node]:
        """The resources with an identifier. Raises OutsideFault."""
        found = self._client.search(kind, [("identifier", token(system, value))], deadline)
        try:
            return [node for node in found if node.text("resourceType") == kind and has_identifier(node, system, value)]
        except Malformed as error:
            raise self._client.malformed(error) from None

    def one(self, kind: str, system: str, value: str, deadline: Deadline) -> Node | None:
        """The one resource with an identifier of ours. Raises OutsideFault CONFLICT when several have it."""
        found = self.by_identifier(kind, system, value, deadline)
        if len(found) > 1:
            raise self._client.fault(OutsideFaultCode.CONFLICT, f"{len(found)} {kind} have one key")
        return found[0] if found else None

    def patient(self, patient: PatientIdentity, deadline: Deadline) -> Node | None:
        """The patient's file; None when there is none yet.

        Raises OutsideFault: DUPLICATE_PATIENT when several files have the citizen number, when the only one is no
        longer used, and when it has another name or birth date.
        """
        found = self.by_identifier("Patient", self._settings.systems.citizen, patient.number, deadline)
        if not found:
            return None
        try:
            used = [node for node in found if node.flag("active") is not False]
            if len(used) != 1:
                raise self._client.fault(
                    OutsideFaultCode.DUPLICATE_PATIENT, f"{len(used)} of {len(found)} files with the number in use"
                )
            self.must_be(used[0], patient)
        except Malformed as error:
            raise self._client.malformed(error) from None
        return used[0]

    def must_be(self, file: Node, patient: PatientIdentity) -> None:
        """Raises OutsideFault DUPLICATE_PATIENT unless a file is surely the patient's."""
        if not is_surely(file, patient):
            raise self._client.fault(OutsideFaultCode.DUPLICATE_PATIENT, "the file's name or birth date differs")
