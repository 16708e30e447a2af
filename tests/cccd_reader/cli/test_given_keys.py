"""The key, in all the ways that it can be given."""

import argparse
import io
import json
import sys
from pathlib import Path

import pytest

from cccd_reader.cli import given_keys, main
from cccd_reader.cli.given_keys import GivenKey, GivenKeyError, add_key_options, given_key
from cccd_reader.emulation import CardImage
from cccd_reader.errors import CardError
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.files import EF


def given(*arguments: str) -> GivenKey:
    parser = argparse.ArgumentParser()
    add_key_options(parser)
    parser.add_argument("--wait", type=float, default=0.0)
    return given_key(parser.parse_args(arguments))


@pytest.fixture
def mrz_lines(image: CardImage) -> tuple[str, str, str]:
    return parse_dg1(image.files[EF.DG1.fid]).lines()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_number_gives_the_can(number: str) -> None:
    ring = given("--number", number).ring
    assert (ring.can is not None, ring.mrz, ring.number) == (True, (), number)


def test_a_can_gives_nothing_to_compare_with() -> None:
    ring = given("--can", "012345").ring
    assert (ring.can is not None, ring.mrz, ring.number) == (True, (), None)


def test_a_qr_text_or_a_file_with_it(image: CardImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "code.txt"
    code.write_text("\ufeff" + image.qr_text + "\r\n", "utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(image.qr_text))
    for found in (given("--qr", image.qr_text), given("--qr-file", str(code)), given("--qr-file", "-")):
        assert found.ring.mrz[0].information == image.mrz_key.information
        assert found.ring.qr is not None
        assert found.remark is None


@pytest.mark.parametrize("separator", ["", "\n", "\r\n", " "])
def test_an_mrz_gives_its_own_key_and_the_can(image: CardImage, mrz_lines: tuple[str, ...], separator: str) -> None:
    ring = given("--mrz", separator.join(mrz_lines)).ring
    assert [key.information for key in ring.mrz] == [image.mrz_key.information]
    assert ring.can is not None
    assert ring.can.digits == image.can
    assert ring.number == image.number


def test_a_foreign_mrz_has_no_can() -> None:
    specimen = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    ring = given("--mrz", specimen).ring
    assert (ring.can, len(ring.mrz), ring.number) == (None, 1, None)


def test_standard_input_takes_any_of_them(
    image: CardImage, mrz_lines: tuple[str, ...], number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, mrz_keys in [
        (f"{number}\n", 0),
        (f"{image.can}\nignored\n", 0),
        (image.qr_text + "\n", 3),
        ("\n".join(mrz_lines) + "\n", 1),
    ]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        ring = given("--key-stdin").ring
        assert ring.can is not None
        assert ring.can.digits == image.can
        assert len(ring.mrz) == mrz_keys


def test_a_typed_key_is_not_shown(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("would be echoed\n"))
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: number)
    assert given("--key-stdin").ring.number == number


def test_a_code_that_a_keyboard_mangled_gives_its_keys_and_a_remark(image: CardImage) -> None:
    found = given("--qr", image.qr_text.replace("Nữ", "Nuwx").replace("Nam", "Nawm"))
    assert found.ring.can is not None
    assert found.remark is not None
    assert "mangled_by_input_method" in found.remark


def test_the_key_fields_of_a_zone_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("L898902C36 7408122 1204159\n"))
    assert [key.document_number for key in given("--key-stdin").ring.mrz] == ["L898902C3"]


class Scanner:
    """A scanner on a serial port, which reads this text, or nothing in time."""

    text: str | None = None

    def __init__(self, port: str) -> None:
        assert port == "/dev/ttyACM0"

    def __enter__(self) -> "Scanner":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, timeout: float) -> str | None:
        return self.text


def test_a_scanner_is_asked(image: CardImage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_keys, "SerialScanner", Scanner)
    monkeypatch.setattr(Scanner, "text", image.qr_text)
    assert given("--scanner", "/dev/ttyACM0").ring.number == image.number
    monkeypatch.setattr(Scanner, "text", None)
    with pytest.raises(CardError, match="timeout in QR"):
        given("--scanner", "/dev/ttyACM0")


def test_a_scanner_that_is_not_there_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--scanner", "/dev/none", "--json"]) == 3
    assert main(["diagnose", "--scanner", "/dev/none"]) == 3
    assert "the scanner's port cannot be opened" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("--number", "12345678901"), "12 digits"),
        (("--can", "12345"), "six digits"),
        (("--qr", "nothing"), "QR: no citizen card's code"),
        (("--qr", "DN4790123456789"), "insurance_card"),
        (("--mrz", "IDVNM"), "MRZ: "),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_quoting_it(arguments: tuple[str, ...], rule: str) -> None:
    with pytest.raises(GivenKeyError, match=rule) as refused:
        given(*arguments)
    assert arguments[1] not in str(refused.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    code = tmp_path / "code.bin"
    code.write_bytes(b"\xff\xfe|")
    with pytest.raises(GivenKeyError, match="not UTF-8"):
        given("--qr-file", str(code))


def test_how_the_command_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--number", "1"]) == 2
    assert main(["read", "--qr-file", str(tmp_path / "none.txt")]) == 1
    assert capsys.readouterr().err.count("error: ") == 2
    assert main(["read", "--number", "1", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": "usage",
        "detail": "a citizen's number is 12 digits",
        "exit": 2,
    }
