"""The terminal's proofs against the product's emulated card: every protocol that it can have, and copies of it."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import LocalConnection
from cccd_reader.access import Access, open_chip
from cccd_reader.active_authentication import authenticate_actively
from cccd_reader.apdu import CommandApdu
from cccd_reader.cam_verdict import mapping_verdict
from cccd_reader.chip_authentication import ChipAuthentication, begin
from cccd_reader.emulation import CardImage, EmulatedCard, Quirks, TestSigner, cloned, personalise
from cccd_reader.emulation.variants import ActiveAuthenticationVariant, ChipAuthenticationVariant, PaceVariant
from cccd_reader.errors import CardError
from cccd_reader.keys import KeyRing, keyring_from_number
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.transport.link import Link
from cccd_reader.verdict import CheckState, Verdict
from tests.people import BICH

NUMBER = BICH.number
DG1, DG14, DG15 = 0x0101, 0x010E, 0x010F
READ = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=64)


@pytest.fixture(scope="module")
def signer() -> TestSigner:
    return TestSigner.create()


@pytest.fixture(scope="module")
def make(small_photo: bytes, signer: TestSigner) -> Callable[..., CardImage]:
    """make(chip authentication, active authentication, PACE): a card with these protocols, each as a short text."""

    def personalised(
        chip: tuple[str, ...] = (), active: str | None = None, pace: tuple[str, ...] = ("ecdh-gm-aes128:12",)
    ) -> CardImage:
        return personalise(
            BICH,
            small_photo,
            signer=signer,
            pace=[PaceVariant.parse(text) for text in pace],
            chip_authentication=[ChipAuthenticationVariant.parse(text) for text in chip],
            active_authentication=None if active is None else ActiveAuthenticationVariant.parse(active),
        )

    return personalised


def keys_of(image: CardImage) -> KeyRing:
    return KeyRing(can=keyring_from_number(NUMBER).can, mrz=(image.mrz_key,), number=NUMBER)


def opened(image: CardImage, access: Access = Access.BAC, **quirks: Any) -> Link:
    link = Link(LocalConnection(EmulatedCard(image, quirks=Quirks(**quirks))))
    open_chip(link, keys_of(image), access)
    return link


def chip_verdict(link: Link, image: CardImage, **options: Any) -> Verdict:
    begun = begin(link, parse_dg14(image.files[DG14]), **options)
    if isinstance(begun, Verdict):
        return begun
    assert isinstance(begun, ChipAuthentication)
    try:
        assert link.send(READ).data == image.files[DG1][:64]
    except CardError:
        assert not link.channel.alive
    return begun.verdict()


def active_verdict(link: Link, image: CardImage, **options: Any) -> Verdict:
    infos = parse_dg14(image.files[DG14]) if DG14 in image.files else None
    return authenticate_actively(link, image.files[DG15], infos, **options)


SUITES = ["3des", "aes128", "aes192", "aes256"]
ELLIPTIC = [f"ecdh-{suite}:{group}" for suite in SUITES for group in range(8, 19)] + ["ecdh-aes128:12/named"]
MULTIPLICATIVE = [f"dh-{suite}:{group}{form}" for suite in SUITES for group in range(3) for form in ("", "/x942")]


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("access", [Access.BAC, Access.PACE])
@pytest.mark.parametrize("text", ["ecdh-3des:13", "ecdh-aes128:13", "dh-3des:1", "dh-aes256:2"])
def test_chip_authentication_from_each_session(make: Any, text: str, access: Access, extended: bool) -> None:
    image = make((text,))
    link = opened(image, access, extended_length=extended)
    verdict = chip_verdict(link, image, extended=extended)
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason


@pytest.mark.parametrize("text", [*ELLIPTIC, *MULTIPLICATIVE])
def test_chip_authentication_with_every_protocol(make: Any, text: str) -> None:
    image = make((text,))
    link = opened(image)
    verdict = chip_verdict(link, image)
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason
    assert link.send(READ).ok


def test_several_protocols_and_keys(make: Any) -> None:
    image = make(("ecdh-3des:13", "dh-aes128:2", "ecdh-aes256:16", "ecdh-aes256:13"))
    verdict = chip_verdict(opened(image), image)
    assert verdict.state is CheckState.SUCCESSFUL
    assert "AES-256" in verdict.reason


@pytest.mark.parametrize("text", ["ecdh-3des:13", "ecdh-aes128:13", "dh-3des:1", "dh-aes256:2"])
def test_a_copy_has_no_key_to_agree_with(make: Any, text: str) -> None:
    image = cloned(make((text,)))
    link = opened(image)
    verdict = chip_verdict(link, image)
    assert verdict.state is CheckState.FAILED, verdict.reason


HASHES = ["sha1", "sha224", "sha256", "sha384", "sha512"]
CURVES = ["secp192r1", "brainpoolP224r1", "secp256r1", "brainpoolP256r1", "brainpoolP320r1", "secp521r1"]


@pytest.mark.parametrize(
    "text",
    [
        *(f"rsa-1024-{name}" for name in HASHES),
        "rsa-1024-sha1/33cc",
        "rsa-1536-sha256",
        *(f"ec-{curve}-sha256" for curve in CURVES),
        *(f"ec-brainpoolP512r1-{name}" for name in HASHES),
    ],
)
def test_active_authentication_with_every_algorithm(make: Any, text: str) -> None:
    image = make((), text)
    verdict = active_verdict(opened(image), image)
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason


@pytest.mark.parametrize("access", [Access.BAC, Access.PACE])
def test_a_long_signature(make: Any, access: Access) -> None:
    image = make((), "rsa-2048-sha256")
    for extended in (None, True):
        link = opened(image, access)
        verdict = active_verdict(link, image, extended=extended)
        assert verdict.state is CheckState.SUCCESSFUL, verdict.reason
        assert link.send(READ).ok
    verdict = active_verdict(opened(image, access, extended_length=False), image, extended=False)
    assert verdict.state in (CheckState.UNDETERMINED, CheckState.SUCCESSFUL), verdict.reason


@pytest.mark.parametrize("text", ["rsa-1024-sha1", "ec-brainpoolP256r1-sha256"])
def test_a_copy_has_no_key_to_sign_with(make: Any, text: str) -> None:
    image = cloned(make((), text))
    verdict = active_verdict(opened(image), image)
    assert verdict.state is CheckState.FAILED, verdict.reason


@pytest.mark.parametrize("suite", ["aes128", "aes192", "aes256"])
@pytest.mark.parametrize("group", [12, 13, 14])
def test_the_mapping_of_pace_as_the_proof(make: Any, signer: TestSigner, suite: str, group: int) -> None:
    image = make((), None, (f"ecdh-cam-{suite}:{group}",))
    link = Link(LocalConnection(EmulatedCard(image)))
    way = open_chip(link, keys_of(image), Access.PACE)
    assert way.cam is not None
    signed = mapping_verdict(way.cam, way.card_security, document_signer=signer.document_signer_certificate)
    assert signed.state is CheckState.SUCCESSFUL, signed.reason
    assert mapping_verdict(way.cam, way.card_security).state is CheckState.UNDETERMINED
    # With chip authentication, DG14 has the key too, and EF.CardSecurity is not needed.
    image = make((f"ecdh-aes128:{group}",), None, (f"ecdh-cam-{suite}:{group}",))
    way = open_chip(Link(LocalConnection(EmulatedCard(image))), keys_of(image), Access.PACE)
    assert way.cam is not None
    verdict = mapping_verdict(way.cam, None, dg14=parse_dg14(image.files[DG14]))
    assert verdict.state is CheckState.SUCCESSFUL, verdict.reason
    # Another chip's session says nothing about this document.
    other = make((f"ecdh-aes128:{group}",), None, (f"ecdh-cam-{suite}:{group}",))
    verdict = mapping_verdict(way.cam, other.card_security, dg14=parse_dg14(other.files[DG14]))
    assert verdict.state is CheckState.FAILED


def test_both_proofs_in_one_session(make: Any) -> None:
    image = make(("ecdh-aes256:13",), "rsa-2048-sha256")
    link = opened(image, Access.PACE)
    assert chip_verdict(link, image).state is CheckState.SUCCESSFUL
    assert active_verdict(link, image).state is CheckState.SUCCESSFUL
    assert link.send(READ).ok
