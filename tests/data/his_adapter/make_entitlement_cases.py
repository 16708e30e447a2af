"""Writes entitlement_cases.csv: the law's table, put down a second time and by hand.

It shares nothing with the program: no import, no file, no formula. Every percentage and every limit below is a literal
that somebody worked out from the decision's annex and the law; the loops only write them out. Run it after a change:

    python tests/data/his_adapter/make_entitlement_cases.py
"""

import csv
import io
from pathlib import Path

COLUMNS = (
    "case",
    "card",
    "reasons",
    "day",
    "inpatient",
    "visit_total_dong",
    "five_years_on",
    "co_payments_dong",
    "area",
    "code",
    "rate",
    "level",
    "payable",
    "confidence",
    "legal_basis",
    "why_vi",
    "why_en",
)
LAW = "Law 51/2024/QH15, Art. 22"
R261 = "Resolution 261/2025/QH15"

# What each card gets, by what the row pays of the entitlement: level, payable.
CARDS = ("TE1", "HN2", "HT3", "DN4", "QN5")
LEVEL = {"TE1": "100", "HN2": "100", "HT3": "95", "DN4": "80", "QN5": "100"}
PAYS = {
    "100": {"TE1": "100", "HN2": "100", "HT3": "95", "DN4": "80", "QN5": "100"},
    "50": {"TE1": "50", "HN2": "50", "HT3": "47.5", "DN4": "40", "QN5": "50"},
    "40": {"TE1": "40", "HN2": "40", "HT3": "38", "DN4": "32", "QN5": "40"},
    "0": {"TE1": "0", "HN2": "0", "HT3": "0", "DN4": "0", "QN5": "0"},
}
YEAR_END, NEW_YEAR, JUNE, JULY = "2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01"

# Rows that pay the whole entitlement on every day: code, inpatient, area, confidence, why.
WHOLE = [
    ("1.1", "no", "", "high", "Đúng nơi đăng ký ban đầu", "At the facility of registration"),
    ("1.3", "no", "", "high", "Có phiếu chuyển", "With a referral slip"),
    ("1.4", "no", "", "high", "Thay đổi nơi cư trú", "Changed residence"),
    ("1.5", "no", "", "high", "Có phiếu hẹn khám lại", "With a re-examination slip"),
    ("1.6", "yes", "", "high", "Ngay sau khi hiến bộ phận cơ thể", "Just after an organ donation"),
    ("1.7", "yes", "", "high", "Trẻ ngay sau khi sinh", "Newborn just after birth"),
    ("1.11", "no", "", "medium", "Tự đến cơ sở cấp ban đầu khác", "Self-referred, other primary level"),
    ("1.12", "no", "", "high", "Cấp cơ bản dưới 50 điểm, ngoại trú", "Basic level under 50 points, outpatient"),
    ("1.15", "yes", "", "high", "Cấp cơ bản, nội trú", "Basic level, inpatient"),
    ("1.16", "no", "", "high", "Bệnh Phụ lục II, cấp cơ bản", "Disease of list II, basic level"),
    ("1.17", "no", "", "high", "Bệnh Phụ lục I, cấp chuyên sâu", "Disease of list I, specialised level"),
    ("2", "no", "", "high", "Cấp cứu", "Emergency"),
    ("3.2", "yes", "", "high", "Chuyên sâu, trước là tuyến tỉnh, nội trú", "Specialised, was province, inpatient"),
    ("3.3", "no", "", "high", "Trước là tuyến huyện", "Was district level"),
    ("3.6", "yes", "K1", "high", "Vùng khó khăn, nội trú chuyên sâu", "Hard area, inpatient, specialised"),
]
# Rows that pay nothing until 2026-06-30 and half from 2026-07-01, outpatients.
HALF = [
    ("1.13", "Cấp cơ bản từ 50 đến dưới 70 điểm", "Basic level of 50 to under 70 points"),
    ("1.14", "Cấp cơ bản, trước là tuyến tỉnh hoặc trung ương", "Basic level, was province or central"),
    ("1.18", "Cấp chuyên sâu, trước là tuyến tỉnh", "Specialised level, was province"),
]

