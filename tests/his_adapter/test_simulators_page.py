"""docs/simulators.md: its commands run, and its tables are those of the code."""

import asyncio
import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from bench.__main__ import EXACTLY_ONCE
from his_adapter.simulation.bank import BankSimulator
from his_adapter.simulation.command import Interface
from his_adapter.simulation.commands import Fault
from his_adapter.simulation.fault_plan import Rates
from his_adapter.simulation.his import HisSimulator
from his_adapter.simulation.hl7_simulator import Hl7Simulator
from his_adapter.simulation.portal import PortalSimulator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulators.md").read_text("utf-8")
COMMANDS = re.findall(r"^    (python -m .*)$", PAGE, re.MULTILINE)
SIMULATE = [command for command in COMMANDS if " simulate " in command]


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def arguments(command: str, tmp_path: Path) -> list[str]:
    """The page's command, on a free port and with its files beside the test's."""
    words = [sys.executable, *shlex.split(command)[1:]]
    for option in ("--port", "--listen", "--mllp-port"):
        if option in words:
            words[words.index(option) + 1] = "0"
    if "--state" in words:
        words[words.index("--state") + 1] = str(tmp_path / "state")
    return words


@pytest.mark.parametrize("command", SIMULATE)
def test_the_pages_simulators_start_and_take_the_pages_command(command: str, tmp_path: Path) -> None:
    order = re.search(r"-d '(\{.*\})'", section("Telling it how to fail"))
    assert order is not None
    told = order[1] if "hl7" not in command else '{"mllp": "twice"}'
    with subprocess.Popen(
        arguments(command, tmp_path), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = json.loads(process.stdout.readline())["url"]
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(f"{url}/simulation/control", content=told, headers=headers, trust_env=False)
        process.stdin.close()
    assert (answer.status_code, answer.text) == (200, '{"ok":true}')
    assert process.returncode == 0


def test_the_pages_fault_proxy_starts(tmp_path: Path) -> None:
    command = next(command for command in COMMANDS if " fault-proxy " in command)
    with subprocess.Popen(arguments(command, tmp_path), cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["to"] == "127.0.0.1:8081"
        process.send_signal(signal.SIGTERM)
        assert json.loads(process.stdout.readline())["messages"] == 0
    assert process.returncode == 0


def test_every_fault_interface_and_rate_is_explained_and_nothing_else() -> None:
    explained = rows("Telling it how to fail")
    assert sorted(row[0].strip("`") for row in explained if not row[0].startswith("`{")) == sorted(Fault)
    assert {row[0].strip("`") for row in rows("A bad network before any server")} == {
        f"--{name.replace('_', '-')}" for name in Rates().all()
    }
    assert all(f"`{interface}`" in PAGE for interface in Interface)
    assert any(command.startswith(f"python -m bench {EXACTLY_ONCE} ") for command in COMMANDS)


def test_the_pages_commands_are_commands_of_the_system_they_are_for() -> None:
    hl7 = Hl7Simulator(None)
    readers: dict[str, TypeAdapter[Any]] = {
        "hospital": HisSimulator(None).commands(),
        "hospital, hispro": HisSimulator(None).commands(),
        "hospital, hl7": hl7.commands(),
        "portal": PortalSimulator([]).commands(),
        "bank": BankSimulator().commands(),
    }
    found = 0
    for row in rows("Telling it how to fail"):
        if row[0].startswith("`{"):
            readers[row[1]].validate_json(row[0].strip("`"))
            found += 1
    asyncio.run(hl7.close())
    assert found == 11


def test_the_pages_example_of_the_proxy_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = PAGE.split("```python\n")[1].split("```")[0]
    exec(compile(code, "docs/simulators.md", "exec"), {})
    assert "'messages': 0" in capsys.readouterr().out
