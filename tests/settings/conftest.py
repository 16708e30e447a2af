from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """\
[kiosk]
id = "xanh-pon-01"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"

[devices]
mode = "simulated"
"""


@pytest.fixture
def minimal() -> str:
    """The shortest file that is right: 8 lines, simulated devices."""
    return MINIMAL


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a settings file and gives its path."""

    def write_file(text: str) -> Path:
        path = tmp_path / "kiosk.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file
