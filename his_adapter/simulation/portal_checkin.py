"""The simulated portal's side of the check-in record XML0: signature, schema, and each record once.

Its codes beyond 200 and 401 are invented: the guide at hand names none.
"""

import base64
import hashlib

from cryptography import x509

from his_adapter.bhyt.xml0 import CheckInRecord0, SignatureProfile, SignatureRefused, UnreadableDocument, verify
from his_adapter.clock import now
from his_adapter.simulation import accounts

ACCEPTED = "200"
BAD_FORM = "205"
NO_CERTIFICATE = "601"
BAD_SIGNATURE = "602"
BAD_DOCUMENT = "603"
OTHER_CONTENT = "604"


class CheckIns:
    """What the portal has received. A document is taken whole or not at all."""

    def __init__(self, facility: str) -> None:
        self._facility = facility
        self._certificate: x509.Certificate | None = None
        self._taken: dict[tuple[str, str], tuple[CheckInRecord0, str]] = {}
        self._sent = 0

    def register(self, pem: str) -> None:
        """The facility's certificate; "" takes it away. Raises ValueError."""
        self._certificate = x509.load_pem_x509_certificate(pem.encode()) if pem else None

    def take(self, form: dict[str, str]) -> dict[str, object]:
        """The reply to one file."""
        self._sent += 1
        wanted = {
            "username": accounts.PORTAL_USERNAME,
            "loaiHoSo": "0",
            "maTinh": self._facility[:2],
            "maCSKCB": self._facility,
        }
        try:
            document = base64.b64decode(form.pop("fileHSBase64", ""), validate=True)
        except ValueError:
            return _reply(BAD_FORM, "fileHSBase64")
        if form != wanted:
            return _reply(BAD_FORM, "tham số")
        if self._certificate is None:
            return _reply(NO_CERTIFICATE, "chứng thư số chưa đăng ký")
        try:
            records = verify(document, self._certificate, SignatureProfile())
        except SignatureRefused:
            return _reply(BAD_SIGNATURE, "chữ ký số không hợp lệ")
        except UnreadableDocument:
            return _reply(BAD_DOCUMENT, "sai cấu trúc")
        if any(record.ma_cskcb != self._facility for record in records):
            return _reply(BAD_DOCUMENT, "MA_CSKCB")
        if any(self._taken.get(record.key, (record, ""))[0] != record for record in records):
            return _reply(OTHER_CONTENT, "MA_LK và STT đã có")
        known = [self._taken[record.key][1] for record in records if record.key in self._taken]
        transaction = known[0] if known else hashlib.sha256(document).hexdigest()[:20].upper()
        for record in records:
            self._taken.setdefault(record.key, (record, transaction))
        return _reply(ACCEPTED, "Thành công", transaction)

    def seen(self) -> dict[str, object]:
        """How many files came, and which records were taken under which transaction."""
        taken = {"/".join(key): transaction for key, (_, transaction) in self._taken.items()}
        return {"sent": self._sent, "taken": taken}


def _reply(code: str, message: str, transaction: str = "") -> dict[str, object]:
    return {
        "maKetQua": code,
        "maGiaoDich": transaction or None,
        "thoiGianTiepNhan": f"{now():%Y%m%d%H%M%S}",
        "thongDiep": message,
    }
