"""Public keys: every curve by name and by explicit parameters, RSA and Diffie-Hellman, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.curve_table import BRAINPOOLP224R1, BRAINPOOLP256R1, BY_PARAMETER_ID, SECP224R1, SECP521R1
from cccd_reader.curves import Curve
from cccd_reader.errors import ChipDataError
from cccd_reader.modp_table import MODP_GROUPS
from cccd_reader.public_keys import (
    DhPublicKey,
    EcPublicKey,
    UnsupportedKeyError,
    describe,
    parse_curve,
    parse_public_key,
)

CURVES = list(BY_PARAMETER_ID.values())
NAMED = {curve.name: curve for curve in CURVES}
EC_PUBLIC_KEY = tlv.encode(6, der.encode_oid("1.2.840.10045.2.1"))


def number(value: int) -> bytes:
    return tlv.encode(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def explicit(curve: Curve, **changes: Any) -> bytes:
    """ECParameters with all parameters of the curve, some of them changed."""
    size = curve.field_bytes
    v = {"field": "1.2.840.10045.1.1", "p": curve.p, "a": curve.a, "b": curve.b, "base": curve.encode(curve.g),
         "n": curve.n, "h": 1} | changes  # fmt: skip
    field = tlv.encode(0x30, tlv.encode(6, der.encode_oid(v["field"])) + number(v["p"]))
    coefficients = tlv.encode(4, v["a"].to_bytes(size, "big")) + tlv.encode(4, v["b"].to_bytes(size, "big"))
    tail = b"" if v["h"] is None else number(v["h"])
    body = number(1) + field + tlv.encode(0x30, coefficients) + tlv.encode(4, v["base"]) + number(v["n"]) + tail
    return tlv.encode(0x30, body)


def spki(identifier: bytes, bits: bytes) -> bytes:
    return tlv.encode(0x30, tlv.encode(0x30, identifier) + tlv.encode(3, b"\x00" + bits))


def ec_spki(parameters: bytes, point: bytes) -> bytes:
    return spki(EC_PUBLIC_KEY + parameters, point)


def rsa_spki(modulus: int, exponent: int, algorithm: str = "1.2.840.113549.1.1.1") -> bytes:
    numbers = tlv.encode(0x30, number(modulus) + number(exponent))
    return spki(tlv.encode(6, der.encode_oid(algorithm)) + b"\x05\x00", numbers)


def public_bytes(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_explicit_parameters_give_the_standardized_curve(curve: Curve) -> None:
    compressed = bytes([2 + (curve.g.y & 1)]) + curve.g.x.to_bytes(curve.field_bytes, "big")
    for parameters in (explicit(curve), explicit(curve, h=None), explicit(curve, base=compressed)):
        assert parse_public_key(ec_spki(parameters, curve.encode(curve.g)), "test") == EcPublicKey(curve, curve.g)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("what", ["p", "a", "b", "n", "h", "base", "negative base", "compressed base", "other point"])
def test_one_changed_parameter_is_refused(curve: Curve, what: str) -> None:
    """With a base point of one's own choice, anybody's public key gets a known private key (CVE-2020-0601)."""
    other = curve.multiply(2, curve.g)
    assert other is not None
    negative = curve.g.x.to_bytes(curve.field_bytes, "big") + (curve.p - curve.g.y).to_bytes(curve.field_bytes, "big")
    changes = {
        "p": {"p": curve.p - 2},
        "a": {"a": curve.a ^ 1},
        "b": {"b": curve.b ^ 1},
        "n": {"n": curve.n - 2},
        "h": {"h": 2},
        "base": {"base": b"\x04" + bytes(2 * curve.field_bytes)},
        "negative base": {"base": b"\x04" + negative},
        "compressed base": {"base": bytes([3 - (curve.g.y & 1)]) + negative[: curve.field_bytes]},
        "other point": {"base": curve.encode(other)},
    }[what]
    with pytest.raises(ChipDataError, match="explicit curve parameters of no standardized curve"):
        parse_curve(explicit(curve, **changes), "test")


def test_the_attack_itself_is_refused() -> None:
    """The victim's key Q as the base point: then the private key is 1, and every signature verifies."""
    victim = BRAINPOOLP256R1.multiply(0x1234567, BRAINPOOLP256R1.g)
    assert victim is not None
    point = BRAINPOOLP256R1.encode(victim)
    with pytest.raises(ChipDataError):
        parse_public_key(ec_spki(explicit(BRAINPOOLP256R1, base=point), point), "test")


