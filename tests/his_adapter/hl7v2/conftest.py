"""A receiver for each test, and adapters that are closed after it."""

from collections.abc import Iterator

import pytest

from his_adapter.hospital.hl7v2 import Authority, Hl7Hospital, Hl7Settings
from tests.his_adapter.hl7v2.story import HEART, HospitalMaker, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


@pytest.fixture
def hospital_at() -> Iterator[HospitalMaker]:
    made: list[Hl7Hospital] = []

    def make(port: int, **others: object) -> Hl7Hospital:
        values: dict[str, object] = {"timeout_s": 5.0, "citizen": Authority("CCCD", "1.2.3"), **others}
        made.append(Hl7Hospital(Hl7Settings("127.0.0.1", port, (HEART,), **values)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def hospital(receiver: Receiver, hospital_at: HospitalMaker) -> Hl7Hospital:
    return hospital_at(receiver.port)
