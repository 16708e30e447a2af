"""The messages we send, read and judged by a foreign implementation (hl7apy, version 2.5.1)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hl7apy import parser
from hl7apy.core import Message as ForeignMessage
from hl7apy.exceptions import ValidationError
from hl7apy.validation import Validator

from his_adapter.hospital.hl7v2 import AckMode, Authority, Hl7Settings, outgoing
from his_adapter.hospital.hl7v2.head import digest, visit_number
from his_adapter.hospital.hl7v2.message import Message, decode, encode
from his_adapter.model import BirthDate, CoverageReport, Priority, Sex
from tests.his_adapter.hl7v2.story import AT, CARD, ENTITLEMENT, HEART, PATIENT, SLIP, insured, transfer, visit

SETTINGS = Hl7Settings("his.invalid", 2575, (HEART,), citizen=Authority("CCCD", "1.2.3"), visit_query="IHE PDVQ Query")
REPORT = CoverageReport(
    "report-1", "V1", "BN7", PATIENT, "000", AT, verified=True, coverage=CARD, entitlement=ENTITLEMENT
)


def every() -> Iterator[tuple[str, Message]]:
    yield "walk-in", outgoing.registration(SETTINGS, visit(self_pay=True), HEART)
    yield "insured", outgoing.registration(SETTINGS, visit(**insured(), referral=SLIP, priority=Priority.AGE), HEART)
    yield "portal down", outgoing.registration(SETTINGS, visit(appointment_id="LH1"), HEART)
    yield "portal back", outgoing.coverage_update(SETTINGS, REPORT)
    yield (
        "card refuted",
        outgoing.coverage_update(
            SETTINGS, replace(REPORT, verified=False, coverage=None, entitlement=None, result_code="050")
        ),
    )
    yield "paid", outgoing.payment(SETTINGS, transfer())
    yield "appointments", outgoing.appointments_query(SETTINGS, PATIENT, date(2026, 11, 27), "Q1", AT)
    yield "visit", outgoing.visit_query(SETTINGS, "V1", "Q2", AT)
    yield "clock", outgoing.clock_query(SETTINGS, "Q3", AT)


def foreign(message: Message) -> ForeignMessage:
    """As hl7apy reads it. The Z segment is ours and IHE's event no part of the standard: hl7apy knows neither."""
    text = "\r".join(line for line in encode(message).decode().split("\r") if not line.startswith("ZIN"))
    return parser.parse_message(text.replace("QBP^ZV1", "QBP^Q22"), find_groups=True)


@pytest.mark.parametrize("message", [pytest.param(message, id=name) for name, message in every()])
def test_a_foreign_validator_finds_nothing(message: Message) -> None:
    read = foreign(message)
    assert read.version == "2.5.1"
    assert Validator.validate(read)


def test_the_foreign_validator_would_find_something() -> None:
    without_class = outgoing.registration(SETTINGS, visit(), HEART)
    text = encode(without_class).decode().replace("PV1|1|O|", "PV1|1||")
    with pytest.raises(ValidationError, match="PV1"):
        Validator.validate(foreign(decode(text.encode())))


def test_who_registers() -> None:
    read = foreign(
        outgoing.registration(SETTINGS, visit(**insured(), referral=SLIP, priority=Priority.PREGNANCY), HEART)
    )
    assert read.msh.msh_9.to_er7() == "ADT^A04^ADT_A01"
    assert read.msh.msh_18.value == "UNICODE UTF-8"
    assert read.evn.evn_5.to_er7() == "kiosk-1"
    ids = {one.cx_5.value: one.to_er7() for one in read.pid.pid_3}
    assert ids["NI"] == "001190990101^^^CCCD&1.2.3&ISO^NI^^20220501"
    assert ids["SB"] == "GD4010000000101^^^BHXH^SB^^20260101^20261231"
    assert read.pid.pid_5.to_er7() == "NGUYỄN^THỊ HỢP LỆ^^^^^L^^^^F"
    assert read.pid.pid_7.to_er7() == "199002"
    assert read.pid.pid_8.value == "F"
    assert read.pid.pid_11.to_er7() == r"Số 1\F\2, Phố Hai \T\ Ba^^^^^VNM^H"
    assert read.pd1.pd1_3.xon_10.value == "01999"
    assert read.pv1.pv1_3.to_er7() == "^203^^^^^^2"
    assert (read.pv1.pv1_10.value, read.pv1.pv1_15.value, read.pv1.pv1_20.to_er7()) == ("KTM", "B6", "BHYT")
    assert read.pv1.pv1_19.to_er7() == f"{visit_number('key-1')}^^^TIEPDON^VN"
    assert (read.pv2.pv2_7.value, read.pv2.pv2_25.value) == ("PREGNANCY", "2")
    assert read.dg1.dg1_3.to_er7() == "I10^Tăng huyết áp^I10"
    policy = read.adt_a01_insurance.in1
    assert policy.in1_14.to_er7() == "GCT-7^20261102^01998 Trung tâm y tế"
    assert (policy.in1_25.value, policy.in1_36.value, policy.in1_45.value) == ("Y", "GD4010000000101", "V")


