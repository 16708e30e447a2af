"""Distinguished names (RFC 5280, 4.1.2.4; ICAO 9303-12, 7.1.1.1), for comparison and for people."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.text import without_piles

_COUNTRY = der.encode_oid("2.5.4.6")
_COMMON_NAME = der.encode_oid("2.5.4.3")
_LABELS = {
    _COUNTRY: "C",
    _COMMON_NAME: "CN",
    der.encode_oid("2.5.4.5"): "serialNumber",
    der.encode_oid("2.5.4.7"): "L",
    der.encode_oid("2.5.4.8"): "ST",
    der.encode_oid("2.5.4.10"): "O",
    der.encode_oid("2.5.4.11"): "OU",
    der.encode_oid("2.5.4.97"): "organizationIdentifier",
    der.encode_oid("0.9.2342.19200300.100.1.25"): "DC",
    der.encode_oid("1.2.840.113549.1.9.1"): "emailAddress",
}
LOCALITY = der.encode_oid("2.5.4.7")
STATE = der.encode_oid("2.5.4.8")
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString, as everybody uses it
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as (object identifier, text) pairs in their order. Two names are the same when their `key` is."""

    attributes: tuple[tuple[bytes, str], ...]
    raw: bytes

    def __str__(self) -> str:
        return ", ".join(f"{_LABELS.get(kind) or der.dotted(kind)}={text}" for kind, text in self.attributes)

    @property
    def key(self) -> tuple[tuple[bytes, str], ...]:
        """For comparison: without regard to case, encoding and superfluous spaces (RFC 5280, 7.1). Countries that write
        their code in upper case in one certificate and in lower case in the next are one country."""
        return tuple((kind, _fold(text)) for kind, text in self.attributes)

    def first(self, kind: bytes) -> str:
        return next((text for found, text in self.attributes if found == kind), "")

    @property
    def country(self) -> str:
        """The two-letter country code in upper case, or ""."""
        return self.first(_COUNTRY).strip().upper()

    @property
    def common_name(self) -> str:
        return self.first(_COMMON_NAME)


def parse_name(raw: bytes, what: str) -> Name:
    """Name ::= SEQUENCE OF SET OF SEQUENCE {type, value}. Of text that is not in its encoding the rest is kept."""
    return Name(tuple(_attributes(raw, what)), raw)


def _attributes(raw: bytes, what: str) -> Iterator[tuple[bytes, str]]:
    for relative in tlv.iterate(tlv.decode(raw, what, der.SEQUENCE).value, what):
        if relative.tag != der.SET:
            raise ChipDataError(what, "malformed name")
        for attribute in tlv.iterate(relative.value, what):
            if attribute.tag != der.SEQUENCE:
                raise ChipDataError(what, "malformed name")
            parts = der.fields(attribute, what)
            kind = der.oid(parts.take(der.OID), what)
            value = parts.optional()
            if value is None:
                raise ChipDataError(what, "malformed name")
            yield kind, value.value.decode(_ENCODINGS.get(value.tag, "latin-1"), "replace")


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", without_piles(text)).casefold().split())
