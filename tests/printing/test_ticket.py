"""The drawn ticket: everything a patient needs stands on it, readable, and no tone mark is cut."""

from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageDraw

from kiosk.flow.values import CoverageOutcome, Language, PaymentState
from kiosk.printing import TicketContent, render
from kiosk.printing.texts import TEXTS, dong
from kiosk.printing.typeset import Weight, fitted, font, text_block, wrapped

TALL = "ỄỮẪỘỰẶ ễữẫộựặ gjpqy ĐđƠƯ ₫"


def test_the_bitmap_is_black_and_white_and_exactly_as_wide_as_the_head(content: TicketContent) -> None:
    for width in (384, 576, 832):
        image = render(content, width)
        assert image.mode == "1"
        assert image.width == width


def test_the_same_content_gives_the_same_dots(content: TicketContent) -> None:
    assert render(content).tobytes() == render(content).tobytes()


@pytest.mark.parametrize(
    "change",
    [
        {"facility": "BỆNH VIỆN TIM"},
        {"number": "A 048"},
        {"room": "204"},
        {"floor": "3"},
        {"service": "Khám Mắt"},
        {"people_ahead": 5},
        {"people_ahead": None},
        {"masked_name": "TRẦN V*** AN"},
        {"insurance": CoverageOutcome.UNVERIFIED},
        {"insurance": None},
        {"payment": PaymentState.PAY_LATER},
        {"fee_dong": 39_200},
        {"provisional": True},
        {"printed_at": datetime(2026, 11, 24, 1, 31, tzinfo=UTC)},
        {"language": Language.EN},
        {"qr_text": "XP-2026-000048"},
        {"footer": "Xin cảm ơn."},
    ],
)
def test_every_field_stands_on_the_paper(content: TicketContent, change: dict[str, object]) -> None:
    before, after = render(content), render(replace(content, **change))  # type: ignore[arg-type]
    assert before.size != after.size or ImageChops.logical_xor(before, after).getbbox() is not None


def test_the_slip_names_the_counter_and_the_reason(content: TicketContent) -> None:
    slip = replace(content, counter="quầy số 3", reason="Cần xem lại thẻ bảo hiểm.", number="")
    assert render(slip).tobytes() != render(replace(slip, counter="quầy số 4")).tobytes()
    assert render(slip).tobytes() != render(replace(slip, reason="Cần xem lại căn cước.")).tobytes()


def test_the_code_on_the_ticket_can_be_read(content: TicketContent) -> None:
    for width in (384, 576):
        grey = np.asarray(render(content, width).convert("L"))
        (code,) = zxingcpp.read_barcodes(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
        assert code.text == "XP-2026-000047"


@pytest.mark.parametrize("weight", list(Weight))
@pytest.mark.parametrize("size", [17, 24, 30, 52, 190])
def test_no_tone_mark_is_cut(weight: Weight, size: int) -> None:
    face = font(weight, size)
    width = int(face.getlength(TALL)) + 40
    free = Image.new("L", (width, size * 4), 255)
    ImageDraw.Draw(free).text((20, size * 2), TALL, font=face, fill=0, anchor="ls")
    block = text_block(TALL, face, width)

    def ink_height(image: Image.Image) -> int:
        box = ImageChops.invert(image).getbbox()
        assert box is not None
        return box[3] - box[1]

    assert block.height >= size * 1.3
    assert ink_height(block) == ink_height(free)


def test_letters_written_with_loose_marks_are_drawn_as_whole_letters() -> None:
    face = font(Weight.REGULAR, 30)
    assert text_block("Nguye\u0302\u0303n", face, 300).tobytes() == text_block("Nguyễn", face, 300).tobytes()


def test_every_letter_of_the_texts_is_in_the_fonts(content: TicketContent) -> None:
    face = font(Weight.REGULAR, 40)
    missing = face.getmask("\uffff").getbbox(), bytes(face.getmask("\uffff"))
    for texts in TEXTS.values():
        words = [*texts.coverage.values(), *texts.payment.values(), texts.provisional_note, texts.people_ahead]
        for letter in set("".join(words)) - {" "}:
            mask = face.getmask(letter)
            assert (mask.getbbox(), bytes(mask)) != missing, letter


def test_every_outcome_has_its_words_in_both_languages() -> None:
    for texts in TEXTS.values():
        assert set(texts.coverage) == set(CoverageOutcome)
        assert set(texts.payment) == set(PaymentState)


def test_long_words_are_broken_rather_than_lost() -> None:
    face = font(Weight.REGULAR, 30)
    lines = wrapped("Khám " + "W" * 60, face, 200)
    assert "".join(lines).replace(" ", "") == "Khám" + "W" * 60
    assert all(face.getlength(line) <= 200 for line in lines)


def test_a_long_number_shrinks_to_fit_and_a_short_one_stays_huge() -> None:
    assert fitted("47", Weight.BOLD, 544, 190, 60).size == 190
    long = fitted("K01-20261124-0047", Weight.BOLD, 544, 190, 60)
    assert 60 <= long.size < 190


def test_money_is_written_as_in_vietnam() -> None:
    assert [dong(0), dong(39_100), dong(1_250_000)] == ["0 đ", "39.100 đ", "1.250.000 đ"]


def test_a_time_without_a_zone_is_refused(content: TicketContent) -> None:
    with pytest.raises(ValueError, match="time zone"):
        render(replace(content, printed_at=datetime(2026, 11, 24, 8, 30)))  # noqa: DTZ001 — the point of the test


def test_the_time_is_that_of_hanoi(content: TicketContent) -> None:
    same_moment = datetime.fromisoformat("2026-11-23T20:30:00-05:00")
    assert render(replace(content, printed_at=same_moment)).tobytes() == render(content).tobytes()
