"""The proofs that a chip is no copy, checked with the public keys of DG14 and DG15."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cccd_reader import tlv
from cccd_reader.apdu import ResponseApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation import CardImage, EmulatedCard, SignerKind, SyntheticCitizen, TestSigner, cloned, personalise
from cccd_reader.secure_messaging import SecureChannel, session_keys

MakeTerminal = Callable[..., Any]

CHALLENGE = bytes(range(8))
CA_OID = bytes.fromhex("04007F000702020302")
PK_OID = bytes.fromhex("04007F000702020102")
SUITES = {1: CipherSuite.DES3, 2: CipherSuite.AES128, 3: CipherSuite.AES192, 4: CipherSuite.AES256}


def chip_public_key(dg14: bytes) -> ec.EllipticCurvePublicKey:
    for info in tlv.iterate(tlv.decode(tlv.decode(dg14, tag=0x6E).value, tag=0x31).value):
        oid, *rest = tlv.iterate(info.value)
        if oid.value == PK_OID:
            key = serialization.load_der_public_key(rest[0].raw)
            assert isinstance(key, ec.EllipticCurvePublicKey)
            return key
    raise AssertionError("DG14 has no chip authentication key")


def agree(inside: Any) -> tuple[bytes, bytes]:
    """An ephemeral public key, and the secret shared with the key of DG14."""
    public = chip_public_key(inside.read_file(14))
    own = ec.generate_private_key(public.curve)
    point = own.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return point, own.exchange(ec.ECDH(), public)


@pytest.mark.parametrize("way", ["pace", "bac"])
@pytest.mark.parametrize("cipher", [1, 2, 3, 4])
def test_chip_authentication_renews_the_session(terminal: MakeTerminal, way: str, cipher: int) -> None:
    inside = getattr(terminal(), way)()
    point, secret = agree(inside)
    assert inside.send(0x22, 0x41, 0xA4, tlv.encode(0x80, CA_OID + bytes([cipher]))).ok
    answer = inside.send(0x86, data=tlv.encode(0x7C, tlv.encode(0x80, point)), le=256)
    assert answer == ResponseApdu(b"\x7c\x00", 0x9000)
    suite = SUITES[cipher]
    inside.link.channel = SecureChannel(suite, *session_keys(suite, secret))
    assert inside.read_file(1) == inside.card.image.files[0x0101]


def test_chip_authentication_in_one_command_for_3des(terminal: MakeTerminal) -> None:
    inside = terminal().bac()
    point, secret = agree(inside)
    assert inside.send(0x22, 0x41, 0xA6, tlv.encode(0x91, point)).ok
    inside.link.channel = SecureChannel(CipherSuite.DES3, *session_keys(CipherSuite.DES3, secret))
    assert inside.read(1).ok


def test_another_secret_does_not_continue_the_session(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    point, _ = agree(inside)
    assert inside.send(0x22, 0x41, 0xA6, tlv.encode(0x91, point)).ok
    inside.link.channel = SecureChannel(CipherSuite.DES3, *session_keys(CipherSuite.DES3, b"a guess"))
    with pytest.raises(Exception, match="not protected"):
        inside.read(1)


@pytest.mark.parametrize(
    ("p2", "data", "sw"),
    [
        (0xA4, tlv.encode(0x80, CA_OID + b"\x05"), 0x6A80),
        (0xA4, tlv.encode(0x80, CA_OID), 0x6A80),
        (0xA4, b"\x80\x05", 0x6A80),
        (0xA6, tlv.encode(0x91, b"\x04" + bytes(64)), 0x6A80),
        (0xA6, b"\x00\x00", 0x6A80),
        (0xB6, b"\x80\x00", 0x6A86),
    ],
)
def test_wrong_parameters(terminal: MakeTerminal, p2: int, data: bytes, sw: int) -> None:
    inside = terminal().pace()
    assert inside.send(0x22, 0x41, p2, data).sw == sw
    assert inside.read(1).ok


def test_the_agreement_needs_a_choice_first(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    assert inside.send(0x86, data=b"\x7c\x00", le=256).sw == 0x6985


def test_active_authentication_with_ecdsa(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    signature = inside.send(0x88, data=CHALLENGE, le=256).data
    key = serialization.load_der_public_key(tlv.decode(inside.read_file(15), tag=0x6F).value)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    key.verify(encode_dss_signature(r, s), CHALLENGE, ec.ECDSA(hashes.SHA256()))
    assert inside.send(0x88, data=CHALLENGE, le=256).data != signature


def test_active_authentication_with_rsa(
    terminal: MakeTerminal, citizen: SyntheticCitizen, photo: bytes, signer: TestSigner
) -> None:
    image = personalise(citizen, photo, signer=signer, active_authentication=SignerKind.RSA)
    inside = terminal(EmulatedCard(image)).pace()
    # 256 bytes of signature do not fit a short protected answer.
    assert inside.send(0x88, data=CHALLENGE, le=256).sw == 0x6700
    answer = inside.send(0x88, data=CHALLENGE, le=65536, extended=True)
    key = serialization.load_der_public_key(tlv.decode(inside.read_file(15), tag=0x6F).value)
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    opened = pow(int.from_bytes(answer.data, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    assert (opened[0], opened[-2:]) == (0x6A, b"\x34\xcc")
    recovered, digest = opened[1:-34], opened[-34:-2]
    assert digest == hashlib.sha256(recovered + CHALLENGE).digest()


def test_active_authentication_needs_a_session_and_eight_bytes(terminal: MakeTerminal) -> None:
    fresh = terminal()
    assert fresh.plain("0088000008" + CHALLENGE.hex() + "00").sw == 0x6982
    fresh.plain("00A4040C07A0000002471001")
    assert fresh.plain("0088000008" + CHALLENGE.hex() + "00").sw == 0x6982
    fresh.card.reset()
    assert fresh.pace().send(0x88, data=CHALLENGE[:7], le=256).sw == 0x6700


def test_a_copied_card_has_all_files_and_proves_nothing(terminal: MakeTerminal, image: CardImage) -> None:
    copy = terminal(EmulatedCard(cloned(image))).pace()
    assert copy.read_file(14) == image.files[0x010E]
    assert copy.send(0x22, 0x41, 0xA4, tlv.encode(0x80, CA_OID + b"\x02")).sw == 0x6A88
    assert copy.send(0x22, 0x41, 0xA6, tlv.encode(0x91, b"\x04" + bytes(64))).sw == 0x6A88
    assert copy.send(0x88, data=CHALLENGE, le=256).sw == 0x6D00
