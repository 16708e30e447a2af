"""The two people whose cards most tests of the chip read. Neither exists; a test that needs others has its own."""

from datetime import date

from cccd_reader.emulation import SyntheticCitizen

AN = SyntheticCitizen(
    number="001099012345",
    full_name="Nguyễn Văn An",
    birth_date=date(1999, 1, 15),
    sex="M",
    residence="Số 4, Phố Năm",
    place_of_origin="Phường Một",
    issue_date=date(2022, 3, 20),
    expiry_date=date(2039, 1, 15),
    father="Nguyễn Văn Ba",
    mother="Lê Thị Tư",
)
"""Who has the number of `vn_cccd_synthetic.json`, and only what every card has besides the parents."""

BICH = SyntheticCitizen(
    number="001199012345",
    full_name="Đặng Thị Ngọc Bích",
    birth_date=date(1999, 1, 15),
    sex="F",
    residence="Số 4, Phố Năm, Phường Sáu",
    place_of_origin="Phường Một, Quận Hai",
    issue_date=date(2022, 3, 20),
    expiry_date=date(2039, 1, 15),
    father="Đặng Văn Cường",
    mother="Trần Thị Dung",
    spouses=("Lê Văn Giang",),
    features="Nốt ruồi cách 1cm trên sau cánh mũi phải",
    old_number="012345678",
    chip_serial="0123456789ABCDEF",
)
"""Who has something in every field; her CAN is An's."""
