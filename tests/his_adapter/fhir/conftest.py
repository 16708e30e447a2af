"""A scripted FHIR server."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from his_adapter.hospital.fhir import FhirSettings, Systems
from tests.his_adapter.script import Script

SYSTEMS = Systems("http://h/cccd", "http://h/bhyt", "http://h/service")


class Talk(Script):
    """A script in FHIR's media type; `url` is its base, `origin` the server's."""

    def __init__(self) -> None:
        super().__init__({"Content-Type": "application/fhir+json"})
        self.origin = self.url
        self.url = f"{self.origin}/fhir"

    def say_nothing_of_itself(self) -> None:
        """No CapabilityStatement."""
        self.say(outcome("not-found"), 404)

    def settings(self, **others: object) -> FhirSettings:
        return replace(FhirSettings(self.url, SYSTEMS, timeout_s=5.0), **others)  # type: ignore[arg-type]


def outcome(code: str, diagnostics: str = "", severity: str = "error") -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": diagnostics}],
    }


def bundle(*resources: dict[str, Any], following: str = "") -> dict[str, Any]:
    link = [{"relation": "self", "url": "x"}]
    if following:
        link.append({"relation": "next", "url": following})
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": link,
        "entry": [{"resource": resource, "search": {"mode": "match"}} for resource in resources],
    }


@pytest.fixture
def talk() -> Iterator[Talk]:
    server = Talk()
    yield server
    server.close()


Closing = Callable[[Any], Any]


@pytest.fixture
def closing() -> Iterator[Closing]:
    """Closes what it is given."""
    made: list[Any] = []

    def keep(one: Any) -> Any:
        made.append(one)
        return one

    yield keep
    for one in made:
        one.close()
