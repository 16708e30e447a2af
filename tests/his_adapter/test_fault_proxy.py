"""The fault proxy before real peers: what the peer got and what the caller heard, for every mishap and protocol."""

import contextlib
import json
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import DUPLICATES, FaultPlan, Mishap, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_relay import Pace
from his_adapter.simulation.fault_wire import Address

LIMIT_S = 20.0  # nothing waits that long unless the proxy is broken
SHORT_S = 0.3  # for answers that never come
QUICK = Pace(latency_s=(0.0, 0.01), trickle_s=0.001, refuse_s=0.05)


class Peer:
    """A server in a thread that remembers each message it got and numbers its answers."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self.got: list[bytes] = []
        self.changed = threading.Condition()
        self.server = server
        self.address = Address("127.0.0.1", server.socket.getsockname()[1])
        self.thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        self.thread.start()

    def note(self, message: bytes) -> int:
        with self.changed:
            self.got.append(message)
            self.changed.notify_all()
            return len(self.got)

    def wait_for(self, count: int) -> list[bytes]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, LIMIT_S)
            return list(self.got)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class HttpHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        number = self.server.peer.note(body)  # type: ignore[attr-defined]
        answer = json.dumps({"number": number, "size": len(body)}).encode()
        self.send_response(200)
        if self.path == "/until-closed":
            self.close_connection = True
        elif self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            answer = b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer), answer)
        else:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_HEAD(self) -> None:
        self.server.peer.note(b"HEAD")  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class BlockHandler(socketserver.StreamRequestHandler):
    """MLLP without a library, so that the two sides are not of one mind."""

    def handle(self) -> None:
        held = b""
        while piece := self.request.recv(4096):
            held += piece
            while b"\x1c\r" in held:
                block, _, held = held.partition(b"\x1c\r")
                number = self.server.peer.note(block.removeprefix(b"\x0b"))  # type: ignore[attr-defined]
                self.request.sendall(b"\x0bMSA|AA|%d\r\x1c\r" % number)


class LineHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.server.peer.note(line)  # type: ignore[attr-defined]
            self.wfile.write(b"echo " + line)


class Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


PEERS: dict[TalkKind, Callable[[], socketserver.TCPServer]] = {
    TalkKind.HTTP: lambda: ThreadingHTTPServer(("127.0.0.1", 0), HttpHandler),
    TalkKind.MLLP: lambda: Threaded(("127.0.0.1", 0), BlockHandler),
    TalkKind.TCP: lambda: Threaded(("127.0.0.1", 0), LineHandler),
}


@pytest.fixture
def peer_of() -> Iterator[Callable[[TalkKind], Peer]]:
    made: list[Peer] = []

    def make(kind: TalkKind) -> Peer:
        server = PEERS[kind]()
        peer = Peer(server)
        server.peer = peer  # type: ignore[attr-defined]
        made.append(peer)
        return peer

    yield make
    for peer in made:
        peer.close()


@pytest.fixture
def http(peer_of: Callable[[TalkKind], Peer]) -> Iterator[tuple[Peer, FaultProxy, httpx.Client]]:
    peer = peer_of(TalkKind.HTTP)
    with (
        FaultProxy(peer.address, TalkKind.HTTP, pace=QUICK) as proxy,
        httpx.Client(base_url=proxy.url, trust_env=False, timeout=LIMIT_S) as client,
    ):
        yield peer, proxy, client


Http = tuple[Peer, FaultProxy, httpx.Client]


class Line:
    """A caller of MLLP or of lines."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.socket = socket.create_connection((proxy.address.host, proxy.address.port), LIMIT_S)

    def ask(self, message: bytes, end: bytes) -> bytes:
        self.socket.sendall(message)
        return self.hear(end)

    def hear(self, end: bytes) -> bytes:
        """What comes until an end; a cut with something still unread is a reset."""
        held = b""
        with contextlib.suppress(ConnectionResetError):
            while not held.endswith(end) and (piece := self.socket.recv(4096)):
                held += piece
        return held

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def ask_mllp(line: Line, text: bytes) -> bytes:
    return line.ask(b"\x0b" + text + b"\x1c\r", b"\x1c\r")


