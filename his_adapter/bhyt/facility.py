"""Our facility in the eyes of the insurance."""

from dataclasses import dataclass
from enum import StrEnum


class FacilityRank(StrEnum):
    """Professional level of a facility (Law 15/2023/QH15, Art. 104)."""

    PRIMARY = "primary"
    BASIC = "basic"
    SPECIALISED = "specialised"


class FormerLevel(StrEnum):
    """Level before 2025-01-01; it still decides what self-referred patients get."""

    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class FacilityProfile:
    """Our facility in the eyes of the insurance. `accepted`: codes whose registered patients count as ours.

    `points` None means ranked provisionally.
    """

    code: str
    accepted: frozenset[str] = frozenset()
    rank: FacilityRank = FacilityRank.SPECIALISED
    former_level: FormerLevel = FormerLevel.PROVINCE
    points: int | None = None

    def registers(self, facility_code: str) -> bool:
        """Whether a card registered at `facility_code` is at home here."""
        return facility_code == self.code or facility_code in self.accepted
