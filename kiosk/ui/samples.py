"""Models of every screen and variant, for the gallery and for tests. All people are synthetic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from kiosk.flow.model import Model, Patient
from kiosk.flow.screens import (
    AskConsent,
    AtCounter,
    CheckingInsurance,
    ChooseService,
    ConfirmIdentity,
    GiveKey,
    HoldCard,
    LookAtCamera,
    OutOfService,
    Overlay,
    Paying,
    PlaceCard,
    Reading,
    Registering,
    Screen,
    ShowInsurance,
    ShowTicket,
    StaffCalled,
    StillThere,
    ThankYou,
    Welcome,
)
from kiosk.flow.values import (
    ChipTrust,
    Coverage,
    CoverageOutcome,
    Device,
    FaceGuidance,
    FaceMove,
    FaceOutcome,
    FaultCode,
    HoldReason,
    Honorific,
    Identity,
    KeyMode,
    Language,
    PaymentRequest,
    PaymentState,
    PrintState,
    ReadStage,
    ScanWith,
    ScreenLight,
    Service,
    Visit,
)

NOW = 1000.0
BA = Identity("NGUYỄN T*** HƯỜNG", 1949, "001 *** *** 317", 77, Honorific.BA)
ONG = Identity("TRẦN V*** DŨNG", 1968, "036 *** *** 082", 58, Honorific.ONG)
VALID = Coverage(
    CoverageOutcome.VALID,
    "000",
    "GD 4 01 ··· ··· 1234",
    "31/12/2026",
    "Bệnh viện Đa khoa Xanh Pôn",
    Decimal(100),
    right_place=True,
)
HALF = replace(VALID, facility="Bệnh viện Đa khoa Đống Đa", payable_percent=Decimal("47.5"), right_place=False)
EXEMPT = replace(VALID, exempt_as_of="Dữ liệu tính đến 00:00 ngày 27/11/2026; chưa gồm hồ sơ của các ngày sau đó …")
EXPIRED = Coverage(CoverageOutcome.SELF_PAY, "010", "GD 4 01 ··· ··· 1234", "30/06/2026")
UNVERIFIED = Coverage(CoverageOutcome.UNVERIFIED, "")
CHECK = Coverage(CoverageOutcome.COUNTER, "060", "GD 4 01 ··· ··· 1234")
SERVICES = (
    Service("K01", "Nội tổng hợp", "General medicine", "203", "2", 4, 20_300),
    Service("K02", "Tim mạch", "Cardiology", "210", "2", 9, 20_300),
    Service("K30", "Mắt", "Eyes", "115", "1", 2, 20_300),
    Service("K28", "Tai Mũi Họng", "Ear, nose and throat", "118", "1", 6, 20_300),
    Service("K29", "Răng Hàm Mặt", "Dentistry", "120", "1", None, 20_300),
    Service("K07", "Nội tiết – Đái tháo đường", "Endocrinology and diabetes", "214", "2", 0, 0),
    Service("K24", "Phục hồi chức năng", "Rehabilitation", "305", "3", 3, None),
    Service("K13", "Da liễu", "Dermatology", "119", "1", 1, 20_300),
)
VISIT = Visit("A 047", "203", "2", 4, 20_300, provisional=False)
QR_TEXT = (
    "00020101021238540010A00000072701240006970436011010123456780208QRIBFTTA530370454062030"
    "05802VN62150811TD26112400476304A1B2"
)
REQUEST = PaymentRequest(20_300, QR_TEXT, 300.0)
MOMO_TEXT = f"momo://app?action=payWithApp&isScanQR=true&sid={'s' * 90}"
PAGE_TEXT = f"https://pay.invalid/paymentv2/vpcpay.html?vnp_Amount=2030000&{'v' * 500}"
"""As long as VNPAY's addresses are."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A named model. The name is the screen's key, with a variant after it where there are several."""

    name: str
    model: Model


def _model(screen: Screen, patient: Patient | None = None, **changes: object) -> Model:
    plain = Model(screen=screen, now=NOW, touched_at=NOW, session=7, active=True, patient=patient or Patient())
    return replace(plain, **changes)  # type: ignore[arg-type]


def _known(identity: Identity = BA) -> Patient:
    return Patient(identity=identity, trust=ChipTrust.INTEGRITY_ONLY, photo=True)


def _insured(coverage: Coverage = VALID, identity: Identity = BA) -> Patient:
    return replace(_known(identity), consent=True, face=FaceOutcome.MATCH, coverage=coverage)


def _registered(visit: Visit = VISIT, payment: PaymentState = PaymentState.PAID) -> Patient:
    return replace(_insured(), service=SERVICES[0], visit=visit, payment=payment)


def _entry() -> Iterator[Sample]:
    yield Sample("welcome", _model(Welcome(), active=False))
    no_paper = frozenset({(Device.PRINTER, FaultCode.PAPER_OUT)})
    yield Sample("welcome-no-paper", _model(Welcome(), active=False, faults=no_paper))
    yield Sample("out-of-service", _model(OutOfService(FaultCode.READER_DOWN), active=False))
    yield Sample("give-key-qr", _model(GiveKey(KeyMode.QR)))
    yield Sample("give-key-qr-lift", _model(GiveKey(KeyMode.QR), card_present=True))
    yield Sample("give-key-qr-again", _model(GiveKey(KeyMode.QR, problem=FaultCode.QR_NOT_A_CARD)))
    yield Sample("give-key-qr-from-app", _model(GiveKey(KeyMode.QR, problem=FaultCode.QR_FROM_APP)))
    yield Sample("give-key-keypad", _model(GiveKey(KeyMode.KEYPAD, digits="0011490")))
    yield Sample("give-key-keypad-full", _model(GiveKey(KeyMode.KEYPAD, digits="001149000317")))
    wrong = GiveKey(KeyMode.KEYPAD, problem=FaultCode.WRONG_KEY, tries=1)
    yield Sample("give-key-keypad-wrong", _model(wrong))
    yield Sample("give-key-keypad-checking", _model(GiveKey(KeyMode.KEYPAD, digits="001149000317", checking=True)))
    yield Sample("place-card", _model(PlaceCard()))
    yield Sample("place-card-two", _model(PlaceCard(problem=FaultCode.SEVERAL_CARDS), cards_collide=True))


def _chip() -> Iterator[Sample]:
    until = NOW + 40
    yield Sample("reading-opening", _model(Reading(until)))
    reading = Reading(until, stage=ReadStage.PROVING, fraction=0.62)
    yield Sample("reading", _model(reading, Patient(identity=BA), card_present=True))
    held = HoldCard(HoldReason.CARD_PULLED, NOW + 17.2, fraction=0.62)
    yield Sample("hold-card", _model(held, Patient(identity=BA)))
    yield Sample("hold-card-reader", _model(HoldCard(HoldReason.READER_DOWN, NOW + 12), Patient()))
    yield Sample("confirm-identity", _model(ConfirmIdentity(), _known(), card_present=True))
    proven = replace(_known(ONG), trust=ChipTrust.PROVEN)
    yield Sample("confirm-identity-proven", _model(ConfirmIdentity(), proven, card_present=True))
    yield Sample("consent", _model(AskConsent(), _known()))
    looking = LookAtCamera(guidance=FaceGuidance.TOO_FAR, progress=0.25)
    yield Sample("look-at-camera", _model(looking, _known()))
    again = LookAtCamera(2, FaceGuidance.HOLD_STILL, 0.7, retry_after=FaultCode.FACE_NOT_SEEN)
    yield Sample("look-at-camera-again", _model(again, _known()))
    for move in FaceMove:
        asked = LookAtCamera(guidance=FaceGuidance.TURN_TO_CAMERA, progress=0.6, move=move)
        yield Sample(f"look-at-camera-{move.replace('_', '-')}", _model(asked, _known()))
    for light in ScreenLight:
        lit = LookAtCamera(guidance=FaceGuidance.GOOD, progress=0.35, light=light)
        yield Sample(f"look-at-camera-{light}", _model(lit, _known(ONG)))
    lost = LookAtCamera(2, FaceGuidance.TOO_FAR, 0.3, FaultCode.FACE_NOT_SEEN, light=ScreenLight.ORCHID)
    yield Sample("look-at-camera-lit-advice", _model(lost, _known()))


def _visit() -> Iterator[Sample]:
    yield Sample("checking-insurance", _model(CheckingInsurance(NOW + 9), _known()))
    yield Sample("insurance", _model(ShowInsurance(VALID), _insured()))
    yield Sample("insurance-half", _model(ShowInsurance(HALF), _insured(HALF, ONG)))
    yield Sample("insurance-exempt", _model(ShowInsurance(EXEMPT), _insured(EXEMPT)))
    yield Sample("insurance-self-pay", _model(ShowInsurance(EXPIRED), _insured(EXPIRED)))
    yield Sample("insurance-unverified", _model(ShowInsurance(UNVERIFIED), _insured(UNVERIFIED)))
    yield Sample("insurance-check", _model(ShowInsurance(CHECK), _insured(CHECK)))
    yield Sample("choose-service-loading", _model(ChooseService(until=NOW + 9), _insured()))
    yield Sample("choose-service", _model(ChooseService(SERVICES[:6], "K01"), _insured()))
    booked = replace(SERVICES[1], appointment="LH00000007", time="09:30")
    yield Sample("choose-service-booked", _model(ChooseService((booked, *SERVICES[:5]), booked.choice), _insured()))
    yield Sample("choose-service-paged", _model(ChooseService(SERVICES, None, 0), _insured()))
    yield Sample("choose-service-last-page", _model(ChooseService(SERVICES, "K24", 1), _insured()))
    yield Sample("registering", _model(Registering(NOW + 19), _insured()))


def _end() -> Iterator[Sample]:
    paying = _registered(payment=PaymentState.WAITING)
    yield Sample("paying-preparing", _model(Paying(NOW + 9), paying))
    yield Sample("paying", _model(Paying(NOW + 271.4, REQUEST), paying))
    momo = replace(REQUEST, qr_text=MOMO_TEXT, scan_with=ScanWith.MOMO)
    yield Sample("paying-momo", _model(Paying(NOW + 271.4, momo), paying))
    page = replace(REQUEST, qr_text=PAGE_TEXT, scan_with=ScanWith.CAMERA)
    yield Sample("paying-page", _model(Paying(NOW + 271.4, page), paying))
    until = NOW + 21
    yield Sample("ticket-printing", _model(ShowTicket(until), _registered(), card_present=True))
    yield Sample("ticket", _model(ShowTicket(until, PrintState.PRINTED), _registered(), card_present=True))
    no_paper = ShowTicket(until, PrintState.FAILED, FaultCode.PAPER_OUT)
    yield Sample("ticket-paper-out", _model(no_paper, _registered(payment=PaymentState.PAY_LATER)))
    waiting = Visit("T-0012", "Phòng 203", "Tầng 2", None, 0, provisional=True)
    later = _registered(waiting, PaymentState.PAY_LATER)
    yield Sample("ticket-provisional", _model(ShowTicket(until, PrintState.PRINTED), later, card_present=True))
    review = _registered(payment=PaymentState.REVIEW)
    yield Sample("ticket-review", _model(ShowTicket(until, PrintState.PRINTED), review))
    yield Sample("thank-you", _model(ThankYou(NOW + 8), active=False))
    yield Sample("thank-you-take-card", _model(ThankYou(NOW + 8), active=False, card_present=True))
    counter = AtCounter(FaultCode.FACE_NOT_SEEN, NOW + 33, "Q 012", PrintState.PRINTED)
    yield Sample("counter", _model(counter, _insured(identity=ONG), card_present=True))
    yield Sample("counter-at-once", _model(AtCounter(FaultCode.NO_CARD, NOW + 39)))
    unprinted = AtCounter(FaultCode.CHIP_NOT_PROVEN, NOW + 39, "Q 013", PrintState.FAILED)
    yield Sample("counter-not-printed", _model(unprinted, _known()))


def _overlays() -> Iterator[Sample]:
    below = _model(ChooseService(SERVICES[:6], "K01"), _insured())
    called: Overlay = StaffCalled(NOW + 60)
    asked: Overlay = StillThere(NOW + 23)
    yield Sample("staff-called", replace(below, overlay=called))
    yield Sample("still-there", replace(below, overlay=asked))
    ticket = _model(ShowTicket(NOW + 20, PrintState.PRINTED), _registered())
    yield Sample("staff-called-ticket", replace(ticket, overlay=called))


def faults() -> Iterator[Sample]:
    """Every fault as the counter's reason: whatever fails, there is a screen that says where to go."""
    for code in FaultCode:
        screen = AtCounter(code, NOW + 33, "Q 012", PrintState.PRINTED)
        yield Sample(f"counter-{code}", _model(screen, _insured()))


def samples(language: Language = Language.VI, *, large: bool = False) -> list[Sample]:
    """Every screen and variant in one language and text size."""
    every = [*_entry(), *_chip(), *_visit(), *_end(), *_overlays()]
    return [replace(sample, model=replace(sample.model, language=language, large_text=large)) for sample in every]
