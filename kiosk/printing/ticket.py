"""The queue ticket and the counter's slip, drawn as a bitmap.

Drawn, not typed: the code pages of ESC/POS printers have no Vietnamese that can be trusted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import Image

from kiosk.flow.values import CoverageOutcome, Language, PaymentState
from kiosk.printing.texts import TEXTS, dong
from kiosk.printing.typeset import (
    Weight,
    fitted,
    font,
    framed,
    qr_block,
    rule_block,
    space_block,
    stacked,
    text_block,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DOTS_PER_MM = 8  # 203 dpi
DRAWN_FOR_PX = 576  # sizes below are for 80 mm paper; narrower paper shrinks them


@dataclass(frozen=True, slots=True)
class TicketContent:
    """What stands on the paper. With `reason` it is the slip that guides to the counter, else the queue ticket.

    `room` and `floor` are bare ("203", "2"); `printed_at` must carry its time zone; `people_ahead` None = not known;
    `insurance` and `payment` None = no such line. `masked_name` is masked already: a ticket lies around.
    """

    facility: str
    printed_at: datetime
    language: Language = Language.VI
    number: str = ""
    room: str = ""
    floor: str = ""
    service: str = ""
    people_ahead: int | None = None
    masked_name: str = ""
    insurance: CoverageOutcome | None = None
    payment: PaymentState | None = None
    fee_dong: int = 0
    provisional: bool = False
    counter: str = ""
    reason: str = ""
    qr_text: str = ""
    footer: str = ""


def render(content: TicketContent, width_px: int = DRAWN_FOR_PX) -> Image.Image:
    """The ticket as a black-and-white bitmap (mode "1", 0 is black), `width_px` dots wide, as high as needed.

    Raises: ValueError if `printed_at` has no time zone.
    """
    if content.printed_at.tzinfo is None:
        raise ValueError("printed_at needs a time zone")
    page = _Page(content, width_px)
    return stacked(page.blocks(), width_px, page.margin)


class _Page:
    def __init__(self, content: TicketContent, width_px: int) -> None:
        self._content = content
        self._texts = TEXTS[content.language]
        self._scale = width_px / DRAWN_FOR_PX
        self.margin = self._px(16)
        self._width = width_px - 2 * self.margin

    def blocks(self) -> Iterator[Image.Image]:
        yield self._space(12)
        yield self._text(self._content.facility, 30, Weight.BOLD)
        if self._content.reason:
            yield from self._slip()
        else:
            yield from self._ticket()
        yield from self._details()
        yield from self._code()
        if self._content.footer:
            yield self._text(self._content.footer, 24)
        yield self._space(24)

    def _ticket(self) -> Iterator[Image.Image]:
        content, texts = self._content, self._texts
        yield self._text(texts.ticket_title, 26, Weight.SEMIBOLD)
        yield from self._rule()
        yield self._text(texts.your_number, 28)
        yield self._number()
        if content.provisional:
            yield from self._provisional()
        place = " · ".join(
            text.format(room=content.room, floor=content.floor)
            for text, value in ((texts.room, content.room), (texts.floor, content.floor))
            if value
        )
        if place:
            yield self._text(place, 46, Weight.BOLD)
        if content.service:
            yield self._text(content.service, 32, Weight.SEMIBOLD)
        if content.people_ahead is not None:
            yield self._text(self._ahead(content.people_ahead), 30)

    def _slip(self) -> Iterator[Image.Image]:
        content, texts = self._content, self._texts
        yield self._text(texts.slip_title, 26, Weight.SEMIBOLD)
        yield from self._rule()
        yield self._text(texts.go_to.format(counter=content.counter), 52, Weight.BOLD)
        yield self._space(8)
        yield self._text(content.reason, 30)
        if content.number:
            yield self._space(8)
            yield self._text(texts.your_number, 28)
            yield self._number()

    def _number(self) -> Image.Image:
        face = fitted(self._content.number, Weight.BOLD, self._width, self._px(190), self._px(60))
        return text_block(self._content.number, face, self._width)

    def _provisional(self) -> Iterator[Image.Image]:
        padding = self._px(12)
        inner = self._width - 2 * padding
        title = text_block(
            self._texts.provisional_title, font(Weight.BOLD, self._px(34)), inner, centred=True, inverted=True
        )
        note = text_block(
            self._texts.provisional_note, font(Weight.SEMIBOLD, self._px(26)), inner, centred=True, inverted=True
        )
        yield framed([title, note], self._width, padding)
        yield self._space(12)

    def _ahead(self, people: int) -> str:
        match people:
            case 0:
                return self._texts.nobody_ahead
            case 1:
                return self._texts.one_ahead
            case _:
                return self._texts.people_ahead.format(people=people)

    def _details(self) -> Iterator[Image.Image]:
        content, texts = self._content, self._texts
        yield from self._rule()
        rows = []
        if content.masked_name:
            rows.append((texts.name, content.masked_name))
        if content.insurance is not None:
            rows.append((texts.insurance, texts.coverage[content.insurance]))
        if content.payment is not None:
            rows.append((texts.fee, texts.payment[content.payment].format(amount=dong(content.fee_dong))))
        rows.append((texts.time, content.printed_at.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")))
        for label, value in rows:
            yield self._text(f"{label}: {value}", 26, centred=False)

    def _code(self) -> Iterator[Image.Image]:
        if self._content.qr_text:
            yield self._space(8)
            yield qr_block(self._content.qr_text, self._width, self._px(30 * DOTS_PER_MM))

    def _rule(self) -> Iterator[Image.Image]:
        yield self._space(10)
        yield rule_block(self._width, max(2, self._px(3)))
        yield self._space(10)

    def _space(self, height: int) -> Image.Image:
        return space_block(self._width, self._px(height))

    def _text(self, text: str, size: int, weight: Weight = Weight.REGULAR, *, centred: bool = True) -> Image.Image:
        return text_block(text, font(weight, self._px(size)), self._width, centred=centred)

    def _px(self, size: int) -> int:
        return round(size * self._scale)