@pytest.mark.parametrize("path", ["/plain", "/chunked", "/until-closed"])
def test_without_mishap_http_goes_through_whatever_its_framing(http: Http, path: str) -> None:
    peer, proxy, client = http
    assert client.post(path, content=b"x" * 200_000).json() == {"number": 1, "size": 200_000}
    assert client.post(path, content=iter([b"in ", b"pieces"])).json() == {"number": 2, "size": 9}
    assert client.post(path, content=b"y", headers={"Expect": "100-continue"}).json()["number"] == 3
    assert client.head(path).headers["Content-Length"] == "1000"
    assert client.post(path, content=b"", headers={"Connection": "close"}).json()["number"] == 5
    assert peer.got == [b"x" * 200_000, b"in pieces", b"y", b"HEAD", b""]
    figures = proxy.figures()
    assert (figures.messages, figures.sent, figures.answered, figures.lost) == (5, 5, 5, 0)


@pytest.mark.parametrize(
    ("mishap", "error"),
    [(Mishap.DROP_AFTER_SEND, httpx.RemoteProtocolError), (Mishap.RESET, httpx.ReadError)],
)
def test_the_peer_has_acted_when_the_answer_is_lost(http: Http, mishap: Mishap, error: type[Exception]) -> None:
    peer, proxy, client = http
    proxy.next(mishap)
    with pytest.raises(error):
        client.post("/", content=b"once")
    assert peer.got == [b"once"]
    assert client.post("/", content=b"again").json()["number"] == 2


def test_the_peer_has_heard_nothing_when_the_question_is_lost(http: Http) -> None:
    peer, proxy, client = http
    proxy.next(Mishap.DROP_BEFORE_SEND, Mishap.HTTP_5XX, Mishap.HALF_OPEN)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/", content=b"1")
    assert client.post("/", content=b"2").status_code == 503
    with pytest.raises(httpx.ReadTimeout):
        client.post("/", content=b"3", timeout=SHORT_S)
    assert peer.got == []
    assert client.post("/", content=b"4").json()["number"] == 1


def test_refused_connections_are_accepted_again_after_a_while(http: Http) -> None:
    peer, proxy, client = http
    proxy.refuse()
    with pytest.raises(httpx.ConnectError):
        client.post("/", content=b"1")
    proxy.accept()
    assert client.post("/", content=b"2").json()["number"] == 1
    proxy.next(Mishap.REFUSED)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/", content=b"3")
    for _ in range(1_000):
        try:
            assert client.post("/", content=b"4").json()["number"] == 2
            break
        except httpx.ConnectError:
            continue
    assert peer.got == [b"2", b"4"]


@pytest.mark.parametrize(
    ("mishap", "heard"),
    [(Mishap.DUPLICATE_FIRST, {1}), (Mishap.DUPLICATE_SECOND, {2}), (Mishap.DUPLICATE_AT_ONCE, {1, 2})],
)
def test_a_duplicate_reaches_the_peer_twice_before_the_caller_hears(
    http: Http, mishap: Mishap, heard: set[int]
) -> None:
    peer, proxy, client = http
    proxy.next(mishap)
    assert client.post("/", content=b"twin").json()["number"] in heard
    assert peer.got == [b"twin", b"twin"]
    assert proxy.figures().duplicates == 1
    assert client.post("/", content=b"next").json()["number"] == 3


def test_a_late_duplicate_comes_after_messages_that_were_sent_later(http: Http) -> None:
    peer, proxy, client = http
    proxy.next(Mishap.DUPLICATE_LATE)
    for number in range(12):
        client.post("/", content=b"%d" % number)
    assert sorted(peer.wait_for(13)) == sorted([b"0", *(b"%d" % number for number in range(12))])
    assert 1 < [at for at, message in enumerate(peer.got) if message == b"0"][1] <= 12


def test_late_duplicates_that_are_due_are_sent_at_the_end(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.HTTP)
    with FaultProxy(peer.address, TalkKind.HTTP) as proxy:
        proxy.next(Mishap.DUPLICATE_LATE)
        httpx.post(proxy.url, content=b"0", trust_env=False)
        assert peer.got == [b"0"]
    assert peer.got == [b"0", b"0"]


