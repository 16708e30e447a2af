"""HTTP below the adapters: broken connections and slow bodies, from a server that writes bytes by hand."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http, within

Serve = Callable[..., Http]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"


class Clock:
    """Moves on when it is told to, and by `step` whenever it is read."""

    def __init__(self, step: float = 0.0) -> None:
        self.moment = 0.0
        self._step = step

    def __call__(self) -> float:
        self.moment += self._step
        return self.moment


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that reads one request, writes the given bytes and hangs up. Returns a client of it."""
    clients: list[Http] = []
    threads: list[threading.Thread] = []

    def start(answer: bytes) -> Http:
        listening = socket.create_server(("127.0.0.1", 0))

        def run() -> None:
            with listening:
                visitor, _ = listening.accept()
                with visitor:
                    visitor.recv(65_536)
                    visitor.sendall(answer)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        clients.append(Http("test", f"http://127.0.0.1:{listening.getsockname()[1]}"))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", HEAD + b"\r\n" + b"half"])
def test_a_connection_cut_after_the_question_leaves_it_open_what_happened(serve: Serve, answer: bytes) -> None:
    with pytest.raises(OutsideFault) as caught:
        serve(answer).call("POST", "/", Deadline(30))
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert caught.value.retryable


def test_a_body_that_is_not_what_it_says(serve: Serve) -> None:
    with pytest.raises(OutsideFault) as caught:
        serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope").call(
            "GET", "/", Deadline(30)
        )
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


def test_a_trickling_body_ends_with_the_time_limit(serve: Serve) -> None:
    with pytest.raises(OutsideFault, match="slow body") as caught:
        serve(HEAD + b"\r\n" + b"x" * 100).call("GET", "/", Deadline(1.5, Clock(step=1.0)))
    assert caught.value.code is OutsideFaultCode.TIMEOUT


def test_without_time_left_nothing_is_sent() -> None:
    clock = Clock()
    deadline = Deadline(8, clock)
    clock.moment = 8.0
    client = Http("test", "http://127.0.0.1:9")
    with pytest.raises(OutsideFault, match="no time left") as caught:
        client.call("GET", "/", deadline)
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    client.close()


def test_nobody_there_is_told_apart_from_nobody_answering() -> None:
    client = Http("test", "http://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(OutsideFault) as caught:
        client.call("GET", "/?secret=1", Deadline(8))
    assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    client.close()


def test_a_form_goes_as_a_form_and_headers_come_back(script: Any) -> None:
    script.say({"ok": True})
    http = Http("test", script.url)
    reply = http.call("POST", "/token", Deadline(5), form={"name": "LỆ", "scope": "a b"})
    assert reply.headers["content-length"] == str(len(reply.body))
    assert script.asked == [("/token", b"name=L%E1%BB%86&scope=a+b")]
    http.close()


def test_a_longer_body_where_a_system_needs_it(script: Any) -> None:
    script.say(b"x" * 2000)
    script.say(b"x" * 2000)
    http = Http("test", script.url, max_body_bytes=2000)
    assert len(http.call("GET", "/", Deadline(5)).body) == 2000
    short = Http("test", script.url, max_body_bytes=1999)
    with pytest.raises(OutsideFault, match="too long"):
        short.call("GET", "/", Deadline(5))
    http.close()
    short.close()


def test_whoever_waits_less_than_an_adapter_would_is_waited_for_no_longer() -> None:
    assert Deadline(8.0).left() > 7
    with within(2.0):
        assert 1 < Deadline(8.0).left() <= 2
        assert Deadline(0.5).left() <= 0.5
        with within(60.0):
            assert Deadline(8.0).left() <= 2
        with within(0.0):
            assert Deadline(8.0).left() == 0
    assert Deadline(8.0).left() > 7
