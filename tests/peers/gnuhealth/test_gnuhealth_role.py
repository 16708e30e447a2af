"""What the kiosk's account may not do: asked of the real server, in the kiosk's own name."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from his_adapter.__main__ import main
from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.hospital.gnuhealth import role_command
from his_adapter.hospital.gnuhealth.role import GROUP, LOOKED_AT, MODELS, UNTOUCHED
from his_adapter.hospital.gnuhealth.session import Account, Tryton
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.model import TransferVerdict
from tests.his_adapter.contract.hospital_bench import Person, paid, visit_of
from tests.peers.gnuhealth.accounts import ADMIN_PASSWORD, KIOSK, KIOSK_PASSWORD
from tests.peers.gnuhealth.bench import GnuHealthBench
from tests.peers.gnuhealth.server import DATABASE

HIDDEN_FIELDS = [
    ("gnuhealth.patient", "critical_info"),
    ("gnuhealth.patient", "diseases"),
    ("gnuhealth.patient", "blood_type"),
    ("gnuhealth.patient", "crit_mental"),
    ("gnuhealth.appointment", "comments"),
    ("party.party", "photo"),
    ("party.party", "addresses"),
    ("party.address", "street"),
    ("account.invoice", "lines"),
]


SINGLETONS = {"party.configuration", "product.configuration", "gnuhealth.sequences"}
"""Pages of settings that GNU Health opens to everybody: one record each, and nobody's data."""


@pytest.fixture
def kiosk(bench: GnuHealthBench) -> Iterator[Tryton]:
    """The kiosk's account, asking whatever it likes."""
    client = Tryton(Account(bench.server.url, DATABASE, KIOSK, KIOSK_PASSWORD), timeout_s=30.0)
    yield client
    client.close()


def refused(kiosk: Tryton, method: str, *arguments: object) -> RpcRefused:
    with pytest.raises(RpcRefused) as caught:
        kiosk.call(kiosk.deadline(), method, *arguments)
    return caught.value


def readable(kiosk: Tryton, model: str) -> bool:
    try:
        kiosk.call(kiosk.deadline(), f"model.{model}.search_read", [], 0, 1, None, ["id"])
    except RpcRefused:
        return False
    except OutsideFault as fault:
        if fault.code is OutsideFaultCode.AUTH:  # HTTP 403, a model without records: a form, a report
            return False
        raise
    return True


def test_evaluations_are_denied(kiosk: Tryton) -> None:
    no = refused(kiosk, "model.gnuhealth.patient.evaluation.search_read", [], 0, 10, None, ["chief_complaint"])
    assert no.kind is Refusal.USER
    assert "not allowed" in no.text


def test_it_reads_what_a_check_in_needs_and_nothing_else(bench: GnuHealthBench, kiosk: Tryton) -> None:
    """Every model of the database, not only those that somebody thought of."""
    names = [row["model"] for row in bench.read("ir.model", [], "model")]
    assert len(names) > 200
    seen = {name for name in names if readable(kiosk, name)}
    assert seen >= MODELS.keys()
    assert seen - MODELS.keys() - LOOKED_AT - UNTOUCHED == SINGLETONS


@pytest.mark.parametrize(("model", "field"), HIDDEN_FIELDS)
def test_a_field_is_hidden(kiosk: Tryton, model: str, field: str) -> None:
    assert readable(kiosk, model)
    assert refused(kiosk, f"model.{model}.search_read", [], 0, 1, None, [field]).kind is Refusal.USER


def test_a_hidden_field_cannot_be_guessed_by_searching(kiosk: Tryton) -> None:
    domain = [["comments", "like", "%bí mật%"]]
    assert refused(kiosk, "model.gnuhealth.appointment.search", domain, 0, 1, None).kind is Refusal.USER


def test_a_persons_file_keeps_what_the_kiosk_does_not_set(bench: GnuHealthBench, kiosk: Tryton) -> None:
    patient = Person()()
    bench.patient(patient)
    (row,) = bench.read("party.party", [["ref", "=", patient.number]], "id")
    for values in ({"lastname": "KHÁC"}, {"deceased": True}, {"photo": None}, {"internal_user": None}):
        assert refused(kiosk, "model.party.party.write", [row["id"]], values).kind is Refusal.USER
    assert refused(kiosk, "model.party.party.delete", [row["id"]]).kind is Refusal.USER


