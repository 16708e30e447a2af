"""Answers of other systems: exchanges with the simulators, recorded, and messages by the providers' documentation."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from his_adapter.bhyt import BhytPortal
from his_adapter.bhyt.xml0.document import build_tree, to_bytes
from his_adapter.bhyt.xml0.signature import sign
from his_adapter.faults import OutsideFault
from his_adapter.hospital import HisProHospital
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.hospital.hl7v2 import Hl7Hospital
from his_adapter.hospital.hl7v2.frames import framed
from his_adapter.hospital.hl7v2.link import Line
from his_adapter.http import Deadline, Http, Reply
from his_adapter.payment.purpose import purpose_for
from his_adapter.payment.vietqr import VietQr, encode
from his_adapter.ports import HospitalSystem
from his_adapter.remote import wire
from his_adapter.simulation import OutsideWorld, SimulatedServer, System
from his_adapter.simulation.commands import Book
from his_adapter.simulation.fhir_names import fhir_settings
from his_adapter.simulation.hl7_hospital import Hl7SimulatedHospital
from his_adapter.simulation.hl7_listener import MllpListener
from tests.fuzz.hospitals import HL7, OPERATIONS, PAYMENT, REPORT, ask
from tests.fuzz.hubs import ALL
from tests.fuzz.insurance import PROFILES, QUERY, RECORD_0, identity
from tests.fuzz.money import MOMO, SIGNED, STAMP, VNPAY, notice_input
from tests.fuzz.outside import MOMENT, MONEY, ORDER, PATIENT, RECORD, reply, script
from tests.fuzz.seeds.samples import Make, Seeds

DATA = Path(__file__).parents[2] / "data" / "his_adapter"
PEOPLE = Path(__file__).parents[3] / "assets" / "people"
KEPT_HEADERS = ("content-type", "location", "etag")
BORN = 19_900_203_000_000
PURPOSE = purpose_for(ORDER)
BANK_TIME = "2026-11-27 08:35:00"


@contextlib.contextmanager
def _recording() -> Iterator[list[bytes]]:
    """The answers to whatever is asked over HTTP in this block."""
    said: list[bytes] = []
    call = Http.call

    def recorded(self: Http, *arguments: Any, **named: Any) -> Reply:
        answer = call(self, *arguments, **named)
        kept = {name: value for name, value in answer.headers.items() if name in KEPT_HEADERS}
        said.append(reply(_shortened(answer.body), answer.status, **kept))
        return answer

    with patch.object(Http, "call", recorded):
        yield said


def _shortened(body: bytes) -> bytes:
    """A CapabilityStatement without what nothing here reads, and of departments and their prices the one asked for."""
    if b'"searchset"' in body and b'"KTM"' in body:
        bundle = json.loads(body)
        bundle["entry"] = [one for one in bundle["entry"] if "KTM" in json.dumps(one)]
        return _json(bundle)
    if b'"CapabilityStatement"' not in body:
        return body
    statement = json.loads(body)
    for rest in statement["rest"]:
        rest["resource"] = [
            {name: one[name] for name in ("type", "interaction", "conditionalCreate", "versioning") if name in one}
            for one in rest["resource"]
            if one["type"] in ("Patient", "Encounter", "Coverage", "Invoice", "PaymentNotice", "HealthcareService")
        ]
    kept = {name: statement[name] for name in ("resourceType", "fhirVersion", "rest")}
    return _json(kept)


def _exchanges(make: Callable[[], HospitalSystem], visit_id: Callable[[], str]) -> Seeds:
    """Every call of the port, first at an empty hospital, then at one that knows the visit."""
    seen: set[bytes] = set()
    for choice in [*range(OPERATIONS), *range(OPERATIONS), OPERATIONS + 2, 2 * OPERATIONS + 2]:
        hospital = make()
        told = {
            "REPORT": replace(REPORT, his_visit_id=visit_id()),
            "PAYMENT": replace(PAYMENT, his_visit_id=visit_id()),
        }
        with (
            _recording() as said,
            contextlib.suppress(OutsideFault),
            patch.multiple("tests.fuzz.hospitals", **told),
        ):
            ask(hospital, choice)
        hospital.close()
        if said and (one := script(choice, *said)) not in seen:
            seen.add(one)
            yield one


def _first_visit(make: Callable[[], HospitalSystem]) -> str:
    hospital = make()
    try:
        known = hospital.registration_by_key("visit-1")
    finally:
        hospital.close()
    return known.visit_id if known is not None else "V1"


def _book(server: SimulatedServer) -> None:
    server.tell(Book(book=PATIENT.number, name=PATIENT.full_name, birth=BORN, service="KTM", at=MOMENT))


def _hispro() -> Seeds:
    with OutsideWorld(PEOPLE, cards=DATA / "cards.toml", facility="01999") as world:

        def make() -> HospitalSystem:
            return HisProHospital(world.his_settings())

        world.book(PATIENT, "KTM", MOMENT)
        yield from _exchanges(make, lambda: _first_visit(make))
    known = {"PatientCode": "BN1", "PatientName": PATIENT.full_name, "Dob": BORN, "CccdNumber": PATIENT.number}
    exists = {"Success": False, "Data": [known], "Param": {"Messages": [], "BugCodes": ["PATIENT_EXISTS"]}}
    row = {"TreatmentCode": "V1", "PatientCode": "BN1", "NumOrder": 7, "RoomName": "203", "TotalPatientPrice": 50_600}
    yield script(2, reply(_json(exists)), reply(_json({"Success": True, "Data": row})))


def _fhir() -> Seeds:
    for lacks in ((), ("--lacks", "transactions")):
        server = SimulatedServer(System.HIS, ["--interface", "fhir", *lacks])
        try:
            server.wait_ready()
            _book(server)

            def make(server: SimulatedServer = server) -> HospitalSystem:
                return FhirHospital(fhir_settings(server.url))

            yield from _exchanges(make, lambda make=make: _first_visit(make))
        finally:
            server.close()
    token = reply(_json({"access_token": "abc", "token_type": "Bearer", "expires_in": 300}))
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "conflict"}]}
    yield script(OPERATIONS * 3, token, reply(_json(outcome), 409))
    yield script(OPERATIONS * 3 + 6, token, reply(_json(outcome), 429, retry_after="5"))


def _gnuhealth() -> Seeds:
    """By trytond's own form of JSON-RPC; a real GNU Health is one of the peers, and too large for this."""

    def told(result: object) -> bytes:
        return reply(_json({"id": "{id}", "result": result}))

    signed_in = (told([2, "token"]), told({"company": 1, "language": "vi", "employee": None}))
    price = {"__class__": "Decimal", "decimal": "150000.00"}
    offers = (
        told([{"id": 3, "code": "KTM", "name": "Tim mạch", "list_price": price}]),
        told([{"id": 4, "code": "BS1"}]),
    )
    born = {"__class__": "date", "year": 1990, "month": 2, "day": 3}
    person = {"id": 5, "ref": PATIENT.number, "name": "THỊ HỢP LỆ", "lastname": "NGUYỄN", "dob": born}
    person |= {"is_patient": True, "active": True}
    at = {"__class__": "datetime", "year": 2026, "month": 11, "day": 27, "hour": 1, "minute": 30, "second": 0}
    booked = {"id": 7, "name": "LH1", "patient": 6, "appointment_date": at | {"microsecond": 0}, "state": "confirmed"}
    booked |= {"healthprof": 4, "consultations": 3, "_timestamp": "1795743300.000001"}
    refused = reply(_json({"id": 1, "error": ["UserError", ["no", "", None]]}))
    yield script(0, *signed_in, *offers)
    yield script(6, *signed_in, *offers)
    yield script(1, *signed_in, told([person]), told([{"id": 6}]), told([booked]), *offers)
    yield script(2, *signed_in, told([]), *offers, told([person]), told([{"id": 6}]), told([]), told([8]), told([9]))
    yield script(2, *signed_in, told([]), told([]), *offers, told([]), told([5]), told([6]), told([]), told([8]))
    yield script(5, *signed_in, told([]), refused)
    yield script(3, reply(b"", 401), *signed_in, refused)


