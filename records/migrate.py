"""Bring a database to this program's schema, from the program itself: a kiosk has nobody to run a command."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class Schema:
    """A set of tables with a history of its own: a folder of Alembic scripts and the table that keeps its version."""

    scripts: Path
    version_table: str


RECORDS = Schema(Path(__file__).parent / "migrations", "alembic_version")


def upgrade(engine: Engine, schemas: Sequence[Schema] = (RECORDS,)) -> None:
    """Apply all missing migrations in one transaction; two processes that start together do it once.

    Raises SQLAlchemyError.
    """
    with engine.begin() as connection:
        for schema in schemas:
            config = _config(schema)
            config.attributes["connection"] = connection
            config.attributes["version_table"] = schema.version_table
            command.upgrade(config, "head")


def head_revision(schema: Schema = RECORDS) -> str:
    """The newest revision this program knows."""
    head = ScriptDirectory.from_config(_config(schema)).get_current_head()
    if head is None:
        raise LookupError("no migration scripts were packaged")
    return head


def revision_of(connection: Connection, schema: Schema = RECORDS) -> str | None:
    """The revision a database is at; None when it has none of the schema's tables."""
    options = {"version_table": schema.version_table}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _config(schema: Schema) -> Config:
    config = Config()
    # configparser interpolates: a per cent sign in the path has to be doubled
    config.set_main_option("script_location", str(schema.scripts).replace("%", "%%"))
    return config
