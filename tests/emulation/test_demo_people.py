"""The demonstration people: each is a valid profile, and its card opens with what is printed on it."""

from pathlib import Path

import pytest

from cccd_reader import Access, CheckState, LocalConnection, keyring_from_qr, parse_qr, read_card
from cccd_reader.emulation import EmulatedCard, TestSigner, load_citizen, personalise
from cccd_reader.verdict import Check

PEOPLE = sorted((Path(__file__).parents[2] / "assets" / "people").glob("*/citizen.toml"))


def test_there_are_people() -> None:
    assert len(PEOPLE) >= 3


@pytest.mark.parametrize("access", [Access.PACE, Access.BAC])
@pytest.mark.parametrize("profile", PEOPLE, ids=lambda path: path.parent.name)
def test_their_cards_are_read(profile: Path, signer: TestSigner, access: Access) -> None:
    citizen = load_citizen(profile)
    (photo,) = profile.parent.glob("chip.*")
    image = personalise(citizen, photo.read_bytes(), signer=signer)
    readout = read_card(
        LocalConnection(EmulatedCard(image)), keyring_from_qr(parse_qr(citizen.qr_text())), access=access
    )
    assert readout.access is access
    assert readout.citizen.full_name == citizen.full_name.upper()
    assert readout.citizen.expiry == citizen.expiry_date
    assert readout.photo is not None
    assert readout.photo.data == photo.read_bytes()
    for check in (Check.DG_HASHES, Check.SOD_SIGNATURE, Check.CROSS_CHECK):
        assert readout.verdict(check).state is CheckState.SUCCESSFUL
