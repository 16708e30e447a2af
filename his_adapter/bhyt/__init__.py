"""Health insurance (BHYT): the agency's portal and what its answers are worth."""

from his_adapter.bhyt.entitlement import EntitlementRules, FacilityProfile, FacilityRank, FormerLevel
from his_adapter.bhyt.entitlement_data import Confidence, EntitlementData
from his_adapter.bhyt.entitlement_derive import Derivation, EntitlementCase, Weight, derive
from his_adapter.bhyt.entitlement_explain import Language, auditor_lines, patient_sentence, patient_text
from his_adapter.bhyt.portal import BhytPortal
from his_adapter.bhyt.result_codes import ResultCodes

__all__ = [
    "BhytPortal",
    "Confidence",
    "Derivation",
    "EntitlementCase",
    "EntitlementData",
    "EntitlementRules",
    "FacilityProfile",
    "FacilityRank",
    "FormerLevel",
    "Language",
    "ResultCodes",
    "Weight",
    "auditor_lines",
    "derive",
    "patient_sentence",
    "patient_text",
]