def _hl7() -> Seeds:
    hospital = Hl7SimulatedHospital(None, generous=True)
    listener = MllpListener(hospital.answer, 0)
    listener.up()
    said: list[bytes] = []
    receive = Line.receive

    def recorded(self: Line, deadline: Deadline) -> bytes:
        content = receive(self, deadline)
        said.append(content)
        return content

    try:
        at = MOMENT.strftime("%Y%m%d%H%M%S")
        hospital.book(PATIENT.number, PATIENT.full_name, "19900203", "KTM", at)
        settings = replace(HL7, host="127.0.0.1", port=listener.port)
        for choice in [*range(OPERATIONS), *range(OPERATIONS), OPERATIONS + 2, 2 * OPERATIONS + 2, *range(OPERATIONS)]:
            said.clear()
            with patch.object(Line, "receive", recorded), contextlib.suppress(OutsideFault):
                adapter = Hl7Hospital(settings, clock=lambda: MOMENT)
                ask(adapter, choice)
            adapter.close()
            if said:
                yield bytes([choice]) + b"".join(map(framed, map(_nameless, said)))
    finally:
        listener.close()
        hospital.close()
    refused = "MSH|^~\\&|HIS||TIEPDON||20261127||ACK^A04^ACK|1|P|2.5.1\rMSA|AE|{id}\rERR||PID^1^3|205^dup^HL70357|E\r"
    old = "MSH|^~\\&|HIS||||2026||ACK|1|P|2.3|||||||8859/1\rMSA|AR|{id}||||207\rERR|PID^1^3^101\r"
    strange = "MSH#*%?@#HIS#A\r\nPID#1#?X41??.br??F?@b*c%d\r\nZZZ\r\n"
    yield b"\x02" + framed(refused.encode()) + framed(old.encode("latin-1"))
    yield b"\x42\x06\x0b\x06\x1c\r" + framed(refused.replace("|AE|", "|CA|").encode())
    yield b"\x00" + strange.encode()


