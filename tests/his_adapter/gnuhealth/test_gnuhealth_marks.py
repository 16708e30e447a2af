"""What a kiosk writes into GNU Health's texts is found there again, whatever people write beside it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from his_adapter.clock import ZONE
from his_adapter.hospital.gnuhealth.marks import Insurance, TransferMark, VisitMark, key_text, like, transfer_text
from his_adapter.model import PaymentReport, TransferVerdict

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)


@given(KEYS, st.integers(0, 10**13), st.sampled_from(Insurance), st.just("") | KEYS)
def test_a_visits_mark_is_read_back(key: str, fee: int, insurance: Insurance, coverage: str) -> None:
    mark = VisitMark(key, "0f" * 16, fee, insurance, coverage, "ab" * 16 if coverage else "")
    assert VisitMark.parse(mark.text()) == mark
    assert mark.text().startswith(key_text(key))


@given(KEYS, KEYS, st.integers(0, 10**12), st.integers(0, 10**13), st.sampled_from(TransferVerdict))
def test_a_transfers_mark_is_read_back_among_other_lines(
    key: str, transfer: str, order: int, amount: int, verdict: TransferVerdict
) -> None:
    mark = TransferMark(key, transfer, order, amount, verdict)
    comment = "\n".join(["Thu ngân ghi: amount=5 | x", mark.text("đủ tiền | amount=1"), "[kiosk] viết tay", "[BHYT] a"])
    assert TransferMark.all_in(comment) == [mark]
    assert transfer_text(transfer) in comment


@given(st.text(max_size=300))
def test_any_text_has_marks_or_none(text: str) -> None:
    assert VisitMark.parse(text) is None or "key=" in text
    assert len(TransferMark.all_in(text)) <= len(text.splitlines())
    TransferMark.all_in("[kiosk] " + text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "key=a",
        "key=a digest=b fee=x insurance=none",
        "key=a digest=b fee=-1 insurance=none",
        "key=a digest=b fee=1 insurance=maybe",
        "key=%ff digest=b fee=1 insurance=none",
        "key=a digest=b fee=" + "9" * 5000 + " insurance=none",
    ],
)
def test_what_is_no_mark_is_none(text: str | None) -> None:
    assert VisitMark.parse(text) is None


def test_like_takes_a_key_literally() -> None:
    assert like("key=50%25_a\\b ") == "key=50\\%25\\_a\\\\b "


def test_the_same_money_under_another_key_is_the_same() -> None:
    def report(key: str, amount: int) -> TransferMark:
        at = datetime(2026, 11, 27, 10, 0, tzinfo=ZONE)
        return TransferMark.of(PaymentReport(key, "APP 2026/1", 7, "FT1", amount, TransferVerdict.EXACT, at))

    assert report("a", 50_600).same(report("b", 50_600))
    assert not report("a", 50_600).same(report("a", 50_601))
