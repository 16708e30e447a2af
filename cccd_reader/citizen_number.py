"""The twelve digits of a citizen's number: where registered, which century and sex, which year (Decree 37/2021/NĐ-CP,
Art. 13, as Decree 137/2015/NĐ-CP before it)."""

import re
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9]{12}")
_FIRST_CENTURY = 1900


@dataclass(frozen=True, slots=True, repr=False)
class CitizenNumber:
    """What the first six digits say; the last six are a serial number. `place` is three digits: a province, or a
    country for somebody who was registered abroad. `sex` is "M" or "F"."""

    place: str
    sex: str
    birth_year: int

    def __repr__(self) -> str:
        return "CitizenNumber(…)"

    @property
    def province(self) -> str | None:
        """The province's name, or None when the code is none of the sixty-three."""
        return PROVINCES.get(self.place)


def parse_citizen_number(number: str) -> CitizenNumber | None:
    """The structure of a number, or None when it is not twelve digits."""
    if not _DIGITS.fullmatch(number):
        return None
    century, female = divmod(int(number[3]), 2)
    year = _FIRST_CENTURY + 100 * century + int(number[4:6])
    return CitizenNumber(number[:3], "F" if female else "M", year)


PROVINCES = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "006": "Bắc Kạn",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "011": "Điện Biên",
    "012": "Lai Châu",
    "014": "Sơn La",
    "015": "Yên Bái",
    "017": "Hòa Bình",
    "019": "Thái Nguyên",
    "020": "Lạng Sơn",
    "022": "Quảng Ninh",
    "024": "Bắc Giang",
    "025": "Phú Thọ",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "034": "Thái Bình",
    "035": "Hà Nam",
    "036": "Nam Định",
    "037": "Ninh Bình",
    "038": "Thanh Hóa",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "044": "Quảng Bình",
    "045": "Quảng Trị",
    "046": "Thừa Thiên Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "051": "Quảng Ngãi",
    "052": "Bình Định",
    "054": "Phú Yên",
    "056": "Khánh Hòa",
    "058": "Ninh Thuận",
    "060": "Bình Thuận",
    "062": "Kon Tum",
    "064": "Gia Lai",
    "066": "Đắk Lắk",
    "067": "Đắk Nông",
    "068": "Lâm Đồng",
    "070": "Bình Phước",
    "072": "Tây Ninh",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa - Vũng Tàu",
    "079": "Thành phố Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "083": "Bến Tre",
    "084": "Trà Vinh",
    "086": "Vĩnh Long",
    "087": "Đồng Tháp",
    "089": "An Giang",
    "091": "Kiên Giang",
    "092": "Cần Thơ",
    "093": "Hậu Giang",
    "094": "Sóc Trăng",
    "095": "Bạc Liêu",
    "096": "Cà Mau",
}
"""The provinces by code (Circular 07/2016/TT-BCA, appendix 1; Circular 59/2021/TT-BCA keeps the codes). Numbers are for
life: the merging of provinces in 2025 changed none. Codes of countries (appendix 2) are not in this table."""