def _nameless(content: bytes) -> bytes:
    """An answer to whatever is asked: the control id it was for is left open."""
    lines = content.split(b"\r")
    for place, line in enumerate(lines):
        if line.startswith(b"MSA|"):
            parts = line.split(b"|")
            parts[2] = b"{id}"
            lines[place] = b"|".join(parts)
    return b"\r".join(lines)


def _portal() -> Seeds:
    from tests.fuzz.insurance import _rules

    with OutsideWorld(PEOPLE, cards=DATA / "cards.toml", facility="01999") as world:
        for number in ("001190990101", "001200990104", "001190990103", "001099000000"):
            with _recording() as said:
                asked = BhytPortal(world.portal_settings(), _rules())
                asked.check(replace(QUERY, number=number))
                asked.close()
            yield script(0, *said)
        with _recording() as said:
            asked = BhytPortal(world.portal_settings(), _rules())
            asked.copayment(QUERY)
            asked.close()
        yield script(1, *said)
        yield script(2, *said)
    token = reply(_json(_TOKEN))
    receipt = {"maKetQua": "200", "maGiaoDich": "GD1", "thoiGianTiepNhan": "20261127083000", "thongDiep": "OK"}
    yield script(3, token, reply(_json(receipt)))
    entry = {"tBNCCTLuyKe": 1_234_567.0, "ngayVao": "01/02/2026", "ngayRa": "03/02/2026"}
    yield script(1, token, reply(_json({"MaKetQua": 200, "GhiChu": "", "DataCCT": [entry, entry]})))
    yield script(0, token, reply(b"", 401), token, reply(_json(_CARD)))
    yield script(
        0, token, reply(_json({**_CARD, "maKetQua": "003", "maTheMoi": "DN4010000000114"})), reply(_json(_CARD))
    )