def test_invoices_and_services_of_others_are_not_there(bench: GnuHealthBench, kiosk: Tryton) -> None:
    """The hospital's own desk charges a patient: the kiosk sees neither the service nor the invoice."""
    patient = Person()()
    file = bench.patient(patient)
    (product,) = bench.read("product.product", [["code", "=", "KTM"]], "id")
    line = {"product": product["id"], "desc": "Riêng tư", "qty": 1, "to_invoice": True}
    values = {"patient": file, "desc": "Riêng tư", "service_line": [["create", [line]]]}
    (service,) = bench.ask("model.gnuhealth.health_service.create", [values])
    invoice = bench.invoice_by_hand(service)

    for model in ("gnuhealth.health_service", "account.invoice"):
        rows = kiosk.call(kiosk.deadline(), f"model.{model}.search_read", [], 0, None, None, ["id"])
        assert isinstance(rows, list)
        assert {service if "service" in model else invoice}.isdisjoint(row["id"] for row in rows)
    assert refused(kiosk, "model.account.invoice.read", [invoice], ["total_amount"]).kind is Refusal.USER
    assert refused(kiosk, "model.account.invoice.post", [invoice]).kind is Refusal.USER
    assert refused(kiosk, "model.gnuhealth.health_service.write", [service], {"desc": "của kiosk"}).kind is Refusal.USER


def test_a_service_outside_its_names_cannot_be_made(bench: GnuHealthBench, kiosk: Tryton) -> None:
    file = bench.patient(Person()())
    values = {"name": "KHONG-PHAI-KIOSK", "patient": file}
    assert refused(kiosk, "model.gnuhealth.health_service.create", [values]).kind is Refusal.USER


def test_prices_and_invoice_lines_are_not_its_to_set(bench: GnuHealthBench, kiosk: Tryton) -> None:
    done = bench.kiosk.register(visit_of(Person()(), bench.service))
    bench.kiosk.record_payment(paid(done.visit_id, done.fee_dong - 1000, TransferVerdict.UNDERPAID))
    (invoice,) = bench.invoices(done.visit_id, "lines", "state")
    assert invoice["state"] == "draft"
    (template,) = bench.read("product.template", [["products.code", "=", "KTM"]], "id")
    price = {"list_price": 1}
    assert refused(kiosk, "model.product.template.write", [template["id"]], price).kind is Refusal.USER
    assert refused(kiosk, "model.account.invoice.line.write", invoice["lines"], {"unit_price": 1}).kind is Refusal.USER
    assert refused(kiosk, "model.account.invoice.write", [invoice["id"]], {"number": "X"}).kind is Refusal.USER


def test_the_administrators_command_makes_it_and_may_be_run_again(
    bench: GnuHealthBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an upgrade it is run again; the account goes on. What GNU Health refuses, the administrator reads."""
    rights = [["group.name", "=", GROUP]]
    count = len(bench.read("ir.model.access", rights, "id"))
    assert count == len(bench.read("ir.model", [], "id")) - len(UNTOUCHED)
    command = ["gnuhealth-role", "--url", bench.server.url, "--database", DATABASE, "--login", KIOSK]
    monkeypatch.setenv(role_command.ADMIN_PASSWORD, ADMIN_PASSWORD)
    monkeypatch.setenv(role_command.KIOSK_PASSWORD, "ngan")
    assert main(command) == role_command.REFUSED
    assert "password" in capsys.readouterr().err
    monkeypatch.setenv(role_command.KIOSK_PASSWORD, KIOSK_PASSWORD)
    (user,) = bench.read("res.user", [["login", "=", KIOSK]], "id", "groups")
    (more,) = bench.read("res.group", [["name", "=", "Health Doctor"]], "id")
    bench.ask("model.res.user.write", [user["id"]], {"groups": [["add", [more["id"]]]]})
    (right,) = bench.read("ir.model.access", [*rights, ["model.model", "=", "ir.note"]], "id")
    bench.ask("model.ir.model.access.write", [right["id"]], {"perm_read": True})

    assert main(command) == role_command.MADE
    (after,) = bench.read("res.user", [["login", "=", KIOSK]], "groups")
    assert after["groups"] == user["groups"]
    (right,) = bench.read("ir.model.access", [*rights, ["model.model", "=", "ir.note"]], "perm_read")
    assert not right["perm_read"]
    assert KIOSK_PASSWORD not in capsys.readouterr().out
    assert len(bench.read("ir.model.access", rights, "id")) == count
    assert bench.adapter().health().well
    monkeypatch.setenv(role_command.ADMIN_PASSWORD, "sai-mat-khau")
    assert main(command) == role_command.NOT_ASKED
    bench.forgive()


def test_a_wrong_password_is_named(bench: GnuHealthBench) -> None:
    hospital = bench.adapter(password=SecretStr("sai-mat-khau"))
    try:
        assert hospital.health().fault is OutsideFaultCode.AUTH
        with pytest.raises(OutsideFault) as caught:
            hospital.list_services()
        assert caught.value.code is OutsideFaultCode.AUTH
        assert "sai-mat-khau" not in f"{caught.value!r} {hospital.__dict__!r}"
    finally:
        bench.forgive()
