"""A receiver that says exactly what a test tells it to, and a visit to register."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from his_adapter.clock import ZONE
from his_adapter.hospital.hl7v2 import Hl7Hospital
from his_adapter.model import (
    BirthDate,
    Coverage,
    Entitlement,
    PatientIdentity,
    PaymentReport,
    Referral,
    RegistrationRequest,
    Room,
    Service,
    Sex,
    TransferVerdict,
)

Answer = Callable[[str], bytes] | bytes | None
HospitalMaker = Callable[..., Hl7Hospital]

HEART = Service("KTM", "Tim mạch", "Cardiology", Room("203", "2"), 150_000, 50_600)
AT = datetime(2026, 11, 27, 8, 30, tzinfo=ZONE)


def control_id(message: str) -> str:
    """MSH-10 as anybody can find it."""
    return message.split("\r")[0].split("|")[9]


def reply(code: str, *, to: str | None = None, more: str = "", head: str = "ACK^A04^ACK", extra: str = "") -> Answer:
    """A framed acknowledgement; of the message it answers unless `to` names another one."""

    def answer(message: str) -> bytes:
        msh = f"MSH|^~\\&|HIS||TIEPDON||20261127083000||{head}|R{control_id(message)[:9]}|P|2.5.1{extra}"
        msa = f"MSA|{code}|{to if to is not None else control_id(message)}"
        return b"\x0b" + "\r".join([msh, msa, *([more] if more else [])]).encode() + b"\r\x1c\r"

    return answer


class Receiver:
    """Takes one message after the other; each gets the next answers of its list, in pieces as they stand there.

    An answer of None cuts the connection and sets `cut`. `heard` are the messages, with the number of the connection
    they came on.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.script: list[list[Answer]] = []
        self.heard: list[tuple[int, str]] = []
        self.cut = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def say(self, *answers: Answer) -> None:
        self.script.append(list(answers))

    def _accept(self) -> None:
        count = 0
        threads = []
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                break
            count += 1
            self._open.append(connection)
            threads.append(threading.Thread(target=self._serve, args=(connection, count)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _serve(self, connection: socket.socket, number: int) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            try:
                connection.do_handshake()
            except OSError:  # what was sent is read first: a reset would overtake the alert
                with socket.socket(fileno=connection.detach()) as rest, contextlib.suppress(OSError):
                    while rest.recv(65_536):
                        pass
                return
        buffer = b""
        with connection:
            while True:
                while b"\x1c\r" not in buffer:
                    try:
                        data = connection.recv(65_536)
                    except OSError:
                        return
                    if not data:
                        return
                    buffer += data
                frame, _, buffer = buffer.partition(b"\x1c\r")
                message = frame.removeprefix(b"\x0b").decode()
                self.heard.append((number, message))
                for answer in self.script.pop(0):
                    if answer is None:
                        connection.close()
                        self.cut.set()
                        return
                    connection.sendall(answer(message) if callable(answer) else answer)

    def close(self) -> None:
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):  # closed already
                one.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


PATIENT = PatientIdentity(
    "001190990101",
    "NGUYỄN THỊ HỢP LỆ",
    BirthDate(1990, 2),
    Sex.FEMALE,
    "Số 1|2, Phố Hai & Ba",
    "0900000001",
    date(2022, 5, 1),
)
CARD = Coverage(
    "GD4010000000101", PATIENT.full_name, date(2026, 1, 1), date(2026, 12, 31), "01999", "BV Mô phỏng", None, "K1"
)
ENTITLEMENT = Entitlement("1.1", 100, 80, Decimal("47.5"), "basis")
SLIP = Referral("GCT-7", "01998", "Trung tâm y tế", "I10", "Tăng huyết áp", date(2026, 11, 2), date(2026, 11, 16))


def visit(
    key: str = "key-1", service: str = "KTM", patient: PatientIdentity = PATIENT, **others: object
) -> RegistrationRequest:
    values: dict[str, object] = {"kiosk_id": "kiosk-1", "requested_at": AT, **others}
    return RegistrationRequest(key, patient, service, **values)  # type: ignore[arg-type]


def insured() -> dict[str, object]:
    return {"coverage": CARD, "entitlement": ENTITLEMENT, "insurance_verified": True}


def transfer(key: str = "pay-1", amount: int = 26_565) -> PaymentReport:
    return PaymentReport(key, "V1", 12_345, "FT26331000000001", amount, TransferVerdict.EXACT, AT)
