"""Our messages at a receiver made of simple-hl7 (Node.js), which answers in version 2.3."""

from dataclasses import replace

import pytest

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import CoverageReport
from tests.his_adapter.hl7v2.story import AT, CARD, PATIENT, SLIP, insured, transfer, visit
from tests.peers.mllp.conftest import HospitalMaker, SimpleHl7


def test_a_visit_arrives_as_it_was_meant(simple_hl7: SimpleHl7, hospital_at: HospitalMaker) -> None:
    done = hospital_at(simple_hl7.port).register(visit(**insured(), referral=SLIP))
    seen = simple_hl7.seen()
    assert (seen["type"], seen["event"], seen["sender"]) == ("ADT", "A04", "TIEPDON")
    assert seen["charset"] == "UNICODE UTF-8"
    assert f"{seen['family']} {seen['given']}" == PATIENT.full_name
    assert seen["citizen"] == "001190990101^^^CCCD^NI^^20220501"
    segments = seen["segments"]
    assert isinstance(segments, dict)
    assert segments["PID"][10] == r"Số 1\F\2, Phố Hai \T\ Ba^^^^^VNM^H"  # one field, its delimiters escaped
    assert segments["PID"][6:8] == ["199002", "F"]
    assert segments["PV1"][18] == f"{done.visit_id}^^^TIEPDON^VN"
    assert segments["IN1"][35] == CARD.card_number
    assert segments["IN1"][13] == "GCT-7^20261102^01998 Trung tâm y tế"
    assert segments["ZIN"][1:3] == ["1.1", "47.5"]
    assert done.fee_dong == 26_565


@pytest.mark.parametrize("name", ["ĐẶNG Ỹ", "LÊ VĂN A|B^C~D&E\\F", "Hồ Đắc Thuỷ-Tiên O'Brien", "TRẦN THỊ PHƯỢNG"])
def test_names_arrive_whole(simple_hl7: SimpleHl7, hospital_at: HospitalMaker, name: str) -> None:
    hospital_at(simple_hl7.port).register(visit(patient=replace(PATIENT, full_name=name)))
    seen = simple_hl7.seen()
    raw = f"{seen['family']} {seen['given']}"
    for sequence, sign in ((r"\F", "|"), (r"\S", "^"), (r"\R", "~"), (r"\T", "&")):
        raw = raw.replace(sequence + "\\", sign)
    assert raw.replace(r"\E" + "\\", "\\") == name


def test_insurance_and_money_for_the_visit(simple_hl7: SimpleHl7, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(simple_hl7.port)
    done = hospital.register(visit())
    hospital.report_coverage(
        CoverageReport("r-1", done.visit_id, done.patient_code, PATIENT, "000", AT, verified=True, coverage=CARD)
    )
    hospital.record_payment(replace(transfer(), his_visit_id=done.visit_id))
    registered, covered, paid = (simple_hl7.seen() for _ in range(3))
    assert [one["event"] for one in (registered, covered, paid)] == ["A04", "A08", "P03"]
    assert (paid["amount"], paid["currency"]) == ("26565", "VND")
    assert paid["segments"]["FT1"][29] == "FT26331000000001"  # type: ignore[index]
    assert covered["segments"]["IN1"][44] == "V"  # type: ignore[index]
    assert len({one["segments"]["PV1"][18] for one in (registered, covered, paid)}) == 1  # type: ignore[index]


def test_the_same_visit_again_is_known_by_its_control_id(simple_hl7: SimpleHl7, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(simple_hl7.port)
    first, again = hospital.register(visit()), hospital.register(visit())
    one, two = simple_hl7.seen(), simple_hl7.seen()
    assert first == again
    assert (one["controlId"], one["times"], one["visits"]) == (two["controlId"], 1, 1)
    assert (two["times"], two["visits"]) == (2, 1)
    assert one["segments"] == two["segments"]


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("AE", OutsideFaultCode.REJECTED),
        ("AR", OutsideFaultCode.SERVER_ERROR),
        ("AE-204", OutsideFaultCode.REJECTED),
        ("AE-205", OutsideFaultCode.CONFLICT),
        ("AR-207", OutsideFaultCode.SERVER_ERROR),
        ("WRONG", OutsideFaultCode.BAD_ANSWER),
        ("CUT", OutsideFaultCode.TIMEOUT),
    ],
)
def test_what_it_answers_is_understood(
    simple_hl7: SimpleHl7, hospital_at: HospitalMaker, service: str, code: OutsideFaultCode
) -> None:
    hospital = hospital_at(simple_hl7.port)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit(service=service))
    assert caught.value.code is code
    assert hospital.register(visit("key-2")).visit_id


def test_an_answer_that_never_comes(simple_hl7: SimpleHl7, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(simple_hl7.port, timeout_s=0.5)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit(service="SILENT"))
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert hospital.register(visit(service="SILENT")).visit_id
    assert [simple_hl7.seen()["times"] for _ in range(2)] == [1, 2]


def test_it_is_well(simple_hl7: SimpleHl7, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(simple_hl7.port)
    assert hospital.health().well
    simple_hl7.close()
    assert hospital.health().fault is OutsideFaultCode.UNREACHABLE
