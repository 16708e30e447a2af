"""Sending check-in records to the simulated portal, and replies no well-behaved portal gives."""

import base64
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from his_adapter.bhyt.xml0 import (
    CheckInReceipt,
    CheckInRecord0,
    CheckInSettings,
    SignatureProfile,
    SigningIdentity,
    XmlCheckInSender,
    read_document,
    verify,
)
from his_adapter.bhyt.xml0.receipt import UnreadableReceipt, read_receipt
from his_adapter.clock import now
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.settings import PortalSettings
from his_adapter.simulation import Fault, OutsideWorld, SimulationError, System

Records = Callable[..., CheckInRecord0]
Pem = Callable[[SigningIdentity], str]
Inspect = Callable[[System, str], dict[str, Any]]
TOKEN = {"maKetQua": "200", "APIKey": {"access_token": "a", "id_token": "b"}}
RECEIPT = {"maKetQua": "200", "maGiaoDich": "GD-1", "thoiGianTiepNhan": "20261127073105", "thongDiep": "Thành công"}


@pytest.fixture
def sender_of() -> Iterator[Callable[..., XmlCheckInSender]]:
    made: list[XmlCheckInSender] = []

    def make(portal: PortalSettings, identity: SigningIdentity, **others: Any) -> XmlCheckInSender:
        made.append(XmlCheckInSender(portal, CheckInSettings(identity, "01999", "01", send=True, **others)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def sender(
    world: OutsideWorld, identity: SigningIdentity, pem: Pem, sender_of: Callable[..., XmlCheckInSender]
) -> XmlCheckInSender:
    world.register_certificate(pem(identity))
    return sender_of(world.portal_settings(), identity)


@pytest.fixture
def fresh(record: Records) -> CheckInRecord0:
    """A visit that the portal has never heard of."""
    return record(ma_lk=f"V{now():%H%M%S%f}")


# at the simulated portal


def test_a_record_gets_its_receipt(sender: XmlCheckInSender, fresh: CheckInRecord0, inspect: Inspect) -> None:
    receipt = sender.send(fresh)
    assert (receipt.code, receipt.message) == ("200", "Thành công")
    assert receipt.transaction_id
    assert receipt.received_at
    assert inspect(System.PORTAL, "check_ins")["taken"][f"{fresh.ma_lk}/1"] == receipt.transaction_id


def test_a_record_sent_again_is_the_same_record(sender: XmlCheckInSender, fresh: CheckInRecord0) -> None:
    assert sender.send(fresh).transaction_id == sender.send(fresh).transaction_id


def test_another_content_under_the_same_name_is_refused(sender: XmlCheckInSender, fresh: CheckInRecord0) -> None:
    sender.send(fresh)
    with pytest.raises(OutsideFault, match="604") as caught:
        sender.send(replace(fresh, ho_ten="NGƯỜI KHÁC"))
    assert caught.value.code is OutsideFaultCode.REJECTED
    assert not caught.value.retryable
    sender.send(replace(fresh, stt="2"))


def test_after_silence_the_record_is_sent_again_and_counts_once(
    world: OutsideWorld,
    identity: SigningIdentity,
    pem: Pem,
    sender_of: Callable[..., XmlCheckInSender],
    fresh: CheckInRecord0,
    inspect: Inspect,
) -> None:
    world.register_certificate(pem(identity))
    sender = sender_of(world.portal_settings(), identity, timeout_s=1.0)
    sender.send(replace(fresh, stt="9"))  # signed in
    before = inspect(System.PORTAL, "check_ins")["sent"]
    world.fault(System.PORTAL, Fault.SLOW)
    with pytest.raises(OutsideFault) as caught:
        sender.send(fresh)
    assert caught.value.code is OutsideFaultCode.TIMEOUT
    assert caught.value.retryable
    world.fault(System.PORTAL, Fault.NONE)
    told = inspect(System.PORTAL, "check_ins")
    assert told["sent"] == before + 1
    assert sender.send(fresh).transaction_id == told["taken"][f"{fresh.ma_lk}/1"]


def test_an_ended_session_is_renewed_once(world: OutsideWorld, sender: XmlCheckInSender, fresh: CheckInRecord0) -> None:
    sender.send(fresh)
    world.fault(System.PORTAL, Fault.UNAUTHORIZED_ONCE)
    assert sender.send(fresh).code == "200"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.DOWN, OutsideFaultCode.UNREACHABLE),
        (Fault.HTTP_500, OutsideFaultCode.SERVER_ERROR),
        (Fault.UNAUTHORIZED, OutsideFaultCode.AUTH),
        (Fault.BAD_ANSWER, OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_a_failing_portal_is_a_fault(
    world: OutsideWorld, sender: XmlCheckInSender, fresh: CheckInRecord0, fault: Fault, code: OutsideFaultCode
) -> None:
    world.fault(System.PORTAL, fault)
    with pytest.raises(OutsideFault) as caught:
        sender.send(fresh)
    assert caught.value.code is code


def test_the_portal_knows_our_certificate_or_refuses(
    world: OutsideWorld,
    identity: SigningIdentity,
    stranger: SigningIdentity,
    pem: Pem,
    sender_of: Callable[..., XmlCheckInSender],
    fresh: CheckInRecord0,
) -> None:
    sender = sender_of(world.portal_settings(), identity)
    with pytest.raises(OutsideFault, match="601"):
        sender.send(fresh)
    world.register_certificate(pem(stranger))
    with pytest.raises(OutsideFault, match="602"):
        sender.send(fresh)
    with pytest.raises(SimulationError, match="not a certificate"):
        world.register_certificate("nothing")


def test_another_facilitys_record_is_refused(sender: XmlCheckInSender, fresh: CheckInRecord0) -> None:
    with pytest.raises(OutsideFault, match="603"):
        sender.send(replace(fresh, ma_cskcb="01998"))


# nothing leaves by accident


def test_sending_is_off_until_somebody_says_otherwise(world: OutsideWorld, identity: SigningIdentity) -> None:
    with pytest.raises(ValueError, match="switched off"):
        XmlCheckInSender(world.portal_settings(), CheckInSettings(identity, "01999", "01"))


def test_a_certificate_out_of_its_dates_signs_nothing(
    script: Any, outdated: SigningIdentity, sender_of: Callable[..., XmlCheckInSender], fresh: CheckInRecord0
) -> None:
    with pytest.raises(OutsideFault, match="dates") as caught:
        sender_of(settings_at(script), outdated).send(fresh)
    assert caught.value.code is OutsideFaultCode.AUTH
    assert script.asked == []


@pytest.mark.parametrize(("facility", "province"), [("1999", "01"), ("01999", "001")])
def test_codes_have_their_lengths(identity: SigningIdentity, facility: str, province: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        CheckInSettings(identity, facility, province)


# on the wire


def settings_at(script: Any) -> PortalSettings:
    return PortalSettings(script.url, "01999_BV", SecretStr("ab" * 16), "CB", SecretStr("001180990099"))


def test_the_file_is_sent_as_the_guide_says(
    script: Any,
    identity: SigningIdentity,
    sender_of: Callable[..., XmlCheckInSender],
    fresh: CheckInRecord0,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    script.say(TOKEN)
    script.say(RECEIPT)
    receipt = sender_of(settings_at(script), identity).send(fresh)
    path, body = script.asked[1]
    form = {name: value for name, (value,) in parse_qs(body.decode(), strict_parsing=True).items()}
    document = base64.b64decode(form.pop("fileHSBase64"))
    assert path == "/api/qd130/checkInKcbQd3176"
    assert form == {"username": "01999_BV", "loaiHoSo": "0", "maTinh": "01", "maCSKCB": "01999"}
    headers = script.requests[1].headers
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert [headers[name] for name in ("accesstoken", "tokenid", "passwordhash")] == ["a", "b", "AB" * 16]
    assert verify(document, identity.certificate, SignatureProfile()) == (fresh,)
    digest = hashlib.sha256(document).hexdigest()
    assert receipt == CheckInReceipt("200", "GD-1", "20261127073105", "Thành công", digest)
    assert "Thành công" not in repr(receipt)
    shown = f"{caplog.text} {receipt!r} {settings_at(script)!r}"
    for secret in ("AB" * 16, "HỢP LỆ", "DN4010000000101", "001190990101"):
        assert secret not in shown
    assert read_document(document) == (fresh,)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ({"maKetQua": "500"}, OutsideFaultCode.SERVER_ERROR),
        ({"maKetQua": 205, "thongDiep": "Sai"}, OutsideFaultCode.REJECTED),
        ({"maKetQua": ""}, OutsideFaultCode.BAD_ANSWER),
        ({"maKetQua": "200", "maGiaoDich": []}, OutsideFaultCode.BAD_ANSWER),
        ({"maKetQua": "200", "thongDiep": "x" * 1_001}, OutsideFaultCode.BAD_ANSWER),
        ([], OutsideFaultCode.BAD_ANSWER),
    ],
)
def test_other_replies_are_faults(
    script: Any,
    identity: SigningIdentity,
    sender_of: Callable[..., XmlCheckInSender],
    fresh: CheckInRecord0,
    reply: object,
    fault: OutsideFaultCode,
) -> None:
    script.say(TOKEN)
    script.say(reply)
    with pytest.raises(OutsideFault) as caught:
        sender_of(settings_at(script), identity).send(fresh)
    assert caught.value.code is fault


@pytest.mark.parametrize("reply", [{"maKetQua": "999"}, {"maKetQua": "205", "thongDiep": "Token hết hạn"}])
def test_a_refused_token_is_renewed_once(
    script: Any,
    identity: SigningIdentity,
    sender_of: Callable[..., XmlCheckInSender],
    fresh: CheckInRecord0,
    reply: object,
) -> None:
    for answer in (TOKEN, reply, TOKEN, RECEIPT | {"maGiaoDich": 17}):
        script.say(answer)
    assert sender_of(settings_at(script), identity).send(fresh).transaction_id == "17"
    sender = sender_of(settings_at(script), identity)
    for answer in (TOKEN, reply, TOKEN, reply):
        script.say(answer)
    with pytest.raises(OutsideFault):
        sender.send(fresh)
    assert not script.answers


def test_a_fault_names_the_field_and_not_its_content() -> None:
    with pytest.raises(UnreadableReceipt) as caught:
        read_receipt({"maKetQua": "200", "maGiaoDich": ["GD-1"]}, "")
    assert str(caught.value) == "maGiaoDich"
