"""What the adapter makes of a receiver's answers, good, bad and none."""

import logging
from datetime import UTC, date, datetime

import pytest

from his_adapter.clock import ZONE
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.hl7v2 import AckMode, Hl7Hospital, Hl7Settings, Place
from his_adapter.hospital.hl7v2.head import time_text, visit_number
from his_adapter.hospital.hl7v2.message import parse
from his_adapter.hospital.hl7v2.segments import patient_code
from his_adapter.model import AppointmentState, CoverageReport, Room
from tests.his_adapter.hl7v2.story import (
    AT,
    CARD,
    HEART,
    PATIENT,
    Answer,
    HospitalMaker,
    Receiver,
    control_id,
    insured,
    reply,
    transfer,
    visit,
)

REPORT = CoverageReport("report-1", "V1", "BN7", PATIENT, "000", AT, verified=True, coverage=CARD)
ERR = "ERR||{place}|{code}^x^HL70357|{severity}"


def test_a_plain_acknowledgement_leaves_the_numbers_to_us(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(reply("AA"))
    done = hospital.register(visit(**insured()))
    assert (done.visit_id, done.patient_code) == (visit_number("key-1"), patient_code(PATIENT.number))
    assert PATIENT.number not in done.patient_code
    assert (done.ticket, done.fee_dong, done.repeated, done.receipt_number) == (None, 26_565, False, "")
    assert [(one.code, one.price_dong, one.patient_dong) for one in done.charges] == [("KTM", 150_000, 26_565)]


def test_what_a_hospital_adds_to_its_answer_is_read(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, queue_number=Place.of("ZQN-1"), receipt_number=Place.of("ZPR-2.1"))
    pv1 = f"PV1|1|O||||||||KTM|||||||||L77|{'|' * 26}12000.00"
    receiver.say(reply("AA", more=f"PID|1||9^^^X^PI~BN7^^^HIS^MR\r{pv1}\rZQN|042"))
    done = hospital.register(visit())
    assert (done.visit_id, done.patient_code, done.fee_dong) == ("L77", "BN7", 12_000)
    assert done.ticket is not None
    assert (done.ticket.number, done.ticket.room, done.ticket.people_ahead) == ("042", Room("203", "2"), None)
    receiver.say(reply("AA", head="ACK^P03^ACK", more="ZPR|1|BL9^x"))
    assert hospital.record_payment(transfer()).receipt_number == "BL9"


def test_a_queue_number_that_is_none_is_a_bad_answer(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, queue_number=Place.of("ZQN-1"))
    receiver.say(reply("AA", more="ZQN|please ask at the desk"))
    with pytest.raises(OutsideFault, match="queue number"):
        hospital.register(visit())


def test_one_connection_serves_many_messages(hospital: Hl7Hospital, receiver: Receiver) -> None:
    for _ in range(3):
        receiver.say(reply("AA"))
    hospital.register(visit())
    hospital.report_coverage(REPORT)
    assert hospital.record_payment(transfer()).receipt_number == ""
    assert [number for number, _ in receiver.heard] == [1, 1, 1]
    assert [parse(text).kind for _, text in receiver.heard] == ["ADT^A04", "ADT^A08", "DFT^P03"]


def test_the_same_visit_again_is_the_same_message(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(reply("AA"))
    receiver.say(reply("AA", more=ERR.format(place="PV1^1^19", code="205", severity="I")))
    first, again = hospital.register(visit()), hospital.register(visit())
    assert receiver.heard[0] == receiver.heard[1]
    assert (first.repeated, again.repeated) == (False, True)
    assert first.visit_id == again.visit_id


@pytest.mark.parametrize(
    ("code", "condition", "place", "fault"),
    [
        ("AE", "101", "PID^1^5", OutsideFaultCode.REJECTED),
        ("AR", "200", "MSH^1^9", OutsideFaultCode.REJECTED),
        ("AE", "204", "PV1^1^19", OutsideFaultCode.REJECTED),
        ("AE", "205", "PV1^1^19", OutsideFaultCode.CONFLICT),
        ("AE", "205", "PID^1^3", OutsideFaultCode.DUPLICATE_PATIENT),
        ("AE", "206", "", OutsideFaultCode.SERVER_ERROR),
        ("AR", "207", "", OutsideFaultCode.SERVER_ERROR),
        ("AE", "999", "", OutsideFaultCode.REJECTED),
        ("AE", "", "", OutsideFaultCode.REJECTED),
        ("AR", "", "", OutsideFaultCode.SERVER_ERROR),
        ("CE", "", "", OutsideFaultCode.SERVER_ERROR),
        ("CR", "", "", OutsideFaultCode.REJECTED),
    ],
)
def test_refusals(
    hospital: Hl7Hospital, receiver: Receiver, code: str, condition: str, place: str, fault: OutsideFaultCode
) -> None:
    err = ERR.format(place=place, code=condition, severity="E") + "|||BÍ MẬT" if condition else ""
    receiver.say(reply(code, more=err))
    receiver.say(reply("AA"))
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is fault
    assert caught.value.detail.startswith(code)
    assert "BÍ MẬT" not in str(caught.value)
    hospital.register(visit())
    assert [number for number, _ in receiver.heard] == [1, 1]  # a refusal is an answer: the connection stays


@pytest.mark.parametrize("old", ["ERR|PID^1^3^205&Duplicate", "ERR|PID^1^3^205"])
def test_errors_of_older_versions(hospital: Hl7Hospital, receiver: Receiver, old: str) -> None:
    receiver.say(reply("AE", more=old))
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.DUPLICATE_PATIENT


def test_the_condition_in_msa_before_version_2_4(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(
        lambda text: b"\x0bMSH|^~\\&|HIS||||1||ACK|9|P|2.3\rMSA|AE|" + control_id(text).encode() + b"||||207\x1c\r"
    )
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.SERVER_ERROR


@pytest.mark.parametrize(
    "answer",
    [
        reply("AA", to="SOMETHING-ELSE"),
        reply("AA", to=""),
        reply("XX"),
        b"\x0bMSH|^~\\&||||||||||||||||BIG-5\rMSA|AA|\xa4\xa4\x1c\r",
        b"\x0bMSH|^~\\&|HIS\rPID|1\x1c\r",
        b"\x0b<html>503</html>\x1c\r",
        b"\x0bMSH|^~\\&|\xff\x1c\r",
        b"\x0bMSH|\x0bMSH|",
        b"\x0bMSH|^~\\&|HIS\x1cMSA",
        b"HTTP/1.1 400 Bad Request\r\n" * 200,
    ],
)
def test_what_is_no_answer_takes_the_connection_with_it(
    hospital: Hl7Hospital, receiver: Receiver, answer: Answer
) -> None:
    receiver.say(answer)
    receiver.say(reply("AA"))
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    hospital.register(visit())
    assert [number for number, _ in receiver.heard] == [1, 2]


@pytest.mark.parametrize("answers", [[], [b"\x0bMSH|^~\\&|HIS\rMSA|AA|"], [b"noise"], [reply("CA")]])
def test_no_answer_in_time_is_unknown(receiver: Receiver, hospital_at: HospitalMaker, answers: list[Answer]) -> None:
    hospital = hospital_at(receiver.port, timeout_s=0.3)
    receiver.say(*answers)
    receiver.say(reply("AA"))
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert caught.value.retryable
    hospital.register(visit())
    assert [number for number, _ in receiver.heard] == [1, 2]  # what still comes on the first has nobody to take it


@pytest.mark.parametrize("answers", [[None], [b"\x0bMSH|^~\\&|", None]])
def test_a_cut_connection_is_unknown(hospital: Hl7Hospital, receiver: Receiver, answers: list[Answer]) -> None:
    receiver.say(*answers)
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.TIMEOUT


def test_a_connection_cut_while_idle_is_made_again(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(reply("AA"), None)
    receiver.say(reply("AA"))
    hospital.register(visit())
    assert receiver.cut.wait(10)
    hospital.register(visit("key-2"))
    assert [number for number, _ in receiver.heard] == [1, 2]


def test_an_answer_said_twice_is_taken_once(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(reply("AA"))
    receiver.say(lambda text: _answered(receiver, 0), reply("AE"))
    hospital.register(visit())
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit("key-2"))
    assert caught.value.code is OutsideFaultCode.REJECTED


def _answered(receiver: Receiver, place: int) -> bytes:
    answer = reply("AA")
    assert callable(answer)
    return answer(receiver.heard[place][1])


def test_an_answer_nobody_waits_for_is_left_behind(hospital: Hl7Hospital, receiver: Receiver) -> None:
    def twice(text: str) -> bytes:
        answer = reply("AA")
        assert callable(answer)
        return answer(text) * 2

    receiver.say(twice)
    receiver.say(reply("AA"))
    hospital.register(visit())
    hospital.register(visit())
    assert [number for number, _ in receiver.heard] == [1, 2]


def test_noise_before_the_answer_is_skipped(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(b"\r\nnoise", reply("AA"))
    assert hospital.register(visit()).visit_id


def test_stored_is_enough_when_the_hospital_wants_it_so(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, ack_mode=AckMode.ACCEPT)
    receiver.say(reply("CA"))
    assert hospital.register(visit()).visit_id == visit_number("key-1")


def test_stored_and_then_done(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, ack_mode=AckMode.BOTH)
    receiver.say(b"\x0b\x06\x1c\r", reply("CA"), reply("AA", extra="|||AL|NE"))
    receiver.say()
    receiver.say(reply("CA"), reply("AE"))
    hospital.register(visit())
    with pytest.raises(OutsideFault):
        hospital.register(visit("key-2"))
    _, committed, _ = (parse(text) for _, text in receiver.heard)
    assert committed.kind == "ACK^A04"
    assert committed.segments[1].text(1) == "CA"
    assert committed.segments[1].text(2) == f"R{control_id(receiver.heard[0][1])[:9]}"


def test_a_receiver_that_could_not_store(hospital: Hl7Hospital, receiver: Receiver) -> None:
    receiver.say(b"\x0b\x15\x1c\r")
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit())
    assert caught.value.code is OutsideFaultCode.SERVER_ERROR


def test_nobody_listens(hospital_at: HospitalMaker, receiver: Receiver) -> None:
    hospital = hospital_at(receiver.port)
    receiver.close()
    for call in (lambda: hospital.register(visit()), lambda: hospital.record_payment(transfer())):
        with pytest.raises(OutsideFault) as caught:
            call()
        assert caught.value.code is OutsideFaultCode.UNREACHABLE
    assert hospital.health().fault is OutsideFaultCode.UNREACHABLE


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        (reply("AA", head="NMR^N01^NMR_N01", more="NCK|20261127083000"), True),
        (reply("AR"), True),
        (reply("AE", more=ERR.format(place="MSH^1^9", code="200", severity="E")), True),
        (reply("AR", more=ERR.format(place="", code="207", severity="E")), False),
        (b"\x0b<html>\x1c\r", False),
    ],
)
def test_signs_of_life(hospital: Hl7Hospital, receiver: Receiver, answer: Answer, well: bool) -> None:
    receiver.say(answer)
    assert hospital.health().well is well
    assert parse(receiver.heard[0][1]).kind == "NMQ^N01"


def test_a_connection_is_sign_of_life_enough(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, health_query=False)
    assert hospital.health().well
    assert not receiver.heard


def test_what_the_hospital_has_no_questions_for(hospital: Hl7Hospital, receiver: Receiver) -> None:
    assert hospital.list_services() == (HEART,)
    assert hospital.appointments(PATIENT, date(2026, 11, 27)) == ()
    for call in (
        lambda: hospital.registration_by_key("key-1"),
        lambda: hospital.register(visit(appointment_id="LH1")),
    ):
        with pytest.raises(OutsideFault) as caught:
            call()
        assert caught.value.code is OutsideFaultCode.REJECTED
    assert not receiver.heard


def found(status: str, body: str = "", head: str = "RSP^ZV2^RSP_ZV2") -> Answer:
    return reply("AA", head=head, more="\r".join(filter(None, [f"QAK|Q|{status}", body])))


OURS = visit_number("key-1")
PV1 = f"PV1|1|O||||||||KTM|||||||||{OURS}|{'|' * 26}"


@pytest.mark.parametrize(
    ("pv1", "visit_id", "fee"),
    [
        (PV1, OURS, 150_000),
        (f"{PV1}26565", OURS, 26_565),
        (f"PV1|1|O||||||||KTM|||||||||L77{'|' * 31}{OURS}", "L77", 150_000),
    ],
)
def test_a_visit_is_found_by_its_number(
    receiver: Receiver, hospital_at: HospitalMaker, pv1: str, visit_id: str, fee: int
) -> None:
    hospital = hospital_at(receiver.port, visit_query="IHE PDVQ Query")
    receiver.say(found("OK", f"PID|1||BN7^^^HIS^MR\r{pv1}"))
    seen = hospital.registration_by_key("key-1")
    assert seen is not None
    assert (seen.visit_id, seen.patient_code, seen.fee_dong, seen.repeated) == (visit_id, "BN7", fee, True)
    query = parse(receiver.heard[0][1])
    assert query.head.text(9, 3) == "QBP_Q21"
    assert query.segments[1].field(3) == ((("@PV1.19.1",), (OURS,)),)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (found("OK", PV1.replace(OURS, "OTHER")), OutsideFaultCode.BAD_ANSWER),
        (found("OK", PV1.replace("KTM", "XXX")), OutsideFaultCode.BAD_ANSWER),
        (reply("AA"), OutsideFaultCode.BAD_ANSWER),
        (found("AE"), OutsideFaultCode.REJECTED),
        (found("AR"), OutsideFaultCode.REJECTED),
    ],
)
def test_look_ups_that_lead_nowhere(
    receiver: Receiver, hospital_at: HospitalMaker, answer: Answer, code: OutsideFaultCode
) -> None:
    hospital = hospital_at(receiver.port, visit_query="IHE PDVQ Query")
    receiver.say(answer)
    with pytest.raises(OutsideFault) as caught:
        hospital.registration_by_key("key-1")
    assert caught.value.code is code
    receiver.say(found("NF"))
    assert hospital.registration_by_key("key-1") is None


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (found("OK", f"PID|1||001190990101^^^CCCD^NI||NGUYỄN^THỊ HỢP LỆ||199002\r{PV1}"), True),
        (found("OK", f"PID|1||001190990102^^^CCCD^NI||NGUYỄN^THỊ HỢP LỆ||199002\r{PV1}"), False),
        (found("OK", f"PID|1||001190990101^^^CCCD^NI||NGUYỄN^THỊ HỢP LỆ||199002\r{PV1.replace('KTM', 'KMAT')}"), False),
        (found("OK", PV1), False),
        (found("NF"), False),
    ],
)
def test_a_duplicate_visit_number_can_be_our_own_second_try(
    receiver: Receiver, hospital_at: HospitalMaker, answer: Answer, known: bool
) -> None:
    hospital = hospital_at(receiver.port, visit_query="IHE PDVQ Query")
    receiver.say(reply("AE", more=ERR.format(place="PV1^1^19", code="205", severity="E")))
    receiver.say(answer)
    if known:
        again = hospital.register(visit(**insured()))
        assert (again.visit_id, again.repeated, again.fee_dong) == (OURS, True, 26_565)
        return
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit(**insured()))
    assert caught.value.code is OutsideFaultCode.CONFLICT


