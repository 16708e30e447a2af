"""Insurance: the question, the card, the answer and what it is worth."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from his_adapter.clock import check_moment
from his_adapter.faults import OutsideFaultCode
from his_adapter.model.copayment import CopaymentAnswer
from his_adapter.model.patient import BirthDate, PatientIdentity, nfc

ALL_PERCENT = 100
CARD_QUERY_LENGTHS = (10, 12, 15)
"""Insurance number, citizen number, card number: what the portal takes as ``maThe``."""


@dataclass(frozen=True, slots=True)
class InsuranceQuery:
    """A question to the portal. `number` is a citizen number, an insurance number or a whole card number."""

    number: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: BirthDate = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", "".join(self.number.split()).upper())
        object.__setattr__(self, "full_name", nfc(self.full_name))
        if len(self.number) not in CARD_QUERY_LENGTHS or not (self.number.isascii() and self.number.isalnum()):
            raise ValueError("the portal takes numbers of 10, 12 or 15 characters")

    @classmethod
    def of(cls, patient: PatientIdentity) -> "InsuranceQuery":
        """Ask by citizen number: the card itself need not be shown (Decree 188/2025/ND-CP, Art. 37.1)."""
        return cls(patient.number, patient.full_name, patient.birth_date)


@dataclass(frozen=True, slots=True)
class Coverage:
    """An insurance card as the portal knows it. `area` is maKV (K1, K2, K3 or empty)."""

    card_number: str = field(repr=False)
    holder_name: str = field(repr=False)
    valid_from: date | None
    valid_to: date | None
    registered_facility_code: str
    registered_facility_name: str = ""
    five_year_date: date | None = None
    area: str = ""

    @property
    def benefit_code(self) -> str:
        """The two letters of the holder's group, as printed."""
        return self.card_number[:2]

    @property
    def benefit_level(self) -> str:
        """The benefit digit as printed, 1 to 5; rules with a date may overrule it."""
        return self.card_number[2:3]

    def covers(self, day: date) -> bool:
        """Whether the card's dates include `day`. A card without an end date runs on."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class CoverageOutcome(StrEnum):
    """What the portal's answer means."""

    VALID = "valid"
    VALID_NEW_CARD = "valid_new_card"  # a newer card than the one known replaces it
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"  # name, birth date, number or dates do not agree
    WITHDRAWN = "withdrawn"
    REDUCED = "reduced"  # the employer or the commune reported a decrease
    SPECIAL = "special"  # managed by the Ministry of Defence or of Public Security
    UNVERIFIED = "unverified"  # no usable answer: received all the same (Decree 188/2025/ND-CP, Art. 38.2)
    FACILITY_ERROR = "facility_error"  # our officer or our request was refused; the patient is not at fault


class CoverageAction(StrEnum):
    """What the kiosk does next."""

    GO_ON = "go_on"
    SELF_PAY = "self_pay"  # the patient may pay alone, or ask at the counter
    COUNTER = "counter"  # a person must look
    GO_ON_UNVERIFIED = "go_on_unverified"  # admitted; the card is asked for again later


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What the fund pays of the costs in scope. Percentages run from 0 to 100; 95 % of 50 % is 47.5.

    `object_code` is MA_DOITUONG_KCB (Decision 3276/QD-BYT of 2025, annex 1). The code is fixed only after the visit,
    so what a kiosk computes is always provisional.
    """

    object_code: str
    rate_percent: int
    card_level_percent: int
    payable_percent: Decimal
    legal_basis: str
    provisional: bool = True

    def __post_init__(self) -> None:
        if not all(0 <= one <= 100 for one in (self.rate_percent, self.card_level_percent, self.payable_percent)):
            raise ValueError("a percentage runs from 0 to 100")


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """The portal's answer, or its silence, with the evidence of either.

    `code` is maKetQua, empty when none came; `message` is the portal's note, or the detail of the fault when it said
    nothing. `entry` names the row of the result codes that was applied, whose texts are for patient and staff. `fault`
    says why there is no usable answer. `raw` is the last reply as received. `copayment` is there
    only when it was asked for, because it could change `entitlement`.
    """

    outcome: CoverageOutcome
    action: CoverageAction
    code: str
    entry: str
    asked_at: datetime
    message: str = field(default="", repr=False)
    coverage: Coverage | None = None
    entitlement: Entitlement | None = None
    fault: OutsideFaultCode | None = None
    raw: bytes = field(default=b"", repr=False)
    copayment: CopaymentAnswer | None = None

    evidence_sha256: str = field(init=False, default="")
    """The digest of `raw`, hexadecimal: of nothing, when nothing came."""

    def __post_init__(self) -> None:
        check_moment(self.asked_at)
        object.__setattr__(self, "evidence_sha256", hashlib.sha256(self.raw).hexdigest())

    @property
    def is_exempt(self) -> bool:
        """Whether this year's co-payments are why the fund pays everything (Law 51/2024/QH15, Art. 22).

        They are asked for only where the fund pays less without them.
        """
        known = self.copayment is not None and self.copayment.accumulated_dong is not None
        return known and self.entitlement is not None and self.entitlement.payable_percent == ALL_PERCENT
