"""PACE in all its variants: the chip's side and the reader's, each written from the standard, open one session."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import tlv
from cccd_reader.card_access import parse_card_access
from cccd_reader.emulation import CardImage, EmulatedCard, PaceVariant, Proof, Quirks, WrongProof, cloned, forged
from cccd_reader.emulation.variants import SUITE_NAMES
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import Can
from cccd_reader.lds.card_security import parse_card_security
from cccd_reader.lds.security_infos import PaceInfo, parse_security_infos
from cccd_reader.pace_cam import verify_cam

MakeTerminal = Callable[..., Any]
MakeCard = Callable[..., CardImage]

CURVES = (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
ELLIPTIC = [f"ecdh-{mapping}-{suite}:12" for mapping in ("gm", "im") for suite in SUITE_NAMES]
PRIME = [
    f"dh-{mapping}-{suite}:{group}" for mapping in ("gm", "im") for group, suite in enumerate(SUITE_NAMES) if group < 3
]
WITH_CHIP = ["ecdh-cam-aes128:13", "ecdh-cam-aes192:15", "ecdh-cam-aes256:17"]
ON_CURVES = [f"ecdh-{mapping}-aes128:{number}" for mapping in ("gm", "im") for number in CURVES]
EVERY = [*ELLIPTIC, *PRIME, *WITH_CHIP, *(text for text in ON_CURVES if text != "ecdh-im-aes128:10")]


def info_of(image: CardImage, text: str) -> PaceInfo:
    """The entry of EF.CardAccess for the variant."""
    variant = PaceVariant.parse(text)
    for info in parse_card_access(image.files[0x011C]).pace:
        if (info.oid, info.parameter_id) == (variant.oid, variant.parameter_id):
            assert (info.agreement, info.mapping, info.suite) == (variant.agreement, variant.mapping, variant.suite)
            return info
    raise AssertionError("not in EF.CardAccess")


@pytest.mark.parametrize("text", EVERY)
def test_both_sides_agree(terminal: MakeTerminal, make_card: MakeCard, text: str) -> None:
    image = make_card(pace=text)
    inside = terminal(EmulatedCard(image))
    inside.run_pace(info_of(image, text), Can(image.can))
    assert inside.select_application().ok
    assert inside.read_file(1) == image.files[0x0101]


@pytest.mark.parametrize("text", ["ecdh-gm-aes256:13", "ecdh-im-3des:13", "ecdh-cam-aes128:13", "dh-gm-3des:2"])
def test_the_mrz_opens_it_too(terminal: MakeTerminal, make_card: MakeCard, text: str) -> None:
    image = make_card(pace=text)
    inside = terminal(EmulatedCard(image))
    inside.run_pace(info_of(image, text), image.mrz_key)
    assert inside.select_application().ok
    assert inside.read(1).ok


@pytest.mark.parametrize("text", ["ecdh-im-aes128:13", "ecdh-cam-aes128:13", "dh-gm-aes128:0", "dh-im-aes256:1"])
def test_a_wrong_can_is_refused_with_the_last_step(terminal: MakeTerminal, make_card: MakeCard, text: str) -> None:
    image = make_card(pace=text)
    outside = terminal(EmulatedCard(image))
    with pytest.raises(CardError) as caught:
        outside.run_pace(info_of(image, text), Can("999999"))
    assert (caught.value.code, caught.value.sw) == (CardErrorCode.WRONG_KEY, 0x6300)
    assert outside.card.apdus == 5


def test_several_protocols_on_one_chip(terminal: MakeTerminal, make_card: MakeCard) -> None:
    texts = ("ecdh-gm-aes128:12", "ecdh-gm-aes128:16", "ecdh-im-aes256:13", "dh-gm-3des:0", "ecdh-cam-aes128:13")
    image = make_card(pace=texts)
    for text in texts:
        inside = terminal(EmulatedCard(image))
        inside.run_pace(info_of(image, text), Can(image.can), name_parameters=True)
        assert inside.select_application().ok


class TestChipAuthenticationMapping:
    def open(self, terminal: MakeTerminal, card: EmulatedCard) -> Any:
        inside = terminal(card)
        inside.session = inside.run_pace(info_of(card.image, "ecdh-cam-aes128:13"), Can(card.image.can))
        return inside

    def is_proven(self, inside: Any) -> bool:
        """By the key of EF.CardSecurity, which is read in the master file."""
        security = parse_card_security(inside.read_file(0x1D))
        return verify_cam(inside.session.cam, security.infos)

    @pytest.fixture
    def image(self, make_card: MakeCard) -> CardImage:
        return make_card(pace=("ecdh-gm-aes128:13", "ecdh-cam-aes128:13"))

    def test_the_chip_proves_its_key(self, terminal: MakeTerminal, image: CardImage) -> None:
        inside = self.open(terminal, EmulatedCard(image))
        assert self.is_proven(inside)
        assert inside.read_file(0x1D) == image.card_security
        assert inside.select_application().ok
        assert inside.read_file(0x1D) == image.files[0x011D]  # the same identifier means EF.SOD here

    def test_card_security_needs_pace(self, terminal: MakeTerminal, image: CardImage) -> None:
        outside = terminal(EmulatedCard(image))
        assert outside.plain("00B09D0004").sw == 0x6982
        assert outside.plain("00A4020C02011D").sw == 0x6982
        assert outside.plain("00B09C0004").ok

    def test_card_security_is_not_for_basic_access_control(self, terminal: MakeTerminal, image: CardImage) -> None:
        inside = terminal(EmulatedCard(image, quirks=Quirks(refuses_master_file=False))).bac()
        assert inside.send(0xA4, 0x00, 0x0C).ok
        assert inside.read(0x1C).ok
        assert inside.read(0x1D).sw == 0x6982

    def test_the_mapping_key_is_named_by_its_group(self, image: CardImage) -> None:
        infos = parse_card_security(image.card_security or b"").infos
        (key,) = infos.chip_authentication_keys
        assert key.key_id == 13
        assert {(info.mapping, info.parameter_id) for info in infos.pace} == {("GM", 13), ("CAM", 13)}
        signed = parse_security_infos(tlv.decode(image.files[0x010E], tag=0x6E).value, "DG14")
        assert [(key.key_id, key.spki) for key in signed.chip_authentication_keys] == [(13, key.spki)]

    @pytest.mark.parametrize("copy", [cloned, forged])
    def test_a_copy_proves_nothing(
        self, terminal: MakeTerminal, image: CardImage, copy: Callable[[CardImage], CardImage]
    ) -> None:
        inside = self.open(terminal, EmulatedCard(copy(image)))
        assert not self.is_proven(inside)

    def test_wrong_data(self, terminal: MakeTerminal, image: CardImage) -> None:
        card = EmulatedCard(image)
        card.arm(WrongProof(Proof.CHIP_AUTHENTICATION_MAPPING))
        assert not self.is_proven(self.open(terminal, card))
        card.reset()
        assert self.is_proven(self.open(terminal, card))  # faults happen once


def test_a_wrong_token(terminal: MakeTerminal, image: CardImage) -> None:
    card = EmulatedCard(image)
    card.arm(WrongProof(Proof.PACE_TOKEN))
    with pytest.raises(CardError, match="token is wrong"):
        terminal(card).pace()
    card.reset()
    assert terminal(card).pace().read(1).ok


def test_a_chip_that_counts_its_tries(terminal: MakeTerminal, image: CardImage) -> None:
    card = EmulatedCard(image, quirks=Quirks(password_tries=3))
    mse = "0022C1A40F800A04007F00070202040202830102"
    for left in (0x63C2, 0x63C1):
        with pytest.raises(CardError) as caught:
            terminal(card).pace("999999")
        assert (caught.value.code, caught.value.sw) == (CardErrorCode.WRONG_KEY, left)
        assert terminal(card).plain(mse).sw == left  # chosen, with a warning; a reset does not help
    assert terminal(card).pace().read(1).ok
    assert terminal(card).plain(mse).sw == 0x9000
    for _ in range(3):
        with pytest.raises(CardError):
            terminal(card).pace("999999")
    with pytest.raises(CardError) as caught:
        terminal(card).pace()
    assert caught.value.code is CardErrorCode.ACCESS_DENIED
    assert terminal(card).bac().read(1).ok  # another key, with a count of its own


def test_wrong_keys_make_a_chip_slow(terminal: MakeTerminal, image: CardImage) -> None:
    waits: list[float] = []
    card = EmulatedCard(image, quirks=Quirks(wrong_key_delay_s=0.5), sleep=waits.append)
    for _ in range(2):
        with pytest.raises(CardError):
            terminal(card).pace("999999")
    assert waits == [0.5]
    assert terminal(card).bac().read(1).ok
    assert waits == [0.5, 1.0]
    assert terminal(card).pace().read(1).ok
    assert waits == [0.5, 1.0]