ME = "PID|1||001190990101^^^CCCD^NI||NGUYỄN^THỊ HỢP LỆ||199002"


def schedule(number: str, at: str, status: str = "Booked", pid: str = ME, place: str = "AIL|1||^203^^^^^^2") -> str:
    sch = f"SCH||{number}|||||||||^^^{at}|||||X||||Y|||||{status}^^HL70278"
    rest = ["RGS|1", "AIS|1||KTM^Tim mạch", place, "AIP|1||7^BS^MÔ PHỎNG"]
    return "\r".join(line for line in (sch, pid, *rest) if line)


def test_appointments_of_a_day(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, appointments=True)
    rows = [
        schedule("LH2", "202611271100+0700"),
        schedule("LH1", "20261127023000.0000+0000", "Complete"),
        schedule("LH3", "20261127140000", "Pending"),
        schedule("LH4", "202611280900"),
        schedule("LH5", "202611271500", "ARRIVED", place=""),
        schedule("", "202611271600"),
    ]
    receiver.say(found("OK", "\r".join(rows), head="SQR^S25^SQR_S25"))
    first, second, third = hospital.appointments(PATIENT, date(2026, 11, 27))
    assert (first.appointment_id, first.state) == ("LH1", AppointmentState.OVER)
    assert first.starts_at == datetime(2026, 11, 27, 9, 30, tzinfo=ZONE)
    assert (second.appointment_id, second.state) == ("LH2", AppointmentState.BOOKED)
    assert (second.service_code, second.service_name, second.clinician) == ("KTM", "Tim mạch", "BS MÔ PHỎNG")
    assert second.room == Room("203", "2")
    assert (third.appointment_id, third.state, third.room) == ("LH5", AppointmentState.CHECKED_IN, None)
    assert receiver.heard[0][1].split("\r")[1].split("|")[8].startswith("001190990101^NGUYỄN^THỊ HỢP LỆ^")


