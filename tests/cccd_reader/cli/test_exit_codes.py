"""The table of endings: complete, in the help, and kept by the commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cccd_reader.cli import main, read
from cccd_reader.cli.console import Console
from cccd_reader.cli.exit_codes import FAULTS, ExitCode, exit_code_table, fault_of, fault_table
from cccd_reader.errors import CardError, CardErrorCode

ROOT = Path(__file__).parents[3]
COMMANDS = ["read", "diagnose", "monitor", "trust", "personalise", "emulate"]


def test_every_fault_of_the_library_has_its_ending() -> None:
    assert set(FAULTS) == set(CardErrorCode)
    assert all(fault.meaning and fault.advice for fault in FAULTS.values())


def test_a_fault_that_is_not_in_the_table_is_the_cards() -> None:
    assert fault_of("something new").exit is ExitCode.PROTOCOL  # type: ignore[arg-type]


def test_every_ending_of_a_fault_is_a_failure() -> None:
    assert {fault.exit for fault in FAULTS.values()}.isdisjoint({ExitCode.OK, ExitCode.USAGE, ExitCode.KEYBOARD})


def test_the_tables_of_the_documents() -> None:
    assert exit_code_table().count("\n") == len(ExitCode) + 1
    assert "| `wrong_key` | 5 |" in fault_table()


def test_a_failure_is_printed_with_what_helps(capsys: pytest.CaptureFixture[str]) -> None:
    error = CardError(CardErrorCode.BAD_ANSWER, "a step of the protocol failed", file="PACE", sw=0x6A80)
    assert Console().card_error(error) is ExitCode.PROTOCOL
    printed = capsys.readouterr().err
    assert printed.startswith("error: bad_answer in PACE: a step of the protocol failed (SW 6A80)\n")
    assert FAULTS[CardErrorCode.BAD_ANSWER].advice in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"python -m cccd_reader {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["read", "diagnose", "monitor", "trust"])
def test_the_help_lists_the_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    help_text = capsys.readouterr().out
    assert all(code.meaning in help_text for code in ExitCode)
    assert "examples:" in help_text


def test_the_keyboard_ends_a_command(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    def interrupted(options: object, card_time_s: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(read, "opened_source", interrupted)
    assert main(["read", "--number", number]) == 130


def test_a_reader_of_the_output_that_leaves_is_no_traceback() -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cccd_reader",
            "monitor",
            "--transport",
            "socket",
            "--port",
            "0",
            "--json",
            "--for",
            "0",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
        assert process.wait(30) == 1
        assert complaint == b""


def test_the_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cccd_reader"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "usage: python -m cccd_reader" in done.stderr
