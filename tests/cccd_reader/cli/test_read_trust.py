"""`read` with a trust store and with a service: whose word counts, and what is sent to get it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from cccd_reader.cli import main
from cccd_reader.emulation import CardImage, EmulatedCard, TestSigner, personalise
from cccd_reader.transport.local import LocalSource
from tests.people import AN

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def signer() -> TestSigner:
    return TestSigner.create()


@pytest.fixture
def signed(local: LocalSource, photo: bytes, signer: TestSigner) -> CardImage:
    """A card of an authority that we know, on the reader."""
    image = personalise(AN, photo, signer=signer)
    local.insert(EmulatedCard(image))
    return image


@pytest.fixture
def store(tmp_path: Path, signer: TestSigner) -> str:
    certificate = tmp_path / "csca.cer"
    certificate.write_bytes(signer.csca_certificate)
    assert main(["trust", "import", str(certificate), "--store", str(tmp_path / "trust")]) == 0
    return str(tmp_path / "trust")


@pytest.mark.usefixtures("signed")
def test_a_card_of_an_authority_in_the_store(store: str, number: str, capsys: Capture) -> None:
    arguments = ["read", "--number", number, "--trust", store, "--require", "issuer,chip_authentication"]
    assert main([*arguments, "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)["verdicts"]
    assert verdicts["issuer"]["state"] == "successful"
    assert main(arguments) == 0
    assert (
        "together: signed by an authority of your trust store, unchanged since, and no copy" in capsys.readouterr().out
    )


@pytest.mark.usefixtures("local")
def test_a_card_of_a_stranger(store: str, number: str, capsys: Capture) -> None:
    assert main(["read", "--number", number, "--trust", store, "--require", "issuer"]) == 8
    assert "not known who signed it" in capsys.readouterr().out


@pytest.mark.usefixtures("local")
def test_a_store_that_is_not_there_or_empty_is_a_failure(number: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["read", "--number", number, "--trust", str(tmp_path / "none")]) == 1
    assert main(["read", "--number", number, "--trust", str(tmp_path)]) == 1
    assert "the trust store is empty" in capsys.readouterr().err


class Service(BaseHTTPRequestHandler):
    """Confirms every card, and remembers what it was told."""

    seen: ClassVar[list[tuple[str | None, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.seen.append((self.headers["Authorization"], body))
        answer = json.dumps({"state": "successful", "reason": "known"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/verify"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("signed")
def test_a_service_is_asked_and_gets_no_field(service: str, number: str, tmp_path: Path, capsys: Capture) -> None:
    token = tmp_path / "token"
    token.write_text("Bearer secret\n")
    arguments = ["read", "--number", number, "--online", service, "--online-token", str(token), "--json"]
    assert main([*arguments, "--require", "online"]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"]["online"] == {
        "state": "successful",
        "reason": "service: known",
    }
    (authorization, body) = Service.seen[-1]
    assert authorization == "Bearer secret"
    assert set(json.loads(body)) >= {"sod", "dg_hashes"}
    assert number not in body


@pytest.mark.usefixtures("local")
def test_an_address_without_tls_is_refused(number: str, capsys: Capture) -> None:
    assert main(["read", "--number", number, "--online", "http://example.com"]) == 1
    assert "without TLS" in capsys.readouterr().err
