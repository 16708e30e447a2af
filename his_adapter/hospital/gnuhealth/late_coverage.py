"""The portal's late answer: an unverified visit becomes an insured one, or stays a paying one, and staff can see which.

Before the invoice the card is set on the service, and GNU Health then prices by its plan. After it the price stands: a
line in the invoice's comment tells the cashier. The answer is told once by its key, which stands in the visit's mark,
written only if nobody has changed the service meanwhile.
"""

from dataclasses import replace

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.gnuhealth.catalogue import Catalogue
from his_adapter.hospital.gnuhealth.insurance import Cards
from his_adapter.hospital.gnuhealth.marks import Insurance, coverage_digest
from his_adapter.hospital.gnuhealth.patients import PATIENT
from his_adapter.hospital.gnuhealth.payments import Payments
from his_adapter.hospital.gnuhealth.rows import PatientPartyRow
from his_adapter.hospital.gnuhealth.session import Tryton
from his_adapter.hospital.gnuhealth.visits import SERVICE, Price, Visit, Visits
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import CoverageReport, patient_share

_ATTEMPTS = 5


class LateCoverage:
    """Tells late answers."""

    def __init__(self, tryton: Tryton, visits: Visits, cards: Cards, catalogue: Catalogue, payments: Payments) -> None:
        self._tryton = tryton
        self._visits = visits
        self._cards = cards
        self._catalogue = catalogue
        self._payments = payments

    def tell(self, deadline: Deadline, report: CoverageReport) -> None:
        """Tell one. Raises OutsideFault: REJECTED for an unknown visit, CONFLICT for a key with other content."""
        digest = coverage_digest(report)
        for _ in range(_ATTEMPTS):
            visit = self._visits.by_code(deadline, report.his_visit_id)
            if visit is None:
                raise self._tryton.fault(OutsideFaultCode.REJECTED, "no such visit")
            if visit.mark.coverage_key == report.idempotency_key:
                if visit.mark.coverage_digest != digest:
                    raise self._tryton.fault(OutsideFaultCode.CONFLICT, "told before with other content")
                return
            if visit.service.state == "invoiced":
                self._payments.note(deadline, visit, _line(report, digest))
                return
            if self._told(deadline, visit, report, digest):
                return
        raise self._tryton.fault(OutsideFaultCode.SERVER_ERROR, "the service never rests")

    def _told(self, deadline: Deadline, visit: Visit, report: CoverageReport, digest: str) -> bool:
        price = self._price(deadline, visit, report)
        mark = replace(
            visit.mark,
            fee_dong=price.fee_dong,
            insurance=price.insurance,
            coverage_key=report.idempotency_key,
            coverage_digest=digest,
        )
        line = {"remarks": mark.text(), "action_required": price.insurance is not Insurance.VERIFIED}
        values = {"insurance_plan": price.card, "service_line": [["write", [visit.line.id], line]]}
        try:
            self._tryton.write(deadline, SERVICE, visit.service.id, values, unless_since=visit.service.stamp)
        except RpcRefused as refused:
            # invoiced meanwhile is a refusal of the line, and shows when the visit is looked at again
            if refused.kind not in {Refusal.CONCURRENCY, Refusal.USER}:
                raise self._tryton.refused(refused, SERVICE) from None
            return False
        return True

    def _price(self, deadline: Deadline, visit: Visit, report: CoverageReport) -> Price:
        offer = self._catalogue.by_product(deadline, visit.line.product)
        full = visit.mark.fee_dong if offer is None else offer.service.price_dong
        if not report.verified or report.coverage is None or report.entitlement is None:
            return Price(full, Insurance.UNPRICED if report.verified else Insurance.REFUSED)
        patients = self._tryton.search(
            deadline, PATIENT, [["id", "=", visit.service.patient]], PatientPartyRow, limit=1
        )
        party = patients[0].party if patients else 0
        card = self._cards.keep(deadline, party, report.coverage, report.entitlement.payable_percent)
        if card is None or not card.priced or offer is None:
            return Price(full, Insurance.UNPRICED, None if card is None else card.record)
        return Price(patient_share(offer.service, report.entitlement), Insurance.VERIFIED, card.record)


def _line(report: CoverageReport, digest: str) -> str:
    """For the cashier, in the comment of an invoice that was made before the answer came."""
    word = "BHYT hợp lệ: thu ngân tính lại phần người bệnh" if report.verified else "BHYT không hợp lệ: thu đủ giá"
    return f"[BHYT] {report.idempotency_key} {report.result_code} {digest} | {word}"