_KEYS = {"access_token": "abc", "id_token": "def", "token_type": "Bearer", "expires_in": "2026-11-27T01:40:00.1234567Z"}
_TOKEN = {"maKetQua": "200", "APIKey": _KEYS}
_CARD = {
    "maKetQua": "000",
    "ghiChu": "Thẻ còn giá trị",
    "maThe": "DN4010000000101",
    "hoTen": "NGUYỄN THỊ HỢP LỆ",
    "gtTheTu": "01/01/2026",
    "gtTheDen": "31/12/2026",
    "maDKBD": "01999",
    "tenDKBD": "Bệnh viện Mô phỏng",
    "ngayDu5Nam": "01/05/2024",
    "maKV": "K1",
}


def _check_in_document() -> Seeds:
    both = (RECORD_0, replace(RECORD_0, stt="2"))
    for profile in PROFILES:
        yield sign(build_tree(both), identity(), profile)
    yield to_bytes(build_tree(both[:1]))
    yield b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><a>&d;</a>'
    yield to_bytes(build_tree(both[:1])).replace(b"?>", b"?><?x y?><!-- z -->", 1)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _vietqr() -> Seeds:
    import tomllib

    cases = tomllib.loads((DATA / "vietqr.toml").read_text("utf-8"))
    for case in (*cases["valid"], *cases["checksum"]):
        yield (case["text"] + case.get("crc", "")).encode()
    yield _code().encode()
    yield f"MBVCB.123.{PURPOSE}.CT tu 001 toi 002".encode()


def _code() -> str:
    return encode(VietQr("970403", "0011012345678", amount_dong=MONEY.amount_dong, purpose=PURPOSE, name="BENH VIEN"))


_PAYOS_NOTICE = {
    "code": "00",
    "desc": "success",
    "success": True,
    "data": {
        "orderCode": ORDER,
        "amount": 50_600,
        "description": PURPOSE,
        "accountNumber": "0011012345678",
        "reference": "FT26331000001",
        "transactionDateTime": BANK_TIME,
        "currency": "VND",
        "paymentLinkId": "link-1",
        "code": "00",
        "desc": "Thành công",
        "counterAccountName": None,
        "items": [{"name": "Khám"}],
    },
    "signature": "",
}
_SEPAY_NOTICE = {
    "id": 92_704,
    "gateway": "Vietcombank",
    "transactionDate": BANK_TIME,
    "accountNumber": "0011012345678",
    "subAccount": None,
    "transferType": "in",
    "transferAmount": 50_600,
    "content": f"CT tu {PURPOSE} ung ho",
    "referenceCode": "MBVCB.1",
}
_VNPAY_NOTICE = (
    f"vnp_TmnCode={VNPAY.terminal}&vnp_Amount=5060000&vnp_BankCode=NCB&vnp_PayDate=20261127083500"
    f"&vnp_ResponseCode=00&vnp_TransactionNo=14226112&vnp_TransactionStatus=00&vnp_TxnRef={ORDER}"
    f"&vnp_OrderInfo={PURPOSE}+thanh+to%C3%A1n"
)
_MOMO_NOTICE = {
    "partnerCode": MOMO.partner_code,
    "orderId": str(ORDER),
    "requestId": f"create-{ORDER}",
    "amount": 50_600,
    "orderInfo": PURPOSE,
    "orderType": "momo_wallet",
    "transId": 2_147_483_647,
    "resultCode": 0,
    "message": "Thành công.",
    "payType": "qr",
    "responseTime": 1_795_743_300_000,
    "extraData": "",
}


