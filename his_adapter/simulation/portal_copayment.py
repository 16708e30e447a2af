"""The simulated portal's answer about this year's co-payments (``TraCuuTienMCCT``)."""

import itertools
from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel

from his_adapter.clock import now
from his_adapter.simulation import accounts
from his_adapter.simulation.cards import PORTAL_DATE, HeldCard, birth_format, letters

RESTRICTED_NOTE = "Có lỗi xảy ra trong quá trình tra cứu!"


class Copayments(BaseModel):
    """The question."""

    username: str
    maThe: str
    hoTen: str
    ngaySinh: str


def copayment_reply(
    question: Copayments, by_number: Mapping[str, HeldCard], renewed: Mapping[str, HeldCard], restricted: bool
) -> tuple[int, dict[str, object]]:
    """HTTP status and reply. The portal does not tell a card it does not know from one without co-payments."""
    number = question.maThe.replace(" ", "")
    form = birth_format(question.ngaySinh)
    if restricted:
        return 500, _reply("500", RESTRICTED_NOTE)
    if question.username != accounts.PORTAL_USERNAME or form is None or len(number) not in (10, 12, 15):
        return 400, _reply("400", "Sai định dạng tham số.")
    held = renewed.get(number) or by_number.get(number)
    if (
        held is None
        or not (held.card.copayments or held.card.last_year_copayments)
        or letters(question.hoTen) != letters(held.holder.full_name)
        or question.ngaySinh != held.holder.birth_date.strftime(form)
    ):
        return 200, _reply("204", None)
    today = now().date()
    last_year = date(today.year - 1, 12, 31)
    entries = _entries(held, held.card.last_year_copayments, last_year) + _entries(held, held.card.copayments, today)
    stamp = f"Dữ liệu tính đến 00:00 ngày {today:%d/%m/%Y}"
    return 200, _reply("200", stamp) | {
        "DataCCT": entries,
        "ThongTinSoThe": {
            "hoTen": held.holder.full_name,
            "ngaySinh": held.holder.birth_date.strftime(PORTAL_DATE),
            "ngayKetThuc": "",
            "maBhxh": held.card.number[5:],
        },
    }


def _entries(held: HeldCard, paid: tuple[int, ...], last_day: date) -> list[dict[str, object]]:
    """One visit a day up to `last_day`, or all on the first of January when the year is young."""
    sums = list(itertools.accumulate(paid))
    first_day = date(last_day.year, 1, 1)
    days = [max(first_day, last_day - timedelta(days=back)) for back in reversed(range(len(paid)))]
    return [
        {
            "Id": number,
            "maThe": held.card.number,
            "maCskcb": accounts.OTHER_FACILITY,
            "ngayVao": day.strftime(PORTAL_DATE),
            "ngayRa": day.strftime(PORTAL_DATE),
            "maDoiTuongKCB": "1.1",
            "tBNCCTMCCT": one,
            "tBNCCTLuyKe": so_far,
            "ngayNhanCong": day.strftime(PORTAL_DATE),
            "ngayNhan": day.strftime(PORTAL_DATE),
            **{f"duPhong{spare}": None for spare in range(1, 6)},
        }
        for number, (day, one, so_far) in enumerate(zip(days, paid, sums, strict=True), 1)
    ]


def _reply(code: str, note: str | None) -> dict[str, object]:
    return {"MaKetQua": code, "GhiChu": note, "DataCCT": None, "ThongTinSoThe": None}
