"""Card images as files: written and read back whole, and anything else refused."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cccd_reader.citizen import citizen_from_dg13
from cccd_reader.emulation import CardImage, EmulationError, EmulationErrorCode, cloned, tampered, without_file
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg13 import parse_dg13


def test_a_card_is_saved_and_loaded(image: CardImage, tmp_path: Path) -> None:
    one, other = tmp_path / "one.card", tmp_path / "other.card"
    image.save(one)
    image.save(other)
    assert CardImage.load(one) == image
    assert one.read_bytes() == other.read_bytes()
    cloned(image).save(one)
    assert CardImage.load(one) == cloned(image)


def test_a_card_with_every_kind_of_key_is_saved_and_loaded(make_card: Callable[..., CardImage], tmp_path: Path) -> None:
    image = make_card(
        pace=("ecdh-cam-aes128", "dh-im-aes192:1"), ca=("dh-3des:0", "ecdh-aes256:18"), aa="rsa-1024-sha1"
    )
    image.save(tmp_path / "full.card")
    assert CardImage.load(tmp_path / "full.card") == image


def test_the_file_says_that_it_is_synthetic(image_path: Path) -> None:
    with zipfile.ZipFile(image_path) as archive:
        manifest = json.loads(archive.read("card.json"))
    assert manifest["format"] == "tiepdon-synthetic-card"
    assert manifest["warning"].startswith("SYNTHETIC")


def test_nobodys_data_shows_in_a_log(image: CardImage) -> None:
    assert repr(image) == f"CardImage({len(image.files)} files)"


def test_tampering_changes_one_file(image: CardImage) -> None:
    changed = tampered(image, 0x010D)
    assert changed.files[0x010D] != image.files[0x010D]
    assert without_file(changed, 0x010D).files == without_file(image, 0x010D).files
    assert tampered(image, 0x010D, b"\x6d\x00").files[0x010D] == b"\x6d\x00"


@pytest.mark.parametrize("letter", list("ABCYZabyz"))
def test_a_changed_letter_is_another_letter(image: CardImage, letter: str) -> None:
    image = replace(image, files={**image.files, 0x010D: f"12{letter}34".encode()})
    changed = tampered(image, 0x010D).files[0x010D].decode()
    assert (changed[:2], changed[3:]) == ("12", "34")
    assert changed[2] != letter
    assert changed[2].isalpha()


def test_a_file_without_letters_is_changed_in_its_last_byte(image: CardImage) -> None:
    image = replace(image, files={**image.files, 0x010D: b"1234"})
    assert tampered(image, 0x010D).files[0x010D] == b"1236"


def test_a_changed_card_still_reads_like_one(image: CardImage) -> None:
    """So that it is the signature that tells, and no parser."""
    assert parse_dg1(tampered(image, 0x0101).files[0x0101]).surname == parse_dg1(image.files[0x0101]).surname
    one, other = (citizen_from_dg13(parse_dg13(card.files[0x010D])) for card in (image, tampered(image, 0x010D)))
    assert one.number == other.number


def rewrite(path: Path, change: Callable[[dict[str, Any]], None], extra: dict[str, bytes] | None = None) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    manifest = json.loads(entries["card.json"])
    change(manifest)
    entries["card.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**entries, **(extra or {})}.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(format="passport"),
        lambda manifest: manifest.update(version=1),
        lambda manifest: manifest.update(can="12345"),
        lambda manifest: manifest.update(mrz_key={"document_number": "1"}),
        lambda manifest: manifest.pop("qr_text"),
        lambda manifest: manifest.update(card_security="xyz"),
        lambda manifest: manifest.update(pace=["ecdh-gm-aes129"]),
        lambda manifest: manifest.update(pace=[1]),
        lambda manifest: manifest["agreement_keys"][0].update(parameter_id=3),
        lambda manifest: manifest["agreement_keys"][0].update(private="0"),
        lambda manifest: manifest["agreement_keys"][0].update(private="F" * 64),
        lambda manifest: manifest["agreement_keys"][0].update(key_id="13"),
        lambda manifest: manifest["agreement_keys"][0].update(suites=["des"]),
        lambda manifest: manifest["active_authentication_key"].update(variant="dsa-1024-sha1"),
        lambda manifest: manifest.update(active_authentication_key=[]),
    ],
)
def test_a_manifest_that_is_wrong(image_path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    rewrite(image_path, change)
    with pytest.raises(EmulationError) as caught:
        CardImage.load(image_path)
    assert caught.value.code is EmulationErrorCode.BAD_IMAGE


@pytest.mark.parametrize(
    "extra",
    [{"README": b""}, {"0110.bin": bytes(0x8001)}, {f"{fid:04X}.bin": b"" for fid in range(0x0200, 0x0230)}],
    ids=["name", "size", "count"],
)
def test_entries_that_no_chip_has(image_path: Path, extra: dict[str, bytes]) -> None:
    rewrite(image_path, lambda manifest: None, extra)
    with pytest.raises(EmulationError, match="bad_image"):
        CardImage.load(image_path)


def test_files_that_are_no_card(tmp_path: Path) -> None:
    path = tmp_path / "no.card"
    with pytest.raises(EmulationError, match=r"no\.card"):
        CardImage.load(path)
    path.write_bytes(b"PK")
    with pytest.raises(EmulationError, match=r"no\.card"):
        CardImage.load(path)
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(EmulationError, match=r"no\.card"):
        CardImage.load(path)
