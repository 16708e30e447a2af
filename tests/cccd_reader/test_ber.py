"""BER with indefinite lengths, as some issuers write EF.SOD."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.ber import MAX_BYTES, MAX_DEPTH, to_definite
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.sod import parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.verdict import CheckState


def indefinite(tag: int, *children: bytes) -> bytes:
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + b"\x80" + b"".join(children) + b"\x00\x00"


def test_a_security_object_written_the_streaming_way() -> None:
    """Every wrapper without a length, the content in two pieces; what is signed is left alone."""
    signer = TestSigner.create()
    sod = signer.sign_groups({1: b"a", 2: b"b"})
    info = list(tlv.iterate(tlv.decode(tlv.decode(sod).value).value))
    parts = list(tlv.iterate(tlv.decode(info[1].value).value))
    content_type, wrapper = tlv.iterate(parts[2].value)
    content = tlv.decode(wrapper.value).value
    pieces = indefinite(0x24, tlv.encode(4, content[:20]), tlv.encode(4, content[20:]))
    encapsulated = indefinite(0x30, content_type.raw, indefinite(0xA0, pieces))
    others = [part.raw for part in parts]
    signed_data = indefinite(0x30, *others[:2], encapsulated, indefinite(0xA0, parts[3].value), *others[4:])
    streamed = tlv.encode(0x77, indefinite(0x30, info[0].raw, indefinite(0xA0, signed_data)))
    assert streamed != sod
    found = parse_sod(streamed)
    assert found == parse_sod(sod)
    assert verify_signature(found).state is CheckState.SUCCESSFUL


def test_der_stays_as_it_is() -> None:
    raw = TestSigner.create().sign_groups({1: b"a"})
    assert to_definite(raw, "test") == raw
    long_form = bytes.fromhex("30820003020105")  # no DER, but nothing to change either
    assert to_definite(long_form, "test") == long_form
    assert to_definite(indefinite(0x30, long_form), "test") == tlv.encode(0x30, long_form)
    assert to_definite(indefinite(0x7F21, b"\x05\x00"), "test") == bytes.fromhex("7F21020500")
    assert to_definite(bytes.fromhex("2404 0400 0400".replace(" ", "")), "test") == b"\x04\x00"


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("", "bytes follow"),
        ("05000500", "bytes follow"),
        ("30", "is missing"),
        ("1F8101", "is missing or too long"),
        ("3F81818101 00", "too long"),
        ("3080", "is missing"),
        ("30800500", "is missing"),
        ("0480 0000", "primitive data object without a length"),
        ("3003 0405", "shorter"),
        ("3002 0401", "shorter"),
        ("3003 30800000", "shorter|missing"),
        ("2480 0200 0000", "tag 02 where 04 must be"),
    ],
)
def test_malformed(raw: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule):
        to_definite(bytes.fromhex(raw.replace(" ", "")), "test")


def test_bounds() -> None:
    deep = b"\x05\x00"
    for _ in range(MAX_DEPTH):
        deep = indefinite(0x30, deep)
    to_definite(deep, "test")
    with pytest.raises(ChipDataError, match=f"deeper than {MAX_DEPTH}"):
        to_definite(indefinite(0x30, deep), "test")
    with pytest.raises(ChipDataError, match="longer than"):
        to_definite(bytes(MAX_BYTES + 1), "test")


@given(st.binary(max_size=200))
def test_any_bytes_are_ber_or_bad_data(data: bytes) -> None:
    try:
        found = to_definite(data, "test")
    except ChipDataError:
        return
    assert len(found) <= len(data) + 8
    assert to_definite(found, "test") == found


VALUES = st.recursive(
    st.binary(max_size=20).map(lambda value: (tlv.encode(4, value), tlv.encode(4, value))),
    lambda inner: st.tuples(st.lists(inner, max_size=4), st.booleans()).map(
        lambda drawn: (
            tlv.encode(0x30, b"".join(definite for definite, _ in drawn[0])),
            indefinite(0x30, *(streamed for _, streamed in drawn[0]))
            if drawn[1]
            else tlv.encode(0x30, b"".join(streamed for _, streamed in drawn[0])),
        )
    ),
)


@given(VALUES)
def test_every_way_to_write_a_value_gives_its_der(value: tuple[bytes, bytes]) -> None:
    definite, streamed = value
    assert to_definite(streamed, "test") == definite
