import os
import subprocess
import sys
from collections.abc import Callable, Mapping
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


@pytest.fixture(scope="session")
def run_doctor() -> Callable[[Path, Mapping[str, str]], subprocess.CompletedProcess[str]]:
    """Runs `kiosk doctor FILE --json` as a program.

    In a process of its own because libpcsclite reads its socket's name once for the life of a process.
    """

    def run(file: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from kiosk.doctor.cli import app; app()", str(file), "--json"],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )

    return run
