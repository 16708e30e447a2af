"""The eighteen fields that the Ministry of Public Security published for the chip, their labels, and the two cards."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FIRST_DAY_OF_2024_CARD = date(2024, 7, 1)
"""Law 26/2023/QH15 came into force and the card's form changed (Circular 16/2024/TT-BCA)."""


class CardGeneration(StrEnum):
    """The card with a chip of 2021 ("Căn cước công dân") and its successor of 2024 ("Căn cước")."""

    CCCD_2021 = "2021"
    CAN_CUOC_2024 = "2024"


def generation_of(issued: date | None) -> CardGeneration | None:
    """By the day of issue, which is all that chip and QR tell about it; None when it is not known."""
    if issued is None:
        return None
    return CardGeneration.CAN_CUOC_2024 if issued >= FIRST_DAY_OF_2024_CARD else CardGeneration.CCCD_2021


class FieldId(StrEnum):
    """Stable names, in the order of publication."""

    NUMBER = "number"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    PLACE_OF_ORIGIN = "place_of_origin"
    ETHNICITY = "ethnicity"
    RELIGION = "religion"
    NATIONALITY = "nationality"
    RESIDENCE = "residence"
    FATHER = "father"
    MOTHER = "mother"
    SPOUSE = "spouse"
    OLD_NUMBER = "old_number"
    ISSUE_DATE = "issue_date"
    EXPIRY_DATE = "expiry_date"
    IDENTIFYING_FEATURES = "identifying_features"
    FACE_IMAGE = "face_image"
    FINGERPRINTS = "fingerprints"


class FieldState(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    """The chip has no such field, or an empty one."""
    UNREADABLE = "unreadable"
    """The chip has it, but not as text: Circular 16/2024/TT-BCA lets the authority encode fields its own way."""
    PROTECTED = "protected"
    """For authorities only: the chip gives it to nobody else (extended access control)."""


STATE_TEXTS = {
    FieldState.PRESENT: ("có", "present"),
    FieldState.ABSENT: ("không có", "absent"),
    FieldState.UNREADABLE: ("có nhưng không đọc được thành chữ", "present, but not readable as text"),
    FieldState.PROTECTED: ("được bảo vệ: chỉ cơ quan có thẩm quyền được đọc", "protected: for authorities only"),
}
"""(Vietnamese, English) words for a state."""


@dataclass(frozen=True, slots=True, repr=False)
class CitizenField:
    """One row of the published list. `text` is what to show, dates as dd/mm/yyyy; None when there is nothing to show as
    text: also for a face image that is present."""

    id: FieldId
    label_vi: str
    label_en: str
    text: str | None
    state: FieldState

    def __repr__(self) -> str:
        return f"CitizenField({self.id}, {self.state})"


def labels(field: FieldId, generation: CardGeneration | None) -> tuple[str, str]:
    """(Vietnamese, English) label as the card of this generation has it; the 2021 one when it is not known."""
    if generation is CardGeneration.CAN_CUOC_2024 and field in _LABELS_2024:
        return _LABELS_2024[field]
    return _LABELS[field]


_LABELS = {
    FieldId.NUMBER: ("Số căn cước công dân", "Citizen identity number"),
    FieldId.FULL_NAME: ("Họ, chữ đệm và tên", "Full name"),
    FieldId.BIRTH_DATE: ("Ngày sinh", "Date of birth"),
    FieldId.SEX: ("Giới tính", "Sex"),
    FieldId.PLACE_OF_ORIGIN: ("Quê quán", "Place of origin"),
    FieldId.ETHNICITY: ("Dân tộc", "Ethnicity"),
    FieldId.RELIGION: ("Tôn giáo", "Religion"),
    FieldId.NATIONALITY: ("Quốc tịch", "Nationality"),
    FieldId.RESIDENCE: ("Nơi thường trú", "Place of permanent residence"),
    FieldId.FATHER: ("Họ tên cha", "Father's name"),
    FieldId.MOTHER: ("Họ tên mẹ", "Mother's name"),
    FieldId.SPOUSE: ("Họ tên vợ hoặc chồng", "Spouse's name"),
    FieldId.OLD_NUMBER: ("Số CMND đã cấp", "Former identity card number"),
    FieldId.ISSUE_DATE: ("Ngày cấp", "Date of issue"),
    FieldId.EXPIRY_DATE: ("Ngày hết hạn", "Date of expiry"),
    FieldId.IDENTIFYING_FEATURES: ("Đặc điểm nhận dạng", "Personal identification"),
    FieldId.FACE_IMAGE: ("Ảnh chân dung", "Portrait"),
    FieldId.FINGERPRINTS: ("Trích chọn vân tay", "Fingerprint template"),
}

_LABELS_2024 = {
    FieldId.NUMBER: ("Số định danh cá nhân", "Personal identification number"),
    FieldId.FULL_NAME: ("Họ, chữ đệm và tên khai sinh", "Full name"),
    FieldId.PLACE_OF_ORIGIN: ("Nơi đăng ký khai sinh", "Place of birth registration"),
    FieldId.RESIDENCE: ("Nơi cư trú", "Place of residence"),
}
"""What the card of 2024 calls differently (Circular 16/2024/TT-BCA)."""
