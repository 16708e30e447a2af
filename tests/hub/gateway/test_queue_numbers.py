"""Queue numbers of the hub: two kiosks never print the same one."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from his_adapter.model import QueueTicket, Room
from hub.database import open_hub_database
from hub.gateway.queue_numbers import KEPT_DAYS, QueueNumbers, next_number_statement
from hub.tables import HubBase
from records.errors import StoreError
from records.store import Store, open_store_read_only
from records.values import new_key

HEART, EYES = Room("203", "2"), Room("305", "3", "P305")


@pytest.fixture
def numbers(own: Store) -> QueueNumbers:
    return QueueNumbers(own)


def test_each_room_counts_for_itself_from_one(numbers: QueueNumbers) -> None:
    given = [numbers.give(f"key-{index}", room) for index, room in enumerate((HEART, HEART, EYES, HEART))]
    assert [ticket.number for ticket in given] == ["001", "002", "001", "003"]
    assert given[2] == QueueTicket("001", EYES)


def test_a_registration_has_one_number_for_ever(numbers: QueueNumbers, clock: Any) -> None:
    first = numbers.give("key", HEART)
    assert numbers.give("key", HEART) == first
    assert numbers.give("key", EYES) == first  # the room it was given for stands
    clock.advance(days=2)
    assert numbers.give("key", HEART) == first
    assert numbers.given("key") == first
    assert numbers.given("other") is None


def test_a_new_day_of_vietnam_begins_with_one(own: Store, clock: Any) -> None:
    numbers = QueueNumbers(own)
    clock.now = datetime(2026, 11, 24, 16, 59, tzinfo=UTC)  # a minute before midnight in Vietnam
    assert numbers.give("late", HEART).number == "001"
    clock.advance(minutes=1)
    assert numbers.give("early", HEART).number == "001"


def test_old_numbers_are_forgotten(numbers: QueueNumbers, clock: Any) -> None:
    for day in range(KEPT_DAYS + 1):
        assert numbers.give(f"key-{day}", HEART).number == "001"
        clock.advance(days=1)
    assert numbers.given("key-0") is None
    assert numbers.given("key-1") is not None


def test_a_clock_that_was_ahead_for_a_moment_makes_nothing_be_given_twice(numbers: QueueNumbers, clock: Any) -> None:
    first = numbers.give("a", HEART)
    clock.advance(days=3650)
    numbers.give("b", HEART)
    clock.advance(days=-3650)
    assert numbers.give("a", HEART) == first
    assert numbers.give("c", HEART).number == "002"


def test_a_room_is_one_queue_under_its_code_or_its_sign_and_floor(numbers: QueueNumbers) -> None:
    numbers.give("a", Room("305", "3", "P305"))
    assert numbers.give("b", Room("305 A", "3", "P305")).number == "002"
    assert numbers.give("c", Room("305", "3")).number == "001"
    assert numbers.give("d", Room("305", "4")).number == "001"


def test_many_threads_get_different_numbers_without_gaps(numbers: QueueNumbers) -> None:
    together = threading.Barrier(8)

    def kiosk(name: int) -> list[str]:
        together.wait()
        return [numbers.give(f"{name}-{index}", HEART).number for index in range(10)]

    with ThreadPoolExecutor(8) as pool:
        given = [number for numbers_of_one in pool.map(kiosk, range(8)) for number in numbers_of_one]
    assert sorted(given) == [f"{number:03d}" for number in range(1, 81)]


def test_one_registration_tried_by_many_threads_at_once_gets_one_number(numbers: QueueNumbers) -> None:
    together = threading.Barrier(8)

    def kiosk(_: int) -> str:
        together.wait()
        return numbers.give("key", HEART).number

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(kiosk, range(8))) == {"001"}
    assert numbers.give("next", HEART).number == "002"


ANOTHER_HUB = """
import sys
from pathlib import Path
from his_adapter.model import Room
from hub.database import open_hub_database
from hub.gateway.queue_numbers import QueueNumbers

with open_hub_database(Path(sys.argv[1])) as own:
    numbers = QueueNumbers(own)
    print("ready", flush=True)
    sys.stdin.readline()
    print(*(numbers.give(f"{sys.argv[2]}-{index}", Room("203", "2")).number for index in range(25)))
    print(numbers.give("shared", Room("203", "2")).number)
"""


def test_two_hubs_over_one_database_and_a_restart_give_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with open_hub_database(path) as own:
        QueueNumbers(own).give("before", HEART)
    hubs = [
        subprocess.Popen(
            [sys.executable, "-c", ANOTHER_HUB, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    for hub in hubs:
        assert hub.stdout is not None
        assert hub.stdout.readline() == "ready\n"
    for hub in hubs:
        assert hub.stdin is not None
        hub.stdin.write("go\n")
        hub.stdin.flush()
    said = [hub.communicate(timeout=60)[0].splitlines() for hub in hubs]
    assert [hub.returncode for hub in hubs] == [0, 0]
    given = [number for lines in said for number in lines[0].split()]
    shared = {lines[1] for lines in said}
    assert len(shared) == 1
    assert sorted([*given, *shared]) == [f"{number:03d}" for number in range(2, 53)]
    with open_hub_database(path) as own:
        assert QueueNumbers(own).give("after", HEART).number == "053"


def test_a_database_that_takes_nothing_gives_no_number(own: Store, tmp_path: Path) -> None:
    with open_store_read_only(tmp_path / "hub.db") as closed, pytest.raises(StoreError):
        QueueNumbers(closed).give("key", HEART)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueueNumbers]:
    with open_hub_database(tmp_path_factory.mktemp("rooms") / "hub.db") as own:
        yield QueueNumbers(own)


@settings(max_examples=25, deadline=None)
@given(name=st.text(max_size=200), floor=st.text(max_size=20), code=st.text(max_size=200))
def test_any_room_a_hospital_can_name_has_a_queue(shared: QueueNumbers, name: str, floor: str, code: str) -> None:
    room, key = Room(name, floor, code), new_key()
    ticket = shared.give(key, room)
    assert ticket.room == room
    assert shared.given(key) == ticket


def test_the_tables_and_the_counting_are_valid_for_postgresql_as_well() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    ddl = [str(CreateTable(table).compile(dialect=dialect)) for table in HubBase.metadata.sorted_tables]
    assert any("PRIMARY KEY (day, room)" in statement for statement in ddl)
    counting = str(next_number_statement("postgresql", datetime.now(UTC).date(), "203").compile(dialect=dialect))
    assert "ON CONFLICT (day, room) DO UPDATE SET last_number = (hub_queue_counter.last_number + " in counting
    assert counting.endswith("RETURNING hub_queue_counter.last_number")
