"""The chip's proofs that it is no copy, with any answers: none of them is ever a proof."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cccd_reader import tlv
from cccd_reader.active_authentication import authenticate_actively
from cccd_reader.apdu import CommandApdu
from cccd_reader.chip_authentication import begin
from cccd_reader.errors import CardError
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.modp_table import MODP_GROUPS
from cccd_reader.transport.link import Link
from cccd_reader.verdict import CheckState, Verdict
from tests.fuzz.registry import target
from tests.fuzz.script import Determined, ScriptedCard, unpack
from tests.fuzz.signed import RSA_MODULUS

CHIP_KEY = ec.derive_private_key(0x1234567890ABCDEF, ec.BrainpoolP256R1())
"""Known to everybody who reads this, so that a seed can have a right signature."""


def spki_of(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def dh_spki() -> bytes:
    """PKCS #3, in the first group of RFC 5114."""
    group = MODP_GROUPS[0]
    p, g, y = (tlv.encode(0x02, b"\x00" + number.to_bytes(128, "big")) for number in (group.p, group.g, group.g))
    oid = tlv.encode(0x06, bytes.fromhex("2A864886F70D010301"))
    return tlv.encode(0x30, tlv.encode(0x30, oid + tlv.encode(0x30, p + g)) + tlv.encode(0x03, b"\x00" + y))


def dg14_file(suite: int, *, dh: bool) -> bytes:
    """One protocol and its key; `suite` counts 3DES, AES-128, AES-192, AES-256 from 1."""
    kind = 1 if dh else 2
    protocol = tlv.encode(0x06, bytes.fromhex("04007F0007020203") + bytes([kind, suite])) + b"\x02\x01\x01"
    key = tlv.encode(0x06, bytes.fromhex("04007F0007020201") + bytes([kind]))
    key += dh_spki() if dh else spki_of(CHIP_KEY.public_key())
    return tlv.encode(0x6E, tlv.encode(0x31, tlv.encode(0x30, protocol) + tlv.encode(0x30, key)))


_ALGORITHM = tlv.encode(0x06, bytes.fromhex("678108010105")) + b"\x02\x01\x01"
_ALGORITHM += tlv.encode(0x06, bytes.fromhex("04007F00070101040103"))
EC_INFOS = parse_dg14(tlv.encode(0x6E, tlv.encode(0x31, tlv.encode(0x30, _ALGORITHM))))
EC_FILE = tlv.encode(0x6F, spki_of(CHIP_KEY.public_key()))
RSA_FILE = tlv.encode(0x6F, spki_of(rsa.RSAPublicNumbers(3, RSA_MODULUS).public_key()))
_KEYS: tuple[tuple[bytes, SecurityInfos | None], ...] = ((EC_FILE, EC_INFOS), (EC_FILE, None), (RSA_FILE, None))

CHALLENGE = Determined()(8)


@target(max_len=512)
def active_authentication(data: bytes) -> None:
    """ECDSA with the hash named and assumed, and RSA. The first byte chooses, also how long APDUs may be."""
    choice, answers = (data[0], data[1:]) if data else (0, b"")
    file, infos = _KEYS[choice % 3]
    line = Link(ScriptedCard(unpack(answers)))
    extended = (None, True, False)[choice // 3 % 3]
    verdict = authenticate_actively(line, file, infos, extended=extended, random=Determined())
    assert file is EC_FILE or verdict.state is not CheckState.SUCCESSFUL
    assert len(verdict.reason) < 200


@target(max_len=512)
def chip_authentication(data: bytes) -> None:
    """The agreement and the first answer under the new keys. The first byte chooses protocol and cipher."""
    choice, answers = (data[0], data[1:]) if data else (0, b"")
    line = Link(ScriptedCard(unpack(answers)))
    begun = begin(line, parse_dg14(dg14_file(1 + choice % 4, dh=bool(choice & 4))), extended=bool(choice & 8))
    if isinstance(begun, Verdict):
        assert begun.state in (CheckState.FAILED, CheckState.ABORTED)
        return
    try:
        line.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=8))
    except CardError:
        assert begun.verdict().state in (CheckState.FAILED, CheckState.ABORTED)
        raise
    raise AssertionError("an answer was accepted under keys that nobody knows")