@pytest.mark.parametrize(
    "curve", [ec.SECP192R1, ec.SECP224R1, ec.SECP256R1, ec.SECP384R1, ec.SECP521R1, ec.BrainpoolP256R1,
              ec.BrainpoolP384R1, ec.BrainpoolP512R1],
)  # fmt: skip
def test_named_curves(curve: type[ec.EllipticCurve]) -> None:
    key = ec.generate_private_key(curve()).public_key()
    numbers = key.public_numbers()
    found = parse_public_key(public_bytes(key), "test")
    assert isinstance(found, EcPublicKey)
    assert (found.point.x, found.point.y) == (numbers.x, numbers.y)
    assert found.curve.name.lower() == curve.name.lower()
    assert describe(found) == found.curve.name


def test_compressed_points() -> None:
    for curve in CURVES:
        point = curve.multiply(12345, curve.g)
        assert point is not None
        encoded = bytes([2 + (point.y & 1)]) + point.x.to_bytes(curve.field_bytes, "big")
        if curve is SECP224R1:
            with pytest.raises(UnsupportedKeyError):
                parse_public_key(ec_spki(explicit(curve), encoded), "test")
        else:
            assert parse_public_key(ec_spki(explicit(curve), encoded), "test") == EcPublicKey(curve, point)
    # x = 5 has no point on brainpoolP224r1, and a coordinate beyond the field is none.
    for x in (5, BRAINPOOLP224R1.p + 1):
        with pytest.raises(ChipDataError, match="not on brainpoolP224r1"):
            parse_public_key(ec_spki(explicit(BRAINPOOLP224R1), b"\x02" + x.to_bytes(28, "big")), "test")


@pytest.mark.parametrize("point", [b"", b"\x00", b"\x04" + bytes(64), b"\x06" + bytes(64), b"\x04" + bytes(63)])
def test_points_off_the_curve(point: bytes) -> None:
    with pytest.raises(ChipDataError):
        parse_public_key(ec_spki(explicit(BRAINPOOLP256R1), point), "test")


def test_curves_that_documents_do_not_use() -> None:
    secp256k1 = tlv.encode(6, der.encode_oid("1.3.132.0.10"))
    with pytest.raises(UnsupportedKeyError, match=r"curve 1\.3\.132\.0\.10"):
        parse_public_key(ec_spki(secp256k1, b""), "test")
    with pytest.raises(UnsupportedKeyError, match="inherited"):
        parse_public_key(ec_spki(b"\x05\x00", b""), "test")
    with pytest.raises(UnsupportedKeyError, match="not prime"):
        parse_curve(explicit(SECP521R1, field="1.2.840.10045.1.2"), "test")
    with pytest.raises(ChipDataError, match="without parameters"):
        parse_public_key(spki(EC_PUBLIC_KEY, b""), "test")
    with pytest.raises(UnsupportedKeyError, match=r"key algorithm 1\.3\.101\.112"):
        parse_public_key(spki(tlv.encode(6, der.encode_oid("1.3.101.112")), bytes(32)), "test")


@pytest.mark.parametrize("exponent", [3, 65537])
@pytest.mark.parametrize("pss", [True, False])
def test_rsa(exponent: int, pss: bool) -> None:
    key = rsa.generate_private_key(exponent, 2048).public_key()
    numbers = key.public_numbers()
    algorithm = "1.2.840.113549.1.1.10" if pss else "1.2.840.113549.1.1.1"
    found = parse_public_key(rsa_spki(numbers.n, numbers.e, algorithm), "test")
    assert isinstance(found, rsa.RSAPublicKey)
    assert found.public_numbers() == numbers
    assert describe(found) == "RSA 2048"


