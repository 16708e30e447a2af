"""`read`: what it prints, that it prints nothing about the holder unless it is asked to, and how it ends."""

import json
import os
import stat
from pathlib import Path

import pytest

from cccd_reader.cli import main, read
from cccd_reader.emulation import CardImage, EmulatedCard, PullInFile, SilenceAt, tampered, without_file
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.lds.files import EF
from cccd_reader.transport.local import LocalSource

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _a_service_that_notices_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "NOTICED_S", 0.0)


@pytest.mark.usefixtures("slot")
def test_a_card_over_the_socket_as_json(port: int, image: CardImage, capsys: Capture, number: str) -> None:
    arguments = ["read", "--qr", image.qr_text, "--access", "bac", "--transport", "socket", "--port", str(port)]
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    found = json.loads(printed.out)
    assert (found["access"], found["transport"], found["reader"]) == ("bac", "socket", "Socket reader 0")
    assert found["fields"]["full_name"] is True
    assert found["verdicts"]["dg_hashes"]["state"] == "successful"
    assert found["photo"] == "jpeg2000 413x531"
    assert found["files"]["DG1"] == 95
    assert "citizen" not in found
    assert "NGUYỄN" not in printed.out
    assert number not in printed.out


@pytest.mark.usefixtures("local")
def test_a_card_as_text(capsys: Capture, number: str) -> None:
    assert main(["read", "--number", number]) == 0
    printed = capsys.readouterr()
    assert "access   pace" in printed.out
    assert "  cross_check            successful (equal:" in printed.out
    assert "NGUYỄN" not in printed.out + printed.err
    assert number not in printed.out + printed.err
    assert printed.err.split("\n")[:3] == ["opening the chip", "DG1", "DG13"]


