"""The diagnosis says nothing about the holder, and nothing that tells one card from another.

Two ways to hold that: no value of several people who do not exist occurs in their reports; and two people who have
nothing in common but the forms of their data have the same report, to the letter.
"""

import base64
import hashlib
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import pytest

from cccd_reader import keyring_from_qr, parse_qr
from cccd_reader.diagnosis import as_text, diagnose
from cccd_reader.emulation import (
    ActiveAuthenticationVariant,
    CardGeneration,
    CardImage,
    EmulatedCard,
    ParentsLayout,
    SignerKind,
    SyntheticCitizen,
    TestSigner,
    personalise,
)
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.mrz import transliterate
from cccd_reader.transport.local import LocalConnection

PHOTO_BYTES = 9000
NOW = datetime(2026, 1, 1, tzinfo=UTC)

PEOPLE = {
    "a man of 1985, strings of parents side by side": (
        SyntheticCitizen(
            number="079085637940",
            full_name="Huỳnh Bảo Trường",
            birth_date=date(1985, 11, 23),
            sex="M",
            residence="Ấp Tân Quới, Xã Vĩnh Thuận",
            place_of_origin="Phường Thạnh Mỹ Lợi",
            issue_date=date(2021, 8, 17),
            expiry_date=date(2025, 11, 23),
            father="Huỳnh Thế Vượng",
            mother="Đoàn Thuỳ Dương",
            spouses=("Tạ Mỹ Duyên", "Giáp Ngọc Quyên"),
            features="Sẹo chấm cách 2,5cm dưới trước đuôi mắt trái",
            old_number="936285047",
            chip_serial="B7D3F05A69C8E24F",
        ),
        ParentsLayout.SPLIT,
        SignerKind.EC,
    ),
    "a woman of 2003, parents in one sequence": (
        SyntheticCitizen(
            number="046303982756",
            full_name="Đặng Ngọc Quỳnh Giao",
            birth_date=date(2003, 2, 28),
            sex="F",
            residence="Tổ dân phố Phước Hải",
            place_of_origin="Xã Quảng Khê",
            issue_date=date(2022, 9, 14),
            expiry_date=date(2028, 2, 28),
            ethnicity="Ba Na",
            religion="Thiên Chúa giáo",
            father="Đặng Đình Khuê",
            mother="Võ Hoàng Yến Nhi",
        ),
        ParentsLayout.NESTED,
        SignerKind.RSA,
    ),
    "a man of 1958 with a card of 2024 that has no expiry": (
        SyntheticCitizen(
            number="038058947263",
            full_name="Lường Khắc Thiệu",
            birth_date=date(1958, 6, 9),
            sex="M",
            residence="Bản Nậm Cắn, Xã Kỳ Sơn",
            place_of_origin="Xã Mường Típ",
            issue_date=date(2024, 10, 7),
            expiry_date=None,
            ethnicity="Khơ Mú",
            spouses=("Cầm Thị Hặc",),
            generation=CardGeneration.CAN_CUOC_2024,
        ),
        ParentsLayout.SPLIT,
        SignerKind.EC,
    ),
}


@pytest.fixture(scope="module")
def signers() -> dict[SignerKind, TestSigner]:
    return {kind: TestSigner.create(kind) for kind in (SignerKind.EC, SignerKind.RSA)}


def drawn(seed: int) -> bytes:
    """A picture as far as a reader looks at it: a JPEG frame header of 300×400 pixels, then noise."""
    header = bytes.fromhex("FFD8FFC0001108") + (400).to_bytes(2, "big") + (300).to_bytes(2, "big")
    noise = random.Random(seed).randbytes(PHOTO_BYTES)
    return header + bytes.fromhex("03012200021101031101") + noise.replace(b"\xff", b"\xfe") + b"\xff\xd9"


def ticking() -> Callable[[], float]:
    """A clock that goes on by a millisecond each time it is looked at."""
    ticks = itertools.count()
    return lambda: next(ticks) / 1000


def report_of(image: CardImage) -> dict[str, object]:
    qr = parse_qr(image.qr_text)
    return diagnose(
        LocalConnection(EmulatedCard(image)),
        keyring_from_qr(qr),
        clock=ticking(),
        now=lambda: NOW,
        random=lambda size: bytes(size),
    )


def parts(text: str, least: int) -> Iterator[str]:
    return (text[start : start + least] for start in range(len(text) - least + 1))


def date_forms(day: date) -> set[str]:
    return {f"{day:{form}}" for form in ("%d%m%Y", "%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%y%m%d")}


def personal_texts(citizen: SyntheticCitizen, image: CardImage) -> set[str]:
    """What nobody may find in a report, in lower case."""
    found: set[str] = {str(citizen.birth_date.year)}
    for name, value in asdict(citizen).items():
        if isinstance(value, date):
            found |= date_forms(value)
        elif name in ("number", "old_number", "chip_serial") and value:
            found.update(parts(value, 4))
        elif name not in ("sex", "generation", "nationality", "religion", "ethnicity") and value:
            texts = [value] if isinstance(value, str) else list(value)
            words = [word.strip(",") for text in texts for word in text.split()]
            plain = [word for text in texts for word in transliterate(text).split()]
            found.update(word for word in (*texts, *words, *plain) if len(word) > 3)
    mrz = parse_dg1(image.files[0x0101])
    found.update(mrz.lines())
    found.update({mrz.document_number, mrz.optional_data, mrz.surname, mrz.birth})
    for data in image.files.values():
        for algorithm in ("sha1", "sha256", "sha384", "sha512"):
            found.update(parts(hashlib.new(algorithm, data).hexdigest()[:16], 12))
    return {text.lower() for text in found if text}


