"""`kiosk config check | show | pin`, as IT staff use them."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from argon2 import PasswordHasher
from typer.testing import CliRunner

from kiosk.settings.cli import app

EXAMPLE = Path(__file__).parents[2] / "docs" / "kiosk.example.toml"
Write = Callable[[str], Path]


def test_check_says_file_line_key_and_message(write: Write, minimal: str) -> None:
    path = write(minimal + "\n[face]\nfmr = 3\n")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert result.output == f'{path}:11: face.fmr: must be one of "1e-3", "1e-4", "1e-5"\n'


def test_check_is_content_with_the_example() -> None:
    result = CliRunner().invoke(app, ["check", str(EXAMPLE)])
    assert (result.exit_code, result.output) == (0, f"{EXAMPLE}: no mistakes found\n")


def test_show_prints_toml_without_secrets_and_marks_defaults(write: Write, minimal: str) -> None:
    text = minimal + '[his]\nbase_url = "https://his.example"\napi_key = "k3y-0f-h1s"\n'
    result = CliRunner().invoke(app, ["show", str(write(text))])
    assert result.exit_code == 0
    assert "k3y-0f-h1s" not in result.output
    shown = tomllib.loads(result.output)
    assert shown["his"] == {
        "kind": "hispro",
        "base_url": "https://his.example",
        "api_key": "<redacted>",
        "timeout_s": 8.0,
        "attempts": 4032,
    }
    assert shown["kiosk"]["facility_name_vi"] == "Bệnh viện Xanh Pôn"
    rows = result.output.splitlines()
    assert 'id = "xanh-pon-01"' in rows
    assert "timeout_s = 8.0  # default" in rows
    assert 'language = "vi"  # default' in rows
    assert next(row for row in rows if row.startswith("data_dir")).endswith("# default")
    assert "# password_md5 is not set" in rows
    assert "# packs_dir is not set" in rows
    assert shown["pad"]["policy"] == "active"
    assert shown["payment"]["vnpay"]["bank_code"] == "VNPAYQR", "a table below a table"
    assert "# checksum_key is not set" in rows
    assert 'light = "required"  # default' in rows


def test_show_without_a_readable_file_fails(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["show", str(tmp_path / "none.toml")]).exit_code == 1


def test_pin_prints_a_hash_that_verifies_and_passes_check(write: Write, minimal: str) -> None:
    result = CliRunner().invoke(app, ["pin"], input="246810\n")
    assert result.exit_code == 0
    made = result.output.strip()
    assert PasswordHasher().verify(made, "246810")
    path = write(f'{minimal}[admin]\npin_hash = "{made}"\n')
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 0


def test_a_weak_pin_is_refused() -> None:
    for weak in ("1234", "000000", "12345a", ""):
        result = CliRunner().invoke(app, ["pin"], input=f"{weak}\n")
        assert result.exit_code == 1
        assert "digits" in result.output
