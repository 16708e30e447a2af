from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.settings import Settings, parse

SettingsWith = Callable[[str], Settings]

MINIMAL = """\
[kiosk]
id = "xanh-pon-01"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"
data_dir = "{data_dir}"

[devices]
mode = "simulated"
"""


@pytest.fixture
def settings_with(tmp_path: Path) -> SettingsWith:
    """Settings of a kiosk in an empty folder, with more tables as TOML text."""
    minimal = MINIMAL.format(data_dir=tmp_path.as_posix())
    return lambda tables="": parse(minimal + tables, tmp_path / "kiosk.toml")


@pytest.fixture
def settings(settings_with: SettingsWith) -> Settings:
    return settings_with("")


@pytest.fixture
def no_pcscd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose smart card service does not run."""
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "no-pcscd.sock"))