def lookalikes(text: str) -> list[str]:
    """Runs of characters long enough to be bytes in hexadecimal or base64, or a large number."""
    return re.findall(r"[0-9A-Fa-f]{16,}|[A-Za-z0-9+/=]{24,}|[0-9]{9,}", text)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_value_of_the_holder_or_the_chip_is_in_the_report(who: str, signers: dict[SignerKind, TestSigner]) -> None:
    citizen, layout, kind = PEOPLE[who]
    chip_key = ActiveAuthenticationVariant.parse("rsa-2048-sha256" if kind is SignerKind.RSA else "ec-secp256r1-sha256")
    image = personalise(citizen, drawn(7), signer=signers[kind], parents=layout, active_authentication=chip_key)
    report = report_of(image)
    issuer_key = report["SOD"]["certificates"][0].pop("authority key identifier")  # type: ignore[index]
    assert re.fullmatch("[0-9A-F]{40}", issuer_key)
    for text in (json.dumps(report, ensure_ascii=False), as_text(report)):
        assert {found for found in personal_texts(citizen, image) if found in text.lower()} == set()
        assert lookalikes(text) == []
        assert text.isascii(), "no text of the card's language"
        photo = base64.b64encode(image.files[0x0102]).decode()
        assert not any(part in text for part in parts(photo[:4000], 12))


def test_the_report_finds_out_what_is_asked_of_it(signers: dict[SignerKind, TestSigner]) -> None:
    (first, layout, _), (second, nested, _), (third, _, _) = PEOPLE.values()
    report: dict = report_of(personalise(first, drawn(1), signer=signers[SignerKind.EC], parents=layout))
    assert not [name for name, value in report.items() if "failed" in str(value)]
    assert report["master file"]["SELECT MF (00A4000C)"].startswith("6D00")
    assert report["CardAccess"]["is the constant known of Vietnamese cards"] is True
    assert report["access"]["key"] == "CAN"
    assert report["access"]["protocol"] == "PACE-ECDH-GM-AES-128, parameters 13"
    assert report["files"]["DG3"]["SELECT"].startswith("6982")
    assert report["files"]["DG2"]["size"] == "8-9 kB"
    assert report["files"]["DG1"]["size"] == 95
    assert report["COM"]["data groups"] == [1, 2, 3, 13, 14, 15]
    assert report["DG1"]["expiry among the candidates of the law"] == "number 1"
    assert report["DG13"]["parents' layout"] == "A: 2 SEQUENCEs"
    assert report["DG13"]["fields"]["16"]["forms"] == ["16 hexadecimal characters"]
    assert report["DG13"]["fields"]["15"]["forms"] == ["9 digits"]
    assert report["DG15"]["key"] == "brainpoolP256r1"
    assert report["active authentication"]["short"]["form"] == "plain r and s"
    assert report["SOD"]["signers"][0]["signature algorithm"].endswith("(ecdsa-with-SHA256)")
    assert report["other ways in"]["BAC"]["opens"] is True
    assert report["pieces"]["223 bytes"]["received"] == "all"
    assert report["QR code"]["old number"] == "given"
    report = report_of(personalise(second, drawn(1), signer=signers[SignerKind.RSA], parents=nested))
    assert report["DG13"]["parents' layout"] == "B: 2 strings in one SEQUENCE"
    report = report_of(personalise(third, drawn(1), signer=signers[SignerKind.EC]))
    assert report["DG1"]["expiry is 991231"] is True
    assert report["DG1"]["issued under the law of 2024"] is True
    assert report["DG13"]["fields"]["12"]["forms"] == ["the text for no expiry"]
    assert report["QR code"]["fields after the seventh"] == 4


def test_people_with_nothing_in_common_have_the_same_report(signers: dict[SignerKind, TestSigner]) -> None:
    """The same forms and length classes; other names, numbers, dates, photo, and keys of the chip."""
    one = replace(next(iter(PEOPLE.values()))[0], spouses=(), features=None)
    other = SyntheticCitizen(
        number="001192000123",
        full_name="Đặng Ngọc Giao",
        birth_date=date(1992, 3, 4),
        sex="F",
        residence="Tổ dân phố Phước Hải, Ba Vì",
        place_of_origin="Xã Quảng Khê Thượng",
        issue_date=date(2022, 5, 6),
        expiry_date=date(2032, 3, 4),
        father="Đặng Đình Khuê",
        mother="Võ Hoàng Yến Nhi",
        old_number="012345678",
        chip_serial="0123456789ABCDEF",
    )
    signer = signers[SignerKind.RSA]
    first, second = (
        report_of(personalise(citizen, drawn(seed), signer=signer)) for seed, citizen in enumerate((one, other))
    )
    assert first == second