rows: list[dict[str, str]] = []


def case(
    card: str, reasons: str, day: str, outcome: str, vi: str, en: str, confidence: str = "high", **more: str
) -> None:
    """`outcome` is "code rate level payable"."""
    code, rate, level, payable = outcome.split()
    basis = f"Decision 3276/QD-BYT 2025, annex 1, row {code}"
    if code != "9":
        basis = f"{LAW}; {basis}"
    if extra := more.pop("basis", ""):
        basis += f"; {extra}"
    values = (f"{len(rows) + 1:03}", card, reasons, day, more.pop("inpatient", "no"))
    values += (more.pop("total", ""), more.pop("years", ""), more.pop("paid", ""), more.pop("area", ""))
    assert not more, more
    values += (code, rate, level, payable, confidence, basis, vi, en)
    rows.append(dict(zip(COLUMNS, values, strict=True)))


def codes_and_levels() -> None:
    for code, inpatient, area, confidence, vi, en in WHOLE:
        for day in (YEAR_END, JULY):
            for card in CARDS:
                outcome = f"{code} 100 {LEVEL[card]} {PAYS['100'][card]}"
                vi_, en_ = f"{vi}: trả đủ mức hưởng của thẻ", f"{en}: the card's whole level"
                case(card, code, day, outcome, vi_, en_, confidence, inpatient=inpatient, area=area)
    for day in (YEAR_END, JULY):
        for card in CARDS:
            vi, en = "Cấp ban đầu: 100 % với mọi thẻ", "Primary level: 100 % with any card"
            case(card, "1.2", day, f"1.2 100 {LEVEL[card]} 100", vi, en)
    for code, vi, en in HALF:
        for card in CARDS:
            vi_, en_ = f"{vi}: chưa trả trước 01/07/2026", f"{en}: nothing before 2026-07-01"
            case(card, code, JUNE, f"{code} 0 {LEVEL[card]} {PAYS['0'][card]}", vi_, en_)
            vi_, en_ = f"{vi}: một nửa mức hưởng từ 01/07/2026", f"{en}: half of the level since 2026-07-01"
            case(card, code, JULY, f"{code} 50 {LEVEL[card]} {PAYS['50'][card]}", vi_, en_)
    for card in CARDS:
        vi, en = "Chuyên sâu, trước là trung ương", "Specialised, was central"
        out, inn = f"3.1 0 {LEVEL[card]} {PAYS['0'][card]}", f"3.1 40 {LEVEL[card]} {PAYS['40'][card]}"
        case(card, "3.1", JULY, out, f"{vi}: ngoại trú không trả", f"{en}: outpatients get nothing")
        case(card, "3.1", JULY, inn, f"{vi}: nội trú 40 %", f"{en}: inpatients 40 %", inpatient="yes")
    for day in ("2025-07-01", JULY):
        case("DN4", "9", day, "9 0 0 0", "Không khám bảo hiểm y tế", "Not an insured visit")


def first_days() -> None:
    case("DN4", "1.1", "2025-07-01", "1.1 100 80 80", "Ngày đầu Luật có hiệu lực", "The first day of the law")
    case("DN4", "1.18", "2025-07-01", "1.18 0 80 0", "Ngày đầu Luật có hiệu lực", "The first day of the law")
    for card, level in (("HT3", "95"), ("DN4", "80"), ("CN2", "100"), ("LH3", "95")):
        vi, en = "Nghị quyết 261 không đổi thẻ này", "Resolution 261 does not change this card"
        for day in (NEW_YEAR, "2026-01-02"):
            case(card, "1.1", day, f"1.1 100 {level} {level}", vi, en)