def test_answers_are_spoiled_on_the_way(http: Http) -> None:
    _, proxy, client = http
    proxy.next(Mishap.TRUNCATED, Mishap.GARBAGE, Mishap.SLOW_BODY, Mishap.LATENCY)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/", content=b"1")
    spoiled = client.post("/", content=b"2")
    assert spoiled.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        spoiled.json()
    assert client.post("/", content=b"3").json()["number"] == 3
    assert client.post("/", content=b"4").json()["number"] == 4


def test_a_caller_that_has_enough_of_a_trickle_is_let_go(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.HTTP)
    with FaultProxy(peer.address, TalkKind.HTTP, pace=Pace(trickle_s=LIMIT_S)) as proxy:
        proxy.next(Mishap.SLOW_BODY)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(proxy.url, content=b"1", trust_env=False, timeout=SHORT_S)
        assert httpx.post(proxy.url, content=b"2", trust_env=False).json()["number"] == 2


def test_only_messages_that_are_meant_meet_with_mishaps(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.HTTP)
    plan = FaultPlan(Rates(http_5xx=1.0), only=b"register")
    with FaultProxy(peer.address, TalkKind.HTTP, plan) as proxy:
        assert httpx.post(proxy.url, content=b"sign in", trust_env=False).status_code == 200
        assert httpx.post(proxy.url, content=b"please register", trust_env=False).status_code == 503
    assert peer.got == [b"sign in"]


