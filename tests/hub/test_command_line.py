"""`hub` as it is started: a real process on a real port, beside a kiosk that goes on writing."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.__main__ import main
from records.journal import Journal
from records.store import Store
from records.values import CheckInRecord


def add_user(data: Path, monkeypatch: pytest.MonkeyPatch, password: str, role: str = "auditor") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return main(["user", "add", "an", "--role", role, "--password-stdin", "--data", str(data)])


@pytest.fixture
def served(
    kiosk: Store, kiosk_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> Iterator[str]:
    data = tmp_path / "hub" / "hub.db"
    assert add_user(data, monkeypatch, password) == 0
    command = [sys.executable, "-m", "hub", "serve", "--store", str(kiosk_path), "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("hub: http://127.0.0.1:"), line
            yield line.removeprefix("hub: ").strip()
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0


def test_a_served_console_shows_what_the_kiosk_writes(
    served: str, kiosk: Store, password: str, make_check_in: Callable[..., CheckInRecord]
) -> None:
    with httpx.Client(base_url=served, trust_env=False) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        form = client.get("/sign-in").text
        token = form.split('name="form_token" value="')[1].split('"')[0]
        answer = client.post("/sign-in", data={"name": "an", "password": password, "form_token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/log")
        assert "4 lượt" in client.get("/log").text
        Journal(kiosk).record_check_in(make_check_in(80))
        assert "5 lượt" in client.get("/log").text
        assert "server" not in client.get("/log").headers


def test_users_are_added_once_and_can_be_disabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], password: str
) -> None:
    data = tmp_path / "hub.db"
    assert add_user(data, monkeypatch, "short") == 1
    assert "12 to" in capsys.readouterr().err
    assert add_user(data, monkeypatch, password, "it") == 0
    assert add_user(data, monkeypatch, password) == 1
    assert "exists" in capsys.readouterr().err
    assert main(["user", "disable", "an", "--data", str(data)]) == 0
    assert main(["user", "disable", "nobody", "--data", str(data)]) == 1


def test_passwords_do_not_travel_in_the_clear(kiosk_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "hub.hospital.test"):
        assert main(["serve", "--store", str(kiosk_path), "--host", host]) == 2
        assert "need TLS" in capsys.readouterr().err
    assert main(["serve", "--store", str(kiosk_path), "--tls-cert", "only.pem"]) == 2


def test_a_missing_store_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "hub.db")
    assert main(["serve", "--store", str(tmp_path / "missing.db"), "--data", data]) == 1
    assert capsys.readouterr().err == "hub: unavailable: no such file\n"


def test_unknown_roles_are_refused(capsys: pytest.CaptureFixture[str], password: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["user", "add", "an", "--role", "admin", "--password-stdin"])
    assert caught.value.code == 2
    assert "auditor" in capsys.readouterr().err
