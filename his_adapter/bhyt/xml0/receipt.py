"""The portal's receipt for a check-in record. It can be searched there for 60 days only, so it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from his_adapter.model import nfc

MAX_TEXT = 1_000
MAX_CODE = 10


class UnreadableReceipt(ValueError):
    """The reply is none. Names the field, never its content."""


@dataclass(frozen=True, slots=True)
class CheckInReceipt:
    """What the portal said of a record.

    `code` is maKetQua, `transaction_id` maGiaoDich (empty when it gave none), `received_at` thoiGianTiepNhan as the
    portal writes it: its form is not documented. `message` is the portal's words, which may quote the record.
    `document_sha256` is the digest of the signed document that was sent.
    """

    code: str
    transaction_id: str
    received_at: str
    message: str = field(repr=False)
    document_sha256: str


def read_receipt(reply: Mapping[str, object], document_sha256: str) -> CheckInReceipt:
    """Raises UnreadableReceipt."""
    code = _text(reply, "maKetQua", MAX_CODE)
    if not code:
        raise UnreadableReceipt("maKetQua")
    return CheckInReceipt(
        code=code,
        transaction_id=_text(reply, "maGiaoDich", MAX_TEXT),
        received_at=_text(reply, "thoiGianTiepNhan", MAX_TEXT),
        message=_text(reply, "thongDiep", MAX_TEXT),
        document_sha256=document_sha256,
    )


def _text(reply: Mapping[str, object], name: str, longest: int) -> str:
    """Texts and whole numbers: portals of this family write codes as either."""
    value = reply.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str) or len(value) > longest:
        raise UnreadableReceipt(name)
    return nfc(value)
