"""What the patient is told, and what the auditor can check."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from his_adapter.bhyt import (
    Confidence,
    Derivation,
    EntitlementCase,
    EntitlementData,
    EntitlementRules,
    FacilityProfile,
    Language,
    Weight,
    auditor_lines,
    derive,
    patient_text,
)
from his_adapter.bhyt.entitlement_explain import ExplanationTexts
from his_adapter.model import Coverage

DAY = date(2026, 7, 1)
DATA = EntitlementData.load()


def derived(
    *reasons: str, card: str = "DN4", day: date = DAY, inpatient: bool = False, total: int | None = None
) -> Derivation:
    return derive(EntitlementCase(card[:2], card[2:], reasons, day, inpatient, total), DATA)


@pytest.mark.parametrize(
    ("derivation", "vi", "en"),
    [
        (derived("9", card=""), "trả toàn bộ chi phí", "without health insurance"),
        (derived("1.18", day=date(2026, 6, 30)), "không chi trả", "pays nothing"),
        (derived("1.18", card="HT3"), "trả 47,5 %", "pays 47.5 %"),
        (derived("1.1"), "người bệnh trả 20 %", "the patient pays 20 %"),
        (derived("1.1", card="HN2"), "trả toàn bộ chi phí trong phạm vi", "pays all covered costs."),
        (derived("1.2"), "với mọi thẻ", "whatever the card"),
        (derived("1.1", total=379_499), "thấp hơn 15 %", "less than 15 %"),
    ],
)
def test_the_patient_hears_one_sentence(derivation: Derivation, vi: str, en: str) -> None:
    assert vi in patient_text(derivation, Language.VI)
    assert en in patient_text(derivation, Language.EN)


def test_the_auditor_sees_every_step_with_its_basis() -> None:
    case = EntitlementCase(
        "HT", "3", ("2", "1.1", "1.15", "3.6"), DAY, True, 500_000, date(2026, 7, 2), 20_000_000, area=""
    )
    lines = auditor_lines(derive(case, DATA), Language.VI)
    assert [line.split(":")[0].partition(" cứ")[0] for line in lines] == [
        "Mã 1.15 không xét",
        "Mã 2 không xét",
        "Mã 3.6 không xét",
        "Mã 1.1 (Tại nơi đăng ký khám chữa bệnh ban đầu), nội trú",
        "Thẻ HT3",
        "Chi phí lượt khám 500.000 đ không thấp hơn 379.500 đ (15 % của lương cơ sở 2.530.000 đ từ 01/07/2026). [Căn",
        "Chưa đủ điều kiện miễn cùng chi trả",
        "Quỹ trả 95 % × 100 % = 95 % chi phí trong phạm vi được hưởng.",
    ]
    assert "annex 1, row 1.1; độ tin cậy: cao]" in lines[3]
    assert "độ tin cậy: trung bình]" in lines[5]
    assert "15.180.000 đ" in lines[6]


def test_a_stale_digit_is_explained_with_its_date() -> None:
    before, after = (derived("1.1", card="CN3", day=day) for day in (date(2025, 12, 31), date(2026, 1, 1)))
    assert any("only from 2026-01-01" in line for line in auditor_lines(before, Language.EN))
    assert any("counts as level 2 (100 %) since 2026-01-01" in line for line in auditor_lines(after, Language.EN))
    assert "261/2025" not in before.legal_basis
    assert after.legal_basis.endswith("Resolution 261/2025/QH15")


def test_what_is_open_in_law_is_left_out_and_said() -> None:
    derivation = derived("1.18", total=1_000)
    assert (derivation.payable_percent, derivation.confidence) == (Decimal(40), Confidence.LOW)
    assert any(step.weight is Weight.OPEN for step in derivation.steps)
    assert any("not applied" in line for line in auditor_lines(derivation, Language.EN))


def test_what_is_unknown_is_said_and_weighs_nothing() -> None:
    derivation = derived("1.1")
    assert derivation.confidence is Confidence.HIGH
    assert [step.key for step in derivation.steps if step.weight is Weight.UNKNOWN] == [
        "small_bill_unknown",
        "long_insured_unknown",
    ]


def test_the_kiosks_answer_is_the_derivation_in_short() -> None:
    rules = EntitlementRules(FacilityProfile("01999"))
    coverage = Coverage("HT3010000000101", "AI ĐÓ", None, None, "01998", five_year_date=date(2020, 1, 1))
    derivation = rules.derivation(coverage, DAY)
    assert derivation.entitlement() == rules.for_card(coverage, DAY)
    assert (derivation.object_code, derivation.payable_percent) == ("1.18", Decimal("47.5"))


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (lambda: derived("3.4"), "no rule"),
        (lambda: derived("7"), "no rule"),
        (lambda: derived("1.18", inpatient=True), "no reason fits"),
        (lambda: derived("3.6", inpatient=True), "no reason fits"),
        (lambda: derived("1.1", card="DN"), "no benefit level"),
        (lambda: derived("1.1", day=date(2025, 6, 30)), "reach back"),
        (lambda: derived(), "at least one reason"),
        (lambda: derived("1.1", total=-1), "not negative"),
    ],
)
def test_what_cannot_be_decided_is_refused(case: object, message: str) -> None:
    assert callable(case)
    with pytest.raises(ValueError, match=message):
        case()


def test_amounts_of_a_patient_stay_out_of_a_repr() -> None:
    case = EntitlementCase("DN", "4", ("1.1",), DAY, False, 123_456, date(2020, 2, 3), 654_321)
    assert not any(text in repr(case) for text in ("123", "2020", "654"))


def test_texts_are_whole_in_both_languages() -> None:
    texts = ExplanationTexts.shipped()
    for group in ("patient", "step", "word"):
        for key, text in getattr(texts, group).items():
            vi, en = texts.placeholders(group, key)
            assert vi - {"case_vi"} == en - {"case"}, key
            assert unicodedata.is_normalized("NFC", text.vi), key
    assert all(unicodedata.is_normalized("NFC", row.case_vi) for row in DATA.row.values())


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "entitlement.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(compile(code, "docs/entitlement.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "47.5"
    assert len(printed) == 2 + 5
