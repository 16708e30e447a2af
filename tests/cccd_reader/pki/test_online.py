"""The online verifier against a real HTTP server on loopback that behaves, and that does not."""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.pki import online
from cccd_reader.pki.online import (
    MAX_ANSWER_BYTES,
    ActiveEvidence,
    HttpVerifier,
    NullVerifier,
    OnlineRequest,
    OnlineVerifier,
)
from cccd_reader.verdict import Check, CheckState, Verdict

REQUEST = OnlineRequest(
    sod=b"\x77\x00",
    hash_algorithm="sha256",
    dg_hashes={13: b"\x0d" * 32, 1: b"\x01" * 32},
    chip_authentication=CheckState.SUCCESSFUL,
    active_authentication=CheckState.NOT_SUPPORTED,
    active_evidence=ActiveEvidence(b"\x6f\x00", b"\x01" * 8, b"\x02" * 64),
    others={Check.DG_HASHES: CheckState.SUCCESSFUL},
)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Service:
    """A server whose answer each test decides. What it was sent is kept."""

    def __init__(self) -> None:
        self.answer: Answer = answering(200, {"state": "successful", "reason": "known and valid"})
        self.released = threading.Event()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append((self.path, dict(self.headers), body))
                service.answer(self)

            def log_message(self, *arguments: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/verify?v=1"


def answering(status: int, document: object, raw: bytes | None = None) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = json.dumps(document).encode() if raw is None else raw
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    found.thread.start()
    yield found
    found.released.set()
    found.server.shutdown()
    found.thread.join()
    found.server.server_close()


def ask(service: Service, timeout_seconds: float = 20) -> Verdict:
    verdict = HttpVerifier(service.url, timeout_seconds=timeout_seconds).verify(REQUEST)
    assert verdict.check is Check.ONLINE
    return verdict


def test_a_card_that_the_service_knows(service: Service) -> None:
    verifier: OnlineVerifier = HttpVerifier(service.url, token="Bearer secret")
    verdict = verifier.verify(REQUEST)
    assert (verdict.state, verdict.reason) == (CheckState.SUCCESSFUL, "service: known and valid")
    ((path, headers, body),) = service.requests
    assert path == "/verify?v=1"
    assert headers["Authorization"] == "Bearer secret"
    assert json.loads(body) == {
        "version": 1,
        "sod": "dwA=",
        "hash_algorithm": "sha256",
        "dg_hashes": {"1": "01" * 32, "13": "0d" * 32},
        "checks": {
            "dg_hashes": "successful",
            "chip_authentication": "successful",
            "active_authentication": "not_supported",
        },
        "active_authentication": {"dg15": "bwA=", "challenge": "01" * 8, "response": "02" * 64},
    }


def test_another_header_for_the_token(service: Service) -> None:
    HttpVerifier(service.url, token="key", header="X-Api-Key").verify(OnlineRequest(b"", "sha1", {}))
    ((_, headers, body),) = service.requests
    assert headers["X-Api-Key"] == "key"
    assert json.loads(body)["checks"] == {}


@pytest.mark.parametrize("state", ["failed", "undetermined"])
def test_the_other_states(service: Service, state: str) -> None:
    service.answer = answering(200, {"state": state, "reason": "revoked"})
    assert ask(service) == Verdict(Check.ONLINE, CheckState(state), "service: revoked")


def test_a_number_in_a_reason_goes_no_further(service: Service) -> None:
    service.answer = answering(200, {"state": "failed", "reason": "001099012345 is not in the list of 2024"})
    assert ask(service).reason == "service: … is not in the list of 2024"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 401, 403, 404, 429, 500, 503])
def test_any_other_status_is_no_verdict(service: Service, status: int) -> None:
    """Redirects are not followed: the card's data go where the configuration says, or nowhere."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", service.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.answer = answer
    verdict = ask(service)
    assert verdict == Verdict(Check.ONLINE, CheckState.UNDETERMINED, f"the service answered with HTTP status {status}")
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "has not the members"),
        ({"state": "successful"}, "has not the members"),
        ({"state": "successful", "reason": "", "more": 1}, "has not the members"),
        ({"state": "aborted", "reason": ""}, "no known state"),
        ({"state": "SUCCESSFUL", "reason": ""}, "no known state"),
        ({"state": True, "reason": ""}, "no known state"),
        ({"state": ["successful"], "reason": ""}, "no known state"),
        ({"state": "successful", "reason": None}, "malformed reason"),
        ({"state": "successful", "reason": "x" * 201}, "malformed reason"),
        ({"state": "successful", "reason": "two\nlines"}, "malformed reason"),
    ],
)
def test_answers_that_are_not_understood(service: Service, document: object, reason: str) -> None:
    service.answer = answering(200, document)
    verdict = ask(service)
    assert verdict.state is CheckState.UNDETERMINED
    assert reason in verdict.reason


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b'{"state": "successful", "reason": ', b"[" * 60_000])
def test_answers_that_are_no_json(service: Service, raw: bytes) -> None:
    service.answer = answering(200, None, raw)
    assert ask(service) == Verdict(Check.ONLINE, CheckState.UNDETERMINED, "the service's answer is no JSON")


def test_an_answer_without_end(service: Service) -> None:
    """Neither its length nor its end is waited for."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not service.released.is_set():
                handler.wfile.write(bytes(65536))
        except OSError:
            return  # the verifier has hung up

    service.answer = answer
    assert ask(service).reason == "the service's answer is too long"
    service.answer = answering(200, None, b" " * MAX_ANSWER_BYTES + b"{}")
    assert ask(service).reason == "the service's answer is too long"


