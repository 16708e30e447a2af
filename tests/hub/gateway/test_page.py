"""The page on the gateway says what is so: its settings are read, its commands are understood."""

import re
import shlex
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from his_adapter.guard import OutsideMetrics
from his_adapter.settings_file import SettingsFile
from hub.__main__ import parser
from hub.gateway.adapters import TABLES, build_systems

PAGE = (Path(__file__).parents[3] / "docs" / "hub_gateway.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_settings_on_the_page_make_a_gateway(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "hub.toml").write_text(text, encoding="utf-8")
    (tmp_path / "his.key").write_text("invented")
    (tmp_path / "portal.md5").write_text("0" * 32)
    file = SettingsFile(tmp_path / "hub.toml", TABLES, {"TIEPDON_OFFICER_NUMBER": "001180990099"})
    systems = build_systems(file, OutsideMetrics(CollectorRegistry()))
    assert systems.hospital is not None
    assert systems.portal is not None
    assert systems.settings.max_calls == 16
    systems.close()


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_on_the_page_are_understood(line: str) -> None:
    name, *arguments = shlex.split(line)
    assert name == "hub"
    assert parser().parse_args(arguments).command in {"serve", "kiosk"}


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) >= 7
