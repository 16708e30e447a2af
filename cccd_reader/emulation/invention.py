"""People made up by chance, of any age, as different from each other as a waiting room's: for tests and demonstrations.

The same seed always gives the same person on the same day. Nobody can be meant: numbers have the structure of real ones
(province, century and sex, year) but a serial of 99xxxx, which is not in use, and addresses have numbers for names.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

from cccd_reader.citizen_number import PROVINCES
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.profile import IDENTITY_CARD_LAW, CardGeneration, Sex, SyntheticCitizen

VIETNAM = timezone(timedelta(hours=7))
"""Without daylight saving since 1975: no zone data is needed for a day of the calendar."""

OLDEST = 110
_OLDEST_DRAWN = 95
FIRST_CHIP_CARD = date(2021, 1, 1)
"""The first cards with a chip (Circular 06/2021/TT-BCA)."""
_LEAST_AGE_BEFORE_2024 = 14
"""Law 59/2014/QH13, Art. 19: younger people had no card. Law 26/2023/QH15, Art. 19 has none for any age."""

_CARD_ENDS = (14, 25, 40, 60)
_EARLY_YEARS = 2
"""Law 26/2023/QH15, Art. 21: a card ends on one of these birthdays, and on the next one if issued so shortly before."""

_TRIES = 400
"""Birthdays and days of issue that are drawn before an age counts as one that no card is valid at."""

_SURNAMES = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
)
_MIDDLE: dict[Sex, Sequence[str]] = {
    "M": ("Văn", "Hữu", "Đức", "Minh", "Quang", "Công", "Đình", "Gia Bảo", "Xuân", ""),
    "F": ("Thị", "Ngọc", "Thu", "Thanh", "Mỹ", "Thị Kim", "Thuỳ", "Hoàng Bảo", "Diệu", ""),
}
_GIVEN: dict[Sex, Sequence[str]] = {
    "M": ("An", "Bình", "Cường", "Dũng", "Đạt", "Hiếu", "Hùng", "Khoa", "Lộc", "Nghĩa", "Phúc", "Sơn", "Tuấn", "Việt"),
    "F": ("Ánh", "Bích", "Chi", "Dung", "Hà", "Hương", "Khánh", "Lan", "Mai", "Nga", "Oanh", "Quỳnh", "Thảo", "Yến"),
}
_NUMBER_WORDS = ("Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười")
_ETHNICITIES = ("Kinh",) * 12 + ("Tày", "Thái", "Mường", "Khmer", "Hoa", "Nùng", "Mông", "Ê-đê")
_RELIGIONS = ("Không",) * 10 + ("Phật giáo", "Công giáo", "Cao Đài", "Tin Lành")
_MARKS = ("Nốt ruồi", "Sẹo chấm", "Sẹo vết")
_PLACES = ("trên trước mép trái", "dưới sau đuôi mắt phải", "trên sau cánh mũi trái", "dưới trước khóe mắt phải")


def invent_citizen(
    seed: int | str,
    *,
    age: int | None = None,
    sex: Sex | None = None,
    generation: CardGeneration | None = None,
    today: date | None = None,
) -> SyntheticCitizen:
    """Somebody of `age` years on `today`, with a card that is valid that day.

    What is not given is drawn. Raises `EmulationError(bad_profile)` that names age or generation when no lawful card
    of that generation is valid at that age: one of 2021 for a child, or for somebody who had to renew it since.
    """
    today = datetime.now(VIETNAM).date() if today is None else today
    if age is not None and not 0 <= age <= OLDEST:
        raise _bad("age", f"not within 0 and {OLDEST} years")
    draw = random.Random(f"{seed}")
    chosen: Sex = sex or ("M" if draw.random() < 0.5 else "F")
    generations = [generation] if generation is not None else draw.sample(tuple(CardGeneration), len(CardGeneration))
    for tried in generations:
        for birth, issued in _dates(draw, age, tried, today):
            expiry = lawful_expiry(birth, issued)
            if expiry is None or expiry > today:
                return _person(draw, chosen, birth, issued, expiry, tried)
    raise _bad("generation" if age is None else "age", "no card of that generation is valid at that age")


def lawful_expiry(birth: date, issued: date) -> date | None:
    """The day that the law has a card end on, or None for "Không thời hạn" (Law 26/2023/QH15, Art. 21)."""
    for age in _CARD_ENDS:
        if issued < birthday(birth, age - _EARLY_YEARS):
            return birthday(birth, age)
    return None


def birthday(birth: date, age: int) -> date:
    """In common years, the 28th for those of the 29th of February."""
    day = 28 if (birth.month, birth.day) == (2, 29) and not _is_leap(birth.year + age) else birth.day
    return date(birth.year + age, birth.month, day)


def _dates(
    draw: random.Random, age: int | None, generation: CardGeneration, today: date
) -> Iterator[tuple[date, date]]:
    """Pairs of a birthday and a day of issue that fits the age and the generation, as many as are worth trying."""
    old = generation is CardGeneration.CCCD_2021
    begin, end = (FIRST_CHIP_CARD, IDENTITY_CARD_LAW - timedelta(1)) if old else (IDENTITY_CARD_LAW, today)
    for _ in range(_TRIES):
        years = draw.randint(0, _OLDEST_DRAWN) if age is None else age
        # After the birthday `years + 1` years ago, and not after the one `years` years ago.
        first, last = birthday(today, -years - 1) + timedelta(1), birthday(today, -years)
        birth = _day(draw, first, last)
        earliest = birthday(birth, _LEAST_AGE_BEFORE_2024) if old else birth + timedelta(1)
        start, stop = max(begin, earliest), min(end, today)
        if start <= stop:
            yield birth, _day(draw, start, stop)


def _person(
    draw: random.Random, sex: Sex, birth: date, issued: date, expiry: date | None, generation: CardGeneration
) -> SyntheticCitizen:
    province = draw.choice(tuple(PROVINCES))
    surname = draw.choice(_SURNAMES)
    is_new = generation is CardGeneration.CAN_CUOC_2024
    adult = issued.year - birth.year >= 20
    century, year = divmod(birth.year, 100)
    return SyntheticCitizen(
        number=f"{province}{(century - 19) * 2 + (sex == 'F')}{year:02d}99{draw.randrange(10_000):04d}",
        full_name=_name(draw, sex, surname),
        birth_date=birth,
        sex=sex,
        residence=_address(draw, PROVINCES[province]),
        place_of_origin=f"Xã {draw.choice(_NUMBER_WORDS)}, {PROVINCES[draw.choice(tuple(PROVINCES))]}",
        issue_date=issued,
        expiry_date=expiry,
        ethnicity=draw.choice(_ETHNICITIES),
        religion=draw.choice(_RELIGIONS),
        # Cards of 2024 often leave these out, and people have not always both parents known.
        features=None if is_new and draw.random() < 0.7 else _features(draw),
        father=None if draw.random() < 0.1 else _name(draw, "M", surname),
        mother=None if draw.random() < 0.05 else _name(draw, "F"),
        spouses=_spouses(draw, sex, 0.3 if is_new else 0.6) if adult else (),
        old_number=f"99{draw.randrange(10_000_000):07d}" if adult and not is_new and draw.random() < 0.6 else None,
        chip_serial=f"{draw.getrandbits(64):016X}" if draw.random() < 0.8 else None,
        generation=generation,
    )


def _spouses(draw: random.Random, sex: Sex, likelihood: float) -> tuple[str, ...]:
    return (_name(draw, "F" if sex == "M" else "M"),) if draw.random() < likelihood else ()


def _name(draw: random.Random, sex: Sex, surname: str | None = None) -> str:
    parts = (surname or draw.choice(_SURNAMES), draw.choice(_MIDDLE[sex]), draw.choice(_GIVEN[sex]))
    return " ".join(part for part in parts if part)


def _address(draw: random.Random, province: str) -> str:
    street, ward = draw.choice(_NUMBER_WORDS), draw.choice(_NUMBER_WORDS)
    return f"Số {draw.randint(1, 99)}, Phố {street}, Phường {ward}, {province}"


def _features(draw: random.Random) -> str:
    return f"{draw.choice(_MARKS)} cách {draw.randint(1, 4)} cm {draw.choice(_PLACES)}"


def _day(draw: random.Random, first: date, last: date) -> date:
    return first + timedelta(draw.randint(0, (last - first).days))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _bad(field: str, rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_PROFILE, rule, field=field)
