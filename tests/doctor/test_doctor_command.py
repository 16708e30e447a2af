"""`kiosk doctor`, on a machine where nothing runs, and with settings that cannot be used."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.doctor import ProbeName, ProbeState, Report
from kiosk.doctor.cli import app, as_text

NOTHING_RUNS = """\
[kiosk]
id = "xanh-pon-01"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"

[devices]
mode = "real"

[camera]
source = "http://127.0.0.1:9/none"

[portal]
base_url = "http://127.0.0.1:9"
username = "01999_BV"
password_md5 = "d41d8cd98f00b204e9800998ecf8427e"
officer_name = "TRẦN THỊ MẪU"
officer_number = "001099001234"
timeout_s = 1

[his]
base_url = "http://127.0.0.1:9"
api_key = "s3cret-of-the-his"
timeout_s = 1

[payment]
timeout_s = 1

[payment.payos]
base_url = "http://127.0.0.1:9"
client_id = "client"
api_key = "s3cret-of-the-bank"
checksum_key = "s3cret-checksum"

[printer]
host = "127.0.0.1"
port = 9
timeout_s = 2
"""
OUTSIDE = {
    ProbeName.READER,
    ProbeName.CARD,
    ProbeName.CAMERA,
    ProbeName.PRINTER,
    ProbeName.PORTAL,
    ProbeName.HIS,
    ProbeName.PAYMENT,
}


RunDoctor = Callable[[Path, Mapping[str, str]], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def told(run_doctor: RunDoctor, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What the doctor says on a machine where nothing runs."""
    folder = tmp_path_factory.mktemp("kiosk")
    file = folder / "kiosk.toml"
    file.write_text(NOTHING_RUNS, encoding="utf-8")
    return run_doctor(file, {"PCSCLITE_CSOCK_NAME": str(folder / "no-pcscd.sock")})


def test_with_nothing_running_every_outside_thing_fails_and_the_rest_is_told(
    told: subprocess.CompletedProcess[str],
) -> None:
    assert told.returncode == 1
    report = Report.from_json(told.stdout)
    assert [row.name for row in report.results] == list(ProbeName)
    assert {row.name for row in report.results if row.state is ProbeState.FAIL} == OUTSIDE
    for row in report.results:
        if row.state is ProbeState.FAIL:
            assert row.detail
            assert row.advice_vi
            assert row.advice_en


def test_no_secret_is_told(told: subprocess.CompletedProcess[str]) -> None:
    for secret in ("s3cret", "d41d8cd98f00", "001099001234"):
        assert secret not in told.stdout


def test_the_text_for_people_says_what_to_do(told: subprocess.CompletedProcess[str]) -> None:
    text = as_text(Report.from_json(told.stdout))
    assert "FAIL  printer" in text
    assert "Kiểm tra giấy, nắp máy in" in text
    assert "Check the printer's paper" in text


def test_settings_that_cannot_be_used_are_the_first_failure(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    text = NOTHING_RUNS.replace("port = 9\n", 'port = "9"\n')
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [str(path), "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    line = text.splitlines().index('port = "9"') + 1
    assert told["probes"][0]["detail"] == f"line {line}: printer.port: must be a whole number from 1 to 65535"
    assert {row["state"] for row in told["probes"]} == {"fail"}
