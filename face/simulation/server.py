"""The stream: ``multipart/x-mixed-replace`` JPEG over HTTP on loopback, as network cameras send it."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from face.opencv import cv2
from face.simulation.commands import Command, Prompt, Scene, ShowBack, ShowFrozen, ShowGone, ShowNobody
from face.simulation.scene import FPS, SceneRenderer

BOUNDARY = "frame"
JPEG_QUALITY = 90


class Broadcast:
    """Renders while somebody watches, and hands every watcher the newest JPEG."""

    def __init__(self, renderer: SceneRenderer) -> None:
        self._renderer = renderer
        self._changed = threading.Condition()
        self._scene: Scene = ShowNobody()
        self._prompt = Prompt()
        self._frozen = False
        self._gone = False
        self._watchers = 0
        self._jpeg = b""
        self._number = 0
        threading.Thread(target=self._render, name="render", daemon=True).start()

    def apply(self, command: Command) -> None:
        """Change what is shown. Raises ``UnknownPersonError`` and then shows what it showed before."""
        with self._changed:
            if isinstance(command, Prompt):
                self._prompt = command
            elif isinstance(command, ShowFrozen):
                self._frozen = True
            elif isinstance(command, ShowGone):
                self._gone = True
            elif isinstance(command, ShowBack):
                self._gone = self._frozen = False
            else:
                self._renderer.prepare(command)
                self._scene, self._frozen = command, False
            self._changed.notify_all()

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
                self._number += 1
                if not (self._frozen and self._jpeg):
                    image = self._renderer.render(self._scene, self._number)
                    _, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
                    self._jpeg = encoded.tobytes()
                self._changed.notify_all()
            due = max(due + 1 / FPS, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


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
