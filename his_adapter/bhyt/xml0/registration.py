"""From a registered visit to its check-in record."""

from dataclasses import dataclass
from datetime import date, datetime

from his_adapter.bhyt.xml0.record import CheckInRecord0
from his_adapter.clock import ZONE
from his_adapter.model import BirthDate, Registration, RegistrationRequest, Sex

EXAMINATION = "01"
"""MA_LOAI_KCB of an outpatient's examination, what a kiosk registers."""
NOT_INSURED = "9"
EMERGENCY = "2"

SEX_CODES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.UNKNOWN: "3"}


@dataclass(frozen=True, slots=True)
class FirstCost:
    """The first cost of the visit, normally the examination's fee: the record is due right after it.

    `code` is the national code of the service (MA_DICH_VU), which is the hospital's to say: its own code of a
    department is not one (confidence low that a hospital system's charge lines carry it).
    """

    code: str
    name: str
    at: datetime


def from_registration(
    request: RegistrationRequest, registration: Registration, facility_code: str, first_cost: FirstCost
) -> CheckInRecord0:
    """The first record of a visit. MA_LK is the hospital's own id of it.

    Raises ValueError where none is due or none can be made yet: an emergency (reason 2), or an insured visit whose card
    the portal has not confirmed; once it has, give the request with the `coverage` and `entitlement` it told of.
    InvalidRecord (a ValueError) where the hospital's values do not fit the fields.
    """
    coverage, entitlement = request.coverage, request.counted_entitlement
    if request.self_pay:
        coverage, reason = None, NOT_INSURED
    elif coverage is not None and entitlement is not None:
        reason = entitlement.object_code
    else:
        raise ValueError("no record before the portal has confirmed the card")
    if reason == EMERGENCY:
        raise ValueError("no record for an emergency")
    if first_cost.at.tzinfo is None:
        raise ValueError("times carry their zone")
    patient = request.patient
    return CheckInRecord0(
        ma_lk=registration.visit_id,
        stt="1",
        ma_bn=registration.patient_code,
        ho_ten=patient.full_name,
        so_cccd=patient.number,
        ngay_sinh=_birth(patient.birth_date),
        gioi_tinh=SEX_CODES[patient.sex],
        ma_the_bhyt=coverage.card_number if coverage else "",
        ma_dkbd=coverage.registered_facility_code if coverage else "",
        gt_the_tu=_day(coverage.valid_from) if coverage else "",
        gt_the_den=_day(coverage.valid_to) if coverage else "",
        ma_doituong_kcb=reason,
        ngay_vao=_minute(request.requested_at),
        ngay_vao_noi_tru="",
        ly_do_vnt="",
        ma_ly_do_vnt="",
        ma_loai_kcb=EXAMINATION,
        ma_cskcb=facility_code,
        ma_dich_vu=first_cost.code,
        ten_dich_vu=first_cost.name,
        ma_thuoc="",
        ten_thuoc="",
        ma_vat_tu="",
        ten_vat_tu="",
        ngay_yl=_minute(first_cost.at),
        du_phong="",
    )


def _birth(birth: BirthDate) -> str:
    return f"{birth.year:04d}{birth.month or 0:02d}{birth.day or 0:02d}0000"


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%Y%m%d}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y%m%d%H%M}"
