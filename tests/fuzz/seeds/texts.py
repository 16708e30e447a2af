"""Zones, codes, and what scanners send."""

from datetime import date

from cccd_reader.mrz import vietnamese_mrz
from tests.fuzz.cards import card_image
from tests.fuzz.script import pack
from tests.fuzz.seeds.samples import Make, Seeds, strings, synthetic


def _mrz() -> Seeds:
    zone = vietnamese_mrz("001199012345", date(1999, 1, 15), "F", date(2039, 1, 15), "Đặng Thị Ngọc Bích")
    # The specimens of ICAO 9303-5 and -4.
    return [
        zone.encode().encode(),
        "\n".join(zone.lines()).encode(),
        b"I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        b"I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<",
        b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        b"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
    ]


def _typed_mrz() -> Seeds:
    short = [b"L898902C36 7408122 1204159", b"L898902C3 740812 120415", b"L898902C3674081221204159"]
    return [*short, b"001199012345 990115 390115", next(iter(_mrz()))[:60]]


def _qr() -> Seeds:
    found = sorted({text.encode() for text in strings(synthetic()) if text.count("|") >= 5})
    return [*found, ("\ufeff" + card_image().qr_text.replace("15011999", "15/01/1999") + "\r\n").encode()]


def _scans() -> Seeds:
    """Codes of cards as they are, mangled in several ways, and of everything else."""
    text = card_image().qr_text
    yield from _qr()
    yield text.encode().decode("cp1252", "ignore").encode()
    yield text.replace("|", "~").encode()
    yield text.replace("ặ", "awj").replace("ọ", "oj").encode()
    yield from (b"012345678", b"GD4010112345678", b"00020101021138570010A000000727", b"https://vneid.gov.vn/x", b"{}")
    yield from _mrz()


def _scanner_stream() -> Seeds:
    text = card_image().qr_text.encode()
    yield pack([b"\x01\x02" + text[:50], b"\x01" + text[50:] + b"\r\n"])
    yield pack([b"\x05" + text, b"\xff", b"\x00" + text + b"\x03"])
    yield pack(b"\x05" + text[i : i + 1] for i in range(60))


SEEDS: dict[str, Make] = {
    "mrz": lambda: [*_mrz(), *_typed_mrz()],
    "qr": _qr,
    "scan": _scans,
    "scanner_stream": _scanner_stream,
}
