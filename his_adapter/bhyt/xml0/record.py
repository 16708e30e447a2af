"""One check-in record: status of a visit for the insurance, no basis for payment (Decision 3176/QD-BYT 2024, XML0)."""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime

from his_adapter.bhyt.xml0.fields import FIELDS
from his_adapter.model import nfc

_NOT_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_MINUTES = ("NGAY_VAO", "NGAY_VAO_NOI_TRU", "NGAY_YL")
_CARD_DAYS = ("GT_THE_TU", "GT_THE_DEN")


class InvalidRecord(ValueError):
    """Names the field, never its content."""


@dataclass(frozen=True, slots=True)
class CheckInRecord0:
    """The 26 fields as they are written, "" for an empty one; texts NFC with single spaces. Raises InvalidRecord.

    `ma_lk` is the hospital's key of the visit and never changes; with `stt` it names this record for ever. Dates are
    ``yyyymmdd`` and ``yyyymmddHHMM`` of Asia/Ho_Chi_Minh; unknown parts of a birth date are zeros. `ma_doituong_kcb` is
    provisional: the code is fixed after the visit (Decision 3276/QD-BYT 2025).
    """

    ma_lk: str
    stt: str
    ma_bn: str = field(repr=False)
    ho_ten: str = field(repr=False)
    so_cccd: str = field(repr=False)
    ngay_sinh: str = field(repr=False)
    gioi_tinh: str = field(repr=False)
    ma_the_bhyt: str = field(repr=False)
    ma_dkbd: str = field(repr=False)
    gt_the_tu: str = field(repr=False)
    gt_the_den: str = field(repr=False)
    ma_doituong_kcb: str
    ngay_vao: str
    ngay_vao_noi_tru: str
    ly_do_vnt: str = field(repr=False)
    ma_ly_do_vnt: str = field(repr=False)
    ma_loai_kcb: str
    ma_cskcb: str
    ma_dich_vu: str = field(repr=False)
    ten_dich_vu: str = field(repr=False)
    ma_thuoc: str = field(repr=False)
    ten_thuoc: str = field(repr=False)
    ma_vat_tu: str = field(repr=False)
    ten_vat_tu: str = field(repr=False)
    ngay_yl: str
    du_phong: str = field(repr=False)

    def __post_init__(self) -> None:
        for rule in FIELDS:
            value = getattr(self, rule.attribute)
            if not isinstance(value, str):
                raise InvalidRecord(rule.name)
            value = nfc(value)
            if _NOT_XML.search(value) or not rule.admits(value):
                raise InvalidRecord(rule.name)
            object.__setattr__(self, rule.attribute, value)
        self._check_dates()
        self._check_cards()

    def value(self, name: str) -> str:
        """A field by the name of its element."""
        text: str = getattr(self, name.lower())
        return text

    @property
    def key(self) -> tuple[str, str]:
        """What makes this record itself: MA_LK and STT."""
        return self.ma_lk, self.stt

    def _check_dates(self) -> None:
        for name in _MINUTES:
            if self.value(name) and not _is_moment(self.value(name), "%Y%m%d%H%M"):
                raise InvalidRecord(name)
        for name in _CARD_DAYS:
            if not all(_is_moment(day, "%Y%m%d") for day in self.value(name).split(";") if day):
                raise InvalidRecord(name)
        year, month, day, clock = (self.ngay_sinh[a:b] for a, b in ((0, 4), (4, 6), (6, 8), (8, 12)))
        if (month == "00" and day != "00") or not _is_moment(
            year + (month if month != "00" else "01") + (day if day != "00" else "01") + clock, "%Y%m%d%H%M"
        ):
            raise InvalidRecord("NGAY_SINH")

    def _check_cards(self) -> None:
        cards = self.ma_the_bhyt.split(";") if self.ma_the_bhyt else []
        for name in ("MA_DKBD", *_CARD_DAYS):
            value = self.value(name)
            if value and len(value.split(";")) != len(cards):
                raise InvalidRecord(name)


def _is_moment(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only asked whether it exists
    except ValueError:
        return False
    return True


assert [rule.attribute for rule in FIELDS] == [one.name for one in fields(CheckInRecord0)]
