"""Active authentication: signatures over the terminal's challenge, checked with the public key of DG15."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.curve_table import BY_PARAMETER_ID
from cccd_reader.ecdsa import decode_der_signature, decode_plain_signature, verify_numbers
from cccd_reader.emulation import CardImage, EmulatedCard, Proof, Quirks, WrongProof, cloned, forged
from cccd_reader.emulation.active_signature import recoverable_message, sign_ecdsa
from cccd_reader.emulation.variants import ActiveAuthenticationVariant
from cccd_reader.iso9796 import WrongSignatureError, verify_signature
from cccd_reader.lds.security_infos import parse_security_infos
from cccd_reader.public_keys import EcPublicKey, parse_public_key

MakeTerminal = Callable[..., Any]
MakeCard = Callable[..., CardImage]

CHALLENGE = bytes(range(8))
TRAILERS = {"sha1": "BC", "sha224": "38CC", "sha256": "34CC", "sha384": "36CC", "sha512": "35CC", "sha1/33cc": "33CC"}
CURVES = [curve.name for curve in BY_PARAMETER_ID.values()]


def ec_key(image: CardImage) -> EcPublicKey:
    key = parse_public_key(tlv.decode(image.files[0x010F], tag=0x6F).value, "DG15")
    assert isinstance(key, EcPublicKey)
    return key


def rsa_key(image: CardImage) -> tuple[int, int]:
    key = parse_public_key(tlv.decode(image.files[0x010F], tag=0x6F).value, "DG15")
    assert isinstance(key, RSAPublicKey)
    numbers = key.public_numbers()
    return numbers.n, numbers.e


def is_right(image: CardImage, digest: str, signature: bytes) -> bool:
    """Whether r ‖ s is of the challenge by DG15's key."""
    key = ec_key(image)
    hashed = hashlib.new(digest, CHALLENGE).digest()
    return verify_numbers(key.curve, key.point, hashed, decode_plain_signature(key.curve, signature))


@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa_on_every_curve(terminal: MakeTerminal, make_card: MakeCard, curve: str) -> None:
    image = make_card(aa=f"ec-{curve}-sha256")
    inside = terminal(EmulatedCard(image)).bac()
    assert inside.read_file(15) == image.files[0x010F]
    one, other = (inside.send(0x88, data=CHALLENGE, le=256) for _ in range(2))
    assert is_right(image, "sha256", one.data)
    assert is_right(image, "sha256", other.data)
    assert one.data != other.data


@pytest.mark.parametrize(("digest", "number"), [("sha1", 1), ("sha224", 2), ("sha384", 4), ("sha512", 5)])
def test_ecdsa_with_every_hash_is_named_in_dg14(
    terminal: MakeTerminal, make_card: MakeCard, digest: str, number: int
) -> None:
    image = make_card(aa=f"ec-secp384r1-{digest}")
    (info,) = parse_security_infos(tlv.decode(image.files[0x010E]).value, "DG14").active_authentication
    assert info.signature_algorithm == bytes.fromhex("04007F000701010401") + bytes([number])
    assert is_right(image, digest, terminal(EmulatedCard(image)).bac().send(0x88, data=CHALLENGE, le=256).data)


def test_a_chip_that_answers_in_der(terminal: MakeTerminal, image: CardImage) -> None:
    inside = terminal(quirks=Quirks(der_signatures=True)).pace()
    signature = inside.send(0x88, data=CHALLENGE, le=256).data
    key = ec_key(image)
    assert signature[0] == 0x30
    assert verify_numbers(key.curve, key.point, hashlib.sha256(CHALLENGE).digest(), decode_der_signature(signature))


@pytest.mark.parametrize("digest", list(TRAILERS))
def test_rsa_with_every_hash_is_named_by_its_trailer(terminal: MakeTerminal, make_card: MakeCard, digest: str) -> None:
    image = make_card(aa=f"rsa-2048-{digest}")
    assert not parse_security_infos(tlv.decode(image.files[0x010E]).value, "DG14").active_authentication
    answer = terminal(EmulatedCard(image)).pace().send(0x88, data=CHALLENGE, le=65536, extended=True)
    modulus, exponent = rsa_key(image)
    opened = pow(int.from_bytes(answer.data, "big"), exponent, modulus).to_bytes(256, "big")
    trailer = bytes.fromhex(TRAILERS[digest])
    assert (opened[:1], opened[-len(trailer) :]) == (b"\x6a", trailer)
    hashed = hashlib.new(digest.split("/")[0])
    recovered, found = opened[1 : -len(trailer)][: -hashed.digest_size], opened[: -len(trailer)][-hashed.digest_size :]
    hashed.update(recovered + CHALLENGE)
    assert found == hashed.digest()


def test_the_message_of_appendix_f(icao: dict[str, Any], scripted_random: Callable[..., Any]) -> None:
    vector = icao["active_auth_rsa_sha1_icao9303_11_F"]
    variant = ActiveAuthenticationVariant.parse("rsa-1024-sha1")
    challenge = bytes.fromhex(vector["rnd_ifd"])
    message = recoverable_message(variant, 128, challenge, scripted_random(vector["m1"]))
    assert message.hex().upper() == vector["f"]


