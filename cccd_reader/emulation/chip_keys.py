"""The private keys that a synthetic chip never gives out, and how its files write their public halves."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, EcGroup, Group, standard_group
from cccd_reader.crypto import CipherSuite
from cccd_reader.curves import Curve, Point
from cccd_reader.emulation.variants import ActiveAuthenticationVariant, KeyForm

RandomSource = Callable[[int], bytes]

_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30

_OID_EC_KEY = bytes.fromhex("2A8648CE3D0201")
_OID_PRIME_FIELD = bytes.fromhex("2A8648CE3D0101")
"""id-ecPublicKey 1.2.840.10045.2.1 and prime-field 1.2.840.10045.1.1 (RFC 3279, 2.3.5)."""
_OID_PKCS3 = bytes.fromhex("2A864886F70D010301")
"""dhKeyAgreement 1.2.840.113549.1.3.1 (PKCS #3)."""
_OID_X942 = bytes.fromhex("2A8648CE3E0201")
"""dhpublicnumber 1.2.840.10046.2.1 (RFC 3279, 2.3.3)."""

_NAMED_CURVES = {
    8: "2A8648CE3D030101",
    9: "2B2403030208010103",
    10: "2B81040021",
    11: "2B2403030208010105",
    12: "2A8648CE3D030107",
    13: "2B2403030208010107",
    14: "2B2403030208010109",
    15: "2B81040022",
    16: "2B240303020801010B",
    17: "2B240303020801010D",
    18: "2B81040023",
}
"""The object identifiers of the standardized curves by parameter id (RFC 5480, 2.1.1.1; RFC 5639, 4)."""

_RSA_EXPONENT = 65537


@dataclass(frozen=True, slots=True, repr=False)
class AgreementKey:
    """A static key on a standardized group, for chip authentication with `suites` and for PACE with chip
    authentication mapping. `key_id` is how terminals name it, where they have to."""

    parameter_id: int
    private: int
    suites: tuple[CipherSuite, ...] = ()
    key_id: int | None = None

    @property
    def group(self) -> Group[Any]:
        group = standard_group(self.parameter_id)
        assert group is not None
        return group

    def public_key_info(self, form: KeyForm = KeyForm.STANDARD) -> bytes:
        """SubjectPublicKeyInfo (9303-11, 9.1)."""
        group = self.group
        if isinstance(group, EcGroup):
            point = group.key_pair(private=self.private).public
            return ec_public_key_info(group.curve, point, self.parameter_id if form is KeyForm.NAMED else None)
        assert isinstance(group, DhGroup)
        public = _integer(group.key_pair(private=self.private).public)
        parameters = _integer(group.p) + _integer(group.g)
        if form is KeyForm.X942:
            parameters += _integer(order_of(group))
        oid = _OID_X942 if form is KeyForm.X942 else _OID_PKCS3
        return _public_key_info(tlv.encode(_OID, oid) + tlv.encode(_SEQUENCE, parameters), public)


@dataclass(frozen=True, slots=True, repr=False)
class ActiveAuthenticationKey:
    """`private` is a PKCS #8 of RSA in DER, or a scalar of the curve, big-endian."""

    variant: ActiveAuthenticationVariant
    private: bytes

    @property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        key = serialization.load_der_private_key(self.private, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    @property
    def scalar(self) -> int:
        return int.from_bytes(self.private, "big")

    def public_key_info(self) -> bytes:
        """SubjectPublicKeyInfo, as EF.DG15 holds it; a curve is named."""
        curve = self.variant.curve
        if curve is None:
            return self.rsa_key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        point = curve.multiply(self.scalar, curve.g)
        assert point is not None
        return ec_public_key_info(curve, point, self.variant.curve_id)


def random_scalar(random: RandomSource, order: int) -> int:
    """A private key in 1..order-1 from the chip's random source, by rejection."""
    size = (order.bit_length() + 7) // 8
    # Bits above the order's are cut off, else a key of 521 bits would need 128 draws.
    mask = (1 << order.bit_length()) - 1
    while True:
        candidate = int.from_bytes(random(size), "big") & mask
        if 0 < candidate < order:
            return candidate


def order_of(group: Group[Any]) -> int:
    """The order of a standardized group, below which private keys are taken."""
    if isinstance(group, EcGroup):
        return group.curve.n
    assert isinstance(group, DhGroup)
    assert group.q is not None
    return group.q


def generate_agreement_key(
    parameter_id: int, suites: tuple[CipherSuite, ...], key_id: int | None, random: RandomSource = os.urandom
) -> AgreementKey:
    group = standard_group(parameter_id)
    assert group is not None
    return AgreementKey(parameter_id, random_scalar(random, order_of(group)), suites, key_id)


def generate_active_key(
    variant: ActiveAuthenticationVariant, random: RandomSource = os.urandom
) -> ActiveAuthenticationKey:
    curve = variant.curve
    if curve is not None:
        size = (curve.n.bit_length() + 7) // 8
        return ActiveAuthenticationKey(variant, random_scalar(random, curve.n).to_bytes(size, "big"))
    assert variant.rsa_bits is not None
    key = rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=variant.rsa_bits)
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ActiveAuthenticationKey(variant, pkcs8)


def ec_public_key_info(curve: Curve, point: Point, named: int | None) -> bytes:
    """SubjectPublicKeyInfo of a point, with the curve's name (its parameter id) or all its parameters."""
    if named is not None:
        parameters = tlv.encode(_OID, bytes.fromhex(_NAMED_CURVES[named]))
    else:
        size = curve.field_bytes
        parameters = tlv.encode(
            _SEQUENCE,
            _integer(1)
            + tlv.encode(_SEQUENCE, tlv.encode(_OID, _OID_PRIME_FIELD) + _integer(curve.p))
            + tlv.encode(_SEQUENCE, b"".join(tlv.encode(_OCTETS, n.to_bytes(size, "big")) for n in (curve.a, curve.b)))
            + tlv.encode(_OCTETS, curve.encode(curve.g))
            + _integer(curve.n)
            + _integer(1),
        )
    return _public_key_info(tlv.encode(_OID, _OID_EC_KEY) + parameters, curve.encode(point))


def _public_key_info(algorithm: bytes, key: bytes) -> bytes:
    return tlv.encode(_SEQUENCE, tlv.encode(_SEQUENCE, algorithm) + tlv.encode(_BITS, b"\x00" + key))


def _integer(number: int) -> bytes:
    """A positive INTEGER in DER: a zero byte goes before a first byte that would look negative."""
    return tlv.encode(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
