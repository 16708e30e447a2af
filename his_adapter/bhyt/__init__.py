"""Health insurance (BHYT): the agency's portal and what its answers are worth."""

from his_adapter.bhyt.entitlement import EntitlementRules, FacilityProfile, FacilityRank, FormerLevel
from his_adapter.bhyt.portal import BhytPortal
from his_adapter.bhyt.result_codes import ResultCodes

__all__ = ["BhytPortal", "EntitlementRules", "FacilityProfile", "FacilityRank", "FormerLevel", "ResultCodes"]
