"""A server that says exactly what a test tells it to, headers too, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from his_adapter.hospital.fhir import FhirSettings, Systems

SYSTEMS = Systems("http://h/cccd", "http://h/bhyt", "http://h/service")


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Said:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Talk:
    """Answers one after another, whatever is asked."""

    def __init__(self) -> None:
        talk = self
        self.asked: list[Asked] = []
        self.answers: list[Said] = []

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                talk.asked.append(Asked(self.command, self.path, headers, body))
                said = talk.answers.pop(0)
                self.send_response(said.status)
                for name, value in ({"Content-Type": "application/fhir+json"} | said.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/fhir"

    def say(self, content: object = None, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        self.answers.append(Said(status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def say_nothing_of_itself(self) -> None:
        """No CapabilityStatement."""
        self.say(outcome("not-found"), 404)

    def settings(self, **others: object) -> FhirSettings:
        return replace(FhirSettings(self.url, SYSTEMS, timeout_s=5.0), **others)  # type: ignore[arg-type]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


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
