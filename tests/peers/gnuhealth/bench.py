"""The real GNU Health as a bench of the hospital contract: what is counted is asked of it as its administrator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from his_adapter.clock import now
from his_adapter.hospital.gnuhealth import GnuHealthDepartment, GnuHealthHospital, GnuHealthSettings
from his_adapter.hospital.gnuhealth.marks import Insurance, VisitMark
from his_adapter.hospital.gnuhealth.session import Account, Tryton
from his_adapter.model import PatientIdentity, Room
from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_relay import Pace
from his_adapter.simulation.fault_wire import Address
from tests.his_adapter.contract.hospital_bench import Cannot, SeenVisit, Trouble
from tests.peers.gnuhealth.accounts import ADMIN, ADMIN_PASSWORD, KIOSK, KIOSK_PASSWORD
from tests.peers.gnuhealth.postgres import Postgres
from tests.peers.gnuhealth.server import DATABASE, Trytond

INSURED_PRICE = 50_600
DEPARTMENTS = (
    GnuHealthDepartment("KNTH", "General medicine", "BS001", Room("101", "1"), INSURED_PRICE),
    GnuHealthDepartment("KTM", "Cardiology", "BS002", Room("203", "2"), INSURED_PRICE),
    GnuHealthDepartment("KMAT", "Eyes", "BS003", Room("305", "3"), INSURED_PRICE),
)
PLANS = {Decimal(percent): f"BHYT{percent}" for percent in (100, 95, 80, 50, 40)}
RATES = {Trouble.SILENT: Rates(latency=1.0), Trouble.BROKEN: Rates(garbage=1.0)}
PATIENT_S = 60.0
"""How long an answer may take where a test is not about time: the first call loads what the server needs."""
ANOTHER_PASSWORD = "mot-mat-khau-khac-2026"


class GnuHealthBench:
    """One server for all tests; every test has its own people."""

    cannot: Mapping[Cannot, str] = {Cannot.QUEUE: "GNU Health gives no queue numbers: the kiosk's own stands"}
    service, other_service = "KTM", "KMAT"

    def __init__(self, postgres: Postgres, server: Trytond) -> None:
        self.postgres = postgres
        self.server = server
        self.plan = FaultPlan()
        self.proxy = FaultProxy(
            Address.of(server.url.removeprefix("http://")), TalkKind.HTTP, self.plan, pace=Pace(latency_s=(3.0, 3.0))
        ).start()
        self.admin = Tryton(Account(server.url, DATABASE, ADMIN, ADMIN_PASSWORD), timeout_s=60.0)
        self.kiosk = GnuHealthHospital(self.settings())
        """One that is signed in already, for what a test only needs to be there."""
        self._made: list[GnuHealthHospital] = []
        self._locked_out = False

    def settings(self, timeout_s: float = PATIENT_S, **others: Any) -> GnuHealthSettings:
        """The kiosk's settings; the proxy is where it believes the server to be."""
        values: dict[str, Any] = {
            "base_url": self.proxy.url,
            "database": DATABASE,
            "username": KIOSK,
            "password": SecretStr(KIOSK_PASSWORD),
            "departments": DEPARTMENTS,
            "plans": PLANS,
            "timeout_s": timeout_s,
        }
        return GnuHealthSettings(**(values | others))

    def adapter(self, timeout_s: float = PATIENT_S, **others: Any) -> GnuHealthHospital:
        self._made.append(GnuHealthHospital(self.settings(timeout_s, **others)))
        return self._made[-1]

    def ask(self, method: str, *arguments: object, context: Mapping[str, object] | None = None) -> Any:
        """Anything, as the administrator."""
        return self.admin.must(self.admin.deadline(), method, *arguments, context=context)

    def read(self, model: str, domain: Sequence[object], *fields: str) -> list[dict[str, Any]]:
        """Records, as the administrator."""
        rows: list[dict[str, Any]] = self.ask(f"model.{model}.search_read", list(domain), 0, None, None, list(fields))
        return rows

    def visits(self) -> Sequence[SeenVisit]:
        """Every service that has a checked-in appointment: what the hospital would examine and charge."""
        fields = ("appointment.name", "appointment.state", "product.code", "remarks")
        people = ("service.patient.party.ref", "service.patient.party.name", "service.insurance_plan")
        rows = self.read("gnuhealth.health_service.line", [["appointment", "!=", None]], *fields, *people)
        return [self._seen(row) for row in rows if row["appointment."]["state"] == "checked_in"]

    def _seen(self, row: dict[str, Any]) -> SeenVisit:
        mark = VisitMark.parse(row["remarks"])
        assert mark is not None
        party = row["service."]["patient."]["party."]
        return SeenVisit(
            visit_id=row["appointment."]["name"],
            citizen_number=party["ref"],
            name=party["name"],
            service_code=row["product."]["code"],
            insured=mark.insurance is not Insurance.NONE,
            verified=mark.insurance is Insurance.VERIFIED and row["service."]["insurance_plan"] is not None,
        )

    def invoices(self, visit_id: str, *fields: str) -> list[dict[str, Any]]:
        """The invoices of a visit."""
        services = self.read("gnuhealth.health_service", [["service_line.appointment.name", "=", visit_id]], "name")
        return self.read("account.invoice", [["reference", "in", [row["name"] for row in services]]], *fields)

    def paid(self, visit_id: str) -> Sequence[int]:
        """The payment lines of the accounts, not what the kiosk has noted."""
        lines = [line for row in self.invoices(visit_id, "payment_lines") for line in row["payment_lines"]]
        return [int(row["credit"]) for row in self.read("account.move.line", [["id", "in", lines]], "credit")]

    def patient(self, patient: PatientIdentity) -> int:
        """The person's medical file, made by the hospital's own desk when there is none."""
        domain = [["party.ref", "=", patient.number]]
        if not self.read("gnuhealth.patient", domain, "id"):
            birth = patient.birth_date
            person = {
                "ref": patient.number,
                "name": patient.full_name,
                "dob": datetime(birth.year, birth.month or 1, birth.day or 1).date(),  # noqa: DTZ001 - a date
                "gender": "u",
                "is_person": True,
                "is_patient": True,
                "create_target": True,
                "fed_country": "VNM",
                "addresses": [["create", [{"street": "Quầy"}]]],
            }
            self.ask("model.party.party.create", [person])
        return int(self.read("gnuhealth.patient", domain, "id")[0]["id"])

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        department = next(one for one in DEPARTMENTS if one.code == service)
        (doctor,) = self.read("gnuhealth.healthprofessional", [["code", "=", department.licence]], "id")
        values = {
            "patient": self.patient(patient),
            "healthprof": doctor["id"],
            "appointment_date": at,
            "state": "confirmed",
            "comments": "bí mật của phòng khám",
        }
        (number,) = self.ask("model.gnuhealth.appointment.create", [values])
        (row,) = self.read("gnuhealth.appointment", [["id", "=", number]], "name")
        return str(row["name"])

    def service_of(self, visit_id: str) -> int:
        """The visit's health service."""
        domain = [["service_line.appointment.name", "=", visit_id]]
        return int(self.read("gnuhealth.health_service", domain, "id")[0]["id"])

    def invoice_by_hand(self, service: int) -> int:
        """As the cashier does: the wizard of a health service."""
        active = {"active_model": "gnuhealth.health_service", "active_id": service, "active_ids": [service]}
        name = "wizard.gnuhealth.service.invoice.create"
        session, *_ = self.ask(f"{name}.create", context=active)
        self.ask(f"{name}.execute", session, {}, "create_service_invoice", context=active)
        (row,) = self.read("gnuhealth.health_service", [["id", "=", service]], "name")
        return int(self.read("account.invoice", [["reference", "=", row["name"]]], "id")[0]["id"])

    def pay_by_hand(self, invoice: int, amount: int) -> None:
        """Cash at the counter."""
        self.ask("model.account.invoice.write", [invoice], {"invoice_date": now().date()})
        self.ask("model.account.invoice.post", [invoice])
        active = {"active_model": "account.invoice", "active_id": invoice, "active_ids": [invoice]}
        (row,) = self.read("account.invoice", [["id", "=", invoice]], "party", "currency", "company")
        (method,) = self.read("account.invoice.payment.method", [], "id")
        start = {
            "payee": row["party"],
            "amount": Decimal(amount),
            "currency": row["currency"],
            "company": row["company"],
            "payment_method": method["id"],
            "date": now().date(),
            "description": "Tiền mặt",
        }
        session, *_ = self.ask("wizard.account.invoice.pay.create", context=active)
        self.ask("wizard.account.invoice.pay.execute", session, {"start": start}, "choice", context=active)

    def trouble(self, kind: Trouble | None) -> None:
        if kind is Trouble.LOCKED_OUT:
            self.password(ANOTHER_PASSWORD)
            self._locked_out = True
        elif self._locked_out:
            self.password(KIOSK_PASSWORD)
            self.forgive()
            self._locked_out = False
        self.plan.rates = RATES.get(kind, Rates()) if kind else Rates()
        self.proxy.refuse() if kind is Trouble.DOWN else self.proxy.accept()

    def password(self, password: str) -> None:
        """Change the kiosk's, as the administrator."""
        (user,) = self.read("res.user", [["login", "=", KIOSK]], "id")
        self.ask("model.res.user.write", [user["id"]], {"password": password})

    def forgive(self) -> None:
        """Forget wrong passwords: Tryton makes the next sign-ins wait longer and longer."""
        self.postgres.run("psql", "-q", "-d", DATABASE, "-c", "DELETE FROM res_user_login_attempt")

    def restart(self) -> None:
        self.server.kill()
        self.server.start()

    def settle(self) -> None:
        """After a test: good health, and no connections left."""
        self.trouble(None)
        for adapter in self._made:
            adapter.close()
        self._made.clear()

    def close(self) -> None:
        self.settle()
        self.kiosk.close()
        self.proxy.close()
        self.admin.close()
