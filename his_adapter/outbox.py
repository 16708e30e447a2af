"""A registration as text, for a store that keeps it until the hospital has answered."""

from pydantic import TypeAdapter, ValidationError

from his_adapter.model import RegistrationRequest

_REQUESTS = TypeAdapter(RegistrationRequest)


def dump_registration(request: RegistrationRequest) -> str:
    """JSON. Holds personal data: to be kept encrypted, never logged."""
    return _REQUESTS.dump_json(request).decode()


def load_registration(text: str) -> RegistrationRequest:
    """The same request again. Raises ValueError, without content, for a text that is none."""
    try:
        return _REQUESTS.validate_json(text)
    except ValidationError:
        raise ValueError("not a registration") from None
