"""When an order of money ends: some providers want to be asked about it with its times."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Orders of an earlier version do not tell theirs."""
    op.add_column("payment", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
