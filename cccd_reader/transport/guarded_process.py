"""The process of a guarded source: `python -m cccd_reader.transport.guarded_process` does what its standard input asks.

Calls of PC/SC can block for ever, so they are made here, by the main thread. Another thread reads the requests: when
the input ends, the parent is gone or has given up, and the process ends at once, whatever call it hangs in.
"""

import importlib
import json
import os
import queue
import sys
import threading
from typing import BinaryIO

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport import frames
from cccd_reader.transport.base import CardSource, Connection


def main() -> None:
    # Nothing but frames may get to the parent: whoever prints, prints to standard error.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    served = Served()
    while True:
        request = requests.get()
        try:
            answer = frames.OK + served.answer(request[:1], request[1:])
        except CardError as error:
            answer = frames.FAILED + frames.encode_error(error)
        frames.write_frame(answers, answer)


def _listen(stream: BinaryIO, requests: "queue.SimpleQueue[bytes]") -> None:
    while (request := frames.read_frame(stream)) is not None:
        requests.put(request)
    os._exit(0)


class Served:
    """The source, and the connection to its card, if there is one."""

    def __init__(self) -> None:
        self._source: CardSource | None = None
        self._connection: Connection | None = None

    def answer(self, ask: bytes, body: bytes) -> bytes:
        """What `ask` (see `frames`) gives. Raises `CardError`."""
        if ask == frames.TRANSMIT:
            data, sw = self._connected().transmit(body)
            return data + sw.to_bytes(2, "big")
        if ask == frames.WAIT:
            return frames.encode_state(self._opened().wait_change(json.loads(body)))
        if ask == frames.CONNECT:
            return self._connect()
        if ask == frames.RESET:
            self._connected().reset()
        elif ask == frames.DISCONNECT:
            self._disconnect()
        elif ask == frames.OPEN:
            self._source = _make_source(**json.loads(body))
        return b""

    def _opened(self) -> CardSource:
        assert self._source is not None
        return self._source

    def _connected(self) -> Connection:
        if self._connection is None:
            raise CardError(CardErrorCode.CARD_REMOVED, "the connection is closed")
        return self._connection

    def _connect(self) -> bytes:
        self._disconnect()
        self._connection = found = self._opened().connect()
        about = {"name": found.name, "atr": found.atr.hex(), "max_data_bytes": found.max_data_bytes}
        return json.dumps(about).encode()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _make_source(factory: str, arguments: dict[str, object]) -> CardSource:
    module, name = factory.split(":")
    source: CardSource = getattr(importlib.import_module(module), name)(**arguments)
    return source


if __name__ == "__main__":
    main()
