"""The group law, against `cryptography` where it has the curve and against the group's own laws elsewhere."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.curve_table import BRAINPOOLP256R1, BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.ecdsa import decode_der_signature, verify_numbers
from cccd_reader.errors import ChipDataError

CURVES = list(BY_PARAMETER_ID.values())
LIBRARY: dict[str, ec.EllipticCurve] = {
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_base_point_is_on_the_curve_and_has_the_order_n(curve: Curve) -> None:
    assert curve.contains(curve.g)
    almost = curve.multiply(curve.n - 1, curve.g)
    assert almost == Point(curve.g.x, curve.p - curve.g.y)
    assert curve.add(almost, curve.g) is None
    assert curve.multiply(curve.n, curve.g) is None


@pytest.mark.parametrize("name", LIBRARY)
def test_multiples_of_the_base_point_equal_the_librarys(name: str) -> None:
    curve = next(curve for curve in CURVES if curve.name == name)
    for scalar in (1, 2, 3, 0xC0FFEE, curve.n - 2):
        public = ec.derive_private_key(scalar, LIBRARY[name]).public_key().public_numbers()
        assert curve.multiply(scalar, curve.g) == Point(public.x, public.y)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_adding_is_associative_with_infinity_as_its_zero(curve: Curve) -> None:
    two, three = curve.multiply(2, curve.g), curve.multiply(3, curve.g)
    assert curve.add(curve.g, curve.g) == two
    assert curve.add(two, curve.g) == curve.add(curve.g, two) == three
    assert curve.add(None, three) == curve.add(three, None) == three
    assert curve.add(None, None) is None
    assert curve.multiply(7, None) is None


def test_the_mapping_of_appendix_g(icao: dict[str, Any]) -> None:
    example, curve = icao["pace_ecdh_gm_aes128_icao9303_11_G1"], BRAINPOOLP256R1
    chip = curve.decode(bytes.fromhex(example["ic_map_pub"]))
    h = curve.multiply(int(example["ifd_map_priv"], 16), chip)
    assert h is not None
    assert curve.encode(h).hex().upper() == example["shared_h"]
    mapped = curve.add(curve.multiply(int(example["s"], 16), curve.g), h)
    assert mapped is not None
    assert curve.encode(mapped).hex().upper() == example["mapped_g"]


def test_points_off_the_curve_are_refused() -> None:
    curve = BRAINPOOLP256R1
    good = bytearray(curve.encode(curve.g))
    good[-1] ^= 1
    with pytest.raises(ChipDataError, match="not on brainpoolP256r1"):
        curve.decode(bytes(good))
    with pytest.raises(ChipDataError, match="no uncompressed point"):
        curve.decode(b"\x02" + bytes(32))
    with pytest.raises(ChipDataError, match="no uncompressed point"):
        curve.decode(b"\x00" + curve.encode(curve.g)[1:])
    # A coordinate that is not reduced would be a second name of the same point.
    assert not curve.contains(Point(curve.g.x + curve.p, curve.g.y))


def test_private_keys_are_in_range() -> None:
    small = Curve("toy", p=17, a=2, b=2, g=Point(5, 1), n=19)
    assert {small.random_scalar() for _ in range(1000)} <= set(range(1, 19))


def test_doubling_a_point_of_order_two_gives_infinity() -> None:
    # y² = x³ - x over F_7: (1, 0) is its own negative.
    curve = Curve("order two", p=7, a=6, b=0, g=Point(1, 0), n=2)
    assert curve.add(curve.g, curve.g) is None


@given(st.binary(max_size=70))
def test_any_bytes_are_a_point_on_the_curve_or_bad_data(data: bytes) -> None:
    try:
        point = BRAINPOOLP256R1.decode(data)
    except ChipDataError:
        return
    assert BRAINPOOLP256R1.contains(point)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_librarys_signatures_verify(name: str) -> None:
    curve = next(curve for curve in CURVES if curve.name == name)
    key = ec.derive_private_key(0x1234567, LIBRARY[name])
    numbers = key.public_key().public_numbers()
    public = Point(numbers.x, numbers.y)
    for algorithm in (hashes.SHA1(), hashes.SHA256(), hashes.SHA512()):
        signature = decode_der_signature(key.sign(b"content", ec.ECDSA(algorithm)))
        hasher = hashes.Hash(algorithm)
        hasher.update(b"content")
        digest = hasher.finalize()
        assert verify_numbers(curve, public, digest, signature)
        assert not verify_numbers(curve, public, bytes([digest[0] ^ 0x80]) + digest[1:], signature)
        other = curve.multiply(2, public)
        assert other is not None
        assert not verify_numbers(curve, other, digest, signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "3000",
        "3006020100020100",  # r = s = 0 verifies for every message where nobody looks
        "30060201FF020101",  # negative
        "3006020101020101",
        "3003020101",
        "3006020101040101",
    ],
)
def test_malformed_signatures_are_wrong_not_errors(signature: str) -> None:
    numbers = decode_der_signature(bytes.fromhex(signature))
    assert not verify_numbers(BRAINPOOLP256R1, BRAINPOOLP256R1.g, bytes(32), numbers)


def test_numbers_of_the_group_order_are_refused() -> None:
    curve = BRAINPOOLP256R1
    assert not verify_numbers(curve, curve.g, bytes(32), (curve.n, curve.n))
