"""Chip authentication: every cipher and kind of key, several keys, copies, and chips that refuse or answer anything."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, standard_group
from cccd_reader.apdu import CommandApdu
from cccd_reader.chip_authentication import ChipAuthentication, begin
from cccd_reader.crypto import CipherSuite
from cccd_reader.curves import Curve
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.verdict import Check, CheckState, Verdict

READ = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=64)
DH, ECDH = 1, 2
SUITES = {1: "3DES", 2: "AES-128", 3: "AES-192", 4: "AES-256"}


class Key:
    """A static key of the chip: its SubjectPublicKeyInfo, and the chip's side of the agreement."""

    def __init__(self, kind: int, spki: bytes, agree: Callable[[bytes], bytes], name: str) -> None:
        self.kind, self.spki, self.agree, self.name = kind, spki, agree, name


MakeKey = Callable[..., Key]


@pytest.fixture(scope="session")
def native_key(native: Any, spki_of: Any) -> MakeKey:
    def make(curve: str = "brainpoolP256r1") -> Key:
        private = ec.generate_private_key(native[curve]())

        def agree(public: bytes) -> bytes:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, public)
            return private.exchange(ec.ECDH(), peer)

        return Key(ECDH, spki_of(private), agree, f"ECDH {curve}")

    return make


@pytest.fixture(scope="session")
def curve_key(explicit_spki: Any) -> MakeKey:
    """On a curve that the cryptographic library lacks."""

    def make(curve: Curve) -> Key:
        private = curve.random_scalar()
        public = curve.multiply(private, curve.g)
        assert public is not None

        def agree(ephemeral: bytes) -> bytes:
            shared = curve.multiply(private, curve.decode(ephemeral))
            assert shared is not None
            return shared.x.to_bytes(curve.field_bytes, "big")

        return Key(ECDH, explicit_spki(curve, curve.encode(public)), agree, f"ECDH {curve.name}")

    return make


@pytest.fixture(scope="session")
def dh_key(dh_spki: Any) -> MakeKey:
    def make(parameter_id: int = 0, *, with_order: bool = True) -> Key:
        group = standard_group(parameter_id)
        assert isinstance(group, DhGroup)
        private = group.random_scalar()
        spki = dh_spki(group.p, group.g, group.q if with_order else None, pow(group.g, private, group.p))

        def agree(public: bytes) -> bytes:
            return pow(int.from_bytes(public, "big"), private, group.p).to_bytes(group.field_bytes, "big")

        return Key(DH, spki, agree, f"DH {group.p.bit_length()}")

    return make


def number(key_id: int | None) -> bytes:
    return b"" if key_id is None else bytes([0x02, 0x01, key_id])


def info(kind: int, cipher: int, key_id: int | None = None, version: int = 1) -> bytes:
    """ChipAuthenticationInfo."""
    oid = bytes.fromhex("04007F0007020203") + bytes([kind, cipher])
    return tlv.encode(0x30, tlv.encode(0x06, oid) + bytes([0x02, 0x01, version]) + number(key_id))


def public_key(key: Key, key_id: int | None = None) -> bytes:
    """ChipAuthenticationPublicKeyInfo."""
    oid = bytes.fromhex("04007F0007020201") + bytes([key.kind])
    return tlv.encode(0x30, tlv.encode(0x06, oid) + key.spki + number(key_id))


def dg14(*infos: bytes) -> SecurityInfos:
    return parse_dg14(tlv.encode(0x6E, tlv.encode(0x31, b"".join(infos))))


def headers(chip: Any) -> list[str]:
    return [command.header.hex() for command in chip.log]


def prove(link: Any, infos: SecurityInfos, **options: Any) -> Verdict:
    """Begins, and reads on as a reader does."""
    begun = begin(link, infos, **options)
    assert isinstance(begun, ChipAuthentication), begun
    assert begun.verdict().state is CheckState.ABORTED  # nothing is proven yet
    assert link.send(READ).ok
    return begun.verdict()


def successful(reason: str) -> Verdict:
    return Verdict(Check.CHIP_AUTHENTICATION, CheckState.SUCCESSFUL, reason)


@pytest.mark.parametrize("old", [CipherSuite.DES3, CipherSuite.AES256])
@pytest.mark.parametrize("cipher", SUITES)
def test_ecdh_with_every_cipher(
    proof_chip: Any, link_to: Any, native_key: MakeKey, old: CipherSuite, cipher: int
) -> None:
    chip, key = proof_chip(old), native_key()
    chip.agree[None] = key.agree
    link = link_to(chip)
    verdict = prove(link, dg14(info(ECDH, cipher), public_key(key)))
    assert verdict == successful(f"ECDH brainpoolP256r1 {SUITES[cipher]}")
    way = ["002241a6"] if cipher == 1 else ["002241a4", "00860000"]
    assert headers(chip) == [*way, "00b08100"]  # no command but the protocol's and the reader's own
    assert link.channel.suite.label == SUITES[cipher]
    assert link.send(READ).ok


@pytest.mark.parametrize("cipher", SUITES)
@pytest.mark.parametrize("with_order", [True, False])
def test_dh_with_every_cipher(proof_chip: Any, link_to: Any, dh_key: MakeKey, cipher: int, with_order: bool) -> None:
    chip, key = proof_chip(), dh_key(with_order=with_order)
    chip.agree[None] = key.agree
    assert prove(link_to(chip), dg14(info(DH, cipher), public_key(key))) == successful(f"DH 1024 {SUITES[cipher]}")