@pytest.mark.parametrize("name", ["NGUYỄN^LỆ^THỊ HỢP", "Nguyễn^Thị Hợp^Lệ", "NGUYỄN THỊ HỢP LỆ", "Thị Hợp Lệ^Nguyễn"])
@pytest.mark.parametrize("born", ["1990", "199002", "19900203", "199002030000"])
def test_a_hospital_may_part_names_and_shorten_dates_its_own_way(
    receiver: Receiver, hospital_at: HospitalMaker, name: str, born: str
) -> None:
    hospital = hospital_at(receiver.port, appointments=True)
    pid = f"PID|1||001190990101^^^CCCD^NI||{name}||{born}"
    receiver.say(found("OK", schedule("LH1", "202611270900", pid=pid), head="SQR^S25^SQR_S25"))
    (one,) = hospital.appointments(PATIENT, date(2026, 11, 27))
    assert one.appointment_id == "LH1"


@pytest.mark.parametrize(
    "pid",
    [
        "",
        ME.replace("001190990101", "001190990102"),
        ME.replace("^NI", "^SB"),
        ME.replace("HỢP LỆ", "HỢP LÊ"),
        ME.replace("199002", "199003"),
        ME.replace("199002", ""),
        ME.replace("199002", "199"),
        ME.replace("^THỊ HỢP LỆ", ""),
    ],
)
def test_nobody_sees_another_ones_appointments(receiver: Receiver, hospital_at: HospitalMaker, pid: str) -> None:
    hospital = hospital_at(receiver.port, appointments=True)
    receiver.say(found("OK", schedule("LH1", "202611270900", pid=pid), head="SQR^S25^SQR_S25"))
    assert hospital.appointments(PATIENT, date(2026, 11, 27)) == ()


