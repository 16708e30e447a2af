"""PACE with chip authentication mapping within whole readings: where it proves the chip, nothing more is asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cccd_reader import Access, CardReadout, Check, CheckState, LocalConnection, Verdict, keyring_from_number, read_card
from cccd_reader.emulation import CardImage, EmulatedCard, TestSigner, personalise, security_objects
from cccd_reader.emulation.image import cloned, forged
from cccd_reader.emulation.variants import ChipAuthenticationVariant, PaceVariant
from cccd_reader.errors import CardError
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


class Swapped(Counting):
    """The holder of a genuine card relays it, breaks off at the command `breaks_at` after the application's selection,
    and shows the copy of another one from then on."""

    def __init__(self, own: CardImage, copy: CardImage, breaks_at: int = 1) -> None:
        super().__init__(own)
        self._copy = copy
        self._left: int | None = None
        self._breaks_at = breaks_at

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if self._left is not None and apdu[0] & 0x0C:
            self._left -= 1
            if self._left == 0:
                return b"", 0x6988
        answer = super().transmit(apdu)
        if self._left is None and apdu[1:3] == b"\xa4\x04":
            self._left = self._breaks_at
        return answer

    def reset(self) -> None:
        if self._left is not None:
            self._card = EmulatedCard(self._copy)
        super().reset()


def test_the_mapping_of_one_card_says_nothing_about_another(make: Callable[..., CardImage]) -> None:
    """Both are of one signer. The attacker knows both numbers, so the relayed card's own CAN is no hindrance."""
    signer = TestSigner.create()
    own, victim = (make(active_authentication=None, signer=signer) for _ in range(2))
    generic = PaceVariant.parse("ecdh-gm-aes128:13")
    opens = security_objects.encode_security_infos(set(security_objects.pace_infos([generic])))
    copy = replace(cloned(victim), files={**victim.files, 0x011C: opens}, pace=(generic,))
    copies_read = 0
    for breaks_at in range(1, 15):  # before EF.SOD, within it, and after it
        try:
            readout = read_card(Swapped(own, copy, breaks_at), keyring_from_number(NUMBER), largest_read=223)
        except CardError:
            continue  # EF.SOD of two halves
        if readout.sod == victim.files[0x011D]:
            copies_read += 1
            assert verdict(readout).state is not CheckState.SUCCESSFUL
    assert copies_read


@pytest.mark.parametrize("breaks_at", range(1, 15))
def test_a_session_that_broke_does_not_spoil_the_mapping(make: Callable[..., CardImage], breaks_at: int) -> None:
    image = make(active_authentication=None)
    readout = read_card(Swapped(image, image, breaks_at), keyring_from_number(NUMBER), largest_read=223)
    assert verdict(readout).state is CheckState.SUCCESSFUL


def test_a_changed_dg14_binds_nothing(make: Callable[..., CardImage]) -> None:
    """The copy puts its own key into DG14, whose hash is then another one than EF.SOD has."""
    original, own = make("ecdh-aes128:13"), make("ecdh-aes128:13")
    files = {**original.files, 0x010E: own.files[0x010E]}
    copy = replace(original, files=files, card_security=own.card_security, agreement_keys=own.agreement_keys)
    readout, _ = read(copy)
    assert verdict(readout).state is CheckState.FAILED
    assert readout.verdict(Check.DG_HASHES).state is CheckState.FAILED
