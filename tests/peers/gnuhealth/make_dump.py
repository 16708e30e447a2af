"""Makes ``gnuhealth.dump`` anew (``make peer-dump``), in two minutes; a test run restores it in three seconds.

An empty GNU Health, the hospital of `seed`, and the role that a hospital's administrator makes. All people, prices and
passwords are invented.
"""

import os
from pathlib import Path

from his_adapter.hospital.gnuhealth.role import make_role
from his_adapter.hospital.gnuhealth.session import Account, Tryton
from tests.peers.gnuhealth.accounts import ADMIN, ADMIN_PASSWORD, KIOSK, KIOSK_PASSWORD
from tests.peers.gnuhealth.postgres import Postgres, run
from tests.peers.gnuhealth.server import DATABASE, MODULES, Trytond, installed

HERE = Path(__file__).parent
DUMP = HERE / "gnuhealth.dump"


def main() -> None:
    """Make it."""
    postgres = Postgres()
    server = Trytond(postgres.uri)
    try:
        postgres.create(DATABASE)
        secret = server.config.with_name("password")
        secret.write_text(ADMIN_PASSWORD)
        server.admin("--all", "--email", "admin@example.invalid", password_file=secret)
        secret.unlink()
        server.admin("-u", *MODULES, "--activate-dependencies")
        environment = {**os.environ, "TRYTOND_CONFIG": str(server.config)}
        run([installed("python"), HERE / "seed.py", DATABASE, server.config], environment)
        server.start()
        admin = Tryton(Account(server.url, DATABASE, ADMIN, ADMIN_PASSWORD), timeout_s=120.0)
        try:
            make_role(admin, KIOSK, KIOSK_PASSWORD)
        finally:
            admin.close()
        server.kill()
        postgres.run("pg_dump", "-Fc", "-Z", "9", "--no-owner", "-f", str(DUMP), DATABASE)
    finally:
        server.close()
        postgres.close()


if __name__ == "__main__":
    main()
