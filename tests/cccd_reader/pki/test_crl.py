"""Revocation lists."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.emulation import signing
from cccd_reader.emulation.authority import TestAuthority, encode_time, extension
from cccd_reader.emulation.signing import SignerKind
from cccd_reader.errors import ChipDataError
from cccd_reader.pki import crl as crl_module
from cccd_reader.pki import extensions
from cccd_reader.pki.certificate import Certificate
from cccd_reader.pki.crl import parse_crl
from cccd_reader.public_keys import UnsupportedKeyError

MADE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", [SignerKind.EC, SignerKind.RSA, SignerKind.RSA_PSS])
def test_a_list_is_read_and_verified(kind: SignerKind) -> None:
    authority = TestAuthority.create(kind)
    found = parse_crl(authority.issue_crl([5, 2**70], this_update=MADE, number=7))
    assert found.revoked == {5: MADE, 2**70: MADE}
    assert (found.this_update, found.next_update, found.number) == (MADE, MADE + timedelta(days=90), 7)
    assert found.issuer.common_name.startswith("TEST CSCA")
    assert found.authority_key_identifier == authority.key_identifier
    assert not found.stale_at(MADE + timedelta(days=90))
    assert found.stale_at(MADE + timedelta(days=91))
    assert repr(found).endswith("2026-11-01, 2 revoked)")
    key = authority.key.public_key()
    if kind is not SignerKind.EC:
        assert found.signed_by(key)  # type: ignore[arg-type]
    other = TestAuthority.create(SignerKind.RSA)
    library = x509.load_der_x509_crl(found.raw)
    assert library.is_signature_valid(key)
    assert {item.serial_number for item in library} == {5, 2**70}
    if kind is not SignerKind.EC:
        assert not found.signed_by(other.key.public_key())  # type: ignore[arg-type]


def test_an_empty_list_without_a_next_update(authority: TestAuthority, csca: Certificate) -> None:
    found = parse_crl(authority.issue_crl())
    assert found.revoked == {}
    assert found.signed_by(csca.public_key())
    bare = parse_crl(hand_made(b""))
    assert (bare.next_update, bare.number, bare.authority_key_identifier) == (None, None, None)
    assert not bare.stale_at(datetime(2090, 1, 1, tzinfo=UTC))


def hand_made(entries: bytes, items: bytes = b"") -> bytes:
    """A list with nothing but what must be, and these entries and extensions; its signature is none."""
    algorithm = signing.signature_identifier(SignerKind.EC, "sha256")
    name = tlv.encode(0x30, b"")
    body = signing.integer(1) + algorithm + name + encode_time(MADE) + entries
    if items:
        body += tlv.encode(0xA0, tlv.encode(0x30, items))
    return tlv.encode(0x30, tlv.encode(0x30, body) + algorithm + b"\x03\x02\x00\x00")


ENTRY = signing.integer(9) + encode_time(MADE)


def test_partial_and_indirect_lists_are_refused() -> None:
    """What such a list leaves out says nothing, and an entry can be about another issuer's certificate."""
    partial = extension(der.encode_oid("2.5.29.28"), b"\x30\x00", critical=True)
    with pytest.raises(ChipDataError, match=r"critical extension 2\.5\.29\.28"):
        parse_crl(hand_made(b"", partial))
    indirect = tlv.encode(0x30, extension(der.encode_oid("2.5.29.29"), b"\x30\x00", critical=True))
    with pytest.raises(ChipDataError, match=r"critical extension 2\.5\.29\.29"):
        parse_crl(hand_made(tlv.encode(0x30, tlv.encode(0x30, ENTRY + indirect))))
    reason = tlv.encode(0x30, extension(der.encode_oid("2.5.29.21"), b"\x0a\x01\x01"))
    assert parse_crl(hand_made(tlv.encode(0x30, tlv.encode(0x30, ENTRY + reason)))).revoked == {9: MADE}


@pytest.mark.parametrize("entries", [tlv.encode(0x30, b"\x05\x00"), tlv.encode(0x30, b"\x30\x00"), b"\x02\x01\x00"])
def test_malformed_entries(entries: bytes) -> None:
    with pytest.raises(ChipDataError):
        parse_crl(hand_made(entries))


def test_two_signature_algorithms_are_none(authority: TestAuthority) -> None:
    raw = authority.issue_crl()
    old, new = (tlv.encode(6, der.encode_oid(f"1.2.840.10045.4.3.{n}")) for n in (2, 4))
    with pytest.raises(ChipDataError, match="two signature algorithms"):
        parse_crl(raw.replace(old, new, 1))


def test_a_list_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_module, "MAX_BYTES", 10)
    with pytest.raises(ChipDataError, match="longer than 10 bytes"):
        parse_crl(bytes(11))


def test_a_malformed_number() -> None:
    with pytest.raises(ChipDataError):
        parse_crl(hand_made(b"", extension(extensions.CRL_NUMBER, b"\x05\x00")))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_bad_data(data: bytes) -> None:
    for raw in (data, tlv.encode(0x30, data)):
        with pytest.raises(ChipDataError):
            parse_crl(raw)


@given(st.binary(max_size=60))
def test_any_entries_are_entries_or_bad_data(data: bytes) -> None:
    try:
        parse_crl(hand_made(tlv.encode(0x30, data)))
    except ChipDataError:
        return
    assert data == b""


@pytest.fixture(scope="module")
def some_list(authority: TestAuthority) -> bytes:
    return authority.issue_crl([1, 2, 3])


@given(data=st.data())
def test_a_changed_list_does_not_verify(data: st.DataObject, some_list: bytes, csca: Certificate) -> None:
    raw = bytearray(some_list)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_crl(bytes(raw))
        verified = found.signed_by(csca.public_key())
    except (ChipDataError, UnsupportedKeyError):
        return
    assert not verified or found.signed == parse_crl(some_list).signed