def test_what_the_standard_has_no_field_for() -> None:
    sent = outgoing.registration(SETTINGS, visit(**insured(), referral=SLIP, face_verified=True), HEART)
    assert encode(sent).decode().split("\r")[-2] == "ZIN|1|1.1|47.5||K1|Y|20261116"
    told = outgoing.coverage_update(SETTINGS, REPORT)
    assert encode(told).decode().split("\r")[-2] == "ZIN|1|1.1|47.5||K1|||000"


def test_a_self_payer_says_nothing_of_insurance() -> None:
    sent = outgoing.registration(SETTINGS, visit(**insured(), self_pay=True), HEART)
    text = encode(sent).decode()
    assert CARD.card_number not in text
    assert sent.first("IN1") is None
    assert sent.first("PV1").text(20) == "VP"  # type: ignore[union-attr]


def test_a_payment_names_no_person() -> None:
    sent = foreign(outgoing.payment(SETTINGS, transfer()))
    assert sent.pid.to_er7() == 'PID|1||V1^^^TIEPDON^VN||""~^^^^^^U'
    money = sent.dft_p03_financial.ft1
    assert money.ft1_11.to_er7() == "26565&VND"
    assert (money.ft1_6.value, money.ft1_7.ce_1.value) == ("PY", "EXACT")
    assert money.ft1_30.to_er7() == "FT26331000000001"
    assert sent.dft_p03_financial.nte.nte_3.value == "12345"


@pytest.mark.parametrize(
    ("birth", "text"),
    [(BirthDate(1938), "1938"), (BirthDate(1941, 7), "194107"), (BirthDate(2001, 12, 31), "20011231")],
)
@pytest.mark.parametrize(("sex", "code"), [(Sex.MALE, "M"), (Sex.FEMALE, "F"), (Sex.UNKNOWN, "U")])
def test_birth_dates_are_as_exact_as_they_are_known(birth: BirthDate, text: str, sex: Sex, code: str) -> None:
    somebody = replace(PATIENT, birth_date=birth, sex=sex, full_name="Y", residence="", phone="")
    pid = outgoing.registration(SETTINGS, replace(visit(), patient=somebody), HEART).first("PID")
    assert pid is not None
    assert (pid.text(7), pid.text(8), pid.text(5), pid.text(5, 2)) == (text, code, "Y", "")
    assert Validator.validate(foreign(outgoing.registration(SETTINGS, replace(visit(), patient=somebody), HEART)))


def test_the_same_key_and_request_are_the_same_bytes() -> None:
    first, again = (encode(outgoing.registration(SETTINGS, visit(**insured()), HEART)) for _ in range(2))
    assert first == again
    other = outgoing.registration(SETTINGS, visit("key-2"), HEART)
    assert other.control_id != decode(first).control_id
    assert len(other.control_id) == 20


def test_one_key_gives_every_purpose_its_own_id() -> None:
    assert len({digest(purpose, "key", 20) for purpose in ("A04", "A08", "P03", "visit")}) == 4


@pytest.mark.parametrize(
    ("mode", "update", "query"),
    [
        (AckMode.ORIGINAL, ("", ""), ("", "")),
        (AckMode.ACCEPT, ("AL", "NE"), ("NE", "AL")),
        (AckMode.BOTH, ("AL", "AL"), ("AL", "AL")),
    ],
)
def test_the_mode_asks_for_its_acknowledgements(mode: AckMode, update: tuple[str, str], query: tuple[str, str]) -> None:
    settings = replace(SETTINGS, ack_mode=mode)
    for message, wanted in (
        (outgoing.registration(settings, visit(), HEART), update),
        (outgoing.visit_query(settings, "V1", "Q1", AT), query),
    ):
        assert (message.head.text(15), message.head.text(16)) == wanted


def test_the_pages_examples_are_what_is_sent() -> None:
    page = (Path(__file__).parents[3] / "docs" / "hospitals" / "hl7.md").read_text("utf-8")
    settings = replace(SETTINGS, citizen=Authority("CCCD"), sending_facility="01999", receiving_facility="01999")
    sent = (
        outgoing.registration(settings, visit(**insured(), referral=SLIP, face_verified=True), HEART),
        outgoing.payment(settings, transfer()),
    )
    shown = [block.strip() for block in page.split("```")[1::2]]
    assert shown == [encode(message).decode().replace("\r", "\n").strip() for message in sent]
