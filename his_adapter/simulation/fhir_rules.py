"""What a simulated FHIR server takes: by the models of fhir.resources, and by the codes they name but do not check."""

from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

from his_adapter.simulation.fhir_store import Resource

ALSO = frozenset({"entered-in-error", "unknown", "checked-in", "waitlist", "not-available"})
"""The rest of the value sets that the models' lists end with a "+"."""


class Invalid(ValueError):
    """A resource that is none. `args[0]` says where."""


def validate(kind: str, resource: Any) -> Resource:
    """The resource, if the specification allows it. Raises Invalid."""
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Invalid(f"not a {kind}")
    try:
        model: BaseModel = get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        raise Invalid("; ".join(".".join(map(str, one["loc"])) + ": " + one["msg"] for one in error.errors())) from None
    _codes(model, kind)
    return resource


def _codes(model: BaseModel, path: str) -> None:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        where = f"{path}.{name}"
        extra = field.json_schema_extra
        listed = extra.get("enum_values") if isinstance(extra, dict) else None
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, BaseModel):
                _codes(item, where)
            elif isinstance(item, str) and isinstance(listed, list):
                allowed = {str(code) for code in listed}
                if item not in allowed and not ("+" in allowed and item in ALSO):
                    raise Invalid(f"{where}: code")


def references(value: Any) -> list[str]:
    """Every literal reference in a resource."""
    found = []
    if isinstance(value, dict):
        for name, child in value.items():
            if name == "reference" and isinstance(child, str):
                found.append(child)
            else:
                found += references(child)
    elif isinstance(value, list):
        for child in value:
            found += references(child)
    return found
