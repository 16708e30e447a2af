"""The ASN.1 types that certificates, CMS and security infos are made of, read from DER by hand (ITU-T X.690).

A general ASN.1 library decodes late and recurses as deep as its input; here every function is total, bounded, and keeps
the raw bytes that signatures are taken over. Deviations that real certificates have are accepted where nothing hangs on
them: lengths that are not the shortest, padded integers, times without seconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.tlv import Tlv

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

MAX_OID_BYTES = 64
"""No object identifier of any standard comes near; decoding a longer one would cost the square of its length."""


class Fields:
    """The components of a SEQUENCE or SET, taken one after the other."""

    def __init__(self, value: bytes, what: str) -> None:
        self._items: Iterator[Tlv] = tlv.iterate(value, what)
        self._next = next(self._items, None)
        self._what = what

    def take(self, *tags: int) -> Tlv:
        """The next component, which must have one of these tags."""
        found = self.optional(*tags)
        if found is None:
            wanted = " or ".join(f"{tag:02X}" for tag in tags)
            present = "nothing" if self._next is None else f"tag {self._next.tag:02X}"
            raise ChipDataError(self._what, f"{present} where tag {wanted} must be")
        return found

    def optional(self, *tags: int) -> Tlv | None:
        """The next component if it has one of these tags; without tags, whatever it is."""
        found = self._next
        if found is None or (tags and found.tag not in tags):
            return None
        self._next = next(self._items, None)
        return found

    def end(self) -> None:
        """Nothing may follow."""
        if self._next is not None:
            raise ChipDataError(self._what, f"tag {self._next.tag:02X} follows the last component")


def fields(item: Tlv, what: str) -> Fields:
    return Fields(item.value, what)


def sequence(data: bytes, what: str) -> Fields:
    """The components of the one SEQUENCE that `data` is."""
    return Fields(tlv.decode(data, what, SEQUENCE).value, what)


def integer(item: Tlv, what: str, max_bytes: int) -> int:
    """A signed INTEGER of at most `max_bytes`."""
    if not 1 <= len(item.value) <= max_bytes:
        raise ChipDataError(what, f"an integer of {len(item.value)} bytes")
    return int.from_bytes(item.value, "big", signed=True)


def boolean(item: Tlv, what: str) -> bool:
    if len(item.value) != 1:
        raise ChipDataError(what, "malformed boolean")
    return item.value != b"\x00"


def whole_bits(item: Tlv, what: str) -> bytes:
    """A BIT STRING of whole bytes."""
    if not item.value or item.value[0] != 0:
        raise ChipDataError(what, "a bit string that is not of whole bytes")
    return item.value[1:]


def time(item: Tlv, what: str) -> datetime:
    """UTCTime or GeneralizedTime, in UTC (RFC 5280, 4.1.2.5). Two-digit years are of 1950 to 2049."""
    text = item.value.decode("ascii", "replace")
    if item.tag == UTC_TIME:
        century = "19" if text[:2] >= "50" else "20"
        text = century + text
    return _generalized_time(text, what)


def _generalized_time(text: str, what: str) -> datetime:
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    zone = text[len(digits) :]
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S" if len(digits) == 14 else "%Y%m%d%H%M").replace(tzinfo=UTC)
        if zone == "Z" and len(digits) in (12, 14):
            return moment
        if len(zone) == 5 and zone[0] in "+-" and zone[1:].isdecimal():
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            local = timezone(offset if zone[0] == "+" else -offset)
            return moment.replace(tzinfo=local).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ChipDataError(what, "malformed time") from error
    raise ChipDataError(what, "malformed time")


def encode_oid(dotted: str) -> bytes:
    """The content of an object identifier, from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return bytes(out)


def oid(item: Tlv, what: str) -> bytes:
    """The content of an OBJECT IDENTIFIER, checked to be one."""
    value = item.value
    if item.tag != OID or not 1 <= len(value) <= MAX_OID_BYTES or value[-1] & 0x80:
        raise ChipDataError(what, "malformed object identifier")
    return value


def dotted(content: bytes) -> str:
    """The dotted form of an object identifier's content, for people. "?" for what is none."""
    if not 1 <= len(content) <= MAX_OID_BYTES or content[-1] & 0x80:
        return "?"
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
