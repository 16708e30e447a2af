"""What the fund pays at one facility: rates by the reason of the visit, the card's level and the date.

The rules are data (`entitlement.toml`), each row with its legal basis. Rates multiply: payable = level × rate.
A kiosk cannot know referral and re-examination slips (rows 1.3, 1.5) nor the whole bill, and this year's co-payments
only when the portal says; what it shows without them is provisional, and they mostly raise what is paid
(docs/entitlement.md).
"""

from datetime import date

from his_adapter.bhyt.entitlement_data import NOT_INSURED, PRIMARY_LEVEL, REGISTERED_HERE, EntitlementData
from his_adapter.bhyt.entitlement_derive import Derivation, EntitlementCase, derive
from his_adapter.bhyt.facility import FacilityProfile, FacilityRank, FormerLevel
from his_adapter.model import Coverage, Entitlement

__all__ = ["EntitlementRules", "FacilityProfile", "FacilityRank", "FormerLevel"]

BEYOND_ANY_LIMIT_DONG = 10**13


class EntitlementRules:
    """The rules for one facility. Raises ValueError when no row fits the facility's rank, level and points."""

    def __init__(self, facility: FacilityProfile, text: str | None = None) -> None:
        self._data = EntitlementData.load(text)
        self._facility = facility
        fitting = [choice.row for choice in self._data.self_referred if choice.fits(facility)]
        if not fitting:
            raise ValueError("no rule for self-referred patients fits this facility's rank, former level and points")
        self._self_referred = fitting[0]

    def for_card(self, coverage: Coverage, day: date, co_payment_dong: int | None = None) -> Entitlement:
        """What a valid card gives on `day`, with this year's co-payments where they are known.

        Raises ValueError for a day before the rules, or a card without a level.
        """
        return self.derivation(coverage, day, co_payment_dong).entitlement()

    def copayment_matters(self, coverage: Coverage, day: date) -> bool:
        """Whether knowing this year's co-payments could change what a card gives: by the rules themselves.

        So it takes level 3 or 4, five continuous years, and a visit at the full rate. Raises as `for_card`.
        """
        least, most = self.derivation(coverage, day, 0), self.derivation(coverage, day, BEYOND_ANY_LIMIT_DONG)
        return least.payable_percent != most.payable_percent

    def derivation(self, coverage: Coverage, day: date, co_payment_dong: int | None = None) -> Derivation:
        """The same with all its steps: an outpatient without slips, by the place of registration. Raises as above."""
        if self._facility.rank is FacilityRank.PRIMARY:
            code = PRIMARY_LEVEL
        elif self._facility.registers(coverage.registered_facility_code):
            code = REGISTERED_HERE
        else:
            code = self._self_referred
        return self.derive(
            EntitlementCase(
                coverage.benefit_code,
                coverage.benefit_level,
                (code,),
                day,
                five_year_date=coverage.five_year_date,
                co_payment_dong=co_payment_dong,
                area=coverage.area,
            )
        )

    def derive(self, case: EntitlementCase) -> Derivation:
        """Any case, whatever the facility. Raises ValueError as `entitlement_derive.derive`."""
        return derive(case, self._data)

    def not_insured(self, day: date) -> Entitlement:
        """A visit the patient pays alone, row 9."""
        return self.derive(EntitlementCase("", "", (NOT_INSURED,), day)).entitlement()
