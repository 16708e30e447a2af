"""Signatures: every scheme and hash against the cryptographic library, and every way to be none."""

from typing import Any

import pytest
from asn1crypto import algos
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, ecdsa, signatures, tlv
from cccd_reader.curve_table import BRAINPOOLP256R1, BRAINPOOLP320R1, BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import ChipDataError
from cccd_reader.public_keys import EcPublicKey, UnsupportedKeyError
from cccd_reader.signatures import Scheme, SignatureAlgorithm, parse_signature_algorithm, verify_signature

MESSAGE = b"message"
HASHES = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def identifier(dotted: str, parameters: bytes = b"") -> bytes:
    return tlv.encode(0x30, tlv.encode(6, der.encode_oid(dotted)) + parameters)


def ec_pair(curve: ec.EllipticCurve) -> tuple[ec.EllipticCurvePrivateKey, EcPublicKey]:
    key = ec.generate_private_key(curve)
    numbers = key.public_key().public_numbers()
    own = next(c for c in BY_PARAMETER_ID.values() if c.name.lower() == curve.name.lower())
    return key, EcPublicKey(own, Point(numbers.x, numbers.y))


def own_signature(curve: Curve, digest: bytes, private: int = 4711, nonce: int = 815) -> tuple[Point, int, int]:
    """Textbook ECDSA, for the curves that the library lacks."""
    public, point = curve.multiply(private, curve.g), curve.multiply(nonce, curve.g)
    assert public is not None
    assert point is not None
    e = int.from_bytes(digest, "big") >> max(0, len(digest) * 8 - curve.n.bit_length())
    r = point.x % curve.n
    return public, r, (e + r * private) * pow(nonce, -1, curve.n) % curve.n


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP256R1(), ec.SECP521R1(), ec.BrainpoolP384R1()])
def test_ecdsa(curve: ec.EllipticCurve, hash_name: str, plain: bool) -> None:
    key, public = ec_pair(curve)
    signature = key.sign(MESSAGE, ec.ECDSA(HASHES[hash_name]))
    if plain:
        size = (public.curve.n.bit_length() + 7) // 8
        signature = b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))
    algorithm = SignatureAlgorithm(Scheme.ECDSA_PLAIN if plain else Scheme.ECDSA, hash_name)
    assert verify_signature(public, algorithm, MESSAGE, signature)
    assert not verify_signature(public, algorithm, b"other", signature)
    assert not verify_signature(public, algorithm, MESSAGE, signature + b"\x00")
    assert curve.name.lower() in algorithm.describe(public).lower()


@pytest.mark.parametrize("curve", BY_PARAMETER_ID.values(), ids=lambda curve: curve.name)
@pytest.mark.parametrize("digest_bytes", [20, 32, 64, 48, 33])
def test_ecdsa_on_every_curve(curve: Curve, digest_bytes: int) -> None:
    digest = bytes(range(digest_bytes))
    public, r, s = own_signature(curve, digest)
    assert ecdsa.verify_numbers(curve, public, digest, (r, s))
    assert ecdsa.verify_numbers(curve, public, digest, (r, curve.n - s))  # both are signatures, by the mathematics
    for wrong in ((r, s ^ 1), (r ^ 1, s), (0, s), (r, 0), (r + curve.n, s), (r, s + curve.n), (-r, s), (s, r)):
        assert not ecdsa.verify_numbers(curve, public, digest, wrong)
    assert not ecdsa.verify_numbers(curve, public, digest[::-1], (r, s))
    assert not ecdsa.verify_numbers(curve, public, digest, None)


