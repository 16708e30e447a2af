"""`diagnose`: a report on the screen or in a file, and how the command ends."""

import json
from pathlib import Path

import pytest

from cccd_reader.cli import main
from cccd_reader.emulation import CardImage
from cccd_reader.transport.local import LocalSource

Capture = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("local")
def test_the_report_as_text(capsys: Capture, number: str) -> None:
    assert main(["diagnose", "--number", number]) == 0
    printed = capsys.readouterr()
    assert "\n  protocol: PACE-ECDH-GM" in printed.out
    assert "probing: files" in printed.err
    assert number not in printed.out + printed.err


@pytest.mark.usefixtures("local")
def test_the_report_as_json_knows_the_qr_code(capsys: Capture, image: CardImage) -> None:
    assert main(["diagnose", "--qr", image.qr_text, "--json", "--leave-out", "reading", "--leave-out", "pieces"]) == 0
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert report["QR code"]["fields after the seventh"] == 0
    assert "reading" not in report
    assert printed.err == ""


@pytest.mark.usefixtures("local")
def test_the_report_goes_to_a_new_file(capsys: Capture, number: str, tmp_path: Path) -> None:
    out = tmp_path / "report.txt"
    assert main(["diagnose", "--number", number, "--quiet", "--out", str(out)]) == 0
    assert capsys.readouterr() == ("", "")
    assert out.read_text("utf-8").startswith("software:\n")
    assert main(["diagnose", "--number", number, "--out", str(out)]) == 1
    assert "report.txt" in capsys.readouterr().err
    assert main(["diagnose", "--without-key", "--out", str(out), "--force", "--json"]) == 0
    assert "files" not in json.loads(out.read_text("utf-8"))
    assert main(["diagnose", "--without-key", "--out", str(tmp_path), "--force"]) == 1


def test_no_card_leaves_no_file(local: LocalSource, capsys: Capture, number: str, tmp_path: Path) -> None:
    local.remove()
    out = tmp_path / "report.txt"
    assert main(["diagnose", "--number", number, "--wait", "0", "--out", str(out)]) == 4
    assert not out.exists()


@pytest.mark.usefixtures("local")
def test_an_interrupted_report_leaves_no_file(number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cccd_reader.cli.diagnose.diagnose", interrupted)
    out = tmp_path / "report.txt"
    assert main(["diagnose", "--number", number, "--out", str(out)]) == 130
    assert not out.exists()


@pytest.mark.usefixtures("local")
def test_a_chip_that_does_not_open_is_reported_and_ends_as_a_reading_would(capsys: Capture) -> None:
    assert main(["diagnose", "--number", "001099999999", "--json"]) == 5
    assert json.loads(capsys.readouterr().out)["access"]["code"] == "wrong_key"
    assert main(["diagnose", "--number", "12"]) == 2
