"""The demonstration people, each with a card of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cccd_reader.emulation import SyntheticCitizen, TestSigner, load_citizen, personalise


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist. `card` is the image of their card, `qr_text` what is printed on it."""

    id: str
    name: str
    number: str
    qr_text: str
    card: Path


def make_cards(people_dir: Path, cards_dir: Path, signer: TestSigner | None = None) -> tuple[Person, ...]:
    """Make out a card for everybody in `people_dir` (a folder each, with citizen.toml and chip.jpg or chip.jp2).

    One test authority signs them all, as one country does: a new one unless `signer` is given. Raises `EmulationError`
    for a person who is not whole.
    """
    cards_dir.mkdir(parents=True, exist_ok=True)
    signer = signer or TestSigner.create()
    folders: Sequence[Path] = sorted(folder.parent for folder in people_dir.glob("*/citizen.toml"))
    return tuple(_make_card(folder, cards_dir, signer) for folder in folders)


def _make_card(folder: Path, cards_dir: Path, signer: TestSigner) -> Person:
    citizen: SyntheticCitizen = load_citizen(folder / "citizen.toml")
    [photo] = folder.glob("chip.jp*")
    path = cards_dir / f"{folder.name}.card"
    personalise(citizen, photo.read_bytes(), signer=signer).save(path)
    return Person(folder.name, citizen.full_name, citizen.number, citizen.qr_text(), path)