def test_a_library_without_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL can be built without brainpool curves."""

    class Lacking:
        def __init__(self, *arguments: object) -> None:
            raise UnsupportedAlgorithm("no such curve")

    monkeypatch.setattr(ecdsa.ec, "EllipticCurvePublicNumbers", Lacking)
    digest = bytes(32)
    public, r, s = own_signature(BRAINPOOLP256R1, digest)
    assert ecdsa.verify_numbers(BRAINPOOLP256R1, public, digest, (r, s))
    assert not ecdsa.verify_numbers(BRAINPOOLP256R1, public, digest, (r, s ^ 1))


@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa(rsa_key: rsa.RSAPrivateKey, hash_name: str) -> None:
    signature = rsa_key.sign(MESSAGE, padding.PKCS1v15(), HASHES[hash_name])
    algorithm = SignatureAlgorithm(Scheme.RSA, hash_name)
    assert verify_signature(rsa_key.public_key(), algorithm, MESSAGE, signature)
    assert not verify_signature(rsa_key.public_key(), algorithm, b"other", signature)
    assert not verify_signature(rsa_key.public_key(), algorithm, MESSAGE, signature[:-1])
    assert not verify_signature(rsa_key.public_key(), algorithm, MESSAGE, b"")
    assert algorithm.describe(rsa_key.public_key()) == f"RSA 2048 {hash_name}"


def test_a_modulus_too_short_for_the_hash() -> None:
    key = rsa.generate_private_key(65537, 1024)
    algorithm = SignatureAlgorithm(Scheme.RSASSA_PSS, "sha512", "sha512", 64)
    assert not verify_signature(key.public_key(), algorithm, MESSAGE, bytes(128))


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("salt_bytes", [0, 20, 32, 48])
def test_pss(rsa_key: rsa.RSAPrivateKey, hash_name: str, salt_bytes: int) -> None:
    mask = "sha1" if hash_name == "sha256" else hash_name
    signature = rsa_key.sign(MESSAGE, padding.PSS(padding.MGF1(HASHES[mask]), salt_bytes), HASHES[hash_name])
    encoded = algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": hash_name},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
                "salt_length": salt_bytes,
                "trailer_field": 1,
            },
        }
    ).dump()
    algorithm = parse_signature_algorithm(encoded, "test")
    assert algorithm == SignatureAlgorithm(Scheme.RSASSA_PSS, hash_name, mask, salt_bytes)
    assert verify_signature(rsa_key.public_key(), algorithm, MESSAGE, signature)
    other = SignatureAlgorithm(Scheme.RSASSA_PSS, hash_name, mask, salt_bytes + 1)
    assert not verify_signature(rsa_key.public_key(), other, MESSAGE, signature)


PSS = "1.2.840.113549.1.1.10"


def test_pss_defaults() -> None:
    """RFC 4055, 3.1: every parameter that is left out has its value of the days of SHA-1."""
    assert parse_signature_algorithm(identifier(PSS, b"\x30\x00"), "test") == SignatureAlgorithm(
        Scheme.RSASSA_PSS, "sha1", "sha1", 20
    )


def tagged(number: int, content: bytes) -> bytes:
    return tlv.encode(0x30, tlv.encode(0xA0 | number, content))


@pytest.mark.parametrize(
    ("parameters", "error", "rule"),
    [
        (b"", ChipDataError, "nothing where tag 30"),
        (tagged(0, identifier("1.2.840.113549.2.5")), UnsupportedKeyError, "hash algorithm"),
        (tagged(1, identifier("1.2.3", b"\x30\x00")), UnsupportedKeyError, r"mask generation function 1\.2\.3"),
        (tagged(2, b"\x02\x01\xff"), ChipDataError, "salt"),
        (tagged(2, b"\x02\x02\x7f\xff"), ChipDataError, "salt"),
        (tagged(3, b"\x02\x01\x02"), UnsupportedKeyError, "trailer"),
        (tagged(4, b""), ChipDataError, "follows"),
    ],
)
def test_other_pss_parameters(parameters: bytes, error: type[Exception], rule: str) -> None:
    with pytest.raises(error, match=rule):
        parse_signature_algorithm(identifier(PSS, parameters), "test")


@pytest.mark.parametrize(
    ("dotted", "scheme", "hash_name"),
    [
        ("1.2.840.113549.1.1.5", Scheme.RSA, "sha1"),
        ("1.2.840.113549.1.1.14", Scheme.RSA, "sha224"),
        ("1.2.840.113549.1.1.11", Scheme.RSA, "sha256"),
        ("1.2.840.113549.1.1.12", Scheme.RSA, "sha384"),
        ("1.2.840.113549.1.1.13", Scheme.RSA, "sha512"),
        ("1.3.14.3.2.29", Scheme.RSA, "sha1"),
        ("1.2.840.10045.4.1", Scheme.ECDSA, "sha1"),
        ("1.2.840.10045.4.3.1", Scheme.ECDSA, "sha224"),
        ("1.2.840.10045.4.3.2", Scheme.ECDSA, "sha256"),
        ("1.2.840.10045.4.3.3", Scheme.ECDSA, "sha384"),
        ("1.2.840.10045.4.3.4", Scheme.ECDSA, "sha512"),
        ("0.4.0.127.0.7.1.1.4.1.3", Scheme.ECDSA_PLAIN, "sha256"),
        ("1.2.840.113549.1.1.1", Scheme.RSA, "sha384"),
        ("1.2.840.10045.2.1", Scheme.ECDSA, "sha384"),
    ],
)
def test_identifiers(dotted: str, scheme: Scheme, hash_name: str) -> None:
    found = parse_signature_algorithm(identifier(dotted, b"\x05\x00"), "test", digest="sha384")
    assert found == SignatureAlgorithm(scheme, hash_name)


@pytest.mark.parametrize("dotted", ["1.3.101.112", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.1"])
def test_identifiers_outside_the_standard(dotted: str) -> None:
    with pytest.raises(UnsupportedKeyError, match="signature algorithm"):
        parse_signature_algorithm(identifier(dotted), "test")


def test_a_key_of_another_kind(rsa_key: rsa.RSAPrivateKey) -> None:
    _, public = ec_pair(ec.SECP256R1())
    with pytest.raises(ChipDataError, match="kind"):
        verify_signature(public, SignatureAlgorithm(Scheme.RSA, "sha256"), MESSAGE, b"")
    with pytest.raises(ChipDataError, match="kind"):
        verify_signature(rsa_key.public_key(), SignatureAlgorithm(Scheme.ECDSA, "sha256"), MESSAGE, b"")


def test_a_library_that_refuses_an_algorithm(rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHA-1 signatures, say, under a system policy that forbids them."""

    def refuse(*arguments: object) -> Any:
        raise UnsupportedAlgorithm("by policy")

    monkeypatch.setattr(signatures, "_padding", refuse)
    with pytest.raises(UnsupportedKeyError, match="unknown to the cryptographic library"):
        verify_signature(rsa_key.public_key(), SignatureAlgorithm(Scheme.RSA, "sha1"), MESSAGE, b"")


@given(st.binary(max_size=120))
def test_any_bytes_are_no_signature(data: bytes) -> None:
    public, _, _ = own_signature(BRAINPOOLP320R1, b"")
    for scheme in (Scheme.ECDSA, Scheme.ECDSA_PLAIN):
        assert not verify_signature(EcPublicKey(BRAINPOOLP320R1, public), SignatureAlgorithm(scheme, "sha1"), b"", data)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_algorithm_or_an_error(data: bytes) -> None:
    for raw in (data, tlv.encode(0x30, data), identifier(PSS, data), identifier(PSS, tlv.encode(0x30, data))):
        try:
            found = parse_signature_algorithm(raw, "test")
        except (ChipDataError, UnsupportedKeyError):
            continue
        assert found.scheme is Scheme.RSASSA_PSS
