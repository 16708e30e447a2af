"""Patient: the person on the card as a resource, and whether a file is this person's."""

from his_adapter.hospital.fhir.read import Node
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import NATIONAL_ID, Json, identified
from his_adapter.model import BirthDate, PatientIdentity, nfc


def patient_resource(patient: PatientIdentity, settings: FhirSettings) -> Json:
    """A new patient file. Vietnamese names are written family name first; `text` is the name as on the card.

    A birth date of which the day is unknown is a shortened date (R4 2.24.0.1, date).
    """
    family, *given = patient.full_name.split()
    number = identified(settings.systems.citizen, patient.number, NATIONAL_ID)
    if patient.issued_on is not None:
        number["period"] = {"start": patient.issued_on.isoformat()}
    name: Json = {"use": "official", "text": patient.full_name, "family": family}
    if given:
        name["given"] = given
    resource: Json = {
        "resourceType": "Patient",
        "identifier": [number],
        "active": True,
        "name": [name],
        "gender": patient.sex.value,
        "birthDate": patient.birth_date.iso_text(),
    }
    if patient.phone:
        resource["telecom"] = [{"system": "phone", "value": patient.phone, "use": "mobile"}]
    if patient.residence:
        resource["address"] = [{"use": "home", "text": patient.residence, "country": "VN"}]
    return resource


def is_surely(file: Node, patient: PatientIdentity) -> bool:
    """Whether a file with this citizen number has the card's name and does not contradict its birth date.

    A file and a card may know a birth date to different parts. A file without name or birth date proves nothing.
    """
    wanted = patient.full_name.casefold()
    names = (one for one in file.children("name") if one.text("use") != "old")
    known = BirthDate.parse(file.text("birthDate"))
    if known is None or not known.agrees_with(patient.birth_date):
        return False
    return any(wanted in _spellings(one) for one in names)


def _spellings(name: Node) -> set[str]:
    family, given = name.text("family"), " ".join(name.texts("given"))
    return {nfc(text).casefold() for text in (name.text("text"), f"{family} {given}", f"{given} {family}")}
