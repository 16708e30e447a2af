"""A Tryton server that says exactly what a test tells it to: signing in, renewing a session, and every bad answer."""

import base64
import json
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth import GnuHealthDepartment, GnuHealthHospital, GnuHealthSettings
from his_adapter.hospital.gnuhealth.session import Account, Tryton
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.model import Room
from tests.his_adapter.script import Script

PASSWORD = "mot-mat-khau-bia-dat"
DEPARTMENT = GnuHealthDepartment("KTM", "Cardiology", "BS002", Room("203"))


class TalkingScript:
    """Answers in JSON-RPC, numbered as the client numbers its questions."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._number = 0

    def result(self, value: object) -> None:
        self._number += 1
        self._script.say({"id": self._number, "result": value})

    def error(self, *args: object) -> None:
        self._number += 1
        self._script.say({"id": self._number, "error": list(args)})

    def status(self, status: int) -> None:
        self._number += 1
        self._script.say(b"<html>", status)

    def signs_in(self, token: str = "token-1") -> None:
        self.result([5, token])
        self.result({"company": 1, "language": "vi"})


@pytest.fixture
def says(script: Script) -> TalkingScript:
    return TalkingScript(script)


@pytest.fixture
def tryton(script: Script) -> Iterator[Tryton]:
    client = Tryton(Account(script.url, "health", "kiosk", PASSWORD), timeout_s=5.0)
    yield client
    client.close()


@pytest.fixture
def hospital(script: Script) -> Iterator[GnuHealthHospital]:
    adapter = GnuHealthHospital(GnuHealthSettings(script.url, "health", "kiosk", SecretStr(PASSWORD), (DEPARTMENT,)))
    yield adapter
    adapter.close()


def asked(script: Script) -> list[tuple[str, list[object]]]:
    return [(json.loads(body)["method"], json.loads(body)["params"]) for _, body in script.asked]


def ping(tryton: Tryton) -> object:
    return tryton.call(tryton.deadline(), "model.country.country.search", [], 0, 1, None)


def test_it_signs_in_once_and_asks_in_the_companys_context(script: Script, says: TalkingScript, tryton: Tryton) -> None:
    says.signs_in()
    says.result([7])
    says.result([8])
    assert (ping(tryton), ping(tryton)) == ([7], [8])
    methods = [method for method, _ in asked(script)]
    assert methods == ["common.db.login", "model.res.user.get_preferences", *["model.country.country.search"] * 2]
    assert asked(script)[2][1][-1] == {"company": 1, "language": "en"}
    assert {path for path, _ in script.asked} == {"/health/"}


def test_a_session_is_renewed_once_and_the_call_is_sent_again(
    script: Script, says: TalkingScript, tryton: Tryton
) -> None:
    says.signs_in()
    says.status(401)
    says.signs_in("token-2")
    says.result([7])
    assert ping(tryton) == [7]
    assert [method for method, _ in asked(script)].count("model.country.country.search") == 2


def test_a_new_session_that_is_refused_is_not_renewed_again(
    script: Script, says: TalkingScript, tryton: Tryton
) -> None:
    says.signs_in()
    says.status(401)
    says.signs_in()
    says.status(401)
    with pytest.raises(OutsideFault) as caught:
        ping(tryton)
    assert caught.value.code is OutsideFaultCode.AUTH
    assert script.answers == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda says: says.status(401), OutsideFaultCode.AUTH),
        (lambda says: says.status(429), OutsideFaultCode.AUTH),
        (lambda says: says.status(403), OutsideFaultCode.AUTH),
        (lambda says: says.status(404), OutsideFaultCode.BAD_ANSWER),
        (lambda says: says.status(302), OutsideFaultCode.BAD_ANSWER),
        (lambda says: says.status(500), OutsideFaultCode.SERVER_ERROR),
        (lambda says: says.status(200), OutsideFaultCode.BAD_ANSWER),
        (lambda says: says.result({"uid": 5}), OutsideFaultCode.BAD_ANSWER),
        (lambda says: says.result([5]), OutsideFaultCode.BAD_ANSWER),
        (lambda says: says.error("boom", "Traceback"), OutsideFaultCode.SERVER_ERROR),
        (lambda says: says.error("LoginException", ["sms_code", "Mã trong tin nhắn"]), OutsideFaultCode.AUTH),
    ],
)
def test_a_sign_in_that_fails_has_its_fault(
    says: TalkingScript, hospital: GnuHealthHospital, answer: Callable[[TalkingScript], None], code: OutsideFaultCode
) -> None:
    answer(says)
    health = hospital.health()
    assert health.fault is code
    assert PASSWORD not in health.detail


@pytest.mark.parametrize("context", [{}, {"company": None}, {"company": "1"}, [], None])
def test_an_account_without_a_company_is_none(says: TalkingScript, tryton: Tryton, context: object) -> None:
    says.result([5, "token"])
    says.result(context)
    with pytest.raises(OutsideFault) as caught:
        ping(tryton)
    assert caught.value.code is OutsideFaultCode.AUTH


def test_a_refusal_keeps_its_words_to_itself(says: TalkingScript, tryton: Tryton) -> None:
    says.signs_in()
    says.error("UserError", ["The PUID of NGUYỄN THỊ HỢP LỆ must be unique", ""])
    with pytest.raises(RpcRefused) as caught:
        tryton.create(tryton.deadline(), "party.party", {"ref": "001190990101"})
    assert caught.value.kind is Refusal.USER
    fault = tryton.refused(caught.value, "party.party")
    assert fault.code is OutsideFaultCode.REJECTED
    assert "NGUYỄN" not in f"{fault} {caught.value}"


@pytest.mark.parametrize("made", [None, [], [1, 2], ["x"], {"id": 1}, True])
def test_a_record_without_an_id_was_not_made(says: TalkingScript, tryton: Tryton, made: object) -> None:
    says.signs_in()
    says.result(made)
    with pytest.raises(OutsideFault) as caught:
        tryton.create(tryton.deadline(), "party.party", {})
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


@pytest.mark.parametrize(
    "rows",
    [
        None,
        {"id": 1},
        [{"id": "1", "code": "KTM", "name": "Khám", "list_price": None}],
        [{"id": 1, "code": "KTM", "name": None, "list_price": None}],
        [{"id": 1, "code": "KTM", "name": "Khám", "list_price": 1.5}],
        [[]],
    ],
)
def test_rows_of_another_shape_are_a_bad_answer(says: TalkingScript, hospital: GnuHealthHospital, rows: object) -> None:
    says.signs_in()
    says.result(rows)
    with pytest.raises(OutsideFault) as caught:
        hospital.list_services()
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER
    assert "Khám" not in str(caught.value)


@pytest.mark.parametrize("price", ["150000.5", "-1"])
def test_a_price_that_is_no_whole_amount_is_a_bad_answer(
    says: TalkingScript, hospital: GnuHealthHospital, price: str
) -> None:
    says.signs_in()
    product = {"id": 1, "code": "KTM", "name": "Khám", "list_price": {"__class__": "Decimal", "decimal": price}}
    says.result([product])
    says.result([{"id": 2, "code": "BS002"}])
    with pytest.raises(OutsideFault) as caught:
        hospital.list_services()
    assert caught.value.code is OutsideFaultCode.BAD_ANSWER


def test_a_department_whose_doctor_has_left_is_not_offered(says: TalkingScript, hospital: GnuHealthHospital) -> None:
    says.signs_in()
    says.result([{"id": 1, "code": "KTM", "name": "Khám", "list_price": {"__class__": "Decimal", "decimal": "150000"}}])
    says.result([])
    assert hospital.list_services() == ()


def test_nothing_shows_the_password_or_the_session(says: TalkingScript, tryton: Tryton) -> None:
    account = Account("http://his.example", "health", "kiosk", PASSWORD)
    token = base64.b64encode(b"kiosk:5:token-1").decode()
    says.signs_in()
    says.result([])
    ping(tryton)
    shown = f"{account!r} {tryton.__dict__!r} {GnuHealthSettings('u', 'd', 'k', SecretStr(PASSWORD), ())!r}"
    assert PASSWORD not in shown
    assert token not in shown


@pytest.mark.parametrize(
    "values",
    [
        {"departments": (DEPARTMENT, DEPARTMENT)},
        {"database": ""},
        {"database": "health/../other"},
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    good: dict[str, object] = {
        "base_url": "http://his.example",
        "database": "health",
        "username": "kiosk",
        "password": SecretStr(PASSWORD),
        "departments": (DEPARTMENT,),
    }
    with pytest.raises(ValueError, match=r"departments|database"):
        GnuHealthSettings(**(good | values))  # type: ignore[arg-type]
