"""The table as a whole: total, closed, drawn in the documentation, its facts complete."""

import re
import typing
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.flow import effects, events, initial, screens, step, transitions
from kiosk.flow.diagram import mermaid
from kiosk.flow.faults import Fault, NextStep, catalogue
from kiosk.flow.table import Step, Transition, TransitionTable
from kiosk.flow.values import FaultCode, Language

EVENTS = typing.get_args(events.Event)
SCREENS = typing.get_args(screens.Screen)


def small(kind: type) -> st.SearchStrategy[object]:
    """Events with sessions 0–2 and small times, so that random runs go deep."""
    fields = {"session": st.integers(0, 2), "now": st.floats(0, 400), "digit": st.sampled_from("0123456789x")}
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: fields[name] for name in hints if name in fields})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of([small(kind) for kind in EVENTS]), max_size=60))
def test_any_events_in_any_order_keep_the_promises(happened):
    model = initial()
    recorded: dict[int, int] = {}
    for event in happened:
        result = step(model, event)
        model = result.model
        assert isinstance(model.screen, SCREENS)
        if not model.active:
            assert model.patient.identity is None, "no patient, no data"
        for effect in result.effects:
            if isinstance(effect, effects.Register):
                recorded[effect.session] = recorded.get(effect.session, 0) + 1
            if isinstance(effect, effects.CompareFace):
                assert model.patient.consent is True
        assert all(count == 1 for count in recorded.values()), "a session registers once"


def test_every_event_has_a_rule_and_every_screen_a_way_out():
    lines = list(transitions())
    assert {line.event for line in lines} == set(EVENTS)
    for screen in SCREENS:
        assert any(line.source is screen and set(line.targets) - {screen} for line in lines), screen
    reached = {target for line in lines for target in line.targets}
    assert reached == set(SCREENS)


def test_two_rules_for_one_pair_are_refused():
    table = TransitionTable()
    line = Transition(screens.Welcome, events.Touched, (), lambda model, *_: Step(model))
    table.add(line)
    with pytest.raises(AssertionError):
        table.add(line)


def test_the_documentation_shows_the_table_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8")
    drawn = re.search(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert drawn is not None
    assert drawn.group(1) == mermaid(), "run `make docs`"


def test_every_fault_has_its_entry_in_both_languages():
    for code, fault in catalogue().items():
        assert fault.code is code
        for text in (fault.title_vi, fault.title_en, fault.lead_vi, fault.lead_en, fault.staff, fault.clip):
            assert text
            assert unicodedata.is_normalized("NFC", text)
        assert fault.title(Language.VI) != fault.title(Language.EN)
        assert fault.lead(Language.VI) != fault.lead(Language.EN)
        for vi, en in ((fault.title_vi, fault.title_en), (fault.lead_vi, fault.lead_en)):
            assert len(vi.split()) <= 20
            assert len(en.split()) <= 20
        assert isinstance(fault, Fault)
        assert isinstance(fault.next, NextStep)


def test_no_patient_is_ever_called_a_cheat():
    accusing = re.compile(r"fraud|attack|fake|cheat|spoof|lừa|gian lận|giả mạo|tấn công|mạo danh", re.IGNORECASE)
    for fault in catalogue().values():
        for text in (fault.title_vi, fault.title_en, fault.lead_vi, fault.lead_en, fault.staff):
            assert not accusing.search(text), (fault.code, text)


def test_a_catalogue_with_a_missing_entry_stops_the_start(monkeypatch):
    class Text:
        def joinpath(self, _: str) -> "Text":
            return self

        def read_text(self, _: str) -> str:
            return "[no_card]\nnext = 'retry'\n[surprise]\n"

    catalogue.cache_clear()
    monkeypatch.setattr("kiosk.flow.faults.files", lambda _: Text())
    with pytest.raises(ValueError, match="surprise"):
        catalogue()
    monkeypatch.undo()
    catalogue.cache_clear()
    assert set(catalogue()) == set(FaultCode)