def test_a_peer_that_is_away_is_a_cut_connection_and_is_counted(peer_of: Callable[[TalkKind], Peer]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and nobody listens
        with FaultProxy(Address("127.0.0.1", nobody.getsockname()[1]), TalkKind.HTTP) as proxy:
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.post(proxy.url, content=b"1", trust_env=False)
            figures = proxy.figures()
    assert (figures.messages, figures.sent, figures.lost) == (1, 0, 1)


def test_whoever_does_not_speak_http_is_cut_off_and_counted(http: Http) -> None:
    _, proxy, client = http
    with Line(proxy) as line:
        assert line.ask(b"\x16\x03\x01\x02\x00 a TLS hello\r\n\r\n", b"never") == b""
    assert proxy.figures().nonsense == 1
    assert client.post("/", content=b"1").json()["number"] == 1


def test_a_caller_that_leaves_within_its_question_is_no_nonsense(http: Http) -> None:
    peer, proxy, client = http
    with Line(proxy) as line:
        line.socket.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    assert client.post("/", content=b"whole").json()["number"] == 1
    assert peer.got == [b"whole"]
    assert proxy.figures().nonsense == 0


def test_mllp_blocks_go_through_whole(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.MLLP)
    with FaultProxy(peer.address, TalkKind.MLLP, pace=QUICK) as proxy, Line(proxy) as line:
        proxy.next(Mishap.NONE, Mishap.DUPLICATE_SECOND, Mishap.LATENCY, Mishap.SLOW_BODY)
        assert ask_mllp(line, b"MSH|1") == b"\x0bMSA|AA|1\r\x1c\r"
        assert ask_mllp(line, b"MSH|2") == b"\x0bMSA|AA|3\r\x1c\r"
        assert ask_mllp(line, b"MSH|4") == b"\x0bMSA|AA|4\r\x1c\r"
        line.socket.sendall(b"\r\n\x0bMSH|")  # a block that comes in pieces, after an end of line too many
        assert line.ask(b"5\x1c\r", b"\x1c\r") == b"\x0bMSA|AA|5\r\x1c\r"
    assert peer.got == [b"MSH|1", b"MSH|2", b"MSH|2", b"MSH|4", b"MSH|5"]


@pytest.mark.parametrize(
    ("mishap", "got", "heard"),
    [
        (Mishap.DROP_AFTER_SEND, 1, b""),
        (Mishap.DROP_BEFORE_SEND, 0, b""),
        (Mishap.TRUNCATED, 1, b"\x0bMSA|A"),
        (Mishap.GARBAGE, 1, b"\x0bMSH|^~\\&|\xff\xfe\x1c\r"),
    ],
)
def test_mllp_mishaps(peer_of: Callable[[TalkKind], Peer], mishap: Mishap, got: int, heard: bytes) -> None:
    peer = peer_of(TalkKind.MLLP)
    with FaultProxy(peer.address, TalkKind.MLLP) as proxy, Line(proxy) as line:
        proxy.next(mishap)
        assert ask_mllp(line, b"MSH|1") == heard
        assert len(peer.got) == got


@pytest.mark.parametrize(
    ("mishap", "heard"),
    [
        (Mishap.NONE, b"echo hello\n"),
        (Mishap.SLOW_BODY, b"echo hello\n"),
        (Mishap.LATENCY, b"echo hello\n"),
        (Mishap.DROP_AFTER_SEND, b""),
        (Mishap.DROP_BEFORE_SEND, b""),
        (Mishap.TRUNCATED, b"echo "),
        (Mishap.GARBAGE, bytes(range(128, 256))),
    ],
)
def test_other_protocols_are_broken_by_the_connection(
    peer_of: Callable[[TalkKind], Peer], mishap: Mishap, heard: bytes
) -> None:
    peer = peer_of(TalkKind.TCP)
    with FaultProxy(peer.address, TalkKind.TCP, pace=QUICK) as proxy:
        proxy.next(mishap)
        with Line(proxy) as line:
            line.socket.sendall(b"hello\n")
            assert line.hear(b"\n") == heard
        assert peer.got == ([] if mishap is Mishap.DROP_BEFORE_SEND else [b"hello\n"])


def test_a_reset_is_a_reset(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.TCP)
    with FaultProxy(peer.address, TalkKind.TCP) as proxy:
        proxy.next(Mishap.RESET)
        with Line(proxy) as line:
            line.socket.sendall(b"hello\n")
            with pytest.raises(ConnectionResetError):
                line.socket.recv(4096)


def test_what_a_protocol_cannot_have_is_refused(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.TCP)
    with FaultProxy(peer.address, TalkKind.TCP) as proxy:
        for mishap in (Mishap.HTTP_5XX, *DUPLICATES):
            with pytest.raises(ValueError, match="not with tcp"):
                proxy.next(mishap)
    with pytest.raises(ValueError, match="not with mllp: http_5xx"):
        FaultProxy(peer.address, TalkKind.MLLP, FaultPlan(Rates(http_5xx=0.1)))


@given(seed=st.integers(), rates=st.lists(st.floats(0, 0.09), min_size=11, max_size=11))
@settings(max_examples=30, deadline=None)
def test_a_seed_draws_the_same_mishaps_and_only_such_as_have_a_rate(seed: int, rates: list[float]) -> None:
    chosen = Rates(*rates)
    draws = [drawn(chosen, seed) for _ in range(2)]
    assert draws[0] == draws[1]
    assert set(draws[0]) <= chosen.mishaps() | {Mishap.NONE}


def drawn(rates: Rates, seed: int) -> list[Mishap]:
    plan = FaultPlan(rates, seed)
    return [plan.draw(b"message") for _ in range(50)]


def test_rates_are_what_they_say() -> None:
    plan = FaultPlan(Rates(drop_after_send=0.05, duplicate=0.05, http_5xx=0.02), seed=1)
    draws = [plan.draw(b"") for _ in range(20_000)]
    assert 900 < draws.count(Mishap.DROP_AFTER_SEND) < 1_100
    assert 330 < draws.count(Mishap.HTTP_5XX) < 470
    assert all(190 < draws.count(kind) < 310 for kind in DUPLICATES)
    with pytest.raises(ValueError, match="rates"):
        Rates(duplicate=0.6, reset=0.6)


def test_the_command_says_where_it_listens_and_at_the_end_what_it_did(peer_of: Callable[[TalkKind], Peer]) -> None:
    peer = peer_of(TalkKind.HTTP)
    command = [sys.executable, "-m", "his_adapter", "fault-proxy", "--to", str(peer.address), "--protocol", "http"]
    with subprocess.Popen([*command, "--http-5xx", "1", "--seed", "7"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())["listening"]
        assert httpx.post(f"http://{listening}", content=b"1", trust_env=False).status_code == 503
        process.send_signal(signal.SIGTERM)
        told = json.loads(process.stdout.readline())
    assert process.returncode == 0
    assert told == {"messages": 1, "sent": 0, "answered": 0, "lost": 0, "nonsense": 0, "http_5xx": 1}
    wrong = subprocess.run([*command, "--duplicate", "0.9", "--reset", "0.9"], capture_output=True, check=False)
    assert wrong.returncode == 2
