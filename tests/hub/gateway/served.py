"""Hubs as they are served: an application on a thread, or the whole command as a process."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI


class Served:
    """An application behind uvicorn on a thread. Its address stays the same over restarts."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, app: FastAPI) -> None:
        """Serve; returns when it does."""
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        socket_for_it = self._listening.dup()
        self._thread = threading.Thread(target=self._server.run, args=([socket_for_it],))
        self._thread.start()
        with httpx.Client(verify=False, trust_env=False) as client:  # the socket queues us until the server accepts
            assert client.get(f"{self.url}/healthz", timeout=30).status_code == 200

    def stop(self) -> None:
        """End it, connections included."""
        self._server.should_exit = True
        self._thread.join()

    def close(self) -> None:
        """Give the address back."""
        self._listening.close()


class HubProcess:
    """`hub serve` with a settings file. Its address stays the same over restarts."""

    def __init__(self, data: Path, settings: Path, *options: str) -> None:
        self._arguments = ["--data", str(data), "--settings", str(settings), *options]
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.log = data.with_suffix(".log")

    def start(self) -> None:
        """Serve; returns when it does."""
        command = [sys.executable, "-m", "hub", "serve", "--port", self._port, *self._arguments]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("hub: http"), self.log.read_text()
        self.url = line.removeprefix("hub: ").strip()
        self._port = self.url.rpartition(":")[2]

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._end()

    def stop(self) -> int:
        """As an operator does; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._end()

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None and self._process.returncode is None:
            self.kill()

    def _end(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        code = self._process.wait(timeout=30)
        self._process.stdout.close()
        return code
