"""Values the flow and the screens share.

Small on purpose: the full identity, the photo and the card number stay with the runner.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Language(StrEnum):
    """Language of the screens. Vietnamese is the product's first language."""

    VI = "vi"
    EN = "en"


class Honorific(StrEnum):
    """How Vietnamese addresses the person; `GUEST` until the chip has told sex and age."""

    GUEST = "quý khách"
    ONG = "ông"
    BA = "bà"
    ANH = "anh"
    CHI = "chị"
    EM = "em"


ELDER_FROM = 50
ADULT_FROM = 18  # Law 91/2025/QH15 and Decree 356/2025: face comparison needs an adult's own consent
PRIORITY_FROM = 75  # Law 15/2023/QH15 on medical examination and treatment, Art. 3: priority from 75 years


def honorific_for(age: int, *, female: bool) -> Honorific:
    """Address for a person of `age` full years."""
    if age < ADULT_FROM:
        return Honorific.EM
    if age < ELDER_FROM:
        return Honorific.CHI if female else Honorific.ANH
    return Honorific.BA if female else Honorific.ONG


@dataclass(frozen=True, slots=True)
class Identity:
    """What a screen may show of the person: masked, because others stand behind. Never the full name or number."""

    masked_name: str
    birth_year: int
    masked_number: str
    age: int
    honorific: Honorific
    card_expired: bool = False

    @property
    def is_minor(self) -> bool:
        """Under 18: no face comparison without a guardian, so the counter helps."""
        return self.age < ADULT_FROM

    @property
    def has_priority(self) -> bool:
        """Priority by age alone; other grounds are declared at the counter."""
        return self.age >= PRIORITY_FROM


class KeyMode(StrEnum):
    """How the patient gives the key to the chip."""

    QR = "qr"
    KEYPAD = "keypad"


class ReadStage(StrEnum):
    """Steps of the chip read a patient can follow."""

    OPENING = "opening"
    IDENTITY = "identity"
    PROVING = "proving"
    PHOTO = "photo"
    DONE = "done"


class ChipTrust(StrEnum):
    """What the chip checks add up to. `PROVEN` needs the issuer's certificate, and the chip's proof that it is no copy;
    no public list has the CCCD's issuer."""

    PROVEN = "proven"
    INTEGRITY_ONLY = "integrity_only"
    FAILED = "failed"


class HoldReason(StrEnum):
    """Why a read was interrupted and may go on."""

    CARD_PULLED = "card_pulled"
    READER_DOWN = "reader_down"


class FaceGuidance(StrEnum):
    """At most one advice on screen."""

    STARTING = "starting"
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"
    TOO_FAR = "too_far"
    TOO_NEAR = "too_near"
    OFF_CENTRE = "off_centre"
    TURN_TO_CAMERA = "turn_to_camera"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BACK_LIT = "back_lit"
    MASK = "mask"
    GLARE = "glare"
    EYES_CLOSED = "eyes_closed"
    BLURRED = "blurred"
    HOLD_STILL = "hold_still"
    GOOD = "good"


class FaceMove(StrEnum):
    """What the patient is asked to do to show that a living person is there. Left and right are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    BLINK = "blink"
    COME_CLOSER = "come_closer"


class ScreenLight(StrEnum):
    """The soft colour the screen shows around the picture, whose reflection the camera looks for on the skin."""

    WHITE = "white"
    AMBER = "amber"
    AZURE = "azure"
    MINT = "mint"
    ORCHID = "orchid"


class FaceOutcome(StrEnum):
    """Result of the 1:1 comparison."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNDECIDED = "undecided"
    NOT_CONFIRMED = "not_confirmed"  # a check of presentation attack detection raised an alarm: a person looks


