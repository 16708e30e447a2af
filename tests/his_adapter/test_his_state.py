"""The simulated hospital's memory: cheap to add to, whole after a kill."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.hospital import HisProHospital
from his_adapter.model import BirthDate, PatientIdentity, RegistrationRequest, Sex
from his_adapter.simulation import OutsideWorld, System
from his_adapter.simulation.his_state import Booking, Change, CoverageNote, HisState, Patient, Payment, Visit


def change(number: int) -> Change:
    """What the visit of person `number` changes."""
    patient = Patient(code=f"BN{number}", name="MẪU", birth=19900203000000, citizen_number=f"0011909{number:05d}")
    visit = Visit(
        key=f"key-{number}",
        fingerprint="f",
        treatment=f"T{number}",
        patient=patient.code,
        service="KTM",
        room="P.1",
        floor="1",
        order=number,
        ahead=None,
        price=50_000,
        insured=False,
        verified=False,
        face_verified=False,
        priority=number % 3 == 0,
        day="2026-11-27",
    )
    return Change(patients=(patient,), visits=(visit,))


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    state = HisState(tmp_path / "state")
    for number in range(1, 8):
        state.keep(change(number))
    booking = Booking(code="LH1", citizen_number="0", name="MẪU", birth=0, service="KTM", at=0)
    payment = Payment(
        key="p", fingerprint="f", treatment="T1", order="1", transfer="FT1", amount=1, verdict="exact", exact=True,
        at=0, receipt="BL1",
    )  # fmt: skip
    note = CoverageNote(key="c", fingerprint="f", treatment="T2", verified=True, code="000")
    checked = state.visits["key-2"].model_copy(update={"verified": True})
    state.keep(Change(bookings=(booking,), payments=(payment,)))
    state.keep(Change(visits=(checked,), coverage_notes=(note,), bookings=(booking.model_copy(update={"at": 9}),)))
    state.close()

    again = HisState(tmp_path / "state")
    assert list(again.visits) == [f"key-{number}" for number in range(1, 8)]
    assert again.by_treatment("T2") == checked
    assert [patient.code for patient in again.patients_with("001190900003")] == ["BN3"]
    assert again.payment_by_transfer("FT1") == payment
    assert (again.bookings["LH1"].at, again.coverage_notes) == (9, {"c": note})
    assert (again.seen_in("P.1", "2026-11-27"), again.priority_in("P.1", "2026-11-27")) == (7, 2)
    again.close()


@given(cut=st.integers(0, 4_000), kept=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_cut_at_any_byte_the_file_has_every_whole_change_and_takes_new_ones(
    tmp_path_factory: pytest.TempPathFactory, cut: int, kept: int
) -> None:
    path = tmp_path_factory.mktemp("state") / "state"
    state = HisState(path)
    ends = [0]
    for number in range(1, kept + 1):
        state.keep(change(number))
        ends.append(path.stat().st_size)
    state.close()
    with path.open("r+b") as file:
        file.truncate(min(cut, ends[-1]))
    whole = sum(end <= cut for end in ends[1:])

    cut_short = HisState(path)
    assert list(cut_short.visits) == [f"key-{number}" for number in range(1, whole + 1)]
    cut_short.keep(change(99))
    cut_short.close()
    again = HisState(path)
    assert list(again.visits) == [*cut_short.visits]
    again.close()


def test_a_visits_cost_on_disk_does_not_grow_with_the_number_of_visits(tmp_path: Path) -> None:
    path = tmp_path / "state"
    state = HisState(path)
    sizes = [0]
    for number in range(10_000, 10_200):
        state.keep(change(number))
        sizes.append(path.stat().st_size)
    state.close()
    assert len({after - before for before, after in pairwise(sizes)}) <= 2  # priority or not


def test_a_hospital_killed_between_two_visits_knows_the_first(people: Path, tmp_path: Path) -> None:
    request = RegistrationRequest(
        "killed-1",
        PatientIdentity("001190990777", "NGUYỄN VĂN MẪU", BirthDate(1990, 2, 3), Sex.MALE, "Số 1"),
        "KTM",
        "kiosk-1",
        datetime.now(UTC),
    )
    with OutsideWorld(people, state=tmp_path / "state") as world:
        hospital = HisProHospital(world.his_settings())
        first = hospital.register(request)
        world.restart(System.HIS)
        again = hospital.register(request)
        assert again.repeated
        assert again.visit_id == first.visit_id
        hospital.close()
