"""From the chip's citizen to what the other rooms call a patient."""

from cccd_reader import Citizen
from his_adapter.model import BirthDate, PatientIdentity, Sex
from records.values import PatientFields

SEXES = {"M": Sex.MALE, "F": Sex.FEMALE}


def patient_identity(citizen: Citizen) -> PatientIdentity:
    """The patient for hospital and portal. ValueError without number, name or birth year."""
    if citizen.number is None or citizen.full_name is None or citizen.birth_year is None:
        raise ValueError("a patient has number, name and birth year")
    return PatientIdentity(
        number=citizen.number,
        full_name=citizen.full_name,
        birth_date=BirthDate.of(citizen.birth) if citizen.birth else BirthDate(citizen.birth_year),
        sex=SEXES.get(citizen.sex or "", Sex.UNKNOWN),
        residence=citizen.residence or "",
        issued_on=citizen.issued,
    )


def patient_fields(citizen: Citizen) -> PatientFields | None:
    """The patient for the records; None when the chip gave too little."""
    try:
        patient = patient_identity(citizen)
    except ValueError:
        return None
    return PatientFields(patient.full_name, patient.number, patient.birth_date.iso_text(), patient.sex.value)
