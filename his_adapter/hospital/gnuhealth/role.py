"""The kiosk's account in GNU Health: one group that may do what a check-in does, and sees nothing else.

Run once by the hospital's administrator, and again after every upgrade: ``python -m his_adapter gnuhealth-role``. It
brings the group "Kiosk" up to date and sets the account's password. What it gives:

- **Models**: those of `MODELS`. Every other model of the database is denied by name, because Tryton lets everybody into
  a model that nobody has spoken of (attachments and notes, for example).
- **Fields**: of those models only the named ones, and none of any other model: Tryton gives an invoice's lines to
  whoever has the invoice, and opens dictionaries and mails to every user; without fields they say nothing. Nothing
  clinical of a patient and no comment of an appointment can be read.
- **Records** (`RULES`): of services, invoices and moves only those of kiosks.

What Tryton cannot part: whoever may post an invoice may also press its other buttons, here on kiosks' invoices alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field

from his_adapter.hospital.gnuhealth.marks import PREFIX
from his_adapter.hospital.gnuhealth.rows import IdRow, Row
from his_adapter.hospital.gnuhealth.session import Tryton, Values
from his_adapter.http import Deadline

GROUP = "Kiosk"
PATIENCE_S = 120.0
_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Right:
    """What may be done with a model: fields that are read, fields that are set, whether records are made or changed."""

    reads: str = ""
    sets: str = ""
    makes: bool = False
    changes: bool = False


MODELS: Mapping[str, Right] = {
    "party.party": Right(
        "ref name lastname dob est_dob is_person is_patient active alternative_ids",
        "ref name is_person is_patient create_target gender dob est_dob fed_country addresses contact_mechanisms "
        "person_names code federation_account lang",
        makes=True,
        changes=True,
    ),
    "party.address": Right("party", "party street country", makes=True),
    "party.contact_mechanism": Right("party", "party type value", makes=True),
    "gnuhealth.person_name": Right("party use", "party use given family", makes=True),
    "gnuhealth.person_alternative_identification": Right("party code"),
    "gnuhealth.patient": Right("party puid", "party", makes=True),
    "gnuhealth.insurance": Right(
        "party number company member_since member_exp plan_id",
        "party number company member_since member_exp plan_id insurance_type category",
        makes=True,
        changes=True,
    ),
    "gnuhealth.insurance.plan": Right("product company"),
    "gnuhealth.appointment": Right(
        "name patient appointment_date state healthprof consultations",
        "name patient appointment_date state healthprof consultations appointment_type insurance comments",
        makes=True,
        changes=True,
    ),
    "gnuhealth.health_service": Right(
        "name patient state service_line insurance_plan",
        "name desc patient service_date insurance_holder insurance_plan service_line",
        makes=True,
        changes=True,
    ),
    "gnuhealth.health_service.line": Right(
        "service appointment product remarks",
        "service product desc qty to_invoice appointment action_required remarks",
        makes=True,
        changes=True,
    ),
    "gnuhealth.healthprofessional": Right("code active"),
    "product.product": Right("code name list_price active template"),
    "product.template": Right("name list_price active"),
    "account.invoice": Right(
        "number state party company currency total_amount invoice_date comment reference type",
        "comment invoice_date",
        changes=True,
    ),
    "account.invoice.payment.method": Right("name company"),
    "account.move": Right("origin description"),
    "country.country": Right("code3 name active"),
}
"""Every model a check-in touches. A field that is not named is neither read nor set."""

RULES: Mapping[str, object] = {
    "gnuhealth.health_service": [["name", "like", f"{PREFIX}%"]],
    "gnuhealth.health_service.line": [["service.name", "like", f"{PREFIX}%"]],
    "account.invoice": [["reference", "like", f"{PREFIX}%"]],
    "account.move": [["description", "like", f"{PREFIX} %"]],
}
"""Of which records: domains of ``ir.rule``."""

LOOKED_AT = frozenset(
    {
        "account.configuration",
        "account.configuration.default_account",
        "account.configuration.default_payment_term",
        "account.configuration.default_tax_rule",
        "account.configuration.tax_rounding",
        "gnuhealth.sequences.appointment_sequence",
        "ir.action.wizard",
        "ir.model.button",
        "party.configuration.party_lang",
    }
)
"""Configuration that Tryton reads in the user's name while it does the above: read, and no more."""

UNTOUCHED = frozenset({"ir.session.wizard", "ir.message", "ir.lang", "ir.model", "ir.model.field", "ir.translation"})
"""Left as Tryton has it: a user's own wizards (nobody sees another's), and the words that a refusal is told with."""


class ModelRow(Row):
    """``ir.model``."""

    model: str


class FieldRow(Row):
    """``ir.model.field``."""

    name: str
    model: int


class ModelAccessRow(Row):
    """``ir.model.access``."""

    of: int = Field(alias="model")
    perm_read: bool
    perm_write: bool
    perm_create: bool
    perm_delete: bool


class FieldAccessRow(Row):
    """``ir.model.field.access``."""

    of: int = Field(alias="field")
    perm_read: bool
    perm_write: bool


class RuleRow(Row):
    """``ir.rule.group``."""

    of: int = Field(alias="model")


class UserRow(Row):
    """``res.user``: the account."""

    groups: list[int]