def test_rsa_signatures_may_be_the_smaller_of_two(terminal: MakeTerminal, make_card: MakeCard) -> None:
    image = make_card(aa="rsa-1024-sha256")
    modulus, exponent = rsa_key(image)
    inside = terminal(EmulatedCard(image, quirks=Quirks(smaller_signatures=True))).bac()
    forms = set()
    for _ in range(16):
        signature = int.from_bytes(inside.send(0x88, data=CHALLENGE, le=256).data, "big")
        assert signature <= modulus // 2
        opened = pow(signature, exponent, modulus)
        forms.add(min(opened, modulus - opened) == opened)
        assert b"\x34\xcc" in {number.to_bytes(128, "big")[-2:] for number in (opened, modulus - opened)}
    assert forms  # which of the two forms it is depends on the numbers


def test_a_signature_that_does_not_fit_comes_in_parts(terminal: MakeTerminal, make_card: MakeCard) -> None:
    card = EmulatedCard(make_card(aa="rsa-3072-sha256"), quirks=Quirks(extended_length=False))
    inside = terminal(card).pace()
    command = inside.link.channel.protect(CommandApdu(0, 0x88, 0, 0, CHALLENGE, 256))
    answer = ResponseApdu.decode(card.process(command.encode()))
    parts = answer.data
    while answer.sw >> 8 == 0x61:
        answer = ResponseApdu.decode(card.process(bytes.fromhex(f"00C00000{answer.sw & 0xFF:02X}")))
        parts += answer.data
    signature = inside.link.channel.unprotect(ResponseApdu(parts, answer.sw))
    assert (len(signature.data), signature.sw) == (384, 0x9000)
    assert inside.read(1).ok


def test_a_chip_that_cannot_answer_in_parts(terminal: MakeTerminal, make_card: MakeCard) -> None:
    card = EmulatedCard(make_card(aa="rsa-3072-sha256"), quirks=Quirks(response_chaining=False))
    inside = terminal(card).pace()
    assert inside.send(0x88, data=CHALLENGE, le=256).sw == 0x6700
    assert len(inside.send(0x88, data=CHALLENGE, le=65536, extended=True).data) == 384


def test_the_rest_of_an_answer_is_lost_by_any_other_command(terminal: MakeTerminal, make_card: MakeCard) -> None:
    card = EmulatedCard(make_card(aa="rsa-3072-sha256"))
    inside = terminal(card).pace()
    command = inside.link.channel.protect(CommandApdu(0, 0x88, 0, 0, CHALLENGE, 256))
    assert card.process(command.encode())[-2] == 0x61
    assert card.process(bytes.fromhex("00B0810004")) == bytes.fromhex("6987")
    assert card.process(bytes.fromhex("00C0000000")) == bytes.fromhex("6D00")


@pytest.mark.parametrize("aa", ["ec-brainpoolP256r1-sha256", "rsa-1024-sha1"])
@pytest.mark.parametrize("spoil", ["fault", "forged"])
def test_a_wrong_signature_has_the_form_of_a_right_one(
    terminal: MakeTerminal, make_card: MakeCard, aa: str, spoil: str
) -> None:
    image = make_card(aa=aa)
    card = EmulatedCard(forged(image) if spoil == "forged" else image)
    if spoil == "fault":
        card.arm(WrongProof(Proof.ACTIVE_AUTHENTICATION))
    signature = terminal(card).bac().send(0x88, data=CHALLENGE, le=256).data
    if aa.startswith("ec"):
        assert not is_right(image, "sha256", signature)
    else:
        assert len(signature) == 128
        with pytest.raises(WrongSignatureError):
            verify_signature(*rsa_key(image), signature, CHALLENGE)


def test_a_session_and_eight_bytes_are_needed(terminal: MakeTerminal) -> None:
    fresh = terminal()
    assert fresh.plain("0088000008" + CHALLENGE.hex() + "00").sw == 0x6982
    fresh.plain("00A4040C07A0000002471001")
    assert fresh.plain("0088000008" + CHALLENGE.hex() + "00").sw == 0x6982
    fresh.card.reset()
    assert fresh.pace().send(0x88, data=CHALLENGE[:7], le=256).sw == 0x6700


def test_a_copied_card_signs_nothing(terminal: MakeTerminal, image: CardImage) -> None:
    assert terminal(EmulatedCard(cloned(image))).pace().send(0x88, data=CHALLENGE, le=256).sw == 0x6D00


def test_a_digest_longer_than_the_order_is_cut(scripted_random: Callable[..., Any]) -> None:
    curve = BY_PARAMETER_ID[8]
    digest = hashlib.sha512(b"message").digest()
    r, s = sign_ecdsa(curve, 5, digest, scripted_random("00" * 23 + "07"))
    public = curve.multiply(5, curve.g)
    assert public is not None
    assert verify_numbers(curve, public, digest, (r, s))
