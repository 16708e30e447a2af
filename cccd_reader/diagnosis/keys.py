"""Public keys and SecurityInfos by kind and size. The keys themselves tell one card from all others: never shown."""

from cccd_reader import tlv
from cccd_reader.diagnosis.oids import oid_text
from cccd_reader.diagnosis.report import attempt
from cccd_reader.errors import ChipDataError
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, parse_public_key

_INTEGER, _BIT_STRING, _OID, _SEQUENCE, _SET = 0x02, 0x03, 0x06, 0x30, 0x31
_TELLING_NUMBER = 256
"""Versions, parameter and key identifiers are below; a greater number could be a serial number."""


def describe_key(spki: bytes, what: str) -> dict[str, object]:
    """Algorithm, size, and whether the curve is named or spelled out, of a DER SubjectPublicKeyInfo."""
    outer = list(tlv.iterate(tlv.decode_first(spki, what)[0].value, what))
    algorithm = list(tlv.iterate(outer[0].value, what)) if outer else []
    if not algorithm or algorithm[0].tag != _OID:
        raise ChipDataError(what, "no SubjectPublicKeyInfo")
    found: dict[str, object] = {"algorithm": oid_text(algorithm[0].value)}
    if len(algorithm) > 1:
        found["parameters"] = _parameters(algorithm[1])
    found["key"] = attempt(_size, spki, what)
    return found


def _parameters(item: tlv.Tlv) -> str:
    if item.tag == _OID:
        return f"named: {oid_text(item.value)}"
    return "spelled out" if item.tag == _SEQUENCE else f"tag {item.tag:02X}"


def _size(spki: bytes, what: str) -> str:
    key = parse_public_key(spki, what)
    if isinstance(key, EcPublicKey):
        return key.curve.name
    if isinstance(key, DhPublicKey):
        return f"DH of {key.p.bit_length()} bits"
    return f"RSA of {key.key_size} bits, exponent of {key.public_numbers().e.bit_length()} bits"


def describe_infos(data: bytes, what: str) -> list[dict[str, object]]:
    """The SecurityInfos of the SET OF `data` (ICAO 9303-11, 9.2): protocols, small numbers, kinds of keys."""
    outer, _ = tlv.decode_first(data, what)
    return [_describe_info(info, what) for info in tlv.iterate(outer.value, what)]


def _describe_info(info: tlv.Tlv, what: str) -> dict[str, object]:
    parts = list(tlv.iterate(info.value, what)) if info.tag == _SEQUENCE else []
    if not parts or parts[0].tag != _OID:
        return {"protocol": f"none (tag {info.tag:02X})"}
    found: dict[str, object] = {"protocol": oid_text(parts[0].value)}
    numbers = [_number(part) for part in parts[1:] if part.tag == _INTEGER]
    if numbers:
        found["numbers"] = numbers
    algorithms = [oid_text(part.value) for part in parts[1:] if part.tag == _OID]
    if algorithms:
        found["algorithms"] = algorithms
    keys = [attempt(describe_key, part.raw, what) for part in parts[1:] if _is_key(part, what)]
    if keys:
        found["keys"] = keys
    others = [f"{part.tag:02X}" for part in parts[1:] if part.tag not in (_INTEGER, _OID) and not _is_key(part, what)]
    if others:
        found["other tags"] = others
    return found


def _is_key(part: tlv.Tlv, what: str) -> bool:
    if part.tag != _SEQUENCE:
        return False
    inner = list(tlv.iterate(part.value, what))
    return [item.tag for item in inner] == [_SEQUENCE, _BIT_STRING]


def _number(part: tlv.Tlv) -> int | str:
    value = int.from_bytes(part.value[:8], "big")
    return value if len(part.value) <= 2 and value < _TELLING_NUMBER else "a large number"
