"""The kiosks' keys and the queue numbers the hub gives."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the gateway's tables."""
    op.create_table(
        "hub_kiosk",
        sa.Column("kiosk_id", sa.String(length=64), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("key_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kiosk_id", name=op.f("pk_hub_kiosk")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_hub_kiosk_key_sha256")),
    )
    op.create_table(
        "hub_queue_counter",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("room", sa.String(length=160), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "room", name=op.f("pk_hub_queue_counter")),
    )
    op.create_table(
        "hub_queue_number",
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("room", sa.String(length=160), nullable=False),
        sa.Column("room_name", sa.Text(), nullable=False),
        sa.Column("room_floor", sa.Text(), nullable=False),
        sa.Column("room_code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name=op.f("pk_hub_queue_number")),
        sa.UniqueConstraint("day", "room", "number", name=op.f("uq_hub_queue_number_day_room_number")),
    )
