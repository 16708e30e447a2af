"""A server that says exactly what a test tells it to, one answer for each question, and remembers what it was asked."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """A question; the names of its headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Said:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Script:
    """`headers` go with every answer that has none of that name; a redirect repeats the question's own address."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        script = self
        always = dict(headers or {})
        self.answers: list[Said] = []
        self.requests: list[Request] = []
        self.said = b""

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                named = {name.lower(): value for name, value in self.headers.items()}
                script.requests.append(Request(self.command, self.path, named, body))
                answer = script.answers.pop(0)
                script.said = answer.body
                self.send_response(answer.status)
                moved = {"Location": self.path.replace("/api/", "/elsewhere/")} if 300 <= answer.status < 400 else {}
                for name, value in (always | moved | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def asked(self) -> list[tuple[str, bytes]]:
        """Path and body of each question."""
        return [(request.path, request.body) for request in self.requests]

    def say(self, content: object = None, status: int = 200, **headers: str) -> None:
        """The next answer: bytes as they are, nothing, or anything as JSON. A header's underscores are hyphens."""
        body = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        self.answers.append(Said(status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
