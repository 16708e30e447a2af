"""VietQR: the published texts, and everything that must be refused."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.payment.crc import crc16
from his_adapter.payment.tlv import QrFault, VietQrError
from his_adapter.payment.vietqr import Method, TransferService, VietQr, encode, parse, parse_bytes

VECTORS = tomllib.loads((Path(__file__).parents[1] / "data" / "his_adapter" / "vietqr.toml").read_text("utf-8"))
GOOD = str(VECTORS["valid"][2]["text"])

ACCOUNTS = st.from_regex(r"[0-9A-Za-z]{1,19}", fullmatch=True)
PLAIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=15)
CARDS = st.from_regex(r"[0-9]{16,19}", fullmatch=True)
BENEFICIARIES = st.tuples(ACCOUNTS, st.sampled_from([TransferService.ACCOUNT, TransferService.PUSH])) | st.tuples(
    CARDS, st.just(TransferService.CARD)
)
CODES = st.builds(
    lambda beneficiary, **others: VietQr(account=beneficiary[0], service=beneficiary[1], **others),
    BENEFICIARIES,
    bank=st.from_regex(r"[0-9]{6}", fullmatch=True),
    method=st.sampled_from(Method),
    amount_dong=st.none() | st.integers(1, 10**13 - 1),
    purpose=PLAIN,
    bill=PLAIN,
    name=PLAIN,
    city=PLAIN,
)


def sealed(body: str) -> str:
    """A text with the right checksum, whatever else is wrong with it."""
    return f"{body}6304{crc16(f'{body}6304'.encode()):04X}"


def test_the_checksum_is_ccitt_false() -> None:
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize("vector", VECTORS["checksum"], ids=lambda vector: vector["crc"])
def test_published_checksums(vector: dict[str, str]) -> None:
    assert f"{crc16(vector['text'].encode()):04X}" == vector["crc"]


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["text"][-4:])
def test_published_texts_are_read_and_written(vector: dict[str, str]) -> None:
    qr = parse(vector["text"])
    for name, value in vector.items():
        if name != "text":
            assert getattr(qr, name) == value
    assert encode(qr) == vector["text"]


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=lambda vector: vector["text"][-4:])
def test_malformed_texts_are_refused_although_their_checksum_is_right(vector: dict[str, str]) -> None:
    text = vector["text"]
    assert f"{crc16(text[:-4].encode()):04X}" == text[-4:]
    with pytest.raises(VietQrError) as caught:
        parse(text)
    assert caught.value.fault in {QrFault.BAD_TAG, QrFault.BAD_LENGTH, QrFault.TRUNCATED}
    assert caught.value.where.startswith("38")


MERCHANT = "38570010A00000072701270006970403011300110123456780208QRIBFTTA"


@pytest.mark.parametrize(
    ("body", "fault", "where"),
    [
        (f"000201010212{MERCHANT}53037045802VN80Z1A", QrFault.BAD_LENGTH, "80"),
        (f"000201010212{MERCHANT}53037045802VN8X01A", QrFault.BAD_TAG, ""),
        (f"000201010212{MERCHANT}53037045802VN5802VN", QrFault.REPEATED_TAG, "58"),
        (f"000201010212{MERCHANT}5303704", QrFault.MISSING_TAG, "58"),
        (f"000201010212{MERCHANT}53038405802VN", QrFault.BAD_VALUE, "53"),
        (f"000201010213{MERCHANT}53037045802VN", QrFault.BAD_VALUE, "01"),
        (f"000201010212{MERCHANT}530370454040.505802VN", QrFault.BAD_VALUE, "54"),
        (f"000201010212{MERCHANT}53037045403050" + "5802VN", QrFault.BAD_VALUE, "54"),
        (f"000201010212{MERCHANT}53037045400" + "5802VN", QrFault.EMPTY_VALUE, "54"),
        (f"010212000201{MERCHANT}53037045802VN", QrFault.WRONG_ORDER, ""),
        ("00020101021253037045802VN", QrFault.MISSING_TAG, "38"),
        (
            MERCHANT.join(("000201010212", "53037045802VN")).replace("A000000727", "A000000728"),
            QrFault.BAD_VALUE,
            "38.00",
        ),
        (MERCHANT.join(("000201010212", "53037045802VN")).replace("QRIBFTTA", "QRIBFTTX"), QrFault.BAD_VALUE, "38.02"),
        (f"000201010212{MERCHANT}53037045802VN62300826" + "A" * 26, QrFault.TOO_LONG, "62.08"),
    ],
)
def test_every_deviation_is_named(body: str, fault: QrFault, where: str) -> None:
    with pytest.raises(VietQrError) as caught:
        parse(sealed(body))
    assert (caught.value.fault, caught.value.where) == (fault, where)


def test_small_letters_in_the_checksum_are_refused() -> None:
    text = VECTORS["valid"][0]["text"]
    with pytest.raises(VietQrError, match="bad_crc"):
        parse(text[:-4] + text[-4:].lower())


def test_nothing_may_follow_the_checksum() -> None:
    with pytest.raises(VietQrError):
        parse(GOOD + "6000")


def test_accents_are_refused_before_they_reach_a_bank() -> None:
    with pytest.raises(VietQrError, match="not_ascii"):
        encode(VietQr("970403", "0011012345678", amount_dong=1, purpose="khám bệnh"))


@pytest.mark.parametrize(
    "qr",
    [
        VietQr("97040", "1"),
        VietQr("970403", ""),
        VietQr("970403", "1" * 20),
        VietQr("970403", "1", amount_dong=0),
        VietQr("970403", "1", amount_dong=-5),
        VietQr("970403", "1", amount_dong=10**13),
        VietQr("970403", "1", purpose="A" * 26),
        VietQr("970403", "001101234567", service=TransferService.CARD),
        VietQr("970403", "97040311o1234567", service=TransferService.CARD),
    ],
)
def test_what_could_not_be_read_back_is_not_drawn(qr: VietQr) -> None:
    with pytest.raises(VietQrError):
        encode(qr)


@settings(deadline=None, max_examples=50)
@given(CODES)
def test_what_is_written_is_read_back(qr: VietQr) -> None:
    assert parse(encode(qr)) == qr


@settings(deadline=None, max_examples=50)
@given(CODES, st.data())
def test_one_wrong_character_is_always_noticed(qr: VietQr, data: st.DataObject) -> None:
    text = encode(qr)
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E).filter(lambda sign: sign != text[place]))
    with pytest.raises(VietQrError):
        parse(text[:place] + wrong + text[place + 1 :])


@settings(deadline=None, max_examples=50)
@given(CODES, st.data())
def test_a_cut_text_is_always_noticed(qr: VietQr, data: st.DataObject) -> None:
    text = encode(qr)
    with pytest.raises(VietQrError):
        parse(text[: data.draw(st.integers(0, len(text) - 1))])


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=600) | st.from_regex(r"(?:[0-9]{4}[ -~]{0,9}){0,20}", fullmatch=True).map(sealed))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        qr = parse(text)
    except VietQrError:
        return
    assert parse(encode(qr)) == qr


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=600) | CODES.map(lambda qr: encode(qr).encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        qr = parse_bytes(data)
    except VietQrError:
        return
    assert encode(qr).encode() == data or parse_bytes(encode(qr).encode()) == qr


def test_bytes_are_refused_for_what_they_are() -> None:
    assert parse_bytes(GOOD.encode()) == parse(GOOD)
    for data, fault in ((b"\xff" + GOOD.encode(), QrFault.NOT_ASCII), (b"0" * 513, QrFault.TOO_LONG)):
        with pytest.raises(VietQrError) as caught:
            parse_bytes(data)
        assert caught.value.fault is fault
