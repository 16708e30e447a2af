"""What hospital systems say: over HTTP as HisPro and FHIR do, and in HL7 v2 messages."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital import HisProHospital
from his_adapter.hospital.fhir import FhirHospital
from his_adapter.hospital.fhir.settings import BasicAuth, ClientCredentials, FhirSettings
from his_adapter.hospital.gnuhealth import GnuHealthHospital
from his_adapter.hospital.gnuhealth.settings import GnuHealthDepartment, GnuHealthSettings
from his_adapter.hospital.hl7v2 import Hl7Hospital
from his_adapter.hospital.hl7v2.acknowledgement import Acknowledgement
from his_adapter.hospital.hl7v2.escapes import CONTROLS, escape, unescape
from his_adapter.hospital.hl7v2.exchange import AckMode
from his_adapter.hospital.hl7v2.frames import Deframer, FramingError, framed
from his_adapter.hospital.hl7v2.incoming import appointments_in, query_status, visit_in
from his_adapter.hospital.hl7v2.message import Message, MessageError, decode, encode
from his_adapter.hospital.hl7v2.place import Place
from his_adapter.hospital.hl7v2.settings import PDVQ, Hl7Settings
from his_adapter.http import Deadline
from his_adapter.model import Coverage, CoverageReport, Entitlement, PaymentReport, Room, Service, TransferVerdict
from his_adapter.ports import HospitalSystem
from his_adapter.remote import wire
from his_adapter.settings import HisSettings
from his_adapter.simulation.fhir_names import fhir_settings
from tests.fuzz.outside import MOMENT, PATIENT, answering, check_told, unpack, visit
from tests.fuzz.registry import target

CARD = Coverage("GD4010990000001", "NGUYỄN THỊ HỢP LỆ", date(2026, 1, 1), date(2026, 12, 31), "01999")
INSURED = visit(coverage=CARD, entitlement=Entitlement("1.1", 100, 80, Decimal(80), "Luật 51/2024/QH15"))
REGISTRATIONS = (
    INSURED,
    visit(self_pay=True),
    replace(INSURED, insurance_verified=True, appointment_id="LH1"),
)
REPORT = CoverageReport("report-1", "V1", "BN1", PATIENT, "000", MOMENT, verified=True, coverage=CARD)
PAYMENT = PaymentReport("payment-1", "V1", 7, "FT26331", 50_600, TransferVerdict.EXACT, MOMENT)
HISPRO = HisSettings("http://his.invalid", SecretStr("key"))
HEART = Service("KTM", "Tim mạch", "Cardiology", Room("203", "2"), 150_000, 50_600)
HL7 = Hl7Settings(
    "his.invalid",
    2575,
    (HEART,),
    appointments=True,
    visit_query=PDVQ,
    queue_number=Place.of("ZQN-1"),
    receipt_number=Place.of("ZQN-2"),
)
FHIR: tuple[FhirSettings, ...] = (
    fhir_settings("http://fhir.invalid/r4", 8.0),
    replace(
        fhir_settings("http://fhir.invalid/r4", 8.0),
        auth=ClientCredentials("http://token.invalid/token", "kiosk", SecretStr("secret")),
        search_by_post=False,
    ),
    replace(
        fhir_settings("http://fhir.invalid/r4", 8.0),
        auth=BasicAuth("kiosk", SecretStr("secret")),
        transactions=True,
        conditional_create=True,
        writes_bill=False,
    ),
)
GNUHEALTH = GnuHealthSettings(
    "http://gnuhealth.invalid",
    "health",
    "kiosk",
    SecretStr("password"),
    (GnuHealthDepartment("KTM", "Cardiology", "BS1", HEART.room, 50_600),),
    {Decimal(80): "P80"},
)
OPERATIONS = 7


def ask(hospital: HospitalSystem, choice: int) -> None:
    """One call of the port; what it answers can be told on. Raises OutsideFault."""
    match choice % OPERATIONS:
        case 0:
            check_told(wire.Services(services=hospital.list_services()))
        case 1:
            check_told(wire.Appointments(appointments=hospital.appointments(PATIENT, MOMENT.date())))
        case 2:
            request = REGISTRATIONS[choice // OPERATIONS % len(REGISTRATIONS)]
            check_told(wire.Registered(registration=hospital.register(request)))
        case 3:
            check_told(wire.Found(registration=hospital.registration_by_key("visit-1")))
        case 4:
            hospital.report_coverage(REPORT)
        case 5:
            check_told(wire.Receipt(receipt=hospital.record_payment(PAYMENT)))
        case _:
            check_told(wire.HealthAnswer(health=hospital.health()))


@target(max_len=8192, json=True, errors=(OutsideFault,))
def hispro(data: bytes) -> None:
    """The choice is the call of the port."""
    choice, replies = unpack(data)
    with answering(replies):
        ask(HisProHospital(HISPRO), choice)


@target(max_len=16_384, json=True, errors=(OutsideFault,))
def fhir(data: bytes) -> None:
    """The choice is the call of the port; the first answer's letter chooses the settings."""
    choice, replies = unpack(data)
    settings = FHIR[choice // (OPERATIONS * len(REGISTRATIONS)) % len(FHIR)]
    with answering(replies):
        ask(FhirHospital(settings), choice)


@target(max_len=8192, json=True, errors=(OutsideFault,))
def gnuhealth(data: bytes) -> None:
    """The choice is the call of the port. ``"{id}"`` stands for the number of the question."""
    choice, replies = unpack(data)
    with answering(replies):
        ask(GnuHealthHospital(GNUHEALTH), choice)


class _Line:
    """In place of a connection: what is sent is a message, what comes is the script's."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._deframer = Deframer()
        self._frames: list[bytes] = []
        self._asked = b""
        self.answered: list[str] = []

    @contextlib.contextmanager
    def line(self, deadline: Deadline) -> Iterator["_Line"]:
        yield self

    def send(self, content: bytes, deadline: Deadline) -> None:
        assert encode(decode(content)) == content
        framed(content)
        self._asked = decode(content).control_id.encode()

    def receive(self, deadline: Deadline) -> bytes:
        """``{id}`` stands for the control id of what was asked last: else every answer is one to another message."""
        if not self._frames:
            data, self._data = self._data, b""
            try:
                self._frames = list(self._deframer.feed(data))
            except FramingError as error:
                raise OutsideFault(OutsideFaultCode.BAD_ANSWER, "his", str(error)) from None
            if not self._frames:
                raise OutsideFault(OutsideFaultCode.TIMEOUT, "his", "cut")
        return self._frames.pop(0).replace(b"{id}", self._asked)

    def close(self) -> None:
        pass


@target(max_len=8192, errors=(MessageError, FramingError, OutsideFault))
def hl7(data: bytes) -> None:
    """The first byte is the call of the port, the rest what comes on its connection, also read as it is."""
    if not data:
        return
    choice, stream = data[0], data[1:]
    with patch("his_adapter.hospital.hl7v2.adapter.Link", lambda *_: _Line(stream)):
        modes = tuple(AckMode)
        hospital = Hl7Hospital(replace(HL7, ack_mode=modes[choice // 64 % len(modes)]), clock=lambda: MOMENT)
        with contextlib.suppress(OutsideFault):
            ask(hospital, choice)
    _check_escapes(stream.decode("utf-8", "replace"))
    _check_stream(stream)
    for content in Deframer().feed(stream):
        _check_message(content)
    _check_message(stream)


def _check_stream(stream: bytes) -> None:
    """However a stream is cut, its frames are the same."""

    def frames(cut: Callable[[bytes], list[bytes]]) -> tuple[list[bytes], bool]:
        deframer, found = Deframer(), list[bytes]()
        try:
            for piece in cut(stream):
                found += deframer.feed(piece)
        except FramingError:
            return found, False
        return found, True

    bytewise = frames(lambda data: [data[place : place + 1] for place in range(len(data))])
    whole = frames(lambda data: [data])
    assert whole[1] == bytewise[1]
    if whole[1]:
        assert whole == bytewise
    for content in bytewise[0]:
        if b"\x0b" not in content and b"\x1c" not in content:
            assert Deframer().feed(framed(content)) == (content,)


def _check_escapes(text: str) -> None:
    written = escape(text)
    assert not CONTROLS.search(written)
    assert unescape(written) == text
    unescape(text)


def _check_message(content: bytes) -> None:
    """What was read is written in one way, which reads the same."""
    message = decode(content)
    written = encode(message)
    assert encode(decode(written)) == written
    visit_in(message)
    for read in (query_status, Acknowledgement.of, lambda one: appointments_in(one, PATIENT, MOMENT.date())):
        with contextlib.suppress(MessageError):
            _read(read, message)


def _read(read: Callable[[Message], object], message: Message) -> None:
    found = read(message)
    if isinstance(found, tuple):
        check_told(wire.Appointments(appointments=found))
    elif isinstance(found, Acknowledgement):
        fault = found.fault("his")
        assert fault is None or len(fault.detail) <= 100
