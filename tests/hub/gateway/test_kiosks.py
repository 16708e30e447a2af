"""Which kiosks may ask: their keys, and the commands that give and take them."""

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.__main__ import main
from hub.database import CONSOLE, open_hub_database
from hub.gateway.kiosks import KioskError, Kiosks
from hub.tables import HubBase
from records import migrate
from records.audit import AuditTrail
from records.store import Store


@pytest.fixture
def kiosks(own: Store) -> Kiosks:
    return Kiosks(own)


def test_the_migrations_give_exactly_the_tables_the_gateway_declares(own: Store) -> None:
    ours = {name for name in HubBase.metadata.tables if name.startswith("hub_")}
    with own.snapshot() as session:
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in ours}
        context = MigrationContext.configure(session.connection(), opts=options)
        assert compare_metadata(context, HubBase.metadata) == []
        assert migrate.revision_of(session.connection(), CONSOLE) == migrate.head_revision(CONSOLE)


def test_a_kiosk_proves_itself_with_its_own_key_only(kiosks: Kiosks) -> None:
    first, second = kiosks.add("k1"), kiosks.add("k2")
    assert kiosks.may_ask("k1", first)
    assert not kiosks.may_ask("k1", second)
    assert not kiosks.may_ask("k2", first)
    assert not kiosks.may_ask("k3", first)
    assert not kiosks.may_ask("k1", "")
    assert not kiosks.may_ask("k1", first + "x")


def test_a_disabled_kiosk_may_not_ask_until_it_gets_a_new_key(kiosks: Kiosks, clock: Any) -> None:
    old = kiosks.add("k1")
    kiosks.disable("k1")
    assert not kiosks.may_ask("k1", old)
    made_at = clock.advance(days=1)
    new = kiosks.renew("k1")
    assert not kiosks.may_ask("k1", old)
    assert kiosks.may_ask("k1", new)
    (only,) = kiosks.all()
    assert (only.kiosk_id, only.key_made_at, only.disabled) == ("k1", made_at, False)


def test_two_kiosks_never_share_a_key(kiosks: Kiosks) -> None:
    key = kiosks.add("k1")
    with pytest.raises(KioskError, match="its own"):
        kiosks.add("k2", key)
    kiosks.add("k3")
    kiosks.disable("k1")
    with pytest.raises(KioskError, match="its own"):
        kiosks.renew("k3", key)
    assert [known.kiosk_id for known in kiosks.all()] == ["k1", "k3"]


@pytest.mark.parametrize("key", ["", "short", "x" * 42, "x" * 257, "với dấu " * 8, "a b" * 20])
def test_weak_keys_are_refused(kiosks: Kiosks, key: str) -> None:
    with pytest.raises(KioskError, match="43 to 256"):
        kiosks.add("k1", key)


@pytest.mark.parametrize("kiosk_id", ["", "-k", "k 1", "kiosk\n", "x" * 65, "kiôsk"])
def test_odd_ids_are_refused(kiosks: Kiosks, kiosk_id: str) -> None:
    with pytest.raises(KioskError, match="1 to 64"):
        kiosks.add(kiosk_id)


def test_an_id_stands_for_one_kiosk(kiosks: Kiosks) -> None:
    kiosks.add("k1")
    with pytest.raises(KioskError, match="exists"):
        kiosks.add("k1")
    for change in (kiosks.renew, kiosks.disable):
        with pytest.raises(KioskError, match="no kiosk"):
            change("k2")


def test_the_commands_give_list_and_take_access_and_leave_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hub.db"
    data = ["--data", str(path)]
    assert main(["kiosk", "add", "k1", *data]) == 0
    key = capsys.readouterr().out.strip()
    assert main(["kiosk", "add", "k1", *data]) == 1
    assert "exists" in capsys.readouterr().err
    assert main(["kiosk", "list", *data]) == 0
    assert capsys.readouterr().out.startswith("k1\tactive\t")
    with open_hub_database(path) as own:
        assert Kiosks(own).may_ask("k1", key)
    assert main(["kiosk", "disable", "k1", *data]) == 0
    assert main(["kiosk", "list", *data]) == 0
    assert "k1\tdisabled\t" in capsys.readouterr().out
    with open_hub_database(path) as own:
        assert not Kiosks(own).may_ask("k1", key)
        events = [(event.action, event.target) for event in AuditTrail(own).page(1, 9).events]
    assert events == [("kiosk_disabled", "k1"), ("kiosk_added", "k1")]
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key.encode() not in content


def test_a_key_made_elsewhere_is_taken_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = tmp_path / "hub.db", "provisioned-" + "k" * 40
    for command, kiosk_id, code in (("add", "k1", 0), ("add", "k2", 1), ("renew", "k1", 1)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
        assert main(["kiosk", command, kiosk_id, "--key-stdin", "--data", str(path)]) == code
        said = capsys.readouterr()
        assert said.out == ""
        assert key not in said.err
    with open_hub_database(path) as own:
        assert Kiosks(own).may_ask("k1", key)


def test_the_database_itself_refuses_one_key_for_two(own: Store, kiosks: Kiosks, tmp_path: Path) -> None:
    kiosks.add("k1")
    with sqlite3.connect(tmp_path / "hub.db") as direct, pytest.raises(sqlite3.IntegrityError):
        direct.execute("INSERT INTO hub_kiosk SELECT 'k2', key_sha256, key_made_at, disabled FROM hub_kiosk")
    direct.close()
