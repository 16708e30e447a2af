"""What the files say, as structure: tags, versions, algorithms and forms. No field's value, and no hash of a file."""

from cccd_reader import tlv
from cccd_reader.citizen import parse_date
from cccd_reader.diagnosis.classes import length_class, size_class, text_class
from cccd_reader.diagnosis.keys import describe_infos, describe_key
from cccd_reader.diagnosis.oids import oid_text
from cccd_reader.diagnosis.report import attempt
from cccd_reader.errors import ChipDataError
from cccd_reader.keys import NO_EXPIRY, expiry_candidates
from cccd_reader.lds.com import parse_com
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.lds.dg2 import parse_dg2
from cccd_reader.lds.dg13 import Dg13, Index, parse_dg13
from cccd_reader.mrz import Mrz
from cccd_reader.qr import CardQr

_SEQUENCE, _SET, _INTEGER, _OID = 0x30, 0x31, 0x02, 0x06


def probe_com(data: bytes) -> dict[str, object]:
    """EF.COM: versions and the data groups that it lists."""
    com = parse_com(data)
    return {
        "LDS version": com.lds_version,
        "Unicode version": com.unicode_version,
        "data groups": list(com.data_groups),
        "unknown tags": [f"{tag:02X}" for tag in com.unknown_tags],
    }


def probe_dg1(data: bytes, dg13: bytes | None) -> dict[str, object]:
    """The zone's format, and whether its fields are as Vietnamese cards are known to have them."""
    mrz = parse_dg1(data)
    number = mrz.personal_number
    found: dict[str, object] = {
        "document code": mrz.document_code,
        "issuing state": mrz.issuing_state,
        "12-digit number in the optional data": number is not None,
        "document number is its last nine digits": number is not None and number[3:] == mrz.document_number,
        "expiry is 991231": mrz.expiry == NO_EXPIRY,
        "expiry is a day": _is_day(mrz.expiry),
    }
    if dg13 is not None:
        found |= _compare_expiry(mrz, parse_dg13(dg13))
    return found


def _is_day(text: str) -> bool:
    return parse_date(f"{text[4:]}{text[2:4]}20{text[:2]}") is not None


def _compare_expiry(mrz: Mrz, dg13: Dg13) -> dict[str, object]:
    expiry, birth, issued = (parse_date(dg13.text(index)) for index in (Index.EXPIRY, Index.BIRTH, Index.ISSUED))
    found: dict[str, object] = {"expiry equals DG13": None if expiry is None else f"{expiry:%y%m%d}" == mrz.expiry}
    if birth is not None and issued is not None:
        candidates = expiry_candidates(birth, issued)
        place = candidates.index(mrz.expiry) + 1 if mrz.expiry in candidates else None
        found["expiry among the candidates of the law"] = f"number {place}" if place else False
        found["issued under the law of 2024"] = (issued.year, issued.month) >= (2024, 7)
    return found


def probe_dg13(data: bytes) -> dict[str, object]:
    """Each field's tags and form, the parents' layout, and what no parser knows."""
    parsed = parse_dg13(data)
    fields = _raw_fields(data)
    described: dict[str, object] = {}
    for index, value in fields:
        described[str(index)] = _describe_field(index, value, parsed)
    outer = [item.tag for item in tlv.iterate(tlv.decode_first(data, "DG13")[0].value, "DG13")]
    return {
        "outer tags": [f"{tag:02X}" for tag in outer],
        "header": _header(data),
        "indices": [index for index, _ in fields],
        "fields": described,
        "parents' layout": _parents_layout(dict(fields).get(Index.PARENTS)),
        "unknown indices": sorted(parsed.unknown),
    }


def _header(data: bytes) -> list[str]:
    """What stands in front of the set of fields."""
    outer = next(iter(tlv.iterate(tlv.decode_first(data, "DG13")[0].value, "DG13")))
    found = []
    for item in tlv.iterate(outer.value, "DG13"):
        if item.tag == _SET:
            break
        if item.tag == _OID:
            found.append(oid_text(item.value))
        elif item.tag == _INTEGER and len(item.value) == 1:
            found.append(f"version {item.value[0]}")
        else:
            found.append(f"tag {item.tag:02X}")
    return found


def _raw_fields(data: bytes) -> list[tuple[int, bytes]]:
    """(index, value) as they stand in the file; empty when the set is wrapped in a way that only the parser knows."""
    outer = next(iter(tlv.iterate(tlv.decode_first(data, "DG13")[0].value, "DG13")))
    fields = next((item for item in tlv.iterate(outer.value, "DG13") if item.tag == _SET), None)
    found = []
    for field in tlv.iterate(fields.value, "DG13") if fields is not None else ():
        index, value = tlv.decode_first(field.value, "DG13")
        found.append((int.from_bytes(index.value[:2], "big"), value))
    return found