class CoverageOutcome(StrEnum):
    """What the portal's answer means for the way on."""

    VALID = "valid"
    SELF_PAY = "self_pay"  # expired, not found, reported decrease: the patient may pay or ask at the counter
    COUNTER = "counter"  # a person must look: wrong name or birth date, withdrawn, armed forces
    UNVERIFIED = (
        "unverified"  # portal down or our own account refused: received all the same (Decree 188/2025, Art. 38.2)
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Insurance as the screen shows it. `payable_percent` is the fund's share of costs in scope, 0–100.

    `exempt_as_of` is there when this year's co-payments made that share full: the portal's words on how fresh their sum
    is, empty when it said nothing about it.
    """

    outcome: CoverageOutcome
    code: str
    masked_card: str = ""
    valid_to: str = ""
    facility: str = ""
    payable_percent: Decimal = Decimal(0)
    right_place: bool = False
    exempt_as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A department to choose. `price_dong` is what this patient pays now; None when it cannot be known yet.

    With `appointment`, the hospital's id of it, the choice is to check in for it; `time` is its clock time, "09:30".
    """

    code: str
    name_vi: str
    name_en: str
    room: str
    floor: str
    waiting: int | None
    price_dong: int | None
    appointment: str = ""
    time: str = ""

    @property
    def choice(self) -> str:
        """What tells this choice from the others."""
        return self.appointment or self.code

    def name(self, language: Language) -> str:
        """The name in the screen's language."""
        return self.name_en if language is Language.EN else self.name_vi


@dataclass(frozen=True, slots=True)
class Visit:
    """A registered visit. `provisional`: recorded here, not yet in the HIS; the number is the kiosk's own."""

    number: str
    room: str
    floor: str
    people_ahead: int | None
    fee_dong: int
    provisional: bool


class ScanWith(StrEnum):
    """What the patient scans a payment's QR with."""

    BANK = "bank"  # every bank's application: it is a VietQR
    MOMO = "momo"  # the MoMo application
    CAMERA = "camera"  # the phone's camera, which opens the provider's page


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Money asked for by QR: `qr_text` is the text to draw."""

    amount_dong: int
    qr_text: str
    life_s: float
    scan_with: ScanWith = ScanWith.BANK


class PaymentState(StrEnum):
    """Payment is apart from registration: a visit stays valid whatever happens here."""

    NOT_DUE = "not_due"
    WAITING = "waiting"
    PAID = "paid"
    PAY_LATER = "pay_later"
    REVIEW = "review"  # wrong amount or paid twice: the cashier settles it


class PrintState(StrEnum):
    """`PRINTED` is said only when the printer said so."""

    PRINTING = "printing"
    PRINTED = "printed"
    FAILED = "failed"


class Device(StrEnum):
    """Devices whose health the flow must know."""

    READER = "reader"
    CAMERA = "camera"
    PRINTER = "printer"
    STORE = "store"


class Outcome(StrEnum):
    """How a session ended."""

    CHECKED_IN = "checked_in"
    COUNTER = "counter"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


class FaultCode(StrEnum):
    """Every expected failure; texts, next step and staff advice are in `faults.toml`, one entry each."""

    NO_CARD = "no_card"
    PATIENT_CHOICE = "patient_choice"
    QR_UNREADABLE = "qr_unreadable"
    QR_NOT_A_CARD = "qr_not_a_card"
    QR_FROM_APP = "qr_from_app"
    NUMBER_INVALID = "number_invalid"
    WRONG_KEY = "wrong_key"
    OTHER_CARD = "other_card"
    SEVERAL_CARDS = "several_cards"
    CARD_PULLED = "card_pulled"
    CARD_UNREADABLE = "card_unreadable"
    CARD_EXPIRED = "card_expired"
    CHIP_NOT_PROVEN = "chip_not_proven"
    READER_DOWN = "reader_down"
    MINOR = "minor"
    CONSENT_DECLINED = "consent_declined"
    CHIP_PHOTO_UNUSABLE = "chip_photo_unusable"
    CAMERA_DOWN = "camera_down"
    FACE_NOT_SEEN = "face_not_seen"
    FACE_NOT_MATCHED = "face_not_matched"
    FACE_NOT_CONFIRMED = "face_not_confirmed"
    INSURANCE_EXPIRED = "insurance_expired"
    INSURANCE_CHECK = "insurance_check"
    PORTAL_DOWN = "portal_down"
    NO_SERVICES = "no_services"
    DUPLICATE_PATIENT = "duplicate_patient"
    REGISTRATION_REFUSED = "registration_refused"
    HIS_DOWN = "his_down"
    STORE_FAILED = "store_failed"
    PAYMENT_UNAVAILABLE = "payment_unavailable"
    PAYMENT_REVIEW = "payment_review"
    PAPER_OUT = "paper_out"
    PRINTER_DOWN = "printer_down"
    TOO_SLOW = "too_slow"
