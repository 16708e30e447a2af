"""RSA signatures with message recovery: right ones of every hash and form, and each way in which one is wrong."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.iso9796 import WrongSignatureError, verify_signature

CHALLENGE = bytes.fromhex("F173589974BF40C6")
TRAILERS = [
    ("sha1", "BC"),
    ("sha1", "33CC"),
    ("sha224", "38CC"),
    ("sha256", "34CC"),
    ("sha384", "36CC"),
    ("sha512", "35CC"),
]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


def power(key: rsa.RSAPrivateKey, representative: bytes) -> bytes:
    """S = F^d mod n."""
    private = key.private_numbers()
    n = private.public_numbers.n
    return pow(int.from_bytes(representative, "big"), private.d, n).to_bytes(128, "big")


def other_form(key: rsa.RSAPrivateKey, signature: bytes) -> bytes:
    """n − S."""
    return (key.public_key().public_numbers().n - int.from_bytes(signature, "big")).to_bytes(128, "big")


def represent(
    hash_name: str, trailer: str, *, header: str = "6A", message_end: bytes = CHALLENGE, whole: bytes | None = None
) -> bytes:
    """F for a key of 128 bytes, with M1 as long as it fits; or with `whole` as a message that is recovered in full."""
    digest_bytes = hashlib.new(hash_name).digest_size
    head, tail = bytes.fromhex(header), bytes.fromhex(trailer)
    if whole is None:
        recovered = bytes(range(128))[: 128 - len(head) - digest_bytes - len(tail)]
        digest = hashlib.new(hash_name, recovered + message_end).digest()
    else:
        recovered, digest = whole, hashlib.new(hash_name, whole).digest()
    return head + recovered + digest + tail


def verify(key: rsa.RSAPrivateKey, signature: bytes, challenge: bytes = CHALLENGE) -> str:
    numbers = key.public_key().public_numbers()
    return verify_signature(numbers.n, numbers.e, signature, challenge)


def refused(key: rsa.RSAPrivateKey, signature: bytes, challenge: bytes = CHALLENGE) -> str:
    with pytest.raises(WrongSignatureError) as caught:
        verify(key, signature, challenge)
    return str(caught.value)


def test_the_worked_example_of_the_standard(icao: dict[str, Any], key: rsa.RSAPrivateKey) -> None:
    example = icao["active_auth_rsa_sha1_icao9303_11_F"]
    representative, challenge = bytes.fromhex(example["f"]), bytes.fromhex(example["rnd_ifd"])
    m1, digest = bytes.fromhex(example["m1"]), bytes.fromhex(example["h"])
    assert hashlib.sha1(m1 + challenge).digest() == digest
    assert representative == b"\x6a" + m1 + digest + b"\xbc"
    assert challenge == CHALLENGE
    # The standard gives no key: F has to be a number below the modulus of ours, which it is for every key of 1024 bits.
    signature = power(key, representative)
    assert verify(key, signature, challenge) == "sha1"
    assert verify(key, other_form(key, signature), challenge) == "sha1"
    assert refused(key, signature, bytes(8)) == "the hash in the signature is of another message"


@pytest.mark.parametrize(("hash_name", "trailer"), TRAILERS)
def test_every_hash_in_both_forms(key: rsa.RSAPrivateKey, hash_name: str, trailer: str) -> None:
    signature = power(key, represent(hash_name, trailer))
    assert verify(key, signature) == hash_name
    assert verify(key, other_form(key, signature)) == hash_name
    assert refused(key, signature, CHALLENGE[::-1]) == "the hash in the signature is of another message"


@pytest.mark.parametrize("header", ["6A", "6BBA", "6BBBBBBA"])
def test_padding_in_the_header(key: rsa.RSAPrivateKey, header: str) -> None:
    assert verify(key, power(key, represent("sha256", "34CC", header=header))) == "sha256"


def test_a_message_that_is_recovered_in_full(key: rsa.RSAPrivateKey) -> None:
    room = 128 - 32 - 2
    short = represent("sha256", "34CC", header="4B" + "BB" * (room - 2 - 24) + "BA", whole=bytes(16) + CHALLENGE)
    assert len(short) == 128
    assert verify(key, power(key, short)) == "sha256"
    full = represent("sha256", "34CC", header="4A", whole=bytes(room - 1 - 8) + CHALLENGE)
    assert verify(key, power(key, full)) == "sha256"
    assert refused(key, power(key, full), bytes(8)) == "the recovered message is another one"


@pytest.mark.parametrize(
    ("representative", "reason"),
    [
        (represent("sha256", "34CC", header="2A"), "the signature does not begin with a header"),
        (represent("sha256", "34CC", header="7A"), "the signature does not begin with a header"),
        (represent("sha256", "34CC", header="6C"), "the header of the signature does not end"),
        (represent("sha256", "34CC", header="6BAA"), "the header of the signature does not end"),
        (represent("sha256", "34CC", header="6B6A"), "the header of the signature does not end"),
        (b"\x6b" + b"\xbb" * 126 + b"\xbc", "the header of the signature does not end"),
        (represent("sha256", "31CC"), "the signature does not end with a trailer"),  # RIPEMD-160: not in 9303
        (represent("sha256", "348C"), "the signature does not end with a trailer"),
        (represent("sha512", "34CC"), "the hash in the signature is of another message"),
        (b"\x6b" + b"\xbb" * 99 + b"\xba" + bytes(25) + b"\x34\xcc", "the signature is too short for its hash"),
    ],
)
def test_representatives_that_break_a_rule(key: rsa.RSAPrivateKey, representative: bytes, reason: str) -> None:
    assert len(representative) == 128
    assert refused(key, power(key, representative)) == reason


def test_neither_form_ends_with_the_nibble_of_a_trailer(key: rsa.RSAPrivateKey) -> None:
    # n − F must not end with it either, which depends on the key's last nibble.
    n = key.public_key().public_numbers().n
    last = next(nibble for nibble in (0xB, 0xD) if (n - nibble) % 16 != 0xC)
    assert refused(key, power(key, represent("sha256", f"34C{last:X}"))) == "the signature does not end with a trailer"


def test_the_length_is_the_key_s(key: rsa.RSAPrivateKey) -> None:
    signature = power(key, represent("sha256", "34CC"))
    assert refused(key, signature[:-1]) == "the signature has 127 bytes, and the key 128"
    assert refused(key, signature + b"\x00") == "the signature has 129 bytes, and the key 128"
    assert refused(key, b"") == "the signature has 0 bytes, and the key 128"


def test_the_number_is_below_the_modulus_and_not_zero(key: rsa.RSAPrivateKey) -> None:
    n = key.public_key().public_numbers().n
    signature = int.from_bytes(power(key, represent("sha256", "34CC")), "big")
    for number in (0, n, (1 << 1024) - 1):
        assert refused(key, number.to_bytes(128, "big")) == "the signature is no number below the modulus"
    if signature + n < 1 << 1024:
        assert refused(key, (signature + n).to_bytes(128, "big")) == "the signature is no number below the modulus"


def test_a_changed_bit_anywhere(key: rsa.RSAPrivateKey) -> None:
    signature = power(key, represent("sha1", "BC"))
    for bit in range(0, 1024, 7):
        changed = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(128, "big")
        refused(key, changed)


@given(st.binary(min_size=126, max_size=130))
def test_any_bytes_are_no_signature(any_bytes: bytes) -> None:
    # An odd number of 128 bytes serves as a modulus for bytes that nobody signed.
    with pytest.raises(WrongSignatureError):
        verify_signature((1 << 1024) - 105, 65537, any_bytes, CHALLENGE)


@given(st.binary(min_size=128, max_size=128))
def test_any_representative_that_is_not_of_this_challenge(representative: bytes) -> None:
    # With the exponent 1 the signature is its own representative: every parser path is open to the bytes.
    with pytest.raises(WrongSignatureError):
        verify_signature((1 << 1024) - 105, 1, representative, CHALLENGE)


@given(st.binary(max_size=93), st.binary(min_size=8, max_size=8), st.booleans())
def test_what_is_made_by_the_rules_verifies(recovered: bytes, challenge: bytes, total: bool) -> None:
    message = recovered[:-8] + challenge if total else recovered + challenge
    carried = message if total else recovered
    body = carried + hashlib.sha256(message).digest() + b"\x34\xcc"
    padding = 128 - len(body)
    high = "4" if total else "6"
    header = bytes.fromhex(high + "B" * (2 * padding - 2) + "A")
    assert verify_signature((1 << 1024) - 105, 1, header + body, challenge) == "sha256"
