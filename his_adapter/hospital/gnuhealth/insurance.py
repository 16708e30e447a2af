"""The insurance card in the patient's file, and the plan that GNU Health prices a visit by.

``gnuhealth.insurance`` is unique by number and company. Its plan is the one of the latest visit: what the fund pays
depends on the reason of a visit, and GNU Health prices by the card's plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from his_adapter.hospital.gnuhealth.patients import PARTY
from his_adapter.hospital.gnuhealth.rows import IdRow, InsuranceRow
from his_adapter.hospital.gnuhealth.session import Tryton
from his_adapter.hospital.gnuhealth.wire import Refusal, RpcRefused
from his_adapter.http import Deadline
from his_adapter.model import Coverage

INSURANCE, PLAN = "gnuhealth.insurance", "gnuhealth.insurance.plan"


@dataclass(frozen=True, slots=True)
class Card:
    """The card's record. `priced`: its plan is the one for what the fund pays, so GNU Health's price is the share."""

    record: int
    priced: bool


class Cards:
    """Finds, makes and renews cards."""

    def __init__(self, tryton: Tryton, fund_ref: str, plans: Mapping[Decimal, str]) -> None:
        self._tryton = tryton
        self._fund_ref = fund_ref
        self._plans = plans

    def keep(self, deadline: Deadline, party: int, coverage: Coverage, percent: Decimal) -> Card | None:
        """The person's card as the portal knows it, with the plan for `percent`.

        None when GNU Health cannot hold it: it knows no such fund, or another person has the number. Staff must look.
        """
        fund = self._tryton.search(deadline, PARTY, [["ref", "=", self._fund_ref]], IdRow, limit=1)
        if not fund:
            return None
        plan = self._plan(deadline, percent)
        wanted = {
            "member_since": coverage.valid_from,
            "member_exp": coverage.valid_to,
            "plan_id": plan,
        }
        known = self._card(deadline, fund[0].id, coverage.card_number)
        if known is None:
            values = {
                "party": party,
                "number": coverage.card_number,
                "company": fund[0].id,
                "insurance_type": "state",
                "category": coverage.benefit_code + coverage.benefit_level,
                **wanted,
            }
            try:
                return Card(self._tryton.create(deadline, INSURANCE, values), priced=plan is not None)
            except RpcRefused as refused:
                known = self._card(deadline, fund[0].id, coverage.card_number) if refused.kind is Refusal.USER else None
                if known is None:
                    raise self._tryton.refused(refused, INSURANCE) from None
        if known.party != party:
            return None
        if (known.member_since, known.member_exp, known.plan) != tuple(wanted.values()):
            try:
                self._tryton.write(deadline, INSURANCE, known.id, wanted)
            except RpcRefused as refused:
                raise self._tryton.refused(refused, INSURANCE) from None
        return Card(known.id, priced=plan is not None)

    def _card(self, deadline: Deadline, fund: int, number: str) -> InsuranceRow | None:
        domain = [["number", "=", number], ["company", "=", fund]]
        found = self._tryton.search(deadline, INSURANCE, domain, InsuranceRow, limit=1)
        return found[0] if found else None

    def _plan(self, deadline: Deadline, percent: Decimal) -> int | None:
        code = self._plans.get(percent)
        if code is None:
            return None
        found = self._tryton.search(deadline, PLAN, [["product.code", "=", code]], IdRow, limit=1)
        return found[0].id if found else None
