"""The day's money in three books: what matches, what is missing, what is there twice, and files nobody can read."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from his_adapter.__main__ import main
from his_adapter.clock import ZONE
from his_adapter.payment import purpose_for
from his_adapter.payment.purpose import DEFAULT_PREFIX
from his_adapter.reconciliation import Finding, Row, Source, UnreadableError, reconcile
from his_adapter.reconciliation.files import MAX_BYTES, MAX_PROBLEMS, read_bytes, read_file
from his_adapter.reconciliation.values import read_amount, read_code, read_time

S, H, L = Source.STATEMENT, Source.HIS, Source.LEDGER
BOOKS = Path(__file__).parents[1] / "data" / "his_adapter" / "reconcile"
ARGUMENTS = [
    "reconcile",
    "--statement",
    str(BOOKS / "statement.csv"),
    "--his",
    str(BOOKS / "his.json"),
    "--ledger",
    str(BOOKS / "ledger.csv"),
]


def everywhere(line: int, amount: int = 50_600) -> list[Row]:
    return [Row(source, line, amount, line, f"FT{line}") for source in Source]


def findings(rows: list[Row]) -> list[tuple[Finding, ...]]:
    return [item.findings for item in reconcile(rows).items]


# comparing


def test_money_that_is_in_every_book() -> None:
    result = reconcile(everywhere(1) + everywhere(2))
    assert result.clean
    assert (result.count(Finding.MATCHED), result.total(S)) == (2, (2, 101_200))


@pytest.mark.parametrize(
    ("source", "finding"),
    [(S, Finding.MISSING_IN_STATEMENT), (H, Finding.MISSING_IN_HIS), (L, Finding.MISSING_IN_LEDGER)],
)
def test_money_that_one_book_does_not_know(source: Source, finding: Finding) -> None:
    rows = [row for row in everywhere(1) if row.source is not source]
    assert findings(rows) == [(finding,)]
    assert not reconcile(rows).clean


@pytest.mark.parametrize("source", list(Source))
def test_an_amount_that_differs(source: Source) -> None:
    rows = [replace(row, amount_dong=1) if row.source is source else row for row in everywhere(1)]
    assert findings(rows) == [(Finding.AMOUNT_DIFFERS,)]


@pytest.mark.parametrize("source", list(Source))
def test_a_transfer_that_stands_twice_in_a_book(source: Source) -> None:
    again = next(replace(row, line=9) for row in everywhere(1) if row.source is source)
    assert sorted(findings([*everywhere(1), again])) == [(Finding.DUPLICATE,), (Finding.MATCHED,)]


def test_an_order_that_was_paid_twice() -> None:
    second = [replace(row, line=9, txn_id="FT9") for row in everywhere(1) if row.source is not H]
    assert findings([*everywhere(1), *second]) == [
        (Finding.DUPLICATE,),
        (Finding.MISSING_IN_HIS, Finding.DUPLICATE),
    ]


def test_the_code_is_enough_where_ids_differ() -> None:
    """SePay numbers transfers itself; the bank's statement has the bank's reference."""
    rows = [replace(row, txn_id=f"{row.source}-1") for row in everywhere(1)]
    assert findings(rows) == [(Finding.MATCHED,)]


def test_the_id_is_enough_where_the_code_was_lost() -> None:
    rows = [replace(row, order_code=None) if row.source is S else row for row in everywhere(1)]
    assert findings(rows) == [(Finding.MATCHED,)]


def test_money_without_code_and_id_stands_alone() -> None:
    rows = [Row(S, line, 50_600) for line in (1, 2)]
    assert findings(rows) == [(Finding.MISSING_IN_HIS, Finding.MISSING_IN_LEDGER)] * 2


def test_the_same_amount_goes_before_the_same_place() -> None:
    """Of two transfers for an order, each finds its own receipt, although no id says so."""
    rows = [
        Row(S, 1, 20_000, 7, "A"),
        Row(S, 2, 30_000, 7, "B"),
        Row(L, 1, 30_000, 7, "1"),
        Row(L, 2, 20_000, 7, "2"),
        Row(H, 1, 20_000, 7),
        Row(H, 2, 30_000, 7),
    ]
    assert findings(rows) == [(Finding.DUPLICATE,)] * 2


def test_a_receipt_for_the_wrong_order_leaves_two_holes() -> None:
    rows = [replace(row, order_code=2) if row.source is H else row for row in everywhere(1)]
    assert findings(rows) == [
        (Finding.MISSING_IN_HIS,),
        (Finding.MISSING_IN_STATEMENT, Finding.MISSING_IN_LEDGER),
    ]


ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(Source),
        st.integers(1, 9),
        st.integers(1, 3),
        st.none() | st.integers(1, 3),
        st.sampled_from(["", "A", "B", "C"]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=100)
@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_no_row_is_lost_and_their_order_means_nothing(drawn: tuple[list[Row], list[Row]]) -> None:
    rows, shuffled = drawn
    result = reconcile(rows)
    told = [row for item in result.items for row in item.rows]
    assert sorted(map(repr, told)) == sorted(map(repr, rows))
    for item in result.items:
        assert len({row.source for row in item.rows}) == len(item.rows)
        assert item.findings
        assert (Finding.MATCHED in item.findings) <= (item.findings == (Finding.MATCHED,))
        if Finding.MATCHED in item.findings:
            assert len({row.amount_dong for row in item.rows}) == 1
            assert len(item.rows) == len(Source)
    assert reconcile(shuffled) == result


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 20), st.data())
def test_every_hole_is_found(count: int, data: st.DataObject) -> None:
    rows = [row for line in range(1, count + 1) for row in everywhere(line)]
    assert reconcile(rows).clean
    lost = data.draw(st.integers(0, len(rows) - 1))
    result = reconcile(rows[:lost] + rows[lost + 1 :])
    assert (result.clean, result.count(Finding.MATCHED)) == (False, count - 1)


# the command


def test_the_report_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ARGUMENTS) == 1
    text = capsys.readouterr().out
    assert "Sao kê ngân hàng: 6 dòng, 361.800 đ" in text
    assert "- mã đơn 1002: Lệch số tiền" in text
    assert "    Biên lai HIS, dòng 2: 50.600 đ (BL-2)" in text
    assert "- mã đơn 1003: Thiếu trong HIS, Trùng" in text
    assert "- mã đơn 1004: Thiếu trong sao kê, Thiếu trong sổ kiosk" in text
    assert "- mã đơn 1005: Thiếu trong HIS" in text
    assert "- không có mã đơn: Thiếu trong HIS, Thiếu trong sổ kiosk" in text
    assert "nguoi nha" not in text  # what people write to their bank is not copied about
    assert main([*ARGUMENTS, "--lang", "en"]) == 1
    assert "- order 1002: Amount differs" in capsys.readouterr().out


def test_the_report_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["clean"]) == (1, False)
    assert report["counts"] == {
        "matched": 1,
        "missing_in_statement": 1,
        "missing_in_his": 3,
        "missing_in_ledger": 2,
        "amount_differs": 1,
        "duplicate": 2,
    }
    assert report["totals"]["ledger"] == {"rows": 5, "amount_dong": 241_800}
    last = report["items"][-1]
    assert (last["order_code"], last["findings"]) == ("1001", ["matched"])
    assert last["his"]["receipt_number"] == "BL-1"
    assert last["statement"]["time"] == "2026-11-27T08:00:01+07:00"


def table(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def books(tmp_path: Path) -> Callable[..., list[str]]:
    def make(statement: str, his: str, ledger: str) -> list[str]:
        arguments = ["reconcile"]
        for name, text in (("statement", statement), ("his", his), ("ledger", ledger)):
            path = tmp_path / f"{name}.csv"
            path.write_text(text, "utf-8")
            arguments += [f"--{name}", str(path)]
        return arguments

    return make


LEDGER = table("order_code,provider_txn_id,amount_dong", "1001,FT1,50600")
HIS = table("receipt_number,order_code,amount_dong", "BL-1,1001,50600")


def test_books_that_agree(books: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    statement = table("txn_id,amount_dong,text", f"FT1,50600,{purpose_for(1001)}")
    assert main(books(statement, HIS, LEDGER)) == 0
    assert "Khớp hoàn toàn." in capsys.readouterr().out


def test_several_ledgers_and_money_without_an_order(
    books: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = table("txn_id,amount_dong,text", f"FT1,50600,{purpose_for(1001)}", "FT9,700,chuyen tien")
    stray = tmp_path / "kiosk-2.csv"
    stray.write_text(table("order_code,provider_txn_id,amount_dong", ",FT9,700"), "utf-8")
    assert main([*books(statement, HIS, LEDGER), "--ledger", str(stray), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["totals"]["ledger"] == {"rows": 2, "amount_dong": 51_300}
    assert [(item["order_code"], item["findings"]) for item in report["items"]] == [
        (None, ["missing_in_his"]),
        ("1001", ["matched"]),
    ]


def test_columns_with_unusual_names_are_told(
    books: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    statement = table("Seq\tC\tNote", f'FT1\t50,600.00 VND\t"{purpose_for(1001, "BV")}"')
    arguments = books(statement, HIS, LEDGER)
    named = [f"--column=statement.{field}={name}" for field, name in (("txn_id", "Seq"), ("amount", "C"))]
    assert main([*arguments, *named]) == 2
    assert capsys.readouterr().err.startswith("statement.csv, line 1, column text: no such column; one of: text, ")
    assert main([*arguments, *named, "--column=statement.text=Note", "--prefix", "BV"]) == 0


def test_everything_that_cannot_be_read_is_named_at_once(
    books: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    statement = table("txn_id,amount_dong,text,time", "FT1,50.60,x,27/11/2026", "FT2,1,x,27/13/2026")
    his = table("receipt_number,order_code,amount_dong", ",1001,50600", "BL-2,abc,-5")
    assert main(books(statement, his, LEDGER.replace("FT1", "F\x1b[31m"))) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "statement.csv, line 2, column amount_dong: not a positive amount of whole đồng",
        "statement.csv, line 3, column time: not a time",
        "his.csv, line 2, column receipt_number: empty",
        "his.csv, line 3, column amount_dong: not a positive amount of whole đồng",
        "his.csv, line 3, column order_code: not an order code",
        "ledger.csv, line 2, column provider_txn_id: holds control characters",
    ]


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS[:-1], str(BOOKS / "none.csv")]) == 2
    assert capsys.readouterr().err == "none.csv: No such file or directory\n"


@pytest.mark.parametrize(
    ("told", "words"), [("amount=X", "write it as"), ("bank.amount=X", "write it as"), ("his.fee=X", "no such field")]
)
def test_a_column_told_wrongly(told: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ARGUMENTS, "--column", told]) == 2
    assert words in capsys.readouterr().err


# files


def problems(data: bytes, name: str = "his.csv", source: Source = H) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        read_bytes(data, name, source, prefix=DEFAULT_PREFIX)
    return [str(problem) for problem in caught.value.problems]


HEADER = b"receipt_number,order_code,amount_dong\n"


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (b"", "his.csv", "his.csv, line 1, column label: no such column; one of: receipt_number, receipt, "),
        (HEADER + b"\xff", "his.csv", "his.csv, line 2: not UTF-8"),
        (HEADER + b"a,1\n", "his.csv", "his.csv, line 2: 2 cells where the header has 3"),
        (HEADER + b'a,"1,2', "his.csv", "his.csv, line 2: unexpected end of data"),
        (HEADER + b"a" * 200_000, "his.csv", "his.csv, line 2: field larger than field limit"),
        (HEADER + b"a" * 600 + b",1,5\n", "his.csv", "his.csv, line 2, column receipt_number: longer than 512"),
        (b"{", "his.json", "his.json, line 1, column 2: not JSON"),
        (b"{}", "his.json", "his.json: not a list of receipts"),
        (b"[1]", "his.json", "his.json, line 1: not an object"),
        (b'[{"order_code": "1"}]', "his.json", "his.json, line 1, column label: no such column"),
        (b"[" * 100_000, "his.json", "his.json: nested too deep"),
        (b"[" + b"1" * 5000 + b"]", "his.json", "his.json: a number that is too long"),
        (
            b'[{"receipt_number": "\\ud800", "order_code": "1", "amount_dong": 5}]',
            "his.json",
            "his.json, line 1, column receipt_number: holds control characters",
        ),
        (
            b'[{"receipt_number": "a", "order_code": "1", "amount_dong": 0.5}]',
            "his.json",
            "his.json, line 1, column amount_dong: not a positive amount",
        ),
        (
            b'[{"receipt_number": ["a"], "order_code": "1", "amount_dong": 5}]',
            "his.json",
            "his.json, line 1, column receipt_number: not a text",
        ),
    ],
)
def test_files_that_cannot_be_read(data: bytes, name: str, problem: str) -> None:
    assert problems(data, name)[0].startswith(problem)


def test_only_so_many_problems_are_told() -> None:
    assert len(problems(HEADER + b"a,b,c\n" * 1000)) == MAX_PROBLEMS


def test_only_so_long_a_file_is_read() -> None:
    assert problems(b" " * (MAX_BYTES + 1)) == ["his.csv: longer than 64 MB"]


def test_lines_are_counted_as_an_editor_does() -> None:
    text = HEADER.decode() + '"a\nb",1,5\n\nc,2,6\n'
    with pytest.raises(UnreadableError, match="line 3, column receipt_number: holds control"):
        read_bytes(text.encode(), "his.csv", H, prefix=DEFAULT_PREFIX)
    rows = read_bytes(text.replace("\nb", "").encode(), "his.csv", H, prefix=DEFAULT_PREFIX)
    assert [row.line for row in rows] == [2, 4]


def test_money_that_went_out_is_not_read() -> None:
    rows = read_file(BOOKS / "statement.csv", S, prefix=DEFAULT_PREFIX)
    assert [row.txn_id for row in rows] == ["FT01", "FT02", "FT03", "FT04", "FT05", "FT07"]
    assert [row.order_code for row in rows] == [1001, 1002, 1003, 1003, None, 1005]


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(Source), st.sampled_from(["a.csv", "a.json"]), st.booleans())
def test_any_bytes_are_rows_or_refused(data: bytes, source: Source, name: str, headed: bool) -> None:
    header = {S: b"txn_id,amount,text\n", H: HEADER, L: b"order_code,txn_id,amount\n"}[source]
    try:
        rows = read_bytes(header + data if headed else data, name, source, prefix=DEFAULT_PREFIX)
    except UnreadableError as error:
        assert error.problems  # noqa: PT017
        return
    reconcile(rows)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 2**53 - 1), st.integers(1, 10**13 - 1)), max_size=5))
def test_what_a_ledger_writes_is_read_back(entries: list[tuple[int, int]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["order_code", "provider_txn_id", "amount_dong"])
    writer.writerows((order, f"T{place}", amount) for place, (order, amount) in enumerate(entries))
    rows = read_bytes(text.getvalue().encode(), "ledger.csv", L, prefix=DEFAULT_PREFIX)
    assert [(row.order_code, row.amount_dong) for row in rows] == entries


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50600", 50_600),
        ("50.600", 50_600),
        ("50,600.00", 50_600),
        ("50.600,00 VND", 50_600),
        (" +1 234 567đ ", 1_234_567),
        ("-50,600", -50_600),
        ("0", 0),
        ("50.60", None),
        ("50.6000", None),
        ("1.234.00", None),
        ("1,234.567", None),
        ("12,34,567", None),
        ("", None),
        ("٥٠", None),
        ("1e5", None),
        ("9" * 14, None),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: int | None) -> None:
    assert read_amount(text) == amount


def test_times_and_codes_as_people_write_them() -> None:
    moment = datetime(2026, 11, 27, 8, 0, tzinfo=ZONE)
    written = ["27/11/2026 08:00", "2026-11-27 08:00:00", "2026-11-27T01:00:00Z", "27-11-2026 08:00:00"]
    assert [read_time(text) for text in written] == [moment] * 4
    assert read_time("27/11/2026") == moment - timedelta(hours=8)
    assert [read_time(text) for text in ("", "11/27/2026", "٢٧", "9" * 50)] == [None] * 4
    codes = [read_code(text, DEFAULT_PREFIX) for text in ("1001", purpose_for(1001), "x", "0", "9" * 17)]
    assert codes == [1001, 1001, None, None, None]


def test_an_arrival_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Row(S, 1, 0)
