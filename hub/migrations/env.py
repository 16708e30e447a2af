"""Alembic runs this file. The connection comes from `records.migrate`; there is no offline mode and no ini file."""

from alembic import context

from hub.gateway import tables as _gateway_tables  # noqa: F401 — they register themselves
from hub.payments import tables as _payment_tables  # noqa: F401
from hub.tables import HubBase

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=HubBase.metadata,
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,  # SQLite rolls DDL back too, once the driver leaves BEGIN to us
    render_as_batch=True,  # SQLite cannot alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
