"""Proving who we are: OAuth tokens that are kept and renewed, and our own certificate on the line."""

import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.fhir import ClientCredentials, FhirSettings
from his_adapter.hospital.fhir.auth import Authorization
from his_adapter.hospital.fhir.client import FhirClient
from his_adapter.http import Deadline
from his_adapter.tls import TlsFiles
from tests.certificates import Authority
from tests.his_adapter.fhir.conftest import SYSTEMS, Closing, Talk

PATIENT = {"resourceType": "Patient", "id": "7"}
TOKEN = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 300}


def credentials(talk: Talk, *, in_header: bool = True) -> ClientCredentials:
    return ClientCredentials(f"{talk.origin}/token", "ki osk", SecretStr("p:w"), "system/*.write", in_header)


def test_a_token_is_asked_for_once(talk: Talk, closing: Closing) -> None:
    client = closing(FhirClient(talk.settings(auth=credentials(talk))))
    talk.say(TOKEN, Content_Type="application/json")
    for _ in range(2):
        talk.say(PATIENT)
        assert client.read("Patient", "7", Deadline(5)) is not None
    token, first, second = talk.requests
    assert (token.method, token.path) == ("POST", "/token")
    assert token.headers["authorization"] == "Basic a2krb3NrOnAlM0F3"  # "ki+osk:p%3Aw"
    assert token.body == b"grant_type=client_credentials&scope=system%2F%2A.write"
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer token-1"


def test_the_secret_in_the_form_where_the_server_wants_it(talk: Talk, closing: Closing) -> None:
    auth = closing(Authorization(credentials(talk, in_header=False), "his", None))
    talk.say(TOKEN)
    assert auth.header(Deadline(5)) == {"Authorization": "Bearer token-1"}
    assert talk.requests[0].body.endswith(b"&client_id=ki+osk&client_secret=p%3Aw")
    assert "authorization" not in talk.requests[0].headers


def test_a_token_is_renewed_before_it_ends(talk: Talk, closing: Closing) -> None:
    moment = [1000.0]
    auth = closing(Authorization(credentials(talk), "his", None, lambda: moment[0]))
    talk.say(TOKEN)
    talk.say(TOKEN | {"access_token": "token-2", "expires_in": "300"})
    assert auth.header(Deadline(5)) == {"Authorization": "Bearer token-1"}
    moment[0] += 269
    assert auth.header(Deadline(5)) == {"Authorization": "Bearer token-1"}
    moment[0] += 1
    assert auth.header(Deadline(5)) == {"Authorization": "Bearer token-2"}


def test_a_refused_token_is_replaced_once(talk: Talk, closing: Closing) -> None:
    client = closing(FhirClient(talk.settings(auth=credentials(talk))))
    for number in (1, 2):
        talk.say(TOKEN | {"access_token": f"token-{number}"})
        talk.say(None, 401)
    with pytest.raises(OutsideFault) as caught:
        client.read("Patient", "7", Deadline(5))
    assert caught.value.code is OutsideFaultCode.AUTH
    assert [one.headers["authorization"] for one in talk.requests[1::2]] == ["Bearer token-1", "Bearer token-2"]
    assert len(talk.requests) == 4


def test_many_threads_ask_for_one_token(talk: Talk, closing: Closing) -> None:
    auth = closing(Authorization(credentials(talk), "his", None))
    talk.say(TOKEN)
    with ThreadPoolExecutor(8) as threads:
        headers = list(threads.map(lambda _: auth.header(Deadline(5)), range(8)))
    assert headers == [{"Authorization": "Bearer token-1"}] * 8
    assert len(talk.requests) == 1


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"error": "invalid_client"}, 401, OutsideFaultCode.AUTH),
        ({"error": "invalid_scope"}, 400, OutsideFaultCode.AUTH),
        ({}, 503, OutsideFaultCode.SERVER_ERROR),
        ({}, 302, OutsideFaultCode.BAD_ANSWER),
        ([], 200, OutsideFaultCode.BAD_ANSWER),
        ({"token_type": "Bearer"}, 200, OutsideFaultCode.BAD_ANSWER),
        (TOKEN | {"token_type": "mac"}, 200, OutsideFaultCode.BAD_ANSWER),
        (TOKEN | {"access_token": "a\r\nb"}, 200, OutsideFaultCode.BAD_ANSWER),
        (TOKEN | {"access_token": 7}, 200, OutsideFaultCode.BAD_ANSWER),
        (TOKEN | {"expires_in": [1]}, 200, OutsideFaultCode.BAD_ANSWER),
        (TOKEN | {"expires_in": True}, 200, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_token_server_that_gives_none(
    talk: Talk, closing: Closing, said: object, status: int, code: OutsideFaultCode
) -> None:
    auth = closing(Authorization(credentials(talk), "his", None))
    talk.say(said, status)
    with pytest.raises(OutsideFault) as caught:
        auth.header(Deadline(5))
    assert caught.value.code is code
    assert "p:w" not in f"{caught.value} {credentials(talk)!r}"


# mutual TLS


def test_a_hospital_that_wants_our_certificate(tmp_path: Path, closing: Closing) -> None:
    authority = Authority(tmp_path / "hospital")
    server, kiosk = authority.issue("server"), authority.issue("kiosk-1", b"locked")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peer = self.connection.getpeercert()  # type: ignore[attr-defined]
            body = json.dumps({"resourceType": "Patient", "id": peer["subject"][0][0][1]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A caller without a certificate is cut off, and that is the test."""

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.certificate))
    context.load_cert_chain(server.certificate, server.key)
    context.verify_mode = ssl.CERT_REQUIRED
    hospital = Server(("127.0.0.1", 0), Handler)
    hospital.socket = context.wrap_socket(hospital.socket, server_side=True)
    thread = threading.Thread(target=hospital.serve_forever, args=(0.01,))
    thread.start()
    try:
        ours = TlsFiles(authority.certificate, kiosk.certificate, kiosk.key, SecretStr("locked"))
        settings = FhirSettings(f"https://localhost:{hospital.server_port}/fhir", SYSTEMS, tls=ours, timeout_s=5)
        client = closing(FhirClient(settings))
        found = client.read("Patient", "7", Deadline(5))
        assert found is not None
        assert found.text("id") == "kiosk-1"
        for wrong in (None, replace(ours, certificate=None, key=None)):
            stranger = closing(FhirClient(replace(settings, tls=wrong)))
            with pytest.raises(OutsideFault) as caught:
                stranger.read("Patient", "7", Deadline(5))
            assert caught.value.code in (OutsideFaultCode.UNREACHABLE, OutsideFaultCode.TIMEOUT)
    finally:
        hospital.shutdown()
        hospital.server_close()
        thread.join()
