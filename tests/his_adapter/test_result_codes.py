"""The table of the portal's result codes."""

import unicodedata
from importlib import resources

import pytest

from his_adapter.bhyt import ResultCodes
from his_adapter.model import CoverageAction, CoverageOutcome

KNOWN = """
000 001 002 003 004 010 050 051 052 053 054 055 060 061 070 080 090 100 101 110 120 121 122 123 124 130 205 401 500
"""
TEXT = resources.files("his_adapter.bhyt").joinpath("result_codes.toml").read_text("utf-8")


def test_every_code_of_the_portal_is_there() -> None:
    assert set(KNOWN.split()) <= set(ResultCodes().codes)


def test_only_valid_cards_go_on_as_insured() -> None:
    table = ResultCodes()
    going_on = {code for code in table.codes if table.entry(code).action is CoverageAction.GO_ON}
    assert going_on == {"000", "003", "004"}


def test_an_answer_nobody_knows_is_unverified_and_alarms() -> None:
    table = ResultCodes()
    entry = table.entry(table.name("987"))
    assert (entry.outcome, entry.alarm) == (CoverageOutcome.UNVERIFIED, True)


@pytest.mark.parametrize("code", ["no_answer", "contradiction", "unknown", ""])
def test_the_portal_cannot_say_our_own_entries(code: str) -> None:
    assert ResultCodes().name(code) == "unknown"


def test_nothing_that_goes_on_unverified_is_without_a_fault() -> None:
    table = ResultCodes()
    for code in table.codes:
        entry = table.entry(code)
        assert (entry.action is CoverageAction.GO_ON_UNVERIFIED) == (entry.fault is not None), code


def test_texts_are_composed_unicode() -> None:
    assert unicodedata.is_normalized("NFC", TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('outcome = "valid"', 'outcome = "fine"'),
        ('action = "go_on"', 'action = "go"'),
        ('patient_vi = "Thẻ bảo hiểm y tế của {you} còn hiệu lực."', 'patient_vi = ""'),
        ("[unknown]", "[9999]"),
        ("[000]", "[0]"),
        ('renew = "token"', 'renew = "card"'),
    ],
)
def test_a_bad_table_is_refused_at_start(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=r".+"):
        ResultCodes(TEXT.replace(old, new))