def _describe_field(index: int, value: bytes, parsed: Dg13) -> dict[str, object]:
    described: dict[str, object] = {"tags": attempt(_tags, value)}
    if index in parsed.fields:
        texts = parsed.fields[index]
        described["forms"] = [text_class(text) for text in texts]
        described["bytes"] = [length_class(len(text.encode())) for text in texts]
    else:
        described["forms"] = "no text" if index in parsed.unreadable else "unknown"
        described["bytes"] = length_class(len(value))
    return described


def _tags(value: bytes) -> list[str]:
    """The tags of a field's value; what a constructed one holds in brackets."""
    found = []
    for item in tlv.iterate(value, "DG13"):
        inner = " ".join(f"{part.tag:02X}" for part in tlv.iterate(item.value, "DG13")) if item.constructed else ""
        found.append(f"{item.tag:02X}" + (f"[{inner}]" if item.constructed else ""))
    return found


def _parents_layout(value: bytes | None) -> str | None:
    """A: strings in SEQUENCEs side by side; B: both in one SEQUENCE."""
    if not value:
        return None
    outer = list(tlv.iterate(value, "DG13"))
    inner = [[item.tag for item in tlv.iterate(part.value, "DG13")] for part in outer if part.tag == _SEQUENCE]
    if len(inner) != len(outer):
        return "strings without SEQUENCEs"
    if len(inner) == 1:
        return f"B: {len(inner[0])} strings in one SEQUENCE"
    return f"A: {len(inner)} SEQUENCEs" if all(len(tags) <= 1 for tags in inner) else "mixed"


def probe_dg2(data: bytes) -> dict[str, object]:
    """Codec, pixels, record format and the class of the picture's size."""
    photo = parse_dg2(data)
    return {
        "codec": photo.codec.value,
        "pixels": f"{photo.width}x{photo.height}",
        "picture": size_class(len(photo.data)),
        "record": _record_format(data),
    }


def _record_format(data: bytes) -> str:
    group = tlv.find(tlv.decode_first(data, "DG2")[0].value, 0x7F61, "DG2")
    template = tlv.find(group.value, 0x7F60, "DG2")
    header = tlv.find(template.value, 0xA1, "DG2")
    kind = next((item.value.hex().upper() for item in tlv.iterate(header.value, "DG2") if item.tag == 0x88), "none")
    names = {"0008": "ISO 19794-5", "0501": "ISO 19794-5 (2011)", "002A": "ISO 39794-5"}
    block = next((item.tag for item in tlv.iterate(template.value, "DG2") if item.tag in (0x5F2E, 0x7F2E)), 0)
    return f"format type {kind if len(kind) == 4 else '?'} ({names.get(kind, 'unknown')}), data block {block:04X}"


def probe_dg14(data: bytes) -> list[dict[str, object]]:
    return describe_infos(tlv.decode_first(data, "DG14")[0].value, "DG14")


def probe_dg15(data: bytes) -> dict[str, object]:
    return describe_key(tlv.decode_first(data, "DG15")[0].value, "DG15")


def probe_qr(qr: CardQr, dg13: bytes | None) -> dict[str, object]:
    """The code's shape; what each of the undocumented fields at its end is the same as in DG13."""
    found: dict[str, object] = {
        "fields after the seventh": len(qr.extra),
        "old number": "given" if qr.old_number else "empty",
    }
    parsed = None
    if dg13 is not None:
        try:
            parsed = parse_dg13(dg13)
        except ChipDataError:
            parsed = None
    for place, text in enumerate(qr.extra, 8):
        found[f"field {place}"] = _tail_meaning(text, parsed)
    return found


def _tail_meaning(text: str, dg13: Dg13 | None) -> str:
    if text and dg13 is not None:
        known = {
            "father": dg13.father,
            "mother": dg13.mother,
            "old number": dg13.old_number,
            **{f"spouse {number}": name for number, name in enumerate(dg13.spouses, 1)},
            **{f"DG13 field {index}": dg13.text(Index(index)) for index in Index},
        }
        for name, value in known.items():
            if value is not None and value.casefold() == text.casefold():
                return f"equals {name}"
    return f"{text_class(text)}, {length_class(len(text.encode()))} bytes" if text else "empty"
