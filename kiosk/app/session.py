"""The one patient's data while a session lasts. Nothing of it is printed, logged or kept; `wipe` forgets it all."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from cccd_reader import CardReadout, KeyRing
from face.decision import Decision
from his_adapter.model import CoverageAnswer, Registration, Service
from kiosk.flow.values import FaultCode
from records.evidence import ConsentEvidence


@dataclass(slots=True, repr=False)
class PatientSession:
    """`number` is the flow's session; `session_id` names it in the records. 0 means that nobody is here."""

    number: int = 0
    session_id: str = ""
    started: datetime | None = None
    keyring: KeyRing | None = None
    refused: KeyRing | None = None
    read_attempts: int = 0
    readout: CardReadout | None = None
    photo_fault: FaultCode | None = None
    consent: ConsentEvidence | None = None
    face_attempts: int = 0
    decision: Decision | None = None
    coverage: CoverageAnswer | None = None
    insurance_asked_at: datetime | None = None
    services: tuple[Service, ...] = ()
    chosen: Service | None = None
    visit_id: str = ""
    local_number: str = ""
    registration: Registration | None = None
    referral_number: str = ""

    def __repr__(self) -> str:
        return f"PatientSession({self.number})"


@dataclass(slots=True)
class SessionHolder:
    """Whoever needs the present patient's data asks here; all of it lives on the window's thread."""

    present: PatientSession = field(default_factory=PatientSession)

    def begin(self, number: int, now: datetime) -> None:
        """A new patient: nothing of the last one is left."""
        self.present = PatientSession(number=number, session_id=str(uuid.uuid4()), started=now)

    def of(self, number: int) -> PatientSession | None:
        """The data of session `number`, or None when that patient has gone."""
        return self.present if number and self.present.number == number else None

    def wipe(self) -> None:
        """Forget the patient."""
        self.present = PatientSession()
