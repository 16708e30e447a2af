"""docs/payment.md: its settings are read, its commands parse, its tables are those of the code."""

import re
import shlex
from pathlib import Path

import pytest

from his_adapter.__main__ import main as his_adapter_main
from his_adapter.payment import ProviderName
from his_adapter.payment.cases import ReviewReason
from his_adapter.settings_file import SettingsFile
from hub.__main__ import main as hub_main
from hub.payments.settings import PaymentsSettings
from hub.payments.webhooks import METHODS, PATH
from kiosk.settings import parse
from records.__main__ import main as records_main

PAGE = (Path(__file__).parents[3] / "docs" / "payment.md").read_text("utf-8")
KIOSK = """\
[kiosk]
id = "k1"
facility_name_vi = "Bệnh viện"
facility_name_en = "Hospital"
facility_code = "01999"
[devices]
mode = "simulated"
"""
MAINS = {"hub": hub_main, "python -m records": records_main, "python -m his_adapter": his_adapter_main}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_kiosks_settings_are_read() -> None:
    alone, through_hub, _ = blocks("toml")
    assert {path for path in parse(KIOSK + alone, Path("kiosk.toml")).unset() if path[0] == "payment"} == set()
    unset = parse(KIOSK + through_hub, Path("kiosk.toml")).unset()
    assert {path[0] for path in unset}.isdisjoint({"payment", "hub"})


def test_the_hubs_settings_are_read(tmp_path: Path) -> None:
    text = blocks("toml")[2]
    (tmp_path / "hub.toml").write_text(text, "utf-8")
    for name in re.findall(r'_file = "([^"]+)"', text):
        (tmp_path / name).write_text("secret", "utf-8")
    settings = SettingsFile(tmp_path / "hub.toml", ("payment",)).read("payment", PaymentsSettings)
    assert settings.accounts.keys() == set(ProviderName)
    assert settings.momo is not None
    assert settings.momo.ipn_url.endswith(PATH.format(provider="momo"))


def test_the_addresses_are_the_hubs() -> None:
    for provider in ProviderName:
        row = rf"\| `https://[^/]+{PATH.format(provider=provider)}` \| {METHODS.get(provider, 'POST')} \|"
        assert re.search(row, PAGE), provider


def test_every_case_is_told() -> None:
    assert {reason for reason in ReviewReason if f"| `{reason}` |" not in PAGE} == set()


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_the_commands_are_ones(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are refused for what they name, which is not here, and not for how they are written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    program = next(name for name in MAINS if line.startswith(f"{name} "))
    arguments = shlex.split(line.removeprefix(program).partition(" > ")[0])
    code = MAINS[program](arguments)
    told = capsys.readouterr()
    assert (code == 0) or ("no case" in told.err or "no refund" in told.err or "o such file" in told.err)