@pytest.mark.usefixtures("local")
def test_quiet_leaves_out_the_progress(capsys: Capture, number: str) -> None:
    assert main(["read", "--number", number, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("local")
def test_what_was_learned_about_the_reader_is_kept_where_it_is_told(
    capsys: Capture, number: str, tmp_path: Path
) -> None:
    kept = tmp_path / "profiles.json"
    command = ["read", "--number", number, "--json", "--remember", str(kept)]
    apdus = []
    for _ in range(2):
        assert main(command) == 0
        apdus.append(json.loads(capsys.readouterr().out)["apdus"])
    assert apdus[1] < apdus[0]
    assert number not in kept.read_text("utf-8")


@pytest.mark.usefixtures("local")
def test_the_holder_is_asked_for(capsys: Capture, number: str) -> None:
    assert main(["read", "--number", number, "--identity"]) == 0
    assert "NGUYỄN VĂN AN" in capsys.readouterr().out
    assert main(["read", "--number", number, "--identity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["citizen"]["birth"] == "1999-01-15"


def test_a_card_without_a_photo(
    local: LocalSource, image: CardImage, capsys: Capture, number: str, tmp_path: Path
) -> None:
    local.insert(EmulatedCard(without_file(image, EF.DG2.fid)))
    assert main(["read", "--number", number, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photo"] is None
    assert main(["read", "--number", number, "--photo", str(tmp_path / "face")]) == 1
    assert "the card gives no photo" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("local")
def test_the_photo_is_for_the_user_alone_and_as_the_chip_has_it(
    capsys: Capture, number: str, tmp_path: Path, photo: bytes
) -> None:
    assert main(["read", "--number", number, "--photo", str(tmp_path / "face.png")]) == 0
    written = tmp_path / "face.jp2"
    assert str(written) in capsys.readouterr().err
    assert written.read_bytes() == photo
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    written.write_bytes(b"something else")
    os.chmod(written, 0o644)
    assert main(["read", "--number", number, "--photo", str(tmp_path / "face")]) == 1
    assert "--force" in capsys.readouterr().err
    assert written.read_bytes() == b"something else"
    assert main(["read", "--number", number, "--photo", str(tmp_path / "face"), "--force"]) == 0
    assert written.read_bytes() == photo
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [written]


def test_a_folder_that_is_not_there_is_said_before_the_card_is_read(
    local: LocalSource, capsys: Capture, number: str, tmp_path: Path
) -> None:
    local.remove()
    assert main(["read", "--number", number, "--photo", str(tmp_path / "none" / "face")]) == 1
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.usefixtures("local")
def test_a_wrong_key_has_its_own_code(capsys: Capture) -> None:
    assert main(["read", "--number", "001099999999", "--json"]) == 5
    assert json.loads(capsys.readouterr().out) == {
        "error": "wrong_key",
        "detail": "the chip refuses the password",
        "file": "PACE",
        "sw": "6300",
        "exit": 5,
    }
    assert main(["read", "--number", "001099999999"]) == 5
    assert "error: wrong_key in PACE" in capsys.readouterr().err


def test_no_card_within_the_time(local: LocalSource, capsys: Capture, number: str) -> None:
    local.remove()
    assert main(["read", "--number", number, "--wait", "0", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["error"] == "no_card"
    assert main(["read", "--number", number, "--wait", "0.01"]) == 4
    assert "waiting for a card" in capsys.readouterr().err


def test_a_card_that_is_pulled(local: LocalSource, image: CardImage, number: str) -> None:
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=1000))
    local.insert(card)
    assert main(["read", "--number", number, "--quiet", "--put-back", "0"]) == 6


def test_a_card_that_is_pulled_and_put_back_is_read_on(local: LocalSource, image: CardImage, number: str) -> None:
    card = EmulatedCard(image)
    card.arm(PullInFile("DG2", after_bytes=1000))
    local.insert(card)
    assert main(["read", "--number", number, "--quiet"]) == 0


def test_a_card_that_never_lies_still(local: LocalSource, image: CardImage, number: str, capsys: Capture) -> None:
    class Loose(EmulatedCard):
        def process(self, apdu: bytes) -> bytes:
            if self.apdus == 12:
                raise CardError(CardErrorCode.CARD_RESET, "power was lost")
            return super().process(apdu)

    local.insert(Loose(image))
    assert main(["read", "--number", number, "--json"]) == 6
    assert json.loads(capsys.readouterr().out)["error"] == "card_reset"


def test_a_card_that_does_not_come_back(local: LocalSource, image: CardImage, number: str, capsys: Capture) -> None:
    class Pulled(EmulatedCard):
        def process(self, apdu: bytes) -> bytes:
            if self.apdus == 8:
                local.remove()
                raise CardError(CardErrorCode.CARD_REMOVED, "the card was pulled")
            return super().process(apdu)

    local.insert(Pulled(image))
    assert main(["read", "--number", number, "--put-back", "0.01"]) == 6
    assert "put the card back" in capsys.readouterr().err


def test_a_card_that_is_silent(local: LocalSource, image: CardImage, number: str) -> None:
    card = EmulatedCard(image)
    card.arm(SilenceAt(9))
    local.insert(card)
    assert main(["read", "--number", number, "--quiet"]) == 6


@pytest.mark.usefixtures("local")
def test_a_time_limit_for_the_reading(capsys: Capture, number: str) -> None:
    assert main(["read", "--number", number, "--timeout", "0", "--json"]) == 6
    assert json.loads(capsys.readouterr().out)["error"] == "timeout"
    assert main(["read", "--number", number, "--timeout", "600", "--json"]) == 0


def test_a_check_that_fails_is_an_exit_code(local: LocalSource, image: CardImage, capsys: Capture, number: str) -> None:
    local.insert(EmulatedCard(tampered(image, EF.DG13.fid)))
    assert main(["read", "--number", number, "--json"]) == 8
    assert json.loads(capsys.readouterr().out)["verdicts"]["dg_hashes"]["state"] == "failed"


@pytest.mark.usefixtures("local")
def test_a_required_check_has_to_be_successful(capsys: Capture, number: str) -> None:
    assert main(["read", "--number", number, "--quiet", "--require", "dg_hashes,sod_signature"]) == 0
    assert main(["read", "--number", number, "--quiet", "--require", "dg_hashes,issuer"]) == 8
    with pytest.raises(SystemExit) as stopped:
        main(["read", "--number", number, "--require", "everything"])
    assert stopped.value.code == 2
    assert "dg_hashes, sod_signature" in capsys.readouterr().err


def test_a_key_is_needed(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["read"])
    assert stopped.value.code == 2
    assert "--number" in capsys.readouterr().err


@pytest.mark.usefixtures("local")
def test_a_photo_that_cannot_be_written_is_a_failure_after_the_result(
    capsys: Capture, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cccd_reader.cli.read.write_photo", full)
    assert main(["read", "--number", number, "--photo", str(tmp_path / "face")]) == 1
    printed = capsys.readouterr()
    assert "dg_hashes" in printed.out
    assert "error: [Errno 28]" in printed.err


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("command", ["read", "diagnose"])
def test_a_damaged_code_serves_and_is_said_to_be_one(capsys: Capture, image: CardImage, command: str) -> None:
    assert main([command, "--qr", image.qr_text.replace("Nam", "Nawm")]) == 0
    assert "the code came damaged" in capsys.readouterr().err


def test_json_has_the_name_of_the_photos_file_and_a_failed_check_counts_more(
    local: LocalSource, image: CardImage, capsys: Capture, number: str, tmp_path: Path
) -> None:
    assert main(["read", "--number", number, "--json", "--photo", str(tmp_path / "face")]) == 0
    assert json.loads(capsys.readouterr().out)["photo_file"] == str(tmp_path / "face.jp2")
    local.insert(EmulatedCard(without_file(tampered(image, EF.DG13.fid), EF.DG2.fid)))
    assert main(["read", "--number", number, "--json", "--photo", str(tmp_path / "other")]) == 8
    printed = capsys.readouterr()
    assert json.loads(printed.out)["photo_file"] is None
    assert "the card gives no photo" in printed.err