def _payment_notice() -> Seeds:
    for signed in (True, False):
        yield notice_input(0, _json(_PAYOS_NOTICE), signed=signed)
        for provider in (1, 2):
            yield notice_input(provider, _json(_SEPAY_NOTICE), signed=signed)
        yield notice_input(3, _VNPAY_NOTICE.encode(), signed=signed)
        yield notice_input(4, _json(_MOMO_NOTICE), signed=signed)
    yield notice_input(0, (DATA / "payos_webhook.json").read_bytes(), signed=True)
    yield notice_input(1, _json({**_SEPAY_NOTICE, "content": "ung ho"}), {"X-SePay-Timestamp": STAMP})
    yield notice_input(2, _json({**_SEPAY_NOTICE, "transferType": "out"}), {"Authorization": "Apikey x"}, signed=False)
    yield notice_input(3, _VNPAY_NOTICE.replace("Code=00", "Code=24").encode())
    yield notice_input(4, _json({**_MOMO_NOTICE, "resultCode": 9000}))


def _payment_answer() -> Seeds:
    created = {"paymentLinkId": "link-1", "orderCode": ORDER, "amount": 50_600, "qrCode": _code(), "status": "PENDING"}
    transfer = {"reference": "FT1", "amount": 50_600, "transactionDateTime": BANK_TIME}
    open_, paid = (
        {**created, "status": status, "transactions": rows} for status, rows in (("PENDING", []), ("PAID", [transfer]))
    )
    envelopes = [
        _json({"code": "00", "desc": "success", "data": data, "signature": ""}) for data in (created, open_, paid)
    ]
    gone = _json({"code": "101", "desc": "not found", "data": None})
    yield script(SIGNED, *(reply(body) for body in (*envelopes, gone)))
    yield script(SIGNED, reply(envelopes[0]), reply(envelopes[2]), reply(gone), reply(envelopes[2]), reply(gone))
    yield script(0, reply(envelopes[0]))
    row = {"id": "92704", "amount_in": "50600.00", "transaction_content": PURPOSE, "transaction_date": BANK_TIME}
    yield script(1, *[reply(_json({"status": 200, "transactions": [row, {**row, "amount_in": "0.00"}]}))] * 3)
    yield script(1, *[reply(_json({"status": 200, "transactions": []}))] * 3)
    answer = {
        "vnp_ResponseCode": "00",
        "vnp_TxnRef": str(ORDER),
        "vnp_Amount": "5060000",
        "vnp_PayDate": "20261127083500",
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionStatus": "00",
        "vnp_TmnCode": VNPAY.terminal,
    }
    unknown = {"vnp_ResponseCode": "91", "vnp_TmnCode": VNPAY.terminal}
    yield script(
        SIGNED + 2, reply(_json(answer)), reply(_json({**answer, "vnp_TransactionStatus": "01"})), reply(_json(unknown))
    )
    made = {
        "partnerCode": MOMO.partner_code,
        "orderId": str(ORDER),
        "amount": 50_600,
        "resultCode": 0,
        "qrCodeUrl": _code(),
    }
    asked = {**_MOMO_NOTICE, "resultCode": 0}
    waiting = {**_MOMO_NOTICE, "resultCode": 1000}
    yield script(3, *(reply(_json(one)) for one in (made, waiting, asked, {**asked, "resultCode": 42})))
    yield script(3, reply(_json({**made, "qrCodeUrl": "momo://app?x=1"})), reply(_json({**asked, "resultCode": 1005})))


def _kept_wire() -> Sequence[dict[str, Any]]:
    kept: list[dict[str, Any]] = json.loads((DATA / "wire_v1.json").read_text("utf-8"))
    return kept


def _hub_answer() -> Seeds:
    places = {operation.path: place for place, operation in enumerate(ALL)}
    answers = {row["path"]: reply(_json(row["answer"])) for row in _kept_wire()}
    for path, answer in answers.items():
        yield script(places[path], answer)
    money = (answers.get(one.path, b"") for one in (wire.CREATE_PAYMENT, wire.PAYMENT_STATUS, wire.CANCEL_PAYMENT))
    yield script(places[wire.CREATE_PAYMENT.path], *money)
    fault = {"fault": {"code": "rejected", "system": "his", "detail": "unknown department"}}
    yield script(2, reply(_json(fault), 422))


