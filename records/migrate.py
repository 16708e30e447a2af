"""Bring a database to this program's schema, from the program itself: a kiosk has nobody to run a command."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

SCRIPTS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def upgrade(engine: Engine, *, scripts: Path = SCRIPTS, version_table: str = VERSION_TABLE) -> None:
    """Apply all missing migrations in one transaction; two processes that start together do it once.

    `scripts` and `version_table` let another room keep its own tables in the same database. Raises SQLAlchemyError.
    """
    with engine.begin() as connection:
        config = _config(scripts)
        config.attributes["connection"] = connection
        config.attributes["version_table"] = version_table
        command.upgrade(config, "head")


def head_revision(scripts: Path = SCRIPTS) -> str:
    """The newest revision this program knows."""
    head = ScriptDirectory.from_config(_config(scripts)).get_current_head()
    if head is None:
        raise LookupError("no migration scripts were packaged")
    return head


def revision_of(connection: Connection, *, version_table: str = VERSION_TABLE) -> str | None:
    """The revision a database is at; None when it has none of our tables."""
    return MigrationContext.configure(connection, opts={"version_table": version_table}).get_current_revision()


def _config(scripts: Path) -> Config:
    config = Config()
    # configparser interpolates: a per cent sign in the path has to be doubled
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
