"""Chip authentication: the session goes on with keys that only the holder of DG14's private key can have."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, EcGroup, Group
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation import CardImage, EmulatedCard, Proof, Quirks, WrongProof, cloned, forged
from cccd_reader.emulation.variants import SUITE_NAMES, ChipAuthenticationVariant
from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, parse_public_key
from cccd_reader.secure_messaging import SecureChannel, session_keys

MakeTerminal = Callable[..., Any]
MakeCard = Callable[..., CardImage]

ECDH = bytes.fromhex("04007F000702020302")


def infos_of(dg14: bytes) -> SecurityInfos:
    return parse_security_infos(tlv.decode(dg14, tag=0x6E).value, "DG14")


def agree(inside: Any, key_id: int | None = None) -> tuple[bytes, bytes]:
    """An ephemeral public key, and the secret shared with the key of DG14."""
    keys = infos_of(inside.read_file(14)).chip_authentication_keys
    (mine,) = [key for key in keys if key.key_id == key_id]
    public = parse_public_key(mine.spki, "DG14")
    if isinstance(public, EcPublicKey):
        group: Group[Any] = EcGroup(public.curve)
        element: Any = public.point
    else:
        assert isinstance(public, DhPublicKey)
        group, element = DhGroup.from_chip(public.p, public.g, public.q, "DG14"), public.y
    own = group.key_pair()
    return group.encode(own.public), group.shared_secret(own.private, element)


def renew(inside: Any, suite: CipherSuite, secret: bytes) -> None:
    inside.link.channel = SecureChannel(suite, *session_keys(suite, secret))


def run(inside: Any, variant: ChipAuthenticationVariant, *, key_id: int | None = None, extended: bool = False) -> None:
    """The protocol as 9303-11, 6.2.4.2 has it, and a first command under the new keys."""
    public, secret = agree(inside, key_id)
    reference = b"" if key_id is None else tlv.encode(0x84, bytes([key_id]))
    assert inside.send(0x22, 0x41, 0xA4, tlv.encode(0x80, variant.oid) + reference).ok
    data = tlv.encode(0x7C, tlv.encode(0x80, public))
    assert inside.send(0x86, data=data, le=256, extended=extended) == ResponseApdu(b"\x7c\x00", 0x9000)
    renew(inside, variant.suite, secret)
    assert inside.read_file(1) == inside.card.image.files[0x0101]


@pytest.mark.parametrize("way", ["pace", "bac"])
@pytest.mark.parametrize("suite", list(SUITE_NAMES))
def test_on_a_curve(terminal: MakeTerminal, make_card: MakeCard, way: str, suite: str) -> None:
    image = make_card(ca=f"ecdh-{suite}")
    run(getattr(terminal(EmulatedCard(image)), way)(), ChipAuthenticationVariant.parse(f"ecdh-{suite}"))


@pytest.mark.parametrize("suite", list(SUITE_NAMES))
def test_modulo_a_prime(terminal: MakeTerminal, make_card: MakeCard, suite: str) -> None:
    text = f"dh-{suite}:1"
    run(terminal(EmulatedCard(make_card(ca=text))).pace(), ChipAuthenticationVariant.parse(text), extended=True)


@pytest.mark.parametrize("parameter_id", [8, 9, 10, 11, 12, 14, 15, 16, 17, 18])
def test_on_every_curve(terminal: MakeTerminal, make_card: MakeCard, parameter_id: int) -> None:
    text = f"ecdh-aes128:{parameter_id}"
    run(terminal(EmulatedCard(make_card(ca=text))).bac(), ChipAuthenticationVariant.parse(text))


@pytest.mark.parametrize("text", ["ecdh-aes128:13/named", "dh-aes128:2/x942", "dh-aes128:2"])
def test_whatever_form_the_key_has(terminal: MakeTerminal, make_card: MakeCard, text: str) -> None:
    run(terminal(EmulatedCard(make_card(ca=text))).bac(), ChipAuthenticationVariant.parse(text), extended=True)


def test_in_one_command_for_3des(terminal: MakeTerminal, make_card: MakeCard) -> None:
    image = make_card(ca=("ecdh-3des", "ecdh-aes128"))
    inside = terminal(EmulatedCard(image)).bac()
    public, secret = agree(inside)
    assert inside.send(0x22, 0x41, 0xA6, tlv.encode(0x91, public)).ok
    renew(inside, CipherSuite.DES3, secret)
    assert inside.read(1).ok


def test_a_chip_that_knows_only_the_other_way_for_3des(terminal: MakeTerminal, make_card: MakeCard) -> None:
    inside = terminal(EmulatedCard(make_card(ca="ecdh-3des"), quirks=Quirks(set_kat=False))).bac()
    public, _ = agree(inside)
    assert inside.send(0x22, 0x41, 0xA6, tlv.encode(0x91, public)).sw == 0x6A86
    run(inside, ChipAuthenticationVariant.parse("ecdh-3des"))


def test_several_keys_are_told_apart_by_their_numbers(terminal: MakeTerminal, make_card: MakeCard) -> None:
    texts = ("ecdh-aes128:12", "ecdh-aes128:16", "ecdh-3des:16", "dh-3des:0")
    image = make_card(ca=texts)
    found = infos_of(image.files[0x010E])
    assert {key.key_id for key in found.chip_authentication_keys} == {0, 12, 16}
    assert {(info.suite, info.key_id) for info in found.chip_authentication} == {
        (CipherSuite.AES128, 12),
        (CipherSuite.AES128, 16),
        (CipherSuite.DES3, 16),
        (CipherSuite.DES3, 0),
    }
    for text in texts[:2]:
        variant = ChipAuthenticationVariant.parse(text)
        run(terminal(EmulatedCard(image)).pace(), variant, key_id=variant.parameter_id)
    inside = terminal(EmulatedCard(image)).pace()
    oid = tlv.encode(0x80, ECDH + b"\x02")
    assert inside.send(0x22, 0x41, 0xA4, oid).sw == 0x6A88  # which of the two?
    assert inside.send(0x22, 0x41, 0xA4, oid + tlv.encode(0x84, b"\x0d")).sw == 0x6A88
    public, secret = agree(inside, 0)
    kat = tlv.encode(0x91, public) + tlv.encode(0x84, b"\x00")
    assert inside.send(0x22, 0x41, 0xA6, kat, extended=True).ok
    renew(inside, CipherSuite.DES3, secret)
    assert inside.read(1).ok


@pytest.mark.parametrize("whole", [False, True], ids=["each part protected", "one protected command in parts"])
def test_a_long_key_comes_in_parts_where_extended_length_is_missing(
    terminal: MakeTerminal, make_card: MakeCard, whole: bool
) -> None:
    card = EmulatedCard(make_card(ca="dh-aes128:2"), quirks=Quirks(extended_length=False))
    inside = terminal(card).pace()
    public, secret = agree(inside)
    variant = ChipAuthenticationVariant.parse("dh-aes128:2")
    assert inside.send(0x22, 0x41, 0xA4, tlv.encode(0x80, variant.oid)).ok
    data = tlv.encode(0x7C, tlv.encode(0x80, public))
    if whole:
        protected = inside.link.channel.protect(CommandApdu(0, 0x86, 0, 0, data, 256))
        part = CommandApdu(0x1C, 0x86, 0, 0, protected.data[:200])
        assert card.process(part.encode()) == bytes.fromhex("9000")
        raw = card.process(CommandApdu(0x0C, 0x86, 0, 0, protected.data[200:], 256).encode())
        assert inside.link.channel.unprotect(ResponseApdu.decode(raw)) == ResponseApdu(b"\x7c\x00", 0x9000)
    else:
        assert inside.link.send(CommandApdu(0x10, 0x86, 0, 0, data[:200])) == ResponseApdu(b"", 0x9000)
        assert inside.link.send(CommandApdu(0x00, 0x86, 0, 0, data[200:], 256)) == ResponseApdu(b"\x7c\x00", 0x9000)
    renew(inside, CipherSuite.AES128, secret)
    assert inside.read(1).ok


def test_a_chip_without_command_chaining(terminal: MakeTerminal, make_card: MakeCard) -> None:
    inside = terminal(EmulatedCard(make_card(), quirks=Quirks(command_chaining=False))).pace()
    assert inside.link.send(CommandApdu(0x10, 0x86, 0, 0, b"\x7c\x43")).sw == 0x6884
    assert inside.read(1).ok


def test_another_secret_does_not_continue_the_session(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    public, _ = agree(inside)
    assert inside.send(0x22, 0x41, 0xA4, tlv.encode(0x80, ECDH + b"\x02")).ok
    assert inside.send(0x86, data=tlv.encode(0x7C, tlv.encode(0x80, public)), le=256).ok
    renew(inside, CipherSuite.AES128, b"a guess")
    with pytest.raises(Exception, match="not protected"):
        inside.read(1)


@pytest.mark.parametrize("spoil", ["fault", "forged"])
def test_a_chip_with_another_private_key(terminal: MakeTerminal, image: CardImage, spoil: str) -> None:
    """The agreement itself looks right; nothing under the new keys does."""
    card = EmulatedCard(forged(image) if spoil == "forged" else image)
    if spoil == "fault":
        card.arm(WrongProof(Proof.CHIP_AUTHENTICATION))
    with pytest.raises(Exception, match="not protected"):
        run(terminal(card).pace(), ChipAuthenticationVariant.parse("ecdh-aes128"))


@pytest.mark.parametrize(
    ("p2", "data", "sw"),
    [
        (0xA4, tlv.encode(0x80, ECDH + b"\x05"), 0x6A80),
        (0xA4, tlv.encode(0x80, ECDH + b"\x03"), 0x6A80),  # a suite that this chip does not have
        (0xA4, tlv.encode(0x80, ECDH), 0x6A80),
        (0xA4, tlv.encode(0x80, b"\x04\x00"), 0x6A80),
        (0xA4, b"\x80\x05", 0x6A80),
        (0xA6, tlv.encode(0x91, b"\x04" + bytes(64)), 0x6A80),
        (0xA6, b"\x00\x00", 0x6A80),
        (0xB6, b"\x80\x00", 0x6A86),
    ],
)
def test_wrong_parameters(terminal: MakeTerminal, make_card: MakeCard, p2: int, data: bytes, sw: int) -> None:
    inside = terminal(EmulatedCard(make_card(ca=("ecdh-3des", "ecdh-aes128")))).pace()
    assert inside.send(0x22, 0x41, p2, data).sw == sw
    assert inside.read(1).ok


def test_the_agreement_needs_a_choice_first(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    assert inside.send(0x86, data=b"\x7c\x00", le=256).sw == 0x6985


def test_a_copied_card_has_all_files_and_agrees_to_nothing(terminal: MakeTerminal, image: CardImage) -> None:
    copy = terminal(EmulatedCard(cloned(image))).pace()
    assert copy.read_file(14) == image.files[0x010E]
    assert copy.send(0x22, 0x41, 0xA4, tlv.encode(0x80, ECDH + b"\x02")).sw == 0x6A88
    assert copy.send(0x22, 0x41, 0xA6, tlv.encode(0x91, b"\x04" + bytes(64))).sw == 0x6A88