def changed_levels() -> None:
    for card, printed in (("CN3", "95"), ("LH4", "80")):
        for code in ("1.1", "1.5", "2", "3.3"):
            vi, en = "Trước 01/01/2026 theo số in trên thẻ", "Before 2026-01-01 as printed"
            case(card, code, YEAR_END, f"{code} 100 {printed} {printed}", vi, en, "medium")
            vi, en = "Từ 01/01/2026 tính là mức 2, dù số in cũ", "Since 2026-01-01 level 2, whatever is printed"
            case(card, code, NEW_YEAR, f"{code} 100 100 100", vi, en, "medium", basis=R261)
        for day, outcome in ((NEW_YEAR, "1.18 0 100 0"), (JUNE, "1.18 0 100 0"), (JULY, "1.18 50 100 50")):
            vi, en = "Mức 2 nhân với tỷ lệ của mã 1.18 ngày đó", "Level 2 times that day's rate of 1.18"
            case(card, "1.18", day, outcome, vi, en, "medium", basis=R261)


def small_bills() -> None:
    # 15 % of 2,340,000 is 351,000; of 2,530,000 it is 379,500. "Under" is strict.
    limits = ((JUNE, "350999", "351000", "351001"), (JULY, "379499", "379500", "379501"))
    for day, below, at, above in limits:
        for card, level in (("HT3", "95"), ("DN4", "80")):
            for code, inpatient in (("1.1", "no"), ("2", "no"), ("1.12", "no")):
                vi, en = "Thấp hơn 15 % lương cơ sở: trả 100 %", "Under 15 % of the base salary: 100 %"
                case(card, code, day, f"{code} 100 100 100", vi, en, "medium", total=below, inpatient=inpatient)
                for total in (at, above):
                    vi, en = "Không thấp hơn 15 %: theo mức hưởng", "Not under 15 %: by the card"
                    case(card, code, day, f"{code} 100 {level} {level}", vi, en, "medium", total=total)
        vi, en = "Mức 2 đã là 100 %, không cần quy tắc", "Level 2 is 100 % without the rule"
        case("HN2", "1.1", day, "1.1 100 100 100", vi, en, total=below)
    case("DN4", "1.1", JUNE, "1.1 100 100 100", "Lượt khám 0 đ", "A visit of 0 đ", "medium", total="0")
    vi, en = "360.000 đ: chưa thấp hơn 351.000 đ trước 01/07", "360,000 đ is not under 351,000 đ before July"
    case("DN4", "1.1", JUNE, "1.1 100 80 80", vi, en, "medium", total="360000")
    vi, en = "360.000 đ: thấp hơn 379.500 đ từ 01/07", "360,000 đ is under 379,500 đ since July"
    case("DN4", "1.1", JULY, "1.1 100 100 100", vi, en, "medium", total="360000")
    for code in ("1.13", "1.14", "1.18"):
        vi = "Chưa rõ quy tắc 15 % có cộng với mã trả 50 % hay không: không áp dụng, cần hỏi"
        en = "Open whether the 15 % rule joins a row of 50 %: not applied, to be asked"
        case("DN4", code, JULY, f"{code} 50 80 40", vi, en, "low", total="379499")
        case("HT3", code, JULY, f"{code} 50 95 47.5", vi, en, "low", total="379499")
    vi, en = "Mã trả 0 %: quy tắc 15 % không đổi gì", "A row of 0 %: the 15 % rule changes nothing"
    case("DN4", "1.18", JUNE, "1.18 0 80 0", vi, en, total="100000")


