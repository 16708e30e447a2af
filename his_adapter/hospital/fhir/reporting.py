"""What is told of a visit afterwards: the insurance portal's late answer, and money that arrived."""

from collections.abc import Callable
from typing import TypeVar

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.content import payment_content, report_content
from his_adapter.hospital.fhir.answers import Written
from his_adapter.hospital.fhir.bill import invoice_dong, payment_notice
from his_adapter.hospital.fhir.client import Contended, FhirClient
from his_adapter.hospital.fhir.files import Files
from his_adapter.hospital.fhir.insurance import Eligibility, coverage_of, coverage_resource
from his_adapter.hospital.fhir.plan import profiled
from his_adapter.hospital.fhir.read import (
    Malformed,
    Node,
    has_identifier,
    identifier,
    reference_to,
    resource_etag,
    resource_id,
)
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.steps import Change, Create, Step, placeholder, run
from his_adapter.hospital.fhir.terms import Json
from his_adapter.http import Deadline
from his_adapter.model import CoverageReport, PaymentReceipt, PaymentReport, TransferVerdict

REQUEST, RESPONSE, NOTICE = "CoverageEligibilityRequest", "CoverageEligibilityResponse", "PaymentNotice"
TRIES = 2
T = TypeVar("T")


class Reporting:
    """Tells of visits that are registered."""

    def __init__(self, client: FhirClient, settings: FhirSettings, files: Files) -> None:
        self._client = client
        self._settings = settings
        self._files = files

    def report_coverage(self, report: CoverageReport, deadline: Deadline) -> None:
        """The portal's word as CoverageEligibilityRequest and -Response, and as the Encounter's mark."""
        self._again(lambda: self._report(report, deadline))

    def record_payment(self, report: PaymentReport, deadline: Deadline) -> PaymentReceipt:
        """A transfer as PaymentNotice; the exact amount balances the Invoice of the visit."""
        return self._again(lambda: self._pay(report, deadline))

    def _again(self, tell: Callable[[], T]) -> T:
        contended = ""
        for _ in range(TRIES):
            try:
                return tell()
            except Contended as reason:
                contended = reason.fault.detail
            except Malformed as error:
                raise self._client.malformed(error) from None
        raise self._client.fault(OutsideFaultCode.SERVER_ERROR, f"contended, {contended}")

    # insurance

    def _report(self, report: CoverageReport, deadline: Deadline) -> None:
        systems, key = self._settings.systems, report.idempotency_key
        self._must_have(RESPONSE, deadline)
        told = self._files.one(RESPONSE, systems.report_key, key, deadline)
        if told is not None and not has_identifier(told, systems.report_content, report_content(report)):
            raise self._client.fault(OutsideFaultCode.CONFLICT, "the key stands for another report")
        encounter = self._encounter(report.his_visit_id, deadline)
        mark = self._mark(encounter, verified=report.verified)
        if told is not None and mark is None:
            return
        patient = encounter.child("subject").need("reference")
        card, steps = self._card(report, patient, deadline)
        said = Eligibility(systems.report_key, key, systems.report_content, report_content(report), self._settings)
        asked = placeholder(key, REQUEST)
        answer = said.response(
            asked,
            patient,
            None if card is None or report.coverage is None else (card, report.coverage),
            report.entitlement,
            report.asked_at,
            verified=report.verified,
            result_code=report.result_code,
        )
        for url, resource in (
            (asked, said.request(patient, card, report.asked_at)),
            (placeholder(key, RESPONSE), answer),
        ):
            steps.append(Create(url, profiled(resource, self._settings), systems.report_key, key))
        if mark is not None:
            steps.append(mark)
        self._run(steps, deadline)

    def _card(self, report: CoverageReport, patient: str, deadline: Deadline) -> tuple[str | None, list[Step]]:
        """The reference of the card, and the step that makes its Coverage where there is none."""
        coverage = report.coverage
        if coverage is None or not self._client.capabilities(deadline).has("Coverage", "create", "search-type"):
            return None, []
        system = self._settings.systems.insurance_card
        found = self._files.by_identifier("Coverage", system, coverage.card_number, deadline)
        target = reference_to(patient)
        if found:
            own = coverage_of(found, "/".join(target) if target else "")
            # another file's card: the portal's word is kept without it, and the hospital sees both
            return (None if own is None else f"Coverage/{resource_id(own)}"), []
        url = placeholder(report.idempotency_key, "Coverage")
        resource = profiled(coverage_resource(coverage, patient, self._settings), self._settings)
        return url, [Create(url, resource, system, coverage.card_number)]

    def _mark(self, encounter: Node, *, verified: bool) -> Change | None:
        """The Encounter with the mark *insurance-verified* as it is now; None when it says so already."""
        url = self._settings.extension("insurance-verified")
        if not url:
            return None
        others: list[object] = []
        for one in encounter.children("extension"):
            if one.text("url") != url:
                others.append(dict(one.value))
            elif one.flag("valueBoolean") is verified:
                return None
        changed: Json = {**encounter.value, "extension": [*others, {"url": url, "valueBoolean": verified}]}
        return Change(resource_id(encounter), resource_etag(encounter), changed)

    # money

    def _pay(self, report: PaymentReport, deadline: Deadline) -> PaymentReceipt:
        systems = self._settings.systems
        self._must_have(NOTICE, deadline)
        told = self._files.one(NOTICE, systems.payment_key, report.idempotency_key, deadline)
        if told is None:
            told = self._files.one(NOTICE, systems.transfer, report.provider_txn_id, deadline)
        if told is not None:
            self._must_be_same(told, report)
        encounter = self._encounter(report.his_visit_id, deadline)
        bill = self._bill(encounter, deadline)
        settling = self._settling(bill, report)
        if told is not None and settling is None:
            return self._receipt(told, report, repeated=True)
        request = f"Encounter/{resource_id(encounter)}" if bill is None else f"Invoice/{resource_id(bill)}"
        notice = profiled(payment_notice(report, request, self._settings), self._settings)
        url = placeholder(report.idempotency_key, NOTICE)
        steps: list[Step] = [Create(url, notice, systems.transfer, report.provider_txn_id)]
        if settling is not None:
            steps.append(settling)
        written = self._run(steps, deadline)[0]
        node = None if written.existed else written.resource
        if node is None:
            node = self._client.read(NOTICE, written.identity, deadline)
        if node is None:
            raise self._client.fault(OutsideFaultCode.BAD_ANSWER, "the notice just made is not there")
        self._must_be_same(node, report)
        return self._receipt(node, report, repeated=written.existed)

    def _must_be_same(self, notice: Node, report: PaymentReport) -> None:
        if not has_identifier(notice, self._settings.systems.payment_content, payment_content(report)):
            raise self._client.fault(OutsideFaultCode.CONFLICT, "the key or the transfer came with another content")

    def _bill(self, encounter: Node, deadline: Deadline) -> Node | None:
        system = self._settings.systems.visit_key
        key = identifier(encounter, system)
        if not key or not self._client.capabilities(deadline).has("Invoice", "search-type"):
            return None
        return self._files.one("Invoice", system, key, deadline)

    def _settling(self, bill: Node | None, report: PaymentReport) -> Change | None:
        """The Invoice balanced, if this money is exactly what is open."""
        if bill is None or report.verdict is not TransferVerdict.EXACT or bill.text("status") != "issued":
            return None
        if invoice_dong(bill) != report.amount_dong:
            return None
        return Change(resource_id(bill), resource_etag(bill), {**bill.value, "status": "balanced"})

    def _receipt(self, notice: Node, report: PaymentReport, *, repeated: bool) -> PaymentReceipt:
        """The hospital's receipt number; without a system of such numbers, the notice's own id."""
        if report.verdict is not TransferVerdict.EXACT:
            return PaymentReceipt("", repeated)
        system = self._settings.systems.receipt
        return PaymentReceipt(identifier(notice, system) if system else resource_id(notice), repeated)

    # both

    def _run(self, steps: list[Step], deadline: Deadline) -> list[Written]:
        return run(self._client, steps, deadline, whole=self._client.takes_at_once(len(steps), deadline))

    def _encounter(self, visit_id: str, deadline: Deadline) -> Node:
        node = self._client.read("Encounter", visit_id, deadline)
        if node is None:
            raise self._client.fault(OutsideFaultCode.REJECTED, "no such visit")
        return node

    def _must_have(self, kind: str, deadline: Deadline) -> None:
        if not self._client.capabilities(deadline).has(kind, "create", "search-type"):
            raise self._client.fault(OutsideFaultCode.REJECTED, f"the server takes no {kind}")
