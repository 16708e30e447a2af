"""The ports to the outside world.

Every call is synchronous, bounded by the adapter's own time limit, and safe from any thread. A method returns its
answer or raises `OutsideFault`, with two exceptions that never raise it: `health`, because failing is what it reports,
and those of `InsurancePortal`, because for the insurance an outage is an outcome with legal consequences and evidence
of its own (Decree 188/2025/ND-CP, Art. 38.2). `close` releases the connections; an adapter is used no more after it.
"""

from datetime import date
from typing import Protocol

from his_adapter.model import (
    Appointment,
    CopaymentAnswer,
    CoverageAnswer,
    CoverageReport,
    Health,
    InsuranceQuery,
    PatientIdentity,
    PaymentIntent,
    PaymentReceipt,
    PaymentReport,
    PaymentRequest,
    PaymentStatus,
    PosOutcome,
    PosSale,
    Registration,
    RegistrationRequest,
    Service,
)


class HospitalSystem(Protocol):
    """The hospital information system (HIS)."""

    def list_services(self) -> tuple[Service, ...]:
        """Departments open to a kiosk now. Raises OutsideFault."""
        ...

    def appointments(self, patient: PatientIdentity, day: date) -> tuple[Appointment, ...]:
        """The person's appointments of a day, earliest first, whatever their state.

        Empty for a person the hospital does not know, for one whose name or birth date does not agree, and where the
        system keeps no appointments. Raises OutsideFault.
        """
        ...

    def register(self, request: RegistrationRequest) -> Registration:
        """Register the visit. The same key again gives the same visit, marked `repeated`, and makes no second one.

        Raises OutsideFault: DUPLICATE_PATIENT when several files could be this person's; CONFLICT when the key was
        used for another visit; REJECTED when the department is unknown, or the appointment is not this person's or
        can no longer be checked in; TIMEOUT when it is unknown whether the visit exists: repeat with the same key
        later.
        """
        ...

    def registration_by_key(self, idempotency_key: str) -> Registration | None:
        """The visit registered under a key; None when there is none. Raises OutsideFault."""
        ...

    def report_coverage(self, report: CoverageReport) -> None:
        """Tell what the portal said of the insurance of a visit that was registered unverified. Safe to repeat.

        Raises OutsideFault: CONFLICT when the key came before with another content; REJECTED when the visit is unknown
        there; TIMEOUT when it is unknown whether it was heard: repeat with the same key later.
        """
        ...

    def record_payment(self, report: PaymentReport) -> PaymentReceipt:
        """Tell of money that arrived, so that no cashier asks again. A transfer is booked once, by key and by id.

        Raises OutsideFault: CONFLICT when the key or the transfer came before with another content; REJECTED when the
        visit is unknown there; TIMEOUT when it is unknown whether it was heard: repeat with the same key later.
        """
        ...

    def health(self) -> Health:
        """Whether it answers and takes our key. Never raises OutsideFault."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...


class InsurancePortal(Protocol):
    """The social insurance agency's portal (BHYT)."""

    def check(self, query: InsuranceQuery) -> CoverageAnswer:
        """What is known of a card today. Always an answer: silence, faults and refusals become UNVERIFIED.

        This year's co-payments are asked for by the way when they could change what the fund pays.
        """
        ...

    def copayment(self, query: InsuranceQuery) -> CopaymentAnswer:
        """This year's co-payments. Always an answer: silence, faults and refusals make the figure unknown, never 0.

        Asked only when it can matter (`EntitlementRules.copayment_matters`): the portal locks accounts that ask often.
        """
        ...

    def health(self) -> Health:
        """Whether it answers and takes our account. Costs one sign-in: for a person's request, never for polling."""
        ...

    def close(self) -> None:
        """Release the connections and forget the kept answers."""
        ...


class PaymentProvider(Protocol):
    """Who turns an amount into a VietQR and tells what arrived."""

    def create(self, request: PaymentRequest) -> PaymentIntent:
        """Ask for an amount. The same request again gives the same intent.

        Raises OutsideFault: CONFLICT when the order code is taken; BAD_ANSWER when the QR asks for something else.
        """
        ...

    def status(self, intent: PaymentIntent) -> PaymentStatus:
        """Where the intent stands. Raises OutsideFault."""
        ...

    def cancel(self, intent: PaymentIntent) -> PaymentStatus:
        """Stop asking. The answer may be PAID: money can be faster. Raises OutsideFault."""
        ...

    def health(self) -> Health:
        """Whether it answers and takes our keys. Never raises OutsideFault."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...


class PosTerminal(Protocol):
    """A card terminal beside the kiosk."""

    def sell(self, sale: PosSale) -> PosOutcome:
        """Charge an amount, once for ever under its reference. Takes as long as a patient needs for the card.

        The same sale again never charges again: the terminal is asked what became of it. UNKNOWN is an outcome: ask
        later, or reverse. Raises OutsideFault: UNREACHABLE when the terminal has heard nothing; CONFLICT when the
        reference stands for another amount.
        """
        ...

    def inquire(self, reference: str) -> PosOutcome:
        """What became of a sale. UNKNOWN when the terminal does not answer or still waits for the card."""
        ...

    def reverse(self, reference: str) -> PosOutcome:
        """Take a sale back, or make sure that it never happens. Safe to repeat.

        REVERSED, CANCELLED, DECLINED and NOT_TAKEN all mean that nothing is charged; UNKNOWN: ask again.
        """
        ...

    def health(self) -> Health:
        """Whether the terminal answers. Never raises OutsideFault."""
        ...

    def close(self) -> None:
        """Release the line."""
        ...
