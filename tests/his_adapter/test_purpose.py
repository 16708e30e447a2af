"""Purposes: how money finds its bill through a bank statement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.model.payment import MAX_ORDER_CODE
from his_adapter.payment.purpose import (
    ALPHABET,
    MAX_LENGTH,
    check_character,
    find_purpose,
    new_order_code,
    order_code_of,
    purpose_for,
)

ORDERS = st.integers(1, MAX_ORDER_CODE)


def test_the_check_character_is_iso_7064() -> None:
    # ISO/IEC 7064 MOD 37,36: the example of the Global Release Identifier's specification, A1-2425G-ABC1234002-M
    assert check_character("A12425GABC1234002") == "M"


@settings(deadline=None)
@given(ORDERS)
def test_a_purpose_fits_the_qr_and_leads_back(order: int) -> None:
    purpose = purpose_for(order)
    assert len(purpose) <= MAX_LENGTH
    assert set(purpose) <= set(ALPHABET)
    assert order_code_of(purpose) == order


@settings(deadline=None)
@given(ORDERS, st.data())
def test_one_wrong_character_is_noticed(order: int, data: st.DataObject) -> None:
    purpose = purpose_for(order)
    place = data.draw(st.integers(0, len(purpose) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET).filter(lambda sign: sign != purpose[place]))
    assert order_code_of(purpose[:place] + wrong + purpose[place + 1 :]) is None


def test_banks_put_their_words_around_it() -> None:
    purpose = purpose_for(20_261_124)
    assert find_purpose(f"MBVCB.3278907687.{purpose.lower()}.CT tu 0011 XP CT") == 20_261_124


def test_two_orders_in_one_statement_are_for_a_person() -> None:
    assert find_purpose(f"{purpose_for(1)} {purpose_for(2)}") is None


def test_a_statement_without_an_order() -> None:
    assert find_purpose("CK tien kham XP1234") is None


def test_order_codes_do_not_repeat() -> None:
    codes = {new_order_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(0 < code <= MAX_ORDER_CODE for code in codes)


@pytest.mark.parametrize("order", [0, -1, MAX_ORDER_CODE + 1])
def test_impossible_order_codes(order: int) -> None:
    with pytest.raises(ValueError, match="order code"):
        purpose_for(order)


@pytest.mark.parametrize("prefix", ["", "xp", "XP1", "BENHVIEN"])
def test_impossible_prefixes(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        purpose_for(1, prefix)