@pytest.mark.parametrize(
    ("modulus", "exponent", "rule"),
    [
        ((1 << 1022) + 1, 3, "modulus of 1023 bits"),
        ((1 << 16384) + 1, 3, "modulus of 16385 bits"),
        (1 << 200_000, 3, "an integer of 25001 bytes"),
        (1 << 2047, 3, "or even"),
        (0, 3, "modulus of 0 bits"),
        ((1 << 2047) + 1, 1, "exponent of 1 bits"),
        ((1 << 2047) + 1, 4, "exponent of 3 bits"),
        ((1 << 2047) + 1, (1 << 64) + 1, "exponent of 65 bits"),
        ((1 << 2047) + 1, (1 << 2046) + 1, "exponent of 2047 bits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rsa_keys_out_of_bounds(modulus: int, exponent: int, rule: str) -> None:
    """A certificate may not keep the reader busy with a number of its choice."""
    with pytest.raises(ChipDataError, match=rule):
        parse_public_key(rsa_spki(modulus, exponent), "test")


PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
"""RFC 2409, 6.2: the second Oakley group."""


def dh_spki(p: int, g: int, y: int, q: int | None = None, *, x942: bool = False) -> bytes:
    algorithm = "1.2.840.10046.2.1" if x942 else "1.2.840.113549.1.3.1"
    group = tlv.encode(0x30, number(p) + number(g) + (b"" if q is None else number(q)))
    return spki(tlv.encode(6, der.encode_oid(algorithm)) + group, number(y))


def test_diffie_hellman_keys() -> None:
    p = PRIME
    assert parse_public_key(dh_spki(p, 5, 7), "test") == DhPublicKey(p, 5, None, 7)
    assert parse_public_key(dh_spki(p, 5, 7, 11, x942=True), "test") == DhPublicKey(p, 5, 11, 7)
    assert describe(DhPublicKey(p, 5, None, 7)) == "DH 1024"
    for bad in ((p, 1, 7), (p, 5, p - 1), (p, 5, 1), (p + 1, 5, 7), (17, 3, 5), ((1 << 8192) + 1, 3, 5)):
        with pytest.raises(ChipDataError):
            parse_public_key(dh_spki(*bad), "test")
    with pytest.raises(ChipDataError):
        parse_public_key(dh_spki(p, 5, 7, p, x942=True), "test")
    with pytest.raises(ChipDataError, match="without parameters"):
        parse_public_key(spki(tlv.encode(6, der.encode_oid("1.2.840.10046.2.1")), number(5)), "test")


def test_the_numbers_of_standardized_groups() -> None:
    """As PACE names them; EF.CardSecurity may do so too (9303-11, 9.5.1)."""

    def key(parameters: bytes, bits: bytes) -> bytes:
        return spki(tlv.encode(6, der.encode_oid("0.4.0.127.0.7.1.2")) + parameters, bits)

    curve = BRAINPOOLP256R1
    assert parse_public_key(key(number(13), curve.encode(curve.g)), "test") == EcPublicKey(curve, curve.g)
    group = MODP_GROUPS[0]
    assert parse_public_key(key(number(0), number(group.g)), "test") == DhPublicKey(group.p, group.g, group.q, group.g)
    for unknown in (number(3), number(32), number(-1), number(300)):
        with pytest.raises(UnsupportedKeyError):
            parse_public_key(key(unknown, number(5)), "test")
    for bad in (
        key(b"", curve.encode(curve.g)),
        key(number(12), curve.encode(curve.g)),
        key(number(0), number(1)),
        key(number(0), number(group.p - 1)),
        key(number(1 << 40), number(5)),
        key(b"\x05\x00", number(5)),
    ):
        with pytest.raises(ChipDataError):
            parse_public_key(bad, "test")


def test_a_modulus_without_its_leading_zero(emrtd_data: Path) -> None:
    """As in the BSI specimen: strictly read, the modulus is negative."""
    specimen = tlv.decode((emrtd_data / "bsi2008" / "Datagroup15.bin").read_bytes()).value
    assert describe(parse_public_key(specimen, "DG15")) == "RSA 1024"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_an_error(data: bytes) -> None:
    for raw in (data, spki(data, data), ec_spki(data, data), spki(data[:10], tlv.encode(0x30, data))):
        with pytest.raises((ChipDataError, UnsupportedKeyError)):
            parse_public_key(raw, "test")


@given(data=st.data())
def test_any_changed_byte_is_a_key_or_an_error(data: st.DataObject) -> None:
    whole = ec_spki(explicit(BRAINPOOLP256R1), BRAINPOOLP256R1.encode(BRAINPOOLP256R1.g))
    raw = bytearray(whole)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_public_key(bytes(raw), "test")
    except (ChipDataError, UnsupportedKeyError):
        return
    # Only what nothing hangs on may differ: the version number of the parameters.
    assert found == EcPublicKey(BRAINPOOLP256R1, BRAINPOOLP256R1.g)
