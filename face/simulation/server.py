"""The stream: ``multipart/x-mixed-replace`` JPEG over HTTP on loopback, as network cameras send it."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from face.opencv import cv2
from face.simulation.commands import Command, Prompt, ShowBack, ShowFrozen, ShowGone, ShowNobody
from face.simulation.scene import FPS, SceneRenderer
from face.simulation.scenery import Scenery

BOUNDARY = "frame"
JPEG_QUALITY = 90


class Broadcast:
    """Renders while somebody watches, and hands every watcher the newest JPEG."""

    def __init__(self, renderer: SceneRenderer) -> None:
        self._renderer = renderer
        self._changed = threading.Condition()
        self._scenery = renderer.set_up(ShowNobody())
        self._prompt = Prompt()
        self._frozen = False
        self._gone = False
        self._watchers = 0
        self._jpeg = b""
        self._begun = time.monotonic()
        self._number = 0
        threading.Thread(target=self._render, name="render", daemon=True).start()

    def apply(self, command: Command) -> None:
        """Change what is shown, or what those who stand there are asked for. Raises ``UnknownPersonError`` and then
        shows what it showed before."""
        if isinstance(command, Prompt | ShowFrozen | ShowGone | ShowBack):
            with self._changed:
                self._note(command)
                self._changed.notify_all()
            return
        scenery = self._renderer.set_up(command)  # may take a second; the picture goes on meanwhile
        with self._changed:
            self._scenery, self._frozen = scenery, False
            self._changed.notify_all()

    def _note(self, command: Prompt | ShowFrozen | ShowGone | ShowBack) -> None:
        match command:
            case Prompt():
                self._prompt = command
            case ShowFrozen():
                self._frozen = True
            case ShowGone():
                self._gone = True
            case ShowBack():
                self._gone = self._frozen = False

    def enter(self) -> bool:
        """Begin watching; False while the camera is gone."""
        with self._changed:
            if self._gone:
                return False
            self._watchers += 1
            self._changed.notify_all()
            return True

    def leave(self) -> None:
        with self._changed:
            self._watchers -= 1

    def next(self, after: int) -> tuple[int, bytes] | None:
        """The newest frame later than number ``after``; None once the camera is gone."""
        with self._changed:
            self._changed.wait_for(lambda: self._gone or (self._number > after and bool(self._jpeg)))
            return None if self._gone else (self._number, self._jpeg)

    def _render(self) -> None:
        due = time.monotonic()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._watchers > 0 and not self._gone)
                # By the clock: people do not move more slowly because the machine does.
                number = max(self._number + 1, int((time.monotonic() - self._begun) * FPS))
                scenery, prompt, still = self._scenery, self._prompt, self._frozen and bool(self._jpeg)
            jpeg = self._jpeg if still else self._draw(scenery, prompt, number)
            with self._changed:
                self._number, self._jpeg = number, jpeg
                self._changed.notify_all()
            due = max(due + 1 / FPS, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

    def _draw(self, scenery: Scenery, prompt: Prompt, number: int) -> bytes:
        scenery.tell(prompt.move, prompt.light, number)
        image = self._renderer.add_noise(scenery.frame(number), number)
        _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
        return encoded.tobytes()


class _Handler(BaseHTTPRequestHandler):
    server: "StreamServer"
    timeout = 10  # a watcher that takes nothing for so long is dropped

    def do_GET(self) -> None:
        broadcast = self.server.broadcast
        self.close_connection = True
        if not broadcast.enter():
            self._drop()
            return
        try:
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            number = 0
            while (frame := broadcast.next(number)) is not None:
                number, jpeg = frame
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            self._drop()
        except OSError:
            pass  # the watcher hung up
        finally:
            broadcast.leave()

    def _drop(self) -> None:
        """Cut the wire without a farewell, as an unplugged camera does."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: standard output carries the protocol."""


class StreamServer(ThreadingHTTPServer):
    """Serves the broadcast on 127.0.0.1. ``port`` 0 takes a free one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, broadcast: Broadcast, port: int) -> None:
        self.broadcast = broadcast
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/stream.mjpg"
