"""Orders of money, the providers' notices, what a person settles, and refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the payments' tables."""
    op.create_table(
        "hub_payment_order",
        sa.Column("order_code", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("bill_id", sa.String(length=64), nullable=False),
        sa.Column("amount_dong", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=True),
        sa.Column("qr_text", sa.Text(), nullable=True),
        sa.Column("qr_kind", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order_code", name=op.f("pk_hub_payment_order")),
    )
    op.create_index(op.f("ix_hub_payment_order_bill_id"), "hub_payment_order", ["bill_id"], unique=False)
    op.create_index(op.f("ix_hub_payment_order_expires_at"), "hub_payment_order", ["expires_at"], unique=False)
    op.create_table(
        "hub_payment_notice",
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("provider_txn_id", sa.String(length=64), nullable=False),
        sa.Column("order_code", sa.BigInteger(), nullable=True),
        sa.Column("amount_dong", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled", sa.Boolean(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", "provider_txn_id", name=op.f("pk_hub_payment_notice")),
    )
    op.create_index(
        op.f("ix_hub_payment_notice_provider_order_code"),
        "hub_payment_notice",
        ["provider", "order_code"],
        unique=False,
    )
    op.create_index(op.f("ix_hub_payment_notice_noticed_at"), "hub_payment_notice", ["noticed_at"], unique=False)
    op.create_index(op.f("ix_hub_payment_notice_applied_at"), "hub_payment_notice", ["applied_at"], unique=False)
    op.create_table(
        "hub_review_case",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("order_code", sa.BigInteger(), nullable=True),
        sa.Column("provider_txn_id", sa.String(length=64), nullable=True),
        sa.Column("asked_dong", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=64), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_hub_review_case")),
    )
    op.create_index(op.f("ix_hub_review_case_resolved_at"), "hub_review_case", ["resolved_at"], unique=False)
    op.create_table(
        "hub_refund_case",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("review_case_id", sa.Text(), nullable=False),
        sa.Column("provider_txn_ids", sa.Text(), nullable=False),
        sa.Column("amount_dong", sa.BigInteger(), nullable=False),
        sa.Column("received_dong", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voucher", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_case_id"], ["hub_review_case.case_id"], name=op.f("fk_hub_refund_case_review_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_hub_refund_case")),
    )
    op.create_index(op.f("ix_hub_refund_case_review_case_id"), "hub_refund_case", ["review_case_id"], unique=False)
