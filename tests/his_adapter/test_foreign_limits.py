"""What others send at the ends of what can be sent: packed bodies, deep trees, half characters, the year 1."""

import gzip
import json
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from his_adapter.clock import ZONE, check_moment, everywhere
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.http import Deadline, Http
from his_adapter.json_text import MAX_DEPTH, NotJson, read_json
from his_adapter.model import nfc
from his_adapter.settings import HisSettings
from his_adapter.settings_file import SettingsError, SettingsFile


def fetch(body: bytes, encoding: str) -> bytes:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(body))

    with httpx.Client(transport=httpx.MockTransport(answer)) as client, patch("httpx.Client", lambda **_: client):
        return Http("his", "http://his.invalid").call("GET", "http://his.invalid/", Deadline(5)).body


def test_a_packed_body_is_unpacked() -> None:
    assert fetch(gzip.compress(b"{}"), "gzip") == b"{}"
    assert fetch(b"{}", "identity") == b"{}"


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (gzip.compress(bytes(200 << 20)), "gzip", "too long"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", "content encoding"),
        (gzip.compress(b"{}")[:-4], "gzip", "content encoding"),
        (b"{}", "gzip", "content encoding"),
        (b"{}", "br", "content encoding"),
    ],
)
def test_a_body_that_unpacks_to_too_much_or_to_nothing(body: bytes, encoding: str, why: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(OutsideFault, match=why) as fault:
            fetch(body, encoding)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert fault.value.code is OutsideFaultCode.BAD_ANSWER


@pytest.mark.parametrize("text", ["1e400", "[-1e999]", r'"\ud800"', r'{"\udfff": 1}', "[" * 101 + "]" * 101, "NaN"])
def test_json_that_could_not_be_kept_or_signed(text: str) -> None:
    with pytest.raises(NotJson):
        read_json(text)


def test_json_up_to_the_limit_can_be_written_again() -> None:
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert json.dumps(read_json(deep)) == deep


def test_marks_that_are_piled_up_on_one_letter_are_not_sorted_for_long() -> None:
    before = time.process_time()
    assert len(nfc("a" + "\u0345\u0316" * 300_000)) <= 31
    assert time.process_time() - before < 10  # sorted, they take minutes
    assert nfc("e\u0302\u0323n  a") == "\u1ec7n a"


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00"]
)
def test_the_ends_of_the_calendar_are_no_moments(text: str) -> None:
    moment = datetime.fromisoformat(text)
    assert everywhere(moment) is None
    with pytest.raises(ValueError, match=r"zone|1970"):
        check_moment(moment)


def test_a_moment_without_a_zone_is_the_rooms() -> None:
    morning = datetime(2026, 11, 27, 8, tzinfo=ZONE)
    assert everywhere(datetime.fromisoformat("2026-11-27T08:00:00")) == morning
    assert everywhere(datetime(2026, 11, 27, 1, tzinfo=UTC)) == morning


@pytest.mark.parametrize(
    "lines",
    [
        "timeout_s = nan\napi_key_env = 'KEY'",
        "timeout_s = inf\napi_key_env = 'KEY'",
        'api_key_file = "\\u0000"',
        "timeout_s = " + "9" * 5000,
        "timeout_s = " + "[" * 5000,
    ],
)
def test_settings_that_are_no_settings(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "his.toml"
    file.write_text(f"[hospital]\nbase_url = 'http://his.invalid'\n{lines}\n")
    with pytest.raises(SettingsError) as error:
        SettingsFile(file, ("hospital",), {"KEY": "secret"}).read("hospital", HisSettings)
    assert "999" not in str(error.value)
