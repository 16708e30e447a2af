"""The outbox knows the destination of each call and the order of a visit's calls; the portal's replies are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A clock that was set back may have made a payment older than its registration: the registration is the first anyhow.
_NUMBER = """
UPDATE outbox SET destination = 'his', seq = (
    SELECT count(*) FROM outbox AS other
    WHERE other.visit_id = outbox.visit_id
    AND (CASE other.kind WHEN 'his.register' THEN 0 ELSE 1 END, other.created_at, other.id)
     <= (CASE outbox.kind WHEN 'his.register' THEN 0 ELSE 1 END, outbox.created_at, outbox.id)
)
"""


def upgrade() -> None:
    """All calls promised so far went to the hospital system."""
    op.add_column("outbox", sa.Column("seq", sa.Integer(), nullable=True))
    op.add_column("outbox", sa.Column("destination", sa.String(length=24), nullable=True))
    op.execute(_NUMBER)
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("seq", existing_type=sa.Integer(), nullable=False)
        outbox.alter_column("destination", existing_type=sa.String(length=24), nullable=False)
    op.create_index(op.f("ix_outbox_visit_id_seq"), "outbox", ["visit_id", "seq"], unique=True)
    op.create_table(
        "insurance_evidence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_insurance_evidence_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurance_evidence")),
    )
    op.create_index(op.f("ix_insurance_evidence_visit_id"), "insurance_evidence", ["visit_id"], unique=False)
