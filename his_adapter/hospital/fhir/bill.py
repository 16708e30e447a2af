"""ChargeItem, Invoice and PaymentNotice: what a visit costs, what the patient owes, and money that arrived."""

from his_adapter.hospital.content import payment_content
from his_adapter.hospital.fhir.insurance import instant
from his_adapter.hospital.fhir.read import Node, dong
from his_adapter.hospital.fhir.settings import FhirSettings
from his_adapter.hospital.fhir.terms import CLEARED, PAID, PAYMENT_STATUS, Json, coded, identified, money, refer
from his_adapter.model import Charge, PaymentReport, RegistrationRequest, Service, TransferVerdict, patient_share


def charge_of(request: RegistrationRequest, service: Service) -> Charge:
    """The one priced line of a registration: the examination."""
    share = patient_share(service, request.counted_entitlement)
    entitlement = request.counted_entitlement
    insured = entitlement is not None and entitlement.payable_percent > 0
    price = service.insured_price_dong if insured else service.price_dong
    return Charge(service.code, service.name_vi, max(price, share), share)


def charge_item(
    request: RegistrationRequest, charge: Charge, patient: str, encounter: str, settings: FhirSettings
) -> Json:
    """The examination as a chargeable item."""
    return {
        "resourceType": "ChargeItem",
        "identifier": [identified(settings.systems.visit_key, request.idempotency_key)],
        "status": "billable",
        "code": coded(settings.systems.service, charge.code, charge.name),
        "subject": refer(patient),
        "context": refer(encounter),
        "occurrenceDateTime": instant(request.requested_at),
        "quantity": {"value": 1},
        "priceOverride": money(charge.price_dong),
    }


def invoice(
    request: RegistrationRequest, charge: Charge, patient: str, item: str | None, settings: FhirSettings
) -> Json:
    """The patient's bill: the full price less what the fund pays. `item` refers to the ChargeItem."""
    line: Json = {
        "sequence": 1,
        "priceComponent": [{"type": "base", "amount": money(charge.price_dong)}],
    }
    if item is None:
        line["chargeItemCodeableConcept"] = coded(settings.systems.service, charge.code, charge.name)
    else:
        line["chargeItemReference"] = refer(item)
    paid_by_fund = charge.price_dong - charge.patient_dong
    if paid_by_fund:
        components = line["priceComponent"]
        assert isinstance(components, list)
        # FHIR leaves the sign of a deduction open; totals are what counts and are given
        components.append(
            {"type": "deduction", "code": {"text": settings.insured_component}, "amount": money(paid_by_fund)}
        )
    return {
        "resourceType": "Invoice",
        "identifier": [identified(settings.systems.visit_key, request.idempotency_key)],
        "status": "issued",
        "subject": refer(patient),
        "recipient": refer(patient),
        "date": instant(request.requested_at),
        "lineItem": [line],
        "totalNet": money(charge.patient_dong),
        "totalGross": money(charge.patient_dong),
    }


def invoice_dong(node: Node) -> int | None:
    """What the patient owes by an Invoice: its gross total."""
    gross = dong(node.child("totalGross"))
    return dong(node.child("totalNet")) if gross is None else gross


def invoice_charges(node: Node, service: Service | None) -> tuple[Charge, ...]:
    """The lines of an Invoice that the kiosk made: one, with base price and total."""
    lines = node.children("lineItem")
    owed = invoice_dong(node)
    if len(lines) != 1 or service is None or owed is None:
        return ()
    base = [dong(part.child("amount")) for part in lines[0].children("priceComponent") if part.text("type") == "base"]
    if len(base) != 1 or base[0] is None or base[0] < owed:
        return ()
    return (Charge(service.code, service.name_vi, base[0], owed),)


def payment_notice(report: PaymentReport, request: str, settings: FhirSettings) -> Json:
    """A transfer for a bill. `request` refers to the Invoice, or to the Encounter where there is none.

    PaymentNotice.payment must refer to a PaymentReconciliation; the bank's transfer is named by its number. The status
    is *paid* only for the exact amount; any other money has *cleared* the bank and waits for the cashier.
    """
    systems = settings.systems
    exact = report.verdict is TransferVerdict.EXACT
    status = coded(PAYMENT_STATUS, PAID if exact else CLEARED)
    codings = status["coding"]
    assert isinstance(codings, list)
    codings.append({"system": systems.verdict, "code": report.verdict.value})
    recipient: Json = {"type": "Organization", "display": "Bệnh viện"}
    if settings.facility_code:
        recipient["identifier"] = identified(systems.facility, settings.facility_code)
    transfer = identified(systems.transfer, report.provider_txn_id)
    return {
        "resourceType": "PaymentNotice",
        "identifier": [
            identified(systems.payment_key, report.idempotency_key),
            transfer,
            identified(systems.payment_order, str(report.order_code)),
            identified(systems.payment_content, payment_content(report)),
        ],
        "status": "active",
        "request": refer(request),
        "created": instant(report.received_at),
        "payment": {"type": "PaymentReconciliation", "identifier": transfer},
        "paymentDate": instant(report.received_at)[:10],
        "recipient": recipient,
        "amount": money(report.amount_dong),
        "paymentStatus": status,
    }