def _hub_request() -> Seeds:
    places = {operation.path: place for place, operation in enumerate(ALL)}
    for row in _kept_wire():
        yield script(places[row["path"]], _json(row["question"]), b"", b"X-Deadline-Ms: 5000", b"X-Kiosk-Id: kiosk-1")
    for place, body in ((0, _json(_SEPAY_NOTICE)), (2, _json(_MOMO_NOTICE))):
        yield script(len(ALL) + place, body, b"", b"X-SePay-Timestamp: " + STAMP.encode())
    yield script(len(ALL) + 1, b"", _VNPAY_NOTICE.encode())


def _office_file() -> Seeds:
    folder = DATA / "reconcile"
    books = [(folder / name).read_bytes() for name in ("statement.csv", "his.json", "ledger.csv")]
    yield RECORD.join([b"0" + books[0], b"4" + books[1], b"2" + books[2]])
    yield from (b"0" + books[0], b"4" + books[1], b"2" + books[2])
    yield (
        b"7[hospital]\nkind = 'hispro'\nbase_url = 'https:'\napi_key_env = 'SECRET'\ntimeout_s = 8.0\n"
        b"[gateway]\nmax_calls = 4\n[facility]\ncode = '01999'\n"
    )
    yield (
        b"7[portal]\nbase_url = 'https:'\nusername = 'u'\npassword_md5_file = 'secret.key'\nofficer_name = 'C'\n"
        b"officer_number_env = 'SECRET'\n[payment]\nprovider = 'sepay'\n[payment.sepay]\n"
        b"base_url = 'x'\nbank = '970403'\n"
        b"account = '1'\napi_token_env = 'SECRET'\nwebhook_secret_env = 'SECRET'\nwebhook_auth = 'hmac'\n"
    )
    yield b"7[hospital]\nkind = 'hl7'\nhost = 'h'\nport = 2575\nservices = []\n"


def _pos_terminal() -> Seeds:
    reference = b"reference=XP0000000001A"
    taken = b"\x1c".join(
        [b"TOUTCOME", reference, b"state=approved", b"amount=50600", b"transaction=42", b"approval=A1"]
    )
    unknown = b"\x1c".join([b"TOUTCOME", reference, b"state=not_taken"])
    yield script(0, unknown, taken)
    yield script(0, unknown, b"\x15\x15\x15", unknown)
    yield script(0, unknown, b"\x06", unknown, unknown)
    yield script(1, taken.replace(b"approved", b"pending"))
    yield script(2, taken.replace(b"approved", b"reversed"))
    yield script(3, b"TREADY")
    yield script(1, b"\x06\x02AB\x03\x00", b"noise")


def _fault_proxy() -> Seeds:
    post = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    yield script(0, post[:20], post[20:] + post, b"GET / HTTP/1.0\r\n\r\n")
    yield script(0, b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", b"a")
    yield script(2, chunked + b"HTTP/1.1 304 Not Modified\r\n\r\n")
    yield script(2, b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end")
    yield script(6, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    yield script(1, b"\x0bMSH|1\x1c", b"\r\x0bMSH|2\x1c\r")
    yield script(3, b"\x0bMSH|1\x1c\r\r\n")


SEEDS: dict[str, Make] = {
    "vietqr": _vietqr,
    "payment_notice": _payment_notice,
    "payment_answer": _payment_answer,
    "portal": _portal,
    "check_in_document": _check_in_document,
    "hispro": _hispro,
    "fhir": _fhir,
    "gnuhealth": _gnuhealth,
    "hl7": _hl7,
    "hub_answer": _hub_answer,
    "hub_request": _hub_request,
    "office_file": _office_file,
    "pos_terminal": _pos_terminal,
    "fault_proxy": _fault_proxy,
}
