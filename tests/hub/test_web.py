"""Signing in, cookies, headers and languages: what every page has."""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from hub.texts import Language, words
from records.match_log import Finding
from records.store import Store

PAGES = ["/", "/log", "/log/k1/1", "/log/export.csv", "/verify", "/audit", "/system"]
Actions = Callable[[], list[tuple[str, str, str]]]


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_every_page_leads_to_the_sign_in(browser: Any, path: str) -> None:
    response = browser.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")


def test_an_invented_session_is_none(browser: Any) -> None:
    browser.cookies.set("hub_session", "invented", domain="hub.test", path="/")
    assert browser.get("/log").status_code == 303


def test_signing_in_leads_each_role_to_its_first_page(browser: Any, tls_browser: Any) -> None:
    assert browser.sign_in("an").headers["location"] == "/log"
    assert tls_browser.sign_in("binh").headers["location"] == "/system"
    assert browser.get("/").headers["location"] == "/log"


def test_a_wrong_password_says_so_and_is_recorded_under_no_name(browser: Any, actions: Actions) -> None:
    response = browser.sign_in("an", "wrong")
    assert response.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in response.text
    assert actions() == [("", "sign_in_failed", "")]


def test_after_five_wrong_passwords_the_page_says_until_when(browser: Any) -> None:
    for _ in range(5):
        browser.sign_in("an", "wrong")
    response = browser.sign_in("an")
    assert response.status_code == 429
    assert "24/11/2026 08:30:15" in response.text


def test_a_sign_in_form_from_another_site_is_not_accepted(browser: Any, password: str) -> None:
    browser.get("/sign-in")
    response = browser.post("/sign-in", name="an", password=password, form_token="guess")
    assert response.status_code == 400
    assert browser.post("/sign-in", name="an", password=password).status_code == 400
    assert browser.get("/log").status_code == 303


def test_cookies_are_out_of_reach_and_secure_under_tls(browser: Any, tls_browser: Any) -> None:
    plain = browser.sign_in("an").headers.get_list("set-cookie")[0]
    assert plain.startswith("hub_session=")
    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    secure = tls_browser.sign_in("an").headers.get_list("set-cookie")[0]
    assert secure.startswith("__Host-hub_session=")
    assert "Secure" in secure
    assert "Domain" not in secure


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/log", "/missing", "/static/hub.css"])
def test_every_answer_carries_the_security_headers(browser: Any, tls_browser: Any, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in headers
    assert "max-age" in tls_browser.get(path).headers["strict-transport-security"]


def test_pages_bring_no_script_and_no_inline_style(auditor: Any) -> None:
    for path in ("/log", "/log/k1/1", "/verify", "/audit", "/system"):
        text = auditor.get(path).text
        assert "<script" not in text
        assert "style=" not in text


def test_signing_out_needs_the_forms_secret_and_ends_the_session(auditor: Any, actions: Actions) -> None:
    page = auditor.get("/log")
    assert auditor.post("/sign-out", csrf_token="guess").status_code == 400
    assert auditor.get("/log").status_code == 200
    token = auditor.cookies["hub_session"]
    assert auditor.post("/sign-out", csrf_token=auditor.secret(page, "csrf_token")).status_code == 303
    auditor.cookies.set("hub_session", token, domain="hub.test", path="/")
    assert auditor.get("/log").status_code == 303
    assert ("an", "sign_out", "") in actions()


def test_an_idle_browser_is_signed_out_after_15_minutes(auditor: Any, clock: Any) -> None:
    clock.advance(minutes=14)
    assert auditor.get("/log").status_code == 200
    clock.advance(minutes=15, seconds=1)
    assert auditor.get("/log").status_code == 303


def test_a_form_that_is_too_long_is_not_read(browser: Any) -> None:
    assert browser.post("/sign-in", name="x" * 20_000).status_code == 413


def test_the_language_can_be_switched_and_stays(auditor: Any) -> None:
    response = auditor.get("/language/en?back=/log/k1/1")
    assert (response.status_code, response.headers["location"]) == (303, "/log/k1/1")
    assert "Face comparison" in auditor.get("/log/k1/1").text
    auditor.get("/language/vi")
    assert "Đối chiếu khuôn mặt" in auditor.get("/log/k1/1").text


@pytest.mark.parametrize("path", ["/language/fr", "/language/en?back=//evil.test", "/language/en?back=/%5Cevil.test"])
def test_the_language_switch_leads_to_no_other_site(browser: Any, path: str) -> None:
    assert browser.get(path).status_code == 400


def test_health_needs_no_sign_in_and_tells_whether_the_log_can_be_read(browser: Any, log: Store) -> None:
    assert (browser.get("/healthz").status_code, browser.get("/healthz").json()) == (200, {"status": "ok"})

    engine = log._reading

    @event.listens_for(engine, "begin")
    def fail(_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    response = browser.get("/healthz")
    event.remove(engine, "begin", fail)
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


def test_every_text_exists_in_both_languages_and_is_composed() -> None:
    import unicodedata

    vi, en = words(Language.VI), words(Language.EN)
    assert vi.texts.keys() == en.texts.keys()
    for key in vi.texts:
        for text in (vi.texts[key], en.texts[key]):
            assert unicodedata.is_normalized("NFC", text), key
            assert text.strip() == text, key
        placeholders = [set(re.findall(r"{(\w+)}", text)) for text in (vi.texts[key], en.texts[key])]
        assert placeholders[0] == placeholders[1], key


def test_every_finding_of_a_verification_has_its_words() -> None:
    keys = words(Language.VI).texts.keys()
    assert {f"finding.{finding.name.lower()}" for finding in Finding} <= keys


def test_codes_without_a_word_are_shown_as_they_are() -> None:
    assert words(Language.VI).code("reason", "brand_new") == "brand_new"
