"""What a simulated FHIR server can do, and its CapabilityStatement, which says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from his_adapter.simulation.fhir_search import PARAMETERS
from his_adapter.simulation.fhir_store import Resource


@dataclass(frozen=True, slots=True)
class FhirOptions:
    """What the server can do. Not being able to is said in its CapabilityStatement, if it has one.

    Without `answers` it shows no resource after a write, whatever Prefer wants, and says nothing but the status of one
    that it found or changed, as Microsoft's server does. No CapabilityStatement can say so.
    """

    transactions: bool = True
    conditional_create: bool = True
    metadata: bool = True
    versions: bool = True
    answers: bool = True
    page_size: int = 20
    types: frozenset[str] = frozenset(PARAMETERS)


GROUPS: Mapping[str, frozenset[str]] = {
    "insurance": frozenset({"Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse"}),
    "billing": frozenset({"ServiceRequest", "ChargeItem", "Invoice"}),
}


def lacking(names: Iterable[str]) -> FhirOptions:
    """The options of a server without these abilities or groups of types."""
    lacks = set(names)
    types = frozenset(PARAMETERS).difference(*(GROUPS[name] for name in lacks & GROUPS.keys()))
    return FhirOptions(
        transactions="transactions" not in lacks,
        conditional_create="conditional_create" not in lacks,
        metadata="metadata" not in lacks,
        versions="versions" not in lacks,
        answers="answers" not in lacks,
        types=types,
    )


def statement_of(options: FhirOptions) -> Resource:
    """The CapabilityStatement."""
    interactions = ["read", "create", "update", "delete", "search-type"]
    rest: Resource = {
        "mode": "server",
        "resource": [
            {
                "type": kind,
                "interaction": [{"code": code} for code in interactions],
                "versioning": "versioned-update" if options.versions else "no-version",
                "conditionalCreate": options.conditional_create,
                "searchParam": [{"name": name, "type": how} for name, (how, _) in sorted(PARAMETERS[kind].items())],
            }
            for kind in sorted(options.types)
        ],
    }
    if options.transactions:
        rest["interaction"] = [{"code": "transaction"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "implementation": {"description": "Simulated hospital"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [rest],
    }
