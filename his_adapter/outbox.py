"""What waits for another system, as text, for a store that keeps it until that system has answered.

All of it holds personal data: to be kept encrypted, never logged.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from his_adapter.model import (
    Coverage,
    CoverageAnswer,
    CoverageReport,
    Entitlement,
    InsuranceQuery,
    PatientIdentity,
    RegistrationRequest,
)


@dataclass(frozen=True, slots=True)
class Recheck:
    """A card that the portal could not be asked about when its holder came, on `day`."""

    patient: PatientIdentity
    day: date

    @property
    def query(self) -> InsuranceQuery:
        """The question, as it was to be asked then."""
        return InsuranceQuery.of(self.patient)


@dataclass(frozen=True, slots=True)
class CoverageNews:
    """What the portal said later: a `CoverageReport` without the ids the hospital gives a visit and a patient."""

    patient: PatientIdentity
    result_code: str
    asked_at: datetime
    verified: bool
    coverage: Coverage | None = None
    entitlement: Entitlement | None = None

    @classmethod
    def of(cls, patient: PatientIdentity, answer: CoverageAnswer, *, verified: bool) -> "CoverageNews":
        """From an answer that came."""
        return cls(patient, answer.code, answer.asked_at, verified, answer.coverage, answer.entitlement)

    def report(self, key: str, his_visit_id: str, patient_code: str) -> CoverageReport:
        """The whole report, once the hospital's ids are known."""
        return CoverageReport(
            idempotency_key=key,
            his_visit_id=his_visit_id,
            patient_code=patient_code,
            patient=self.patient,
            result_code=self.result_code,
            asked_at=self.asked_at,
            verified=self.verified,
            coverage=self.coverage,
            entitlement=self.entitlement,
        )


_REQUESTS = TypeAdapter(RegistrationRequest)
_RECHECKS = TypeAdapter(Recheck)
_NEWS = TypeAdapter(CoverageNews)

Kept = TypeVar("Kept")


def dump_registration(request: RegistrationRequest) -> str:
    """JSON."""
    return _REQUESTS.dump_json(request).decode()


def load_registration(text: str) -> RegistrationRequest:
    """The same request again. Raises ValueError, without content, for a text that is none."""
    return _load(_REQUESTS, text, "a registration")


def dump_recheck(recheck: Recheck) -> str:
    """JSON."""
    return _RECHECKS.dump_json(recheck).decode()


def load_recheck(text: str) -> Recheck:
    """The same again. Raises ValueError, without content, for a text that is none."""
    return _load(_RECHECKS, text, "a recheck")


def dump_coverage(news: CoverageNews) -> str:
    """JSON."""
    return _NEWS.dump_json(news).decode()


def load_coverage(text: str) -> CoverageNews:
    """The same again. Raises ValueError, without content, for a text that is none."""
    return _load(_NEWS, text, "a coverage")


def _load(kind: TypeAdapter[Kept], text: str, name: str) -> Kept:
    try:
        return kind.validate_json(text)
    except ValidationError:
        raise ValueError(f"not {name}") from None
