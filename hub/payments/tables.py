"""The tables of the payments. They hold codes, amounts and times: no payer's name, no account."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from his_adapter.model import PaymentState, QrKind
from his_adapter.model.payment import MAX_BILL_ID
from his_adapter.payment.cases import RefundState, ReviewReason
from his_adapter.payment.foreign import MAX_TXN_ID
from hub.tables import HubBase
from records.tables import NAME_LENGTH, WORD_LENGTH, stored_word


class PaymentOrder(HubBase):
    """An amount asked for. `qr_text` and its companions are empty until the provider has answered.

    `closed_at`: when the hub stopped asking, so that money from then on is late. `settled_at`: when the first money was
    noted. `polled_at`: when the provider was last asked.
    """

    __tablename__ = "hub_payment_order"

    order_code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provider: Mapped[str] = mapped_column(String(WORD_LENGTH))
    bill_id: Mapped[str] = mapped_column(String(MAX_BILL_ID), index=True)
    amount_dong: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str] = mapped_column(String(NAME_LENGTH))
    intent_id: Mapped[str | None] = mapped_column(Text)
    qr_text: Mapped[str | None] = mapped_column(Text)
    qr_kind: Mapped[QrKind | None] = mapped_column(stored_word(QrKind))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[PaymentState] = mapped_column(stored_word(PaymentState))
    closed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]


class PaymentNoticeRow(HubBase):
    """Money that arrived, once per provider transaction: the durable inbox.

    `order_code` is the one the provider told, whether or not it is ours; None for a stray. `polled`: the hub asked and
    nobody told. `applied_at` is None until the order's state says so too.
    """

    __tablename__ = "hub_payment_notice"
    __table_args__ = (Index(None, "provider", "order_code"),)

    provider: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    provider_txn_id: Mapped[str] = mapped_column(String(MAX_TXN_ID), primary_key=True)
    order_code: Mapped[int | None] = mapped_column(BigInteger)
    amount_dong: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    noticed_at: Mapped[datetime] = mapped_column(index=True)
    polled: Mapped[bool]
    applied_at: Mapped[datetime | None] = mapped_column(index=True)


class ReviewCaseRow(HubBase):
    """Money that a person settles. `provider_txn_id` names the one transfer of a case without an order."""

    __tablename__ = "hub_review_case"

    case_id: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[ReviewReason] = mapped_column(stored_word(ReviewReason))
    provider: Mapped[str] = mapped_column(String(WORD_LENGTH))
    order_code: Mapped[int | None] = mapped_column(BigInteger)
    provider_txn_id: Mapped[str | None] = mapped_column(String(MAX_TXN_ID))
    asked_dong: Mapped[int] = mapped_column(BigInteger)
    detail: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)
    resolved_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    resolution: Mapped[str] = mapped_column(Text)


class RefundCaseRow(HubBase):
    """Money to be given back at the desk. Its transfers are those of the case it comes from."""

    __tablename__ = "hub_refund_case"

    case_id: Mapped[str] = mapped_column(Text, primary_key=True)
    review_case_id: Mapped[str] = mapped_column(ForeignKey("hub_review_case.case_id"), index=True)
    provider_txn_ids: Mapped[str] = mapped_column(Text)  # a JSON list
    amount_dong: Mapped[int] = mapped_column(BigInteger)
    received_dong: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    opened_at: Mapped[datetime]
    state: Mapped[RefundState] = mapped_column(stored_word(RefundState))
    settled_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    settled_at: Mapped[datetime | None]
    voucher: Mapped[str] = mapped_column(String(NAME_LENGTH))
