"""The kiosk's account in GNU Health: one group that may do what a check-in does, and sees nothing else.

Run once by the hospital's administrator, and again after every upgrade: ``python -m his_adapter gnuhealth-role``. It
makes the group "Kiosk" anew each time, and the account when there is none. What it gives:

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

from his_adapter.hospital.gnuhealth.marks import PREFIX
from his_adapter.hospital.gnuhealth.rows import IdRow, Row
from his_adapter.hospital.gnuhealth.session import Tryton, Values
from his_adapter.http import Deadline

GROUP = "Kiosk"


@dataclass(frozen=True, slots=True)
class Right:
    """What may be done with a model: fields that are read, fields that are set, whether records are made or changed."""

    reads: str = ""
    sets: str = ""
    makes: bool = False
    changes: bool = False


MODELS: Mapping[str, Right] = {
    "party.party": Right(
        "ref name lastname dob is_person is_patient active alternative_ids",
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


class UserRow(Row):
    """``res.user``: the account, and the company it works for."""

    company: int | None


def make_role(admin: Tryton, login: str, password: str) -> None:
    """Make the group and the account. `admin` is signed in as an administrator.

    Raises OutsideFault, or RpcRefused when GNU Health does not take a record (a password that is too weak).
    """
    deadline = Deadline(120.0)
    group = _group(admin, deadline)
    models = {row.model: row.id for row in admin.search(deadline, "ir.model", [], ModelRow)}
    _give_models(admin, deadline, group, models)
    _give_fields(admin, deadline, group, models)
    _give_records(admin, deadline, group, models)
    _account(admin, deadline, group, login, password)


def _group(admin: Tryton, deadline: Deadline) -> int:
    """The group, empty of rights."""
    found = admin.search(deadline, "res.group", [["name", "=", GROUP]], IdRow, limit=1)
    group = found[0].id if found else admin.create(deadline, "res.group", {"name": GROUP})
    for model in ("ir.model.access", "ir.model.field.access", "ir.rule.group"):
        clause = ["groups", "in", [group]] if model == "ir.rule.group" else ["group", "=", group]
        old = [row.id for row in admin.search(deadline, model, [clause], IdRow)]
        if old:
            admin.call(deadline, f"model.{model}.delete", old)
    return group


def _give_models(admin: Tryton, deadline: Deadline, group: int, models: Mapping[str, int]) -> None:
    """Rights on whole models, and their absence on all others."""
    values = []
    for name, number in models.items():
        if name in UNTOUCHED:
            continue
        right = MODELS.get(name, Right() if name in LOOKED_AT else None)
        values.append(
            {
                "model": number,
                "group": group,
                "perm_read": right is not None,
                "perm_write": right is not None and right.changes,
                "perm_create": right is not None and right.makes,
                "perm_delete": False,
            }
        )
    _make(admin, deadline, "ir.model.access", values)


def _give_fields(admin: Tryton, deadline: Deadline, group: int, models: Mapping[str, int]) -> None:
    """Rights on single fields, and their absence on all others of the database.

    Denying a model is not enough: Tryton gives a record's lines to whoever has the record, and opens some models to
    everybody; what no group can take away, it can leave without fields.
    """
    values = []
    for name, number in models.items():
        if name in UNTOUCHED or name in LOOKED_AT:
            continue
        right = MODELS.get(name)
        reads = set() if right is None else {"id", "rec_name", *right.reads.split()}
        sets = set() if right is None else set(right.sets.split())
        values += [
            {"field": field.id, "group": group, "perm_read": field.name in reads, "perm_write": field.name in sets}
            for field in admin.search(deadline, "ir.model.field", [["model", "=", number]], FieldRow)
        ]
    _make(admin, deadline, "ir.model.field.access", values)


def _give_records(admin: Tryton, deadline: Deadline, group: int, models: Mapping[str, int]) -> None:
    """Which records of a model are there for the role."""
    values = [
        {
            "name": f"{GROUP}: {name}",
            "model": models[name],
            "global_p": False,
            "groups": [["add", [group]]],
            "rules": [["create", [{"domain": json.dumps(domain)}]]],
        }
        for name, domain in RULES.items()
        if name in models
    ]
    _make(admin, deadline, "ir.rule.group", values)


def _make(admin: Tryton, deadline: Deadline, model: str, values: Sequence[Values]) -> None:
    """Many records at once."""
    for start in range(0, len(values), 200):
        admin.call(deadline, f"model.{model}.create", list(values[start : start + 200]))


def _account(admin: Tryton, deadline: Deadline, group: int, login: str, password: str) -> None:
    """The account, in the administrator's company and in this group alone, with this password."""
    mine = admin.search(deadline, "res.user", [["company", "!=", None]], UserRow, limit=1)
    company = mine[0].company if mine else None
    users = admin.search(deadline, "res.user", [["login", "=", login]], UserRow, limit=1)
    values: dict[str, object] = {"password": password, "companies": [["add", [company]]], "company": company}
    if users:
        admin.write(deadline, "res.user", users[0].id, {**values, "groups": [["add", [group]]]})
    else:
        admin.create(deadline, "res.user", {**values, "name": GROUP, "login": login, "groups": [["add", [group]]]})
