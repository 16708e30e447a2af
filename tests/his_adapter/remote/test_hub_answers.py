"""What a kiosk makes of answers that no hub of ours gives: of a proxy before it, of a later version, of nonsense."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import BirthDate, CoverageOutcome, InsuranceQuery
from his_adapter.remote import RemoteHospital, RemotePortal, RemoteSettings

QUERY = InsuranceQuery("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3))


@pytest.fixture
def hospital(script: Any) -> Any:
    client = RemoteHospital(RemoteSettings(script.url, "k1", SecretStr("k" * 43)))
    yield client
    client.close()


@pytest.fixture
def portal(script: Any) -> Any:
    client = RemotePortal(RemoteSettings(script.url, "k1", SecretStr("k" * 43)))
    yield client
    client.close()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b"", OutsideFaultCode.BAD_ANSWER),
        (200, b"<html>", OutsideFaultCode.BAD_ANSWER),
        (200, b"[" * 100_000, OutsideFaultCode.BAD_ANSWER),
        (200, b'{"services": [{"code": "KTM"}]}', OutsideFaultCode.BAD_ANSWER),
        (200, b" " * (4 << 20), OutsideFaultCode.BAD_ANSWER),
        (302, b"", OutsideFaultCode.BAD_ANSWER),
        (400, b"no", OutsideFaultCode.BAD_ANSWER),
        (401, b"no", OutsideFaultCode.AUTH),
        (404, b"{}", OutsideFaultCode.BAD_ANSWER),
        (422, b'{"detail": []}', OutsideFaultCode.BAD_ANSWER),
        (502, b"<html>Bad Gateway", OutsideFaultCode.SERVER_ERROR),
        (503, b"", OutsideFaultCode.SERVER_ERROR),
    ],
)
def test_only_the_hub_itself_can_say_no(
    hospital: RemoteHospital, script: Any, status: int, body: bytes, code: OutsideFaultCode
) -> None:
    """A visit that was refused is given up by the outbox; a proxy's 404 must not do that."""
    script.say(body, status)
    with pytest.raises(OutsideFault) as caught:
        hospital.list_services()
    assert (caught.value.code, caught.value.system) == (code, "hub")


def test_the_question_names_kiosk_and_time_and_no_person_in_its_address(hospital: RemoteHospital, script: Any) -> None:
    script.say({"registration": None})
    assert hospital.registration_by_key("visit-1") is None
    assert script.asked == [("/api/v1/hospital/registration-by-key", b'{"idempotency_key":"visit-1"}')]


def test_a_hub_that_talks_nonsense_leaves_the_card_unverified(portal: RemotePortal, script: Any) -> None:
    before = datetime.now(UTC)
    script.say(b"<html>", 502)
    answer = portal.check(QUERY)
    assert (answer.outcome, answer.fault) == (CoverageOutcome.UNVERIFIED, OutsideFaultCode.SERVER_ERROR)
    assert answer.message == "hub: server_error (HTTP 502)"
    assert answer.asked_at >= before
    script.say({"answer": {"outcome": "wonderful"}})
    assert portal.check(QUERY).fault is OutsideFaultCode.BAD_ANSWER
    script.say({"answer": {}})
    assert portal.copayment(QUERY).fault is OutsideFaultCode.BAD_ANSWER
    script.say({"fault": {"code": "auth", "system": "hub", "detail": "kiosk or key not accepted"}}, 401)
    assert portal.health().fault is OutsideFaultCode.AUTH