@pytest.mark.parametrize("at", ["", "20261127", "202611272560", "202611270900+9900", "morning"])
def test_an_appointment_without_a_time_is_a_bad_answer(receiver: Receiver, hospital_at: HospitalMaker, at: str) -> None:
    hospital = hospital_at(receiver.port, appointments=True)
    receiver.say(found("OK", schedule("LH1", at), head="SQR^S25^SQR_S25"))
    with pytest.raises(OutsideFault) as caught:
        hospital.appointments(PATIENT, date(2026, 11, 27))
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


def test_no_appointments_and_too_many(receiver: Receiver, hospital_at: HospitalMaker) -> None:
    hospital = hospital_at(receiver.port, appointments=True)
    receiver.say(found("NF", head="SQR^S25^SQR_S25"))
    receiver.say(found("OK", "DSC|next", head="SQR^S25^SQR_S25"))
    assert hospital.appointments(PATIENT, date(2026, 11, 27)) == ()
    with pytest.raises(OutsideFault, match="more appointments"):
        hospital.appointments(PATIENT, date(2026, 11, 27))


def test_no_person_in_logs_faults_and_reprs(
    hospital: Hl7Hospital, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.say(reply("AE", more=ERR.format(place="PID^1^3", code="204", severity="E") + f"|||{PATIENT.full_name}"))
    with pytest.raises(OutsideFault) as caught:
        hospital.register(visit(**insured()))
    spoken = f"{caught.value!r} {caught.value} {caplog.text} {parse(receiver.heard[0][1])!r}"
    for secret in ("HỢP LỆ", PATIENT.number, CARD.card_number):
        assert secret not in spoken


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"port": 0},
        {"services": (HEART, HEART)},
        {"processing_id": "X"},
        {"timeout_s": 0.0},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"host": "his.invalid", "port": 2575, "services": (HEART,), **wrong}
    with pytest.raises(ValueError, match=r"host|code|MSH-11|time limit"):
        Hl7Settings(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "ZQN", "zqn-1", "ZQN-0", "ZQN-1.0", "ZQN-1.2.3", "ZQN-100"])
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="SEG-field"):
        Place.of(text)


def test_times_of_other_zones_are_ours() -> None:
    assert time_text(datetime(2026, 11, 27, 21, tzinfo=UTC)) == "20261128040000+0700"
