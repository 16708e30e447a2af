"""The command line: what it prints, and that it prints nothing about the holder unless it is asked to."""

import json
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cccd_reader import __main__ as command
from cccd_reader.emulation import CardImage, EmulatedCard, SyntheticCitizen, personalise, without_file
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.lds.files import EF
from cccd_reader.transport.local import LocalSource

NUMBER = "001099012345"


@pytest.fixture(scope="module")
def image(emrtd_data: Path) -> CardImage:
    citizen = SyntheticCitizen(
        number=NUMBER,
        full_name="Nguyễn Văn An",
        birth_date=date(1999, 1, 15),
        sex="M",
        residence="Số 4, Phố Năm",
        place_of_origin="Phường Một",
        issue_date=date(2022, 3, 20),
        expiry_date=date(2039, 1, 15),
    )
    return personalise(citizen, parse_dg2((emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes()).data)


@pytest.fixture
def port() -> int:
    """A port whose neighbour is free too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            found = int(first.getsockname()[1])
            try:
                socket.create_server(("127.0.0.1", found + 1)).close()
            except (OSError, OverflowError):
                continue
        return found


@pytest.fixture
def slot(image: CardImage, port: int) -> Iterator[VirtualSlot]:
    """A card that goes to the reader as soon as one listens."""
    found = VirtualSlot("127.0.0.1", port)
    found.place(EmulatedCard(image), timeout_s=0)
    yield found
    found.pull()


@pytest.mark.usefixtures("slot")
def test_a_card_over_the_socket_as_json(port: int, image: CardImage, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "read",
        "--qr",
        image.qr_text,
        "--access",
        "bac",
        "--transport",
        "socket",
        "--port",
        str(port),
        "--json",
    ]
    assert command.main(arguments) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert (found["access"], found["transport"], found["reader"]) == ("bac", "socket", "Socket reader 0")
    assert found["fields"]["full_name"] is True
    assert found["verdicts"]["dg_hashes"]["state"] == "successful"
    assert found["photo"] == "jpeg2000 413x531"
    assert found["files"]["DG1"] == 95
    assert "citizen" not in found
    assert "NGUYỄN" not in printed
    assert NUMBER not in printed


@pytest.fixture
def local(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> LocalSource:
    """The card on the reader that the command finds by itself."""
    source = LocalSource(EmulatedCard(image))
    monkeypatch.setattr(command, "PcscSource", lambda reader: source)
    return source


@pytest.mark.usefixtures("local")
def test_a_card_as_text_with_the_holder(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["read", "--number", NUMBER, "--identity"]) == 0
    printed = capsys.readouterr().out
    assert "access: pace" in printed
    assert "  cross_check: successful (equal:" in printed
    assert "  full_name: NGUYỄN VĂN AN" in printed


@pytest.mark.usefixtures("local")
def test_the_holder_as_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["read", "--number", NUMBER, "--identity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["citizen"]["birth"] == "1999-01-15"


def test_a_card_without_a_photo(local: LocalSource, image: CardImage, capsys: pytest.CaptureFixture[str]) -> None:
    local.insert(EmulatedCard(without_file(image, EF.DG2.fid)))
    assert command.main(["read", "--number", NUMBER, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photo"] is None


@pytest.mark.usefixtures("local")
def test_failures_are_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["read", "--number", "001099999999", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "wrong_key"
    assert command.main(["read", "--qr", "nothing"]) == 1
    assert capsys.readouterr().err.startswith("error: bad_data in QR")


def test_no_card_within_the_time(local: LocalSource, capsys: pytest.CaptureFixture[str]) -> None:
    local.remove()
    assert command.main(["read", "--number", NUMBER, "--wait", "0", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "no_card"


def test_a_number_or_a_code_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["read"])
    assert "--number" in capsys.readouterr().err
