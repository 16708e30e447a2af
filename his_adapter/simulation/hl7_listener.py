"""A small MLLP server in threads, and the ways in which one can fail.

It shares no code with the adapter: what both get wrong in the same way would never be noticed.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from enum import StrEnum

from his_adapter.simulation.listener import bound

MAX_FRAME = 1 << 20
BROKEN = b"\x0b<html>H\xe1\xbb\x87 th\xe1\xbb\x91ng \xc4\x91ang b\xe1\xba\xa3o tr\xc3\xac</html>\x1c\r"
NOISE = b"\r\nnoise \x1c on the line\r\n"


class Mishap(StrEnum):
    """What goes wrong with every message until it is told otherwise."""

    NONE = "none"
    SILENT = "silent"  # does what it is asked and holds every answer back until the mishap ends
    DEAF = "deaf"  # does nothing and never answers
    BROKEN = "broken"  # does nothing and answers with a maintenance page
    CUT = "cut"  # does what it is asked and cuts the connection
    HALF = "half"  # does what it is asked, sends half the answer and cuts the connection
    TWICE = "twice"  # every answer comes twice
    NOISE = "noise"  # bytes before every answer
    WRONG_ID = "wrong_id"  # does what it is asked; the answer names another message


class MllpListener:
    """Serves `answer` on loopback: content of a frame to the contents of the frames that answer it."""

    def __init__(self, answer: Callable[[bytes], list[bytes]], port: int = 0) -> None:
        self._answer = answer
        self._reservation = bound(port)
        self.port: int = self._reservation.getsockname()[1]
        self._listening: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._open: set[socket.socket] = set()
        self._serving: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._mishap = Mishap.NONE
        self._over = threading.Event()

    def begin(self, mishap: Mishap) -> None:
        """Let this go wrong from now on. What the one before held back goes out."""
        with self._lock:
            self._over.set()
            self._over = threading.Event()
            self._mishap = mishap

    def up(self) -> None:
        """Listen."""
        if self._listening is None:
            self._listening = bound(self.port)
            self._listening.listen(64)
            self._accepting = threading.Thread(target=self._accept, args=(self._listening,), daemon=True)
            self._accepting.start()

    def down(self) -> None:
        """Stop listening and cut what is open."""
        if self._listening is None or self._accepting is None:
            return
        self.begin(Mishap.NONE)
        _shut(self._listening)
        self._accepting.join()
        self._listening.close()
        self._listening = self._accepting = None
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._serving:
            thread.join()
        self._serving.clear()

    def close(self) -> None:
        """Stop for good."""
        self.down()
        self._reservation.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._serving = [one for one in self._serving if one.is_alive()] + [thread]
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            buffer = b""
            while data := connection.recv(65_536):
                buffer += data
                while b"\x1c\r" in buffer:
                    frame, _, buffer = buffer.partition(b"\x1c\r")
                    if not self._talk(connection, frame.partition(b"\x0b")[2]):
                        return
                if len(buffer) > MAX_FRAME:
                    return
        with self._lock:
            self._open.discard(connection)

    def _talk(self, connection: socket.socket, content: bytes) -> bool:
        """Answer one message; whether the connection goes on."""
        with self._lock:
            mishap, over = self._mishap, self._over
        if mishap is Mishap.DEAF:
            return True
        if mishap is Mishap.BROKEN:
            connection.sendall(BROKEN)
            return True
        frames = b"".join(b"\x0b" + one + b"\x1c\r" for one in self._answer(content))
        match mishap:
            case Mishap.SILENT:
                over.wait()
            case Mishap.CUT:
                return False
            case Mishap.HALF:
                connection.sendall(frames[: len(frames) // 2])
                return False
            case Mishap.TWICE:
                frames *= 2
            case Mishap.NOISE:
                frames = NOISE + frames
            case Mishap.WRONG_ID:
                head, _, tail = frames.partition(b"\rMSA|")
                code, _, rest = tail.partition(b"|")
                frames = head + b"\rMSA|" + code + b"|X" + rest
        connection.sendall(frames)
        return True


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