def test_a_service_that_does_not_answer(service: Service) -> None:
    service.answer = lambda handler: service.released.wait() and None
    assert ask(service, timeout_seconds=0.2) == Verdict(
        Check.ONLINE, CheckState.ABORTED, "the service did not answer in time"
    )
    the_exchange_ends()


def test_a_service_that_answers_a_byte_at_a_time(service: Service) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        try:
            while not service.released.wait(0.02):
                handler.wfile.write(b"H")
        except OSError:
            return

    service.answer = answer
    assert ask(service, timeout_seconds=0.3).state is CheckState.ABORTED
    the_exchange_ends()


def the_exchange_ends() -> None:
    """What was left behind does not stay."""
    for thread in threading.enumerate():
        if thread.name == "online-verifier":
            thread.join(20)
            assert not thread.is_alive()


def test_a_service_that_hangs_up(service: Service) -> None:
    service.answer = lambda handler: None
    verdict = ask(service)
    assert verdict.state is CheckState.ABORTED
    assert verdict.reason in ("the service cannot be reached", "the service broke off its answer")

    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\nhalf")

    service.answer = cut
    assert ask(service) == Verdict(Check.ONLINE, CheckState.ABORTED, "the service broke off its answer")


def test_nobody_listens(service: Service) -> None:
    url = service.url
    service.server.server_close()
    verdict = HttpVerifier(url).verify(REQUEST)
    assert verdict == Verdict(Check.ONLINE, CheckState.ABORTED, "the service cannot be reached")
    assert HttpVerifier("https://name.invalid/").verify(REQUEST).state is CheckState.ABORTED


def test_a_socket_that_gives_up_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(online.http.client.HTTPConnection, "request", refuse)
    verdict = HttpVerifier("http://localhost/").verify(REQUEST)
    assert verdict == Verdict(Check.ONLINE, CheckState.ABORTED, "the service did not answer in time")


@pytest.fixture(scope="module")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test service")])
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "service.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(encoding) + private)
    return path


def test_the_services_identity_is_verified(service: Service, certificate_file: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file)
    service.server.socket = context.wrap_socket(service.server.socket, server_side=True)
    url = service.url.replace("http:", "https:")
    stranger = HttpVerifier(url).verify(REQUEST)
    assert stranger == Verdict(Check.ONLINE, CheckState.ABORTED, "the service's identity could not be verified (TLS)")
    assert service.requests == []
    trusting = ssl.create_default_context(cafile=str(certificate_file))
    assert HttpVerifier(url, tls=trusting).verify(REQUEST).state is CheckState.SUCCESSFUL
    other_name = HttpVerifier(url.replace("127.0.0.1", "localhost"), tls=trusting).verify(REQUEST)
    assert other_name.state is CheckState.ABORTED


@pytest.mark.parametrize(
    "url",
    ["", "verify", "ftp://host/", "file:///etc/passwd", "http://example.org/", "http://10.0.0.1/", "https:///x",
     "https://user:word@host/"],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="online verifier"):
        HttpVerifier(url)


def test_settings_that_are_refused_or_shown() -> None:
    with pytest.raises(ValueError, match="characters that no header can carry"):
        HttpVerifier("https://host/", token="a\r\nb")
    assert repr(HttpVerifier("https://host:1/path?key=1", token="secret")) == "HttpVerifier(host)"
    assert "secret" not in repr(REQUEST)
    HttpVerifier("http://localhost:1/")
    HttpVerifier("http://[::1]:1/")


def test_without_a_service() -> None:
    verifier: OnlineVerifier = NullVerifier()
    verdict = verifier.verify(REQUEST)
    assert verdict == Verdict(Check.ONLINE, CheckState.UNDETERMINED, "no online verifier is configured")


@given(st.one_of(st.binary(max_size=100), st.text(max_size=100).map(str.encode), st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=20)),
    lambda inner: st.dictionaries(st.sampled_from(["state", "reason", "x"]), inner),
).map(lambda document: json.dumps(document).encode())))  # fmt: skip
def test_any_answer_is_a_verdict(answer: bytes) -> None:
    verdict = online._parse_answer(200, answer)
    assert verdict.state is CheckState.UNDETERMINED
