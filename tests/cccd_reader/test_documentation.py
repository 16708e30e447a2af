"""docs/cccd_reader.md: its ten lines read a card, its profile makes one, and its tables are those of the code."""

import re
from contextlib import closing
from pathlib import Path

import pytest

import cccd_reader
from cccd_reader.cli import build_parser
from cccd_reader.cli.exit_codes import exit_code_table, fault_table
from cccd_reader.emulation import CardImage, EmulatedCard, load_citizen, personalise
from cccd_reader.transport.local import LocalSource
from cccd_reader.verdict import Check, CheckState

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cccd_reader.md").read_text("utf-8")


def block(language: str) -> str:
    """The page's one block of code in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(found)


@pytest.fixture
def image(photo: bytes, tmp_path: Path) -> CardImage:
    """The card of the page's person."""
    profile = tmp_path / "citizen.toml"
    profile.write_text(block("toml"), "utf-8")
    return personalise(load_citizen(profile), photo)


def test_the_ten_lines_read_a_card(
    image: CardImage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = block("python")
    assert len([line for line in code.splitlines() if line.strip()]) == 10
    monkeypatch.setattr(cccd_reader.GuardedSource, "pcsc", lambda: closing(LocalSource(EmulatedCard(image))))
    exec(compile(code, "docs/cccd_reader.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("NGUYỄN VĂN AN 1999-01-15\n")
    assert "dg_hashes successful" in printed


def test_the_tables_are_those_of_the_code() -> None:
    assert exit_code_table() in PAGE, "run `make docs`"
    assert fault_table() in PAGE, "run `make docs`"


def test_every_command_check_and_state_is_explained() -> None:
    commands = next(action.choices for action in build_parser()._actions if action.dest == "command")
    assert commands is not None
    for name in (*commands, *(check.value for check in Check), *(state.value for state in CheckState)):
        assert f"`{name}`" in PAGE, name
