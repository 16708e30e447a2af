"""`personalise` and `emulate` as a person at a terminal uses them."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509

from cccd_reader import Empty, Present
from cccd_reader.__main__ import main as reader_main
from cccd_reader.emulation import CardImage, EmulatedCard
from cccd_reader.emulation.__main__ import main
from cccd_reader.emulation.pcscd import free_ports
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.transport.socket import SocketSource

PROFILE = """
number = "001199012345"
full_name = "Đặng Thị Ngọc Bích"
birth_date = "1999-01-15"
sex = "Nữ"
residence = "Số 4, Phố Năm"
place_of_origin = "Phường Một"
issue_date = "2022-03-20"
expiry_date = "2039-01-15"
"""


@pytest.fixture
def folder(tmp_path: Path, photo: bytes) -> Path:
    (tmp_path / "citizen.toml").write_text(PROFILE, "utf-8")
    (tmp_path / "chip.jpg").write_bytes(photo)
    return tmp_path


@pytest.fixture
def reader() -> Iterator[SocketSource]:
    source = SocketSource(port=free_ports(2))
    yield source
    source.close()


def personalise(folder: Path, *options: str) -> int:
    files = (folder / name for name in ("citizen.toml", "chip.jpg", "bich.card"))
    return main(["personalise", *map(str, files), *options])


def test_a_card_is_made(folder: Path) -> None:
    csca = folder / "csca.der"
    assert personalise(folder, "--parents", "nested", "--signer", "rsa", "--csca-out", str(csca)) == 0
    image = CardImage.load(folder / "bich.card")
    assert image.number == "001199012345"
    assert 0x010E in image.files
    assert "TEST CSCA" in x509.load_der_x509_certificate(csca.read_bytes()).subject.rfc4514_string()


def test_a_person_is_made_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--random", "42", "--age", "34", "--sex", "F", "--generation", "2024"]
    files = [str(folder / "chip.jpg"), str(folder / "somebody.card")]
    assert main(["personalise", *files, *wanted]) == 0
    image = CardImage.load(folder / "somebody.card")
    name, number, code = capsys.readouterr().out.splitlines()
    assert number == f"number  {image.number}"
    assert code == f"QR code {image.qr_text}"
    assert name in image.qr_text
    assert "Nữ" in code
    assert main(["personalise", *wanted, *files]) == 0
    assert CardImage.load(folder / "somebody.card").qr_text == image.qr_text


def test_a_chip_is_made_to_measure(folder: Path) -> None:
    options = ["--pace", "ecdh-cam-aes256:17", "--pace", "dh-gm-3des:1", "--ca", "dh-3des:0", "--aa", "rsa-1024-sha1"]
    assert personalise(folder, *options) == 0
    image = CardImage.load(folder / "bich.card")
    assert [str(variant) for variant in image.pace] == ["ecdh-cam-aes256:17", "dh-gm-3des:1"]
    assert {key.parameter_id for key in image.agreement_keys} == {0, 17}
    assert str(image.active_authentication_key and image.active_authentication_key.variant) == "rsa-1024-sha1"
    assert image.card_security is not None


def test_a_chip_that_can_do_nothing(folder: Path) -> None:
    assert personalise(folder, "--no-pace", "--ca", "none", "--aa", "none") == 0
    assert not {0x011C, 0x010E, 0x010F} & set(CardImage.load(folder / "bich.card").files)


def test_cards_of_one_authority(folder: Path) -> None:
    authority = folder / "authority"
    states = {"valid": True, "expired": True, "unknown": False, "impostor": False, "revoked": True}
    csca = {}
    for state in states:
        out = folder / f"{state}.der"
        options = [
            "--authority",
            str(authority),
            "--signer",
            "rsa-pss",
            "--signer-state",
            state,
            "--csca-out",
            str(out),
        ]
        assert personalise(folder, *options) == 0
        csca[state] = out.read_bytes()
    kept = (authority / "csca" / "TEST-csca.cer").read_bytes()
    assert {state: certificate == kept for state, certificate in csca.items()} == states
    crl = x509.load_der_x509_crl((authority / "crl" / "TEST.crl").read_bytes())
    assert len(list(crl)) == 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--random", "1"], "bad_profile"),
        (["--age", "3"], "age"),
        (["--signer-state", "revoked"], "signer_state"),
        (["--pace", "ecdh-gm-aes128", "--no-pace"], "exclude"),
        (["--pace", "rot13"], "bad_variant"),
        (["--ca", "none", "--ca", "ecdh-aes128"], "bad_variant"),
        (["--aa", "rsa"], "bad_variant"),
    ],
)
def test_options_that_do_not_fit(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], word: str
) -> None:
    assert personalise(folder, *options) == 1
    assert word in capsys.readouterr().err
    assert not (folder / "bich.card").exists()


def test_nobody_at_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["personalise", str(folder / "chip.jpg"), str(folder / "nobody.card")]) == 1
    assert "--random SEED" in capsys.readouterr().err


def test_a_card_with_everything_wrong(
    reader: SocketSource,
    image_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    see: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Watched(io.StringIO):
        def __next__(self) -> str:
            see(reader, Present)
            connection = reader.connect()
            answers.append(connection.transmit(bytes.fromhex("00A4000C")))
            answers.append(connection.transmit(bytes.fromhex("00B09C0004")))
            answers.append(connection.transmit(bytes.fromhex("00B09C00000004")))
            connection.close()
            raise StopIteration

    answers: list[tuple[bytes, int]] = []
    monkeypatch.setattr("sys.stdin", Watched())
    options = ["--fault", "status-word-on:B0:6F00", "--quirk", "no-refuses-master-file", "--short-only", "--clone"]
    assert main(["emulate", str(image_path), "--port", str(reader.ports[0]), "--tamper", "DG13", *options]) == 0
    assert answers == [(b"", 0x9000), (b"", 0x6F00), (b"", 0x6700)]


@pytest.mark.parametrize(
    "options", [["--fault", "explode"], ["--quirk", "purple"], ["--tamper", "DG11"], ["--tamper", "DG99"]]
)
def test_wrongs_that_cannot_be(image_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert main(["emulate", str(image_path), *options]) == 1
    assert "bad_command" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["citizen.toml", "chip.jpg"])
def test_a_missing_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    (folder / missing).unlink()
    assert personalise(folder) == 1
    assert missing in capsys.readouterr().err
    assert not (folder / "bich.card").exists()


def test_a_folder_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bich.card").mkdir()
    assert personalise(folder) == 1
    assert "error: " in capsys.readouterr().err


def test_cards_are_put_on_a_reader(
    reader: SocketSource,
    image_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"command": "status"}\n{"command": "quit"}\n'))
    port = str(reader.ports[0])
    options = ["--port", port, "--rate", "848", "--apdu-ms", "0.1", "--short-only"]
    assert main(["emulate", str(image_path), str(image_path), *options]) == 0
    ready, status, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ready["ready"]
    assert [slot["state"] for slot in status["slots"]] == ["in_reader", "in_reader"]
    assert last == {"ok": True}


def test_the_process_ends_with_its_input(
    reader: SocketSource, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["emulate", "--port", str(reader.ports[0]), "--apdu-ms", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ready": True, "ports": list(reader.ports)}


def test_an_interrupt_takes_the_cards_away(
    reader: SocketSource, image_path: Path, monkeypatch: pytest.MonkeyPatch, see: Callable[..., None]
) -> None:
    class Interrupted(io.StringIO):
        def __next__(self) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Interrupted())
    assert main(["emulate", str(image_path), "--port", str(reader.ports[0])]) == 130
    see(reader, Empty)


def test_a_reader_has_two_slots(image_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulate", *[str(image_path)] * 3]) == 2
    assert "2 slots" in capsys.readouterr().err


def test_a_card_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulate", str(tmp_path / "no.card")]) == 1
    assert "no.card" in capsys.readouterr().err


def test_the_readers_program_reads_it(image: CardImage, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_ports(2)
    slot = VirtualSlot("127.0.0.1", port)
    slot.place(EmulatedCard(image), timeout_s=0.0)
    try:
        command = ["read", "--transport", "socket", "--port", str(port), "--number", image.number, "--json"]
        assert reader_main(command) == 0
    finally:
        slot.pull()
    summary = json.loads(capsys.readouterr().out)
    assert summary["access"] == "pace"
    assert summary["verdicts"]["dg_hashes"]["state"] == "successful"
    assert image.number not in json.dumps(summary)
