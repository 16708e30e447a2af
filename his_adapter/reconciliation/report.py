"""The report of a reconciliation, for people (Vietnamese, English) and for machines. Holds no personal data."""

import json
from collections.abc import Mapping

from his_adapter.reconciliation.compare import Finding, Item, Reconciliation, Source

SCHEMA = 1

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "title": "Đối soát thanh toán",
        "clean": "Khớp hoàn toàn.",
        "open": "Cần xử lý:",
        "total": "{count} dòng, {dong} đ",
        "order": "mã đơn {order}",
        "no_order": "không có mã đơn",
        "line": "dòng {line}: {dong} đ",
        Source.STATEMENT: "Sao kê ngân hàng",
        Source.HIS: "Biên lai HIS",
        Source.LEDGER: "Sổ của kiosk",
        Finding.MATCHED: "Khớp",
        Finding.MISSING_IN_STATEMENT: "Thiếu trong sao kê",
        Finding.MISSING_IN_HIS: "Thiếu trong HIS",
        Finding.MISSING_IN_LEDGER: "Thiếu trong sổ kiosk",
        Finding.AMOUNT_DIFFERS: "Lệch số tiền",
        Finding.DUPLICATE: "Trùng",
    },
    "en": {
        "title": "Payment reconciliation",
        "clean": "Everything matches.",
        "open": "To be settled:",
        "total": "{count} rows, {dong} đ",
        "order": "order {order}",
        "no_order": "no order",
        "line": "line {line}: {dong} đ",
        Source.STATEMENT: "Bank statement",
        Source.HIS: "HIS receipts",
        Source.LEDGER: "Kiosk's ledger",
        Finding.MATCHED: "Matched",
        Finding.MISSING_IN_STATEMENT: "Missing in statement",
        Finding.MISSING_IN_HIS: "Missing in HIS",
        Finding.MISSING_IN_LEDGER: "Missing in ledger",
        Finding.AMOUNT_DIFFERS: "Amount differs",
        Finding.DUPLICATE: "Duplicate",
    },
}
LANGUAGES = tuple(_WORDS)


def as_text(result: Reconciliation, language: str = "vi") -> str:
    """A report to read. Matched items are counted, the others are listed."""
    words = _WORDS[language]
    lines = [words["title"], ""]
    for source in Source:
        count, dong = result.total(source)
        lines.append(f"  {words[source]}: {words['total'].format(count=count, dong=_dong(dong, language))}")
    lines.append("")
    lines += [f"  {words[finding]}: {result.count(finding)}" for finding in Finding]
    lines.append("")
    if result.clean:
        return "\n".join([*lines, words["clean"]])
    lines.append(words["open"])
    for item in result.items:
        if item.findings != (Finding.MATCHED,):
            lines += _item(item, words, language)
    return "\n".join(lines)


def as_json(result: Reconciliation) -> str:
    """A report for machines, items in the order of the text."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "clean": result.clean,
            "counts": {finding.value: result.count(finding) for finding in Finding},
            "totals": {
                source.value: dict(zip(("rows", "amount_dong"), result.total(source), strict=True)) for source in Source
            },
            "items": [_plain(item) for item in result.items],
        },
        ensure_ascii=False,
        indent=2,
    )


def _item(item: Item, words: Mapping[str, str], language: str) -> list[str]:
    order = words["no_order"] if item.order_code is None else words["order"].format(order=item.order_code)
    lines = [f"- {order}: {', '.join(words[finding] for finding in item.findings)}"]
    for row in sorted(item.rows, key=lambda row: list(Source).index(row.source)):
        names = " ".join(name for name in (row.label, row.txn_id) if name)
        place = words["line"].format(line=row.line, dong=_dong(row.amount_dong, language))
        lines.append(f"    {words[row.source]}, {place}" + (f" ({names})" if names else ""))
    return lines


def _plain(item: Item) -> dict[str, object]:
    rows = {
        row.source.value: {
            "line": row.line,
            "amount_dong": row.amount_dong,
            "txn_id": row.txn_id,
            "receipt_number": row.label,
            "time": None if row.moment is None else row.moment.isoformat(),
        }
        for row in item.rows
    }
    order = None if item.order_code is None else str(item.order_code)
    return {"order_code": order, "findings": [finding.value for finding in item.findings], **rows}


def _dong(amount: int, language: str) -> str:
    text = f"{amount:,}"
    return text.replace(",", ".") if language == "vi" else text
