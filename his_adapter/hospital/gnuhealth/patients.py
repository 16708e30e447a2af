"""The patient's file: found by citizen number, or made.

GNU Health's PUID (``party.ref``) is the person's unique id, so a kiosk's patient has the citizen number there; a
hospital that numbers people itself keeps it among the "Other IDs", and is understood too. The PUID is unique in the
database: when two kiosks make one person's file at once, the second is refused and finds the first's.
"""

from dataclasses import dataclass, field
from datetime import date

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.gnuhealth.rows import IdRow, PartyRow
from his_adapter.hospital.gnuhealth.session import Tryton, Values
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import BirthDate, PatientIdentity, Sex, nfc

PARTY, PATIENT = "party.party", "gnuhealth.patient"
_GENDER = {Sex.MALE: "m", Sex.FEMALE: "f", Sex.UNKNOWN: "u"}
_INACTIVE_TOO = {"active_test": False}


@dataclass(frozen=True, slots=True)
class PatientFile:
    """A patient's ids: of the person, of the medical file, and the hospital's own code, the PUID."""

    party: int
    patient: int
    code: str = field(repr=False)


class Patients:
    """Finds and makes patients' files."""

    def __init__(self, tryton: Tryton, country_code: str) -> None:
        self._tryton = tryton
        self._country_code = country_code

    def find(self, deadline: Deadline, patient: PatientIdentity) -> PatientFile | None:
        """The person's file; None when there is none. Raises OutsideFault DUPLICATE_PATIENT."""
        party = self._party(deadline, patient)
        if party is None or party.ref is None:
            return None
        number = self._patient(deadline, party.id)
        return None if number is None else PatientFile(party.id, number, party.ref)

    def find_or_make(self, deadline: Deadline, patient: PatientIdentity) -> PatientFile:
        """The person's file, made when there is none. Raises OutsideFault DUPLICATE_PATIENT."""
        party = self._party(deadline, patient)
        if party is None:
            party = self._make(deadline, patient)
        number = self._patient(deadline, party.id)
        if number is None:
            number = self._make_patient(deadline, party)
        return PatientFile(party.id, number, party.ref or "")

    def _party(self, deadline: Deadline, patient: PatientIdentity) -> PartyRow | None:
        """The one person with this citizen number, if name and birth date agree; else the counter decides."""
        domain = ["OR", [["ref", "=", patient.number]], [["alternative_ids.code", "=", patient.number]]]
        found = self._tryton.search(deadline, PARTY, domain, PartyRow, limit=3, context=_INACTIVE_TOO)
        if not found:
            return None
        if len(found) > 1 or not is_surely(found[0], patient):
            raise self._tryton.fault(OutsideFaultCode.DUPLICATE_PATIENT, f"{len(found)} files have the number")
        return found[0]

    def _make(self, deadline: Deadline, patient: PatientIdentity) -> PartyRow:
        try:
            self._tryton.create(deadline, PARTY, self._values(deadline, patient))
        except RpcRefused as refused:
            party = self._party(deadline, patient) if refused.kind is Refusal.USER else None
            if party is None:
                raise self._tryton.refused(refused, PARTY) from None
            return party
        party = self._party(deadline, patient)
        if party is None:
            raise self._tryton.fault(OutsideFaultCode.BAD_ANSWER, "the new file is not found")
        return party

    def _values(self, deadline: Deadline, patient: PatientIdentity) -> Values:
        birth = patient.birth_date
        whole = birth.day is not None
        country = self._tryton.search(deadline, "country.country", [["code3", "=", self._country_code]], IdRow, limit=1)
        address: dict[str, object] = {"street": patient.residence, "country": country[0].id if country else None}
        values: dict[str, object] = {
            "ref": patient.number,
            "name": patient.full_name,  # whole: GNU Health would show a family name apart, with a comma
            "is_person": True,
            "is_patient": True,
            "create_target": True,  # the medical file comes with the person, in one transaction
            "gender": _GENDER[patient.sex],
            "dob": date(birth.year, birth.month or 1, birth.day or 1),
            "est_dob": not whole,
            "fed_country": self._country_code,
            "addresses": [["create", [address]]],  # no invoice without one
        }
        if patient.phone.isdigit():
            values["contact_mechanisms"] = [["create", [{"type": "mobile", "value": patient.phone}]]]
        return values

    def _patient(self, deadline: Deadline, party: int) -> int | None:
        found = self._tryton.search(deadline, PATIENT, [["party", "=", party]], IdRow, limit=1)
        return found[0].id if found else None

    def _make_patient(self, deadline: Deadline, party: PartyRow) -> int:
        """A medical file for a person who had none: a relative, a member of the staff."""
        try:
            if not party.is_patient:
                self._tryton.write(deadline, PARTY, party.id, {"is_patient": True})
            return self._tryton.create(deadline, PATIENT, {"party": party.id})
        except RpcRefused as refused:
            number = self._patient(deadline, party.id)
            if number is None:
                raise self._tryton.refused(refused, PATIENT) from None
            return number


def is_surely(party: PartyRow, patient: PatientIdentity) -> bool:
    """Same name and birth date, as far as both know it, and a file in use: one person. Of an estimated date the year is
    known, which is how `Patients` writes a shortened one.

    The name counts however the hospital has parted it: "NGUYỄN" and "VĂN A", or all in one field.
    """
    names = {nfc(f"{party.lastname or ''} {party.given or ''}"), nfc(f"{party.given or ''} {party.lastname or ''}")}
    if not party.active or patient.full_name.casefold() not in {name.casefold() for name in names}:
        return False
    if party.dob is None:
        return False
    known = BirthDate(party.dob.year) if party.estimated else BirthDate.of(party.dob)
    return known.agrees_with(patient.birth_date)
