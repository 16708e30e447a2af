"""The console's pages as auditors and IT staff see them."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub.csv_export import safe_cell
from records.audit import AuditTrail
from records.evidence import FaceEvidence, FaceOutcome, InsuranceOutcome, PadCheck, PadState, Verdict
from records.journal import Journal
from records.match_entry import entry_hash
from records.outbox import Delivered, deliver_due
from records.store import Store
from records.values import (
    BHYT_RECHECK,
    COPAYMENT,
    CheckInRecord,
    HisConfirmation,
    OutboxMessage,
    PortalEvidence,
)

PAGES = ["/", "/log", "/log/k1/1", "/log/export.csv", "/verify", "/audit", "/system"]
Actions = Callable[[], list[tuple[str, str, str]]]


def test_the_list_shows_the_newest_entries_with_words_for_their_codes(auditor: Any) -> None:
    text = auditor.get("/log").text
    assert "4 lượt" in text
    assert text.index('href="/log/k1/4"') < text.index('href="/log/k1/1"')
    assert "Camera hỏng" in text
    assert "24/11/2026 08:30:00" in text


def test_filters_narrow_the_list(auditor: Any, kiosk: Store, clock: Any, make_check_in: Callable[..., Any]) -> None:
    clock.advance(days=1)
    Journal(kiosk).record_check_in(make_check_in(50, kiosk_id="k2"))
    counts = {
        "": 5,
        "from=2026-11-25": 1,
        "to=2026-11-24": 4,
        "from=2026-11-24&to=2026-11-25": 5,
        "from=2027-01-01": 0,
        "decision=counter": 1,
        "decision=checked_in&kiosk=k1": 3,
        "kiosk=k2": 1,
        "kiosk=k3": 0,
    }
    clock.advance(minutes=-(24 * 60))
    for query, expected in counts.items():
        assert f"{expected} lượt" in auditor.get(f"/log?{query}").text, query


def test_a_day_begins_at_midnight_in_vietnam(
    auditor: Any, kiosk: Store, clock: Any, make_check_in: Callable[..., Any]
) -> None:
    before = clock.now
    clock.now = before.replace(hour=16, minute=59, second=59)
    Journal(kiosk).record_check_in(make_check_in(60, kiosk_id="night"))
    clock.now = before.replace(hour=17, minute=0, second=0)
    Journal(kiosk).record_check_in(make_check_in(61, kiosk_id="night"))
    clock.now = before
    assert "1 lượt" in auditor.get("/log?kiosk=night&to=2026-11-24").text
    assert "1 lượt" in auditor.get("/log?kiosk=night&from=2026-11-25").text


def test_long_lists_have_pages(auditor: Any, kiosk: Store, make_check_in: Callable[..., CheckInRecord]) -> None:
    journal = Journal(kiosk)
    for index in range(100, 150):
        journal.record_check_in(make_check_in(index))
    first = auditor.get("/log?kiosk=k1")
    assert "Trang 1/2" in first.text
    assert "/log?kiosk=k1&amp;page=2" in first.text
    second = auditor.get("/log?kiosk=k1&page=2")
    assert 'href="/log/k1/4"' in second.text
    assert 'href="/log/k1/5"' not in second.text


@pytest.mark.parametrize(
    "query", ["from=yesterday", "decision=maybe", "page=0", "page=x", "page=99999999999", "to=2026-13-01"]
)
def test_a_query_no_form_of_ours_sends_is_refused(auditor: Any, query: str) -> None:
    assert auditor.get(f"/log?{query}").status_code == 400


def test_an_entry_shows_all_its_evidence(auditor: Any) -> None:
    text = auditor.get("/log/k1/1").text
    for piece in (
        "0.7312",
        "0.3630",
        "1 trên 10 000",
        "PACE-GM P-256 AES-128",
        "no trust store",
        "Chưa xác định",
        "000",
        "2026-11 (vi)",
        "Khớp với mã băm và với lượt trước",
        "150.000 ₫",
        "chưa có, đã gửi 0 lần",
    ):
        assert piece in text, piece
    assert len(re.findall(r"<code>[0-9a-f]{64}</code>", text)) == 3  # subject, hash, previous hash


def test_identity_is_masked_everywhere(auditor: Any) -> None:
    text = auditor.get("/log/k1/1").text
    assert "NGUYỄN T*** MẪU" in text
    assert "001******001" in text
    for path in ("/log", "/log/k1/1", "/log/export.csv", "/system", "/audit"):
        page = auditor.get(path).text
        assert "001199000001" not in page
        assert "THỊ" not in page


def test_an_entry_without_evidence_says_that_the_step_was_not_reached(auditor: Any) -> None:
    text = auditor.get("/log/k1/4").text
    assert text.count("Chưa đến bước này.") == 4
    assert "camera_down" in text


def test_each_reply_of_the_portal_is_there_and_none_is_quoted(auditor: Any, kiosk: Store, make_check_in: Any) -> None:
    asked = kiosk.now()
    silence = PortalEvidence(asked, InsuranceOutcome.UNVERIFIED, "", "no_answer", "timeout", "ab" * 32)
    proof = Journal(kiosk).record_check_in(
        replace(make_check_in(9), portal=(silence,), further=(OutboxMessage(BHYT_RECHECK, "{}"),))
    )
    raw = '{"maKetQua":"010","hoTen":"NGUYỄN THỊ MẪU"}'.encode()
    answer = PortalEvidence(
        asked + timedelta(minutes=10), InsuranceOutcome.SELF_PAY, "010", "010", "", sha256(raw).hexdigest(), raw
    )
    figure = PortalEvidence(
        asked + timedelta(minutes=11),
        InsuranceOutcome.NOT_ASKED,
        "200",
        COPAYMENT,
        "",
        sha256(b"{}").hexdigest(),
        b"{}",
    )
    deliver_due(kiosk, lambda _: Delivered(evidence=(answer, figure)), asked, destination="bhyt")
    text = auditor.get(f"/log/k1/{proof.log_seq}").text
    assert text.index("abababababababab…") < text.index(f"{answer.sha256[:16]}…")
    assert "<code>timeout</code>" in text
    assert "Cùng chi trả trong năm" in text
    assert "Chưa hỏi" not in text
    assert "<code>010</code>" in text
    assert "maKetQua" not in text


@pytest.mark.parametrize("path", ["/log/k1/99", "/log/k9/1", "/log/k1/x", f"/log/k1/{2**63}", "/log/k1/²", "/missing"])
def test_what_is_not_there_is_not_found(auditor: Any, path: str) -> None:
    response = auditor.get(path)
    assert response.status_code == 404
    assert "Không tìm thấy" in response.text


def test_the_console_sees_what_the_kiosk_writes_meanwhile(
    auditor: Any, kiosk: Store, make_check_in: Callable[..., CheckInRecord]
) -> None:
    proof = Journal(kiosk).record_check_in(make_check_in(70))
    assert "Đã ghi tại kiosk, chờ HIS" in auditor.get(f"/log/k1/{proof.log_seq}").text
    with kiosk.transaction():
        assert auditor.get("/log").status_code == 200  # a writer in the middle of its work stops no reader
    Journal(kiosk).confirm_registration(HisConfirmation(proof.visit_id, "HIS-70", "205", "P.301"))
    assert "HIS-70" in auditor.get(f"/log/k1/{proof.log_seq}").text


def test_a_changed_entry_is_marked_on_its_page_and_found_by_verification(auditor: Any, kiosk_path: Path) -> None:
    page = auditor.get("/verify")
    token = auditor.secret(page, "csrf_token")
    assert "Toàn vẹn: 4 lượt" in auditor.post("/verify", csrf_token=token).text

    connection = sqlite3.connect(kiosk_path)
    connection.execute("UPDATE match_log SET entry = replace(entry, '0.731204', '0.931204') WHERE seq = 2")
    connection.commit()
    connection.close()
    assert "Không khớp: nội dung không đúng với mã băm" in auditor.get("/log/k1/2").text
    assert "Bị đứt tại k1, lượt 2" in auditor.post("/verify", csrf_token=token).text


def test_an_entry_somebody_else_wrote_is_shown_as_unreadable(auditor: Any, kiosk_path: Path) -> None:
    connection = sqlite3.connect(kiosk_path)
    connection.execute("UPDATE match_log SET entry = '<script>alert(1)</script>' WHERE seq = 2")
    connection.commit()
    connection.close()
    for path in ("/log", "/log/k1/2"):
        text = auditor.get(path).text
        assert "không đúng định dạng" in text
        assert "<script" not in text
    assert auditor.get("/log/export.csv").status_code == 200


def test_an_entry_says_in_words_how_it_was_known_that_a_person_was_there(auditor: Any) -> None:
    text = " ".join(auditor.get("/log/k1/1").text.split())
    for said in (
        "Đạt mọi phép bắt buộc",
        "Khuôn mặt có chiều sâu, không phải mặt phẳng",
        "0.97",
        "Không đánh giá",
        "quay đầu sang trái, nhắm mắt rồi mở ra",
        "Điểm đạt ngưỡng",
        "5 trên 7 hình đạt",
        "(ngoại suy, chưa đo được)",
    ):
        assert said in text, said
    assert "no &lt;model&gt;" in text, "a token without words is shown as it is, and as text"


def test_an_alarm_is_told_without_accusing(auditor: Any, kiosk: Store, make_check_in: Callable[..., Any]) -> None:
    failed = PadCheck("light", PadState.FAILED, 0.03, "no_reflection")
    face = FaceEvidence(
        FaceOutcome.UNDECIDED, 0.7, 0.57, 1e-5, 1, Verdict.FAILED, reason="pad_alarm", pad=(failed,), moves=()
    )
    Journal(kiosk).record_check_in(make_check_in(60, face=face))
    text = auditor.get("/log/k1/5").text
    assert "Có phép không đạt: đã chuyển đến quầy" in text
    assert "không chứng minh gian lận" in text
    assert "1 trên 100 000" in text


def test_verification_needs_the_forms_secret(auditor: Any) -> None:
    assert auditor.post("/verify").status_code == 400


def test_the_export_can_be_checked_by_itself_and_carries_no_formula(auditor: Any) -> None:
    response = auditor.get("/log/export.csv?decision=checked_in")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert [row["seq"] for row in table] == ["1", "2", "3"]
    assert [entry_hash(row["entry"]) for row in table] == [row["hash"] for row in table]
    first = table[0]
    assert (first["face_score"], first["face_threshold"], first["face_fmr"]) == ("0.731204", "0.363", "0.0001")
    assert (first["face_reason"], first["face_frames"], first["liveness"]) == ("above_threshold", "5", "successful")
    assert first["pad_checks"] == "plane=successful (not_rigid_plane); passive=not_assessed (no <model>)"
    assert first["pad_moves"] == "turn_left; blink"
    assert first["chip_checks"] == "hashes=successful (7 of 7 data groups); issuer=undetermined (no trust store)"
    assert first["insurance_reference"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"
    assert safe_cell(f"1{start}") == f"1{start}"


def test_every_view_and_export_is_recorded_and_auditors_see_it(auditor: Any, actions: Actions) -> None:
    auditor.get("/log?decision=counter")
    auditor.get("/log/k1/2")
    auditor.get("/log/export.csv?kiosk=k1")
    auditor.post("/verify", csrf_token=auditor.secret(auditor.get("/verify"), "csrf_token"))
    text = auditor.get("/audit").text
    assert actions() == [
        ("an", "sign_in", ""),
        ("an", "view_list", "decision=counter"),
        ("an", "view_entry", "k1:2"),
        ("an", "export", "kiosk=k1"),
        ("an", "verify", "4 entries, ok"),
        ("an", "view_audit", "page=1"),
    ]
    for word in ("Xem danh sách", "Xem lượt", "Xuất CSV", "k1:2", "giám định viên"):
        assert word in text


def test_what_cannot_be_recorded_is_not_shown(auditor: Any, own: Store) -> None:
    with own.transaction() as session:
        session.connection().exec_driver_sql("DROP TABLE audit_event")
    response = auditor.get("/log/k1/1")
    assert response.status_code == 503
    assert "NGUYỄN" not in response.text


@pytest.mark.parametrize("path", ["/log", "/log/k1/1", "/log/export.csv", "/audit"])
def test_it_staff_see_no_entries_and_the_try_is_recorded(
    it_staff: Any, own: Store, actions: Actions, path: str
) -> None:
    response = it_staff.get(path)
    assert response.status_code == 403
    assert "không có quyền" in response.text
    assert actions()[-1] == ("binh", "denied", path)
    assert AuditTrail(own).page(1, 1).events[0].allowed is False


def test_it_staff_see_the_outbox_and_may_verify(it_staff: Any) -> None:
    text = it_staff.get("/system").text
    assert "<strong>3</strong>" in text
    assert "24/11/2026 08:30:00" in text
    page = it_staff.get("/verify")
    assert "Toàn vẹn" in it_staff.post("/verify", csrf_token=it_staff.secret(page, "csrf_token")).text


def test_the_console_changes_nothing_in_the_kiosks_store(auditor: Any, kiosk_path: Path, log: Store) -> None:
    def dump() -> list[str]:
        connection = sqlite3.connect(kiosk_path)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    before = dump()
    for path in PAGES:
        auditor.get(path)
    assert dump() == before
