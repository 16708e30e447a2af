"""Nothing leaves that the specification forbids: the models of fhir.resources, and the codes they do not check.

fhir.resources refuses unknown elements, wrong types and missing required ones, but takes any code where the
specification binds an element to a value set (binding strength *required*, R4 4.1.5). Those tables are here, for what
this adapter sends; an element of a bound name that has no table is refused too, so that none is forgotten.
"""

from collections.abc import Iterator, Mapping

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError


class InvalidResource(ValueError):
    """We were about to send something invalid. `args[0]` is the path, without content."""


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FINANCIAL = _codes("active cancelled draft entered-in-error")
REQUIRED: Mapping[str, frozenset[str]] = {
    "Appointment.status": _codes(
        "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in waitlist"
    ),
    "Appointment.participant.status": _codes("accepted declined tentative needs-action"),
    "Bundle.type": _codes(
        "document message transaction transaction-response batch batch-response history searchset collection"
    ),
    "Bundle.entry.request.method": _codes("GET HEAD POST PUT DELETE PATCH"),
    "ChargeItem.status": _codes(
        "planned billable not-billable aborted billed entered-in-error unknown",
    ),
    "Coverage.status": _FINANCIAL,
    "CoverageEligibilityRequest.status": _FINANCIAL,
    "CoverageEligibilityRequest.purpose": _codes("auth-requirements benefits discovery validation"),
    "CoverageEligibilityResponse.status": _FINANCIAL,
    "CoverageEligibilityResponse.purpose": _codes("auth-requirements benefits discovery validation"),
    "CoverageEligibilityResponse.outcome": _codes("queued complete error partial"),
    "Encounter.status": _codes(
        "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
    ),
    "Encounter.location.status": _codes("planned active reserved completed"),
    "Invoice.status": _codes("draft issued balanced cancelled entered-in-error"),
    "Invoice.lineItem.priceComponent.type": _codes("base surcharge deduction discount tax informational"),
    "Patient.gender": _codes("male female other unknown"),
    "PaymentNotice.status": _FINANCIAL,
    "ServiceRequest.status": _codes("draft active on-hold revoked completed entered-in-error unknown"),
    "ServiceRequest.intent": _codes(
        "proposal plan directive order original-order reflex-order filler-order instance-order option"
    ),
    "ServiceRequest.priority": _codes("routine urgent asap stat"),
}
"""Required bindings by the path of the element."""
BY_NAME: Mapping[tuple[str, str], frozenset[str]] = {
    ("identifier", "use"): _codes("usual official temp secondary old"),
    ("name", "use"): _codes("usual official temp nickname anonymous old maiden"),
    ("telecom", "use"): _codes("home work temp old mobile"),
    ("telecom", "system"): _codes("phone fax email pager url sms other"),
    ("address", "use"): _codes("home work temp old billing"),
    ("address", "type"): _codes("postal physical both"),
}
"""Required bindings of Identifier, HumanName, ContactPoint and Address, by the element that holds one."""
CURRENCY = frozenset({"VND"})  # Money.currency is bound to ISO 4217; đồng is all that is sent
BOUND = frozenset({"status", "gender", "use", "method", "intent", "purpose", "outcome"})
"""Names of elements that are codes with a required binding wherever they stand in what is sent."""


def check(resource: Mapping[str, object]) -> None:
    """Raises InvalidResource unless the resource may be sent."""
    kind = str(resource.get("resourceType"))
    try:
        model: type[BaseModel] = get_fhir_model_class(kind)
    except ValueError:
        raise InvalidResource("resourceType") from None
    try:
        model.model_validate(resource)
    except ValidationError as error:
        where = [str(part) for part in error.errors()[0]["loc"]]
        raise InvalidResource(".".join([kind, *where])) from None
    for path, holder, name, value in _strings(resource, kind, kind):
        allowed = REQUIRED.get(path) or BY_NAME.get((holder, name))
        if name == "currency":
            allowed = CURRENCY
        if (allowed is None and name in BOUND) or (allowed is not None and value not in allowed):
            raise InvalidResource(path)


def _strings(value: object, path: str, holder: str) -> Iterator[tuple[str, str, str, str]]:
    """Every string with its path, the name of the element that holds it, and its own name."""
    if isinstance(value, Mapping):
        nested = value.get("resourceType")
        if isinstance(nested, str):
            path = holder = nested
        for name, child in value.items():
            where = f"{path}.{name}"
            for item in child if isinstance(child, list) else [child]:
                if isinstance(item, str):
                    yield where, holder, name, item
                else:
                    yield from _strings(item, where, name)
