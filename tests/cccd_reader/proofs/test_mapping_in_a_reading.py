"""PACE with chip authentication mapping within whole readings: where it proves the chip, nothing more is asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cccd_reader import Access, CardReadout, Check, CheckState, LocalConnection, Verdict, keyring_from_number, read_card
from cccd_reader.emulation import CardImage, EmulatedCard, personalise
from cccd_reader.emulation.image import forged
from cccd_reader.emulation.variants import ChipAuthenticationVariant, PaceVariant
from tests.people import BICH

NUMBER = BICH.number
NAME = "PACE-CAM brainpoolP256r1"


@pytest.fixture(scope="module")
def make(small_photo: bytes) -> Callable[..., CardImage]:
    """make(chip authentication): a card with the mapping on brainpoolP256r1, and these protocols besides."""

    def personalised(*chip: str, **options: Any) -> CardImage:
        return personalise(
            BICH,
            small_photo,
            pace=[PaceVariant.parse("ecdh-cam-aes128:13")],
            chip_authentication=[ChipAuthenticationVariant.parse(text) for text in chip],
            **options,
        )

    return personalised


class Counting(LocalConnection):
    """Counts the protected commands of each instruction."""

    def __init__(self, image: CardImage) -> None:
        super().__init__(EmulatedCard(image))
        self.protected: list[int] = []

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if apdu[0] & 0x0C:
            self.protected.append(apdu[1])
        return super().transmit(apdu)


def read(image: CardImage, access: Access = Access.PACE) -> tuple[CardReadout, list[int]]:
    connection = Counting(image)
    keys = replace(keyring_from_number(NUMBER), mrz=(image.mrz_key,))
    return read_card(connection, keys, access=access), connection.protected


def verdict(readout: CardReadout) -> Verdict:
    return readout.verdict(Check.CHIP_AUTHENTICATION)


MSE, INTERNAL_AUTHENTICATE = 0x22, 0x88


def test_the_mapping_alone_proves_a_chip_whose_key_is_in_dg14(make: Callable[..., CardImage]) -> None:
    readout, protected = read(make("ecdh-aes128:13"))
    assert verdict(readout) == Verdict(Check.CHIP_AUTHENTICATION, CheckState.SUCCESSFUL, f"{NAME}, with a key of DG14")
    assert not {MSE, INTERNAL_AUTHENTICATE} & set(protected)


def test_the_mapping_alone_proves_a_chip_whose_key_its_signer_signed(make: Callable[..., CardImage]) -> None:
    readout, protected = read(make())
    assert verdict(readout) == Verdict(
        Check.CHIP_AUTHENTICATION, CheckState.SUCCESSFUL, f"{NAME}, with a key that the signer of EF.SOD signed"
    )
    assert not {MSE, INTERNAL_AUTHENTICATE} & set(protected)


def test_after_basic_access_control_the_chip_is_asked(make: Callable[..., CardImage]) -> None:
    readout, protected = read(make("ecdh-aes128:13"), Access.BAC)
    assert verdict(readout) == Verdict(Check.CHIP_AUTHENTICATION, CheckState.SUCCESSFUL, "ECDH brainpoolP256r1 AES-128")
    assert MSE in protected


def test_without_its_file_the_mapping_says_nothing_and_the_chip_is_asked(make: Callable[..., CardImage]) -> None:
    readout, protected = read(replace(make("ecdh-aes256:12"), card_security=None))
    assert verdict(readout).state is CheckState.SUCCESSFUL
    assert verdict(readout).reason == "ECDH secp256r1 AES-256"
    assert MSE in protected
    readout, protected = read(replace(make(), card_security=None))
    assert verdict(readout) == Verdict(
        Check.CHIP_AUTHENTICATION, CheckState.UNDETERMINED, f"{NAME}: the chip did not give EF.CardSecurity"
    )
    assert readout.verdict(Check.ACTIVE_AUTHENTICATION).state is CheckState.SUCCESSFUL


def test_a_copy_with_other_keys_fails_by_each_of_them(make: Callable[..., CardImage]) -> None:
    readout, _ = read(forged(make()))
    assert verdict(readout) == Verdict(
        Check.CHIP_AUTHENTICATION, CheckState.FAILED, f"{NAME}: the chip does not know the key of EF.CardSecurity"
    )
    assert readout.verdict(Check.ACTIVE_AUTHENTICATION).state is CheckState.FAILED
    readout, _ = read(forged(make("ecdh-aes128:13")))
    assert verdict(readout).state is CheckState.FAILED
    assert set(readout.files) == {"DG1", "DG13", "SOD", "DG14", "DG15", "DG2"}


def test_a_copy_that_brings_its_own_key_and_signer(make: Callable[..., CardImage]) -> None:
    """Its mapping holds, for a key that only its own EF.CardSecurity has."""
    original, own = make(active_authentication=None), make(active_authentication=None)
    copy = replace(original, card_security=own.card_security, agreement_keys=own.agreement_keys)
    readout, _ = read(copy)
    assert verdict(readout) == Verdict(
        Check.CHIP_AUTHENTICATION,
        CheckState.UNDETERMINED,
        f"{NAME} holds for a key that nothing binds to this document",
    )


def test_a_changed_dg14_binds_nothing(make: Callable[..., CardImage]) -> None:
    """The copy puts its own key into DG14, whose hash is then another one than EF.SOD has."""
    original, own = make("ecdh-aes128:13"), make("ecdh-aes128:13")
    files = {**original.files, 0x010E: own.files[0x010E]}
    copy = replace(original, files=files, card_security=own.card_security, agreement_keys=own.agreement_keys)
    readout, _ = read(copy)
    assert verdict(readout).state is CheckState.FAILED
    assert readout.verdict(Check.DG_HASHES).state is CheckState.FAILED