AnyRow = TypeVar("AnyRow", bound=Row)
Wanted = Mapping[int, Values]
"""The rights that there should be, by the model or field they are of."""


def make_role(admin: Tryton, login: str, password: str) -> None:
    """Make the group and the account, or bring them up to date. `admin` is signed in as an administrator.

    What is denied is denied before the account is there, and stays denied meanwhile when it is there already. Raises
    OutsideFault, or RpcRefused when GNU Health does not take a record (a password that is too weak).
    """
    deadline = Deadline(PATIENCE_S)
    found = admin.search(deadline, "res.group", [["name", "=", GROUP]], IdRow, limit=1)
    group = found[0].id if found else admin.create(deadline, "res.group", {"name": GROUP})
    models = {row.id: row.model for row in _all(admin, deadline, "ir.model", [], ModelRow)}
    mine = [["group", "=", group]]

    rights = _all(admin, deadline, "ir.model.access", mine, ModelAccessRow)
    _keep(admin, deadline, "ir.model.access", rights, _on_models(models), {"group": group})

    fields = _all(admin, deadline, "ir.model.field", [], FieldRow)
    single = _all(admin, deadline, "ir.model.field.access", mine, FieldAccessRow)
    _keep(admin, deadline, "ir.model.field.access", single, _on_fields(models, fields), {"group": group})

    _keep_rules(admin, deadline, group, models)
    _account(admin, deadline, group, login, password)


def _on_models(models: Mapping[int, str]) -> Wanted:
    """Rights on whole models, and their absence on all others."""
    wanted = {}
    for number, name in models.items():
        if name in UNTOUCHED:
            continue
        right = MODELS.get(name, Right() if name in LOOKED_AT else None)
        wanted[number] = {
            "model": number,
            "perm_read": right is not None,
            "perm_write": right is not None and right.changes,
            "perm_create": right is not None and right.makes,
            "perm_delete": False,
        }
    return wanted


def _on_fields(models: Mapping[int, str], fields: Sequence[FieldRow]) -> Wanted:
    """Rights on single fields, and their absence on all others of the database.

    Denying a model is not enough: Tryton gives a record's lines to whoever has the record, and opens some models to
    everybody; what no group can take away, it can leave without fields.
    """
    wanted = {}
    for field in fields:
        name = models.get(field.model, "")
        if name in UNTOUCHED or name in LOOKED_AT:
            continue
        right = MODELS.get(name)
        reads = right is not None and field.name in {"id", "rec_name", *right.reads.split()}
        sets = right is not None and field.name in right.sets.split()
        wanted[field.id] = {"field": field.id, "perm_read": reads, "perm_write": sets}
    return wanted


def _keep(
    admin: Tryton,
    deadline: Deadline,
    model: str,
    there: Sequence[ModelAccessRow] | Sequence[FieldAccessRow],
    wanted: Wanted,
    also: Values,
) -> None:
    """Make what is missing, then take away what is not wanted or says something else."""
    right, wrong = set(), []
    for row in there:
        if row.of not in right and wanted.get(row.of) == row.model_dump(by_alias=True, exclude={"id"}):
            right.add(row.of)
        else:
            wrong.append(row.id)
    missing = [{**values, **also} for of, values in wanted.items() if of not in right]
    for start in range(0, len(missing), _PAGE):
        admin.call(deadline, f"model.{model}.create", missing[start : start + _PAGE])
    if wrong:
        admin.call(deadline, f"model.{model}.delete", wrong)


def _keep_rules(admin: Tryton, deadline: Deadline, group: int, models: Mapping[int, str]) -> None:
    """Which records of a model are there for the role: the new rules first, then the old ones away."""
    old = _all(admin, deadline, "ir.rule.group", [["groups", "in", [group]]], RuleRow)
    values = [
        {
            "name": f"{GROUP}: {name}",
            "model": number,
            "global_p": False,
            "groups": [["add", [group]]],
            "rules": [["create", [{"domain": json.dumps(RULES[name])}]]],
        }
        for number, name in models.items()
        if name in RULES
    ]
    admin.call(deadline, "model.ir.rule.group.create", values)
    if old:
        admin.call(deadline, "model.ir.rule.group.delete", [row.id for row in old])


def _account(admin: Tryton, deadline: Deadline, group: int, login: str, password: str) -> None:
    """The account, in the administrator's company and in this group alone, with this password."""
    company = admin.company(deadline)
    values: dict[str, object] = {"password": password, "companies": [["add", [company]]], "company": company}
    users = admin.search(deadline, "res.user", [["login", "=", login]], UserRow, limit=1)
    if users:
        others = [number for number in users[0].groups if number != group]
        groups = [["add", [group]], *([["remove", others]] if others else [])]
        admin.write(deadline, "res.user", users[0].id, {**values, "groups": groups})
    else:
        admin.create(deadline, "res.user", {**values, "name": GROUP, "login": login, "groups": [["add", [group]]]})


def _all(admin: Tryton, deadline: Deadline, model: str, domain: Sequence[object], row: type[AnyRow]) -> list[AnyRow]:
    """Every record, in pages: an answer has a limit."""
    found: list[AnyRow] = []
    while True:
        later = [*domain, ["id", ">", found[-1].id if found else 0]]
        page = admin.search(deadline, model, later, row, limit=_PAGE, order=[("id", "ASC")])
        found += page
        if len(page) < _PAGE:
            return found
