"""A transfer's id is its provider's own: after a hospital changes its provider, two may use one id."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = "pk_payment_transfer"


def upgrade() -> None:
    """Transfers of an earlier version do not tell whose they are: theirs is the empty name."""
    op.add_column("payment_transfer", sa.Column("provider", sa.String(length=64), nullable=True))
    op.execute("UPDATE payment_transfer SET provider = ''")
    with op.batch_alter_table("payment_transfer") as transfer:
        transfer.alter_column("provider", existing_type=sa.String(length=64), nullable=False)
        transfer.drop_constraint(op.f(KEY), type_="primary")
        transfer.create_primary_key(op.f(KEY), ["provider", "provider_txn"])