def long_insured() -> None:
    # Six base salaries: 14,040,000 until 2026-06-30, 15,180,000 since. "More than" is strict.
    limits = ((JUNE, "14039999", "14040000", "14040001"), (JULY, "15179999", "15180000", "15180001"))
    for day, below, at, above in limits:
        for card, level in (("HT3", "95"), ("DN4", "80")):
            for paid in (below, at):
                vi, en = "Cùng chi trả chưa lớn hơn 6 lần lương cơ sở", "Co-payments not over six base salaries"
                case(card, "1.1", day, f"1.1 100 {level} {level}", vi, en, "medium", years="2020-01-01", paid=paid)
            vi, en = "Đủ 5 năm và lớn hơn 6 lần: miễn", "Five years and over six base salaries: exempt"
            case(card, "1.1", day, "1.1 100 100 100", vi, en, "medium", years="2020-01-01", paid=above)
            vi, en = "Đủ 5 năm đúng ngày khám: miễn", "Five years complete on the very day: exempt"
            case(card, "1.3", day, "1.3 100 100 100", vi, en, "medium", years=day, paid=above)
            vi, en = "Chưa đủ 5 năm", "Five years not complete"
            case(card, "1.1", day, f"1.1 100 {level} {level}", vi, en, "medium", years="2026-07-02", paid=above)
            vi, en = "Không biết thời điểm 5 năm: không áp dụng", "The five-year date is not known: not applied"
            case(card, "1.1", day, f"1.1 100 {level} {level}", vi, en, paid=above)
    vi, en = "Không biết số đã cùng chi trả: không áp dụng", "Co-payments not known: not applied"
    case("DN4", "1.1", JULY, "1.1 100 80 80", vi, en, years="2020-01-01")
    vi = "Chưa rõ miễn cùng chi trả có cộng với mã trả 50 % hay không: không áp dụng, cần hỏi"
    en = "Open whether the exemption joins a row of 50 %: not applied, to be asked"
    case("DN4", "1.18", JULY, "1.18 50 80 40", vi, en, "low", years="2020-01-01", paid="15180001")
    vi, en = "14.100.000 đ: đủ trước 01/07, không đủ từ 01/07", "14,100,000 đ: enough before July, not since"
    case("DN4", "1.1", JUNE, "1.1 100 100 100", vi, en, "medium", years="2020-01-01", paid="14100000")
    case("DN4", "1.1", JULY, "1.1 100 80 80", vi, en, "medium", years="2020-01-01", paid="14100000")


def several_reasons() -> None:
    top_vi, top_en = "Nhiều mã: lấy dòng trên cùng", "Several apply: the top-most row"
    for reasons, outcome in (
        ("1.18 1.1", "1.1 100 80 80"),
        ("2 1.18", "1.18 50 80 40"),
        ("3.3 1.13", "1.13 50 80 40"),
        ("1.12 1.2", "1.2 100 80 100"),
        ("9 1.5", "1.5 100 80 80"),
        ("1.11 1.3", "1.3 100 80 80"),
        ("1.17 1.18", "1.17 100 80 80"),
    ):
        case("DN4", reasons, JULY, outcome, top_vi, top_en)
    vi, en = "Mã 1.18 chỉ cho ngoại trú: xét mã sau", "1.18 is for outpatients: the next row counts"
    case("DN4", "1.18 3.2", JULY, "3.2 100 80 80", vi, en, inpatient="yes")
    vi, en = "Mã 3.2 chỉ cho nội trú", "3.2 is for inpatients"
    case("DN4", "3.2 3.3", JULY, "3.3 100 80 80", vi, en)
    vi, en = "Thẻ không có K1–K3: mã 3.6 không xét", "No area K1 to K3: 3.6 is set aside"
    case("DN4", "3.6 9", JULY, "9 0 0 0", vi, en, inpatient="yes")
    for area in ("K1", "K2", "K3"):
        vi, en = "Có mã nơi sinh sống, nội trú: mã 3.6", "With an area, inpatient: 3.6"
        case("DN4", "3.6 9", JULY, "3.6 100 80 80", vi, en, inpatient="yes", area=area)
    vi, en = "Mã 3.1 đứng trước 3.6 trong bảng", "3.1 stands above 3.6 in the table"
    case("DN4", "3.6 3.1", JULY, "3.1 40 80 32", vi, en, inpatient="yes", area="K1")


def table() -> str:
    """The whole file."""
    rows.clear()
    for block in (codes_and_levels, first_days, changed_levels, small_bills, long_insured, several_reasons):
        block()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    Path(__file__).with_name("entitlement_cases.csv").write_text(table(), "utf-8")
