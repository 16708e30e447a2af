"""What is read of GNU Health's records: only the fields that a check-in needs, each with its type.

Aliases are Tryton's field names; a name with a dot reads through a link (``party.`` holds the linked record).
"""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """A record: tolerant of fields that were not asked for, strict in the types of those that were."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    id: int

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """The id alone: rows hold people."""
        return [("id", self.id)]


class PartyRow(Row):
    """``party.party``, a person. GNU Health keeps family and given name apart; a kiosk's patient has one name."""

    ref: str | None
    given: str | None = Field(alias="name")
    lastname: str | None
    dob: date | None
    estimated: bool | None = Field(alias="est_dob")
    is_patient: bool | None
    active: bool | None


class IdRow(Row):
    """Any record that is only pointed to."""


class ProductRow(Row):
    """``product.product``. `price` is the list price in the company's currency."""

    code: str | None
    name: str
    price: Decimal | None = Field(alias="list_price")


class DoctorRow(Row):
    """``gnuhealth.healthprofessional``. `licence` is its LICENSE ID."""

    licence: str | None = Field(alias="code")


class InsuranceRow(Row):
    """``gnuhealth.insurance``: a card."""

    party: int | None
    member_since: date | None
    member_exp: date | None
    plan: int | None = Field(alias="plan_id")


class AppointmentRow(Row):
    """``gnuhealth.appointment``. `code` is what the hospital calls it; moments are UTC."""

    code: str | None = Field(alias="name")
    patient: int | None
    starts_at: datetime | None = Field(alias="appointment_date")
    state: str | None
    doctor: int | None = Field(alias="healthprof")
    product: int | None = Field(alias="consultations")
    stamp: str = Field(alias="_timestamp")


class ServiceRow(Row):
    """``gnuhealth.health_service``: what a visit costs. `name` is its unique ID."""

    name: str
    patient: int
    state: str
    lines: list[int] = Field(alias="service_line")
    card: int | None = Field(alias="insurance_plan")
    stamp: str = Field(alias="_timestamp")


class LineRow(Row):
    """``gnuhealth.health_service.line``."""

    service: int
    appointment: int | None
    product: int
    remarks: str | None


class InvoiceRow(Row):
    """``account.invoice``. The ledger of the kiosk's transfers stands in its comment."""

    number: str | None
    state: str
    party: int
    company: int
    currency: int
    total: Decimal = Field(alias="total_amount")
    invoice_date: date | None
    comment: str | None
    stamp: str = Field(alias="_timestamp")


class PatientCodeRow(Row):
    """``gnuhealth.patient``: its PUID."""

    code: str | None = Field(alias="puid")


class PatientPartyRow(Row):
    """``gnuhealth.patient``: whose file it is."""

    party: int
