"""The one card that the sessions are fuzzed with: a person who does not exist, and a picture that is hardly one."""

import functools
from datetime import date

from cccd_reader.emulation import CardImage, SyntheticCitizen, personalise

NUMBER = "001199012345"

PICTURE = bytes.fromhex("FFD8FFC0000B080190012C01011100FFD9")
"""A JPEG that has nothing but a frame header, of 300×400 pixels."""


@functools.cache
def card_image() -> CardImage:
    return personalise(
        SyntheticCitizen(
            number=NUMBER,
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
            old_number="012345678",
        ),
        PICTURE,
    )
