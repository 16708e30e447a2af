"""What tickets say, in both languages. Short lines: the paper is 72 mm wide and people read it walking."""

from dataclasses import dataclass

from kiosk.flow.values import CoverageOutcome, Language, PaymentState


@dataclass(frozen=True, slots=True)
class TicketTexts:
    """Texts of one language; names in braces are filled in by `kiosk.printing.ticket`."""

    ticket_title: str
    slip_title: str
    your_number: str
    room: str
    floor: str
    nobody_ahead: str
    one_ahead: str
    people_ahead: str
    name: str
    insurance: str
    fee: str
    time: str
    go_to: str
    provisional_title: str
    provisional_note: str
    coverage: dict[CoverageOutcome, str]
    payment: dict[PaymentState, str]


_VI = TicketTexts(
    ticket_title="PHIẾU SỐ THỨ TỰ",
    slip_title="PHIẾU HƯỚNG DẪN",
    your_number="Số của quý khách",
    room="Phòng {room}",
    floor="Tầng {floor}",
    nobody_ahead="Không còn ai trước quý khách",
    one_ahead="Còn 1 người trước quý khách",
    people_ahead="Còn {people} người trước quý khách",
    name="Họ tên",
    insurance="BHYT",
    fee="Tiền khám",
    time="Giờ in",
    go_to="Mời quý khách đến {counter}",
    provisional_title="SỐ TẠM THỜI",
    provisional_note="Lượt khám đã được ghi nhận. Nếu số thay đổi, nhân viên sẽ báo quý khách.",
    coverage={
        CoverageOutcome.VALID: "đã kiểm tra, còn hạn",
        CoverageOutcome.SELF_PAY: "không dùng lần này",
        CoverageOutcome.COUNTER: "nhân viên kiểm tra tại quầy",
        CoverageOutcome.UNVERIFIED: "chưa xác minh, sẽ kiểm tra lại",
    },
    payment={
        PaymentState.NOT_DUE: "không phải trả lúc này",
        PaymentState.WAITING: "{amount} – chưa nhận được tiền",
        PaymentState.PAID: "{amount} – đã trả",
        PaymentState.PAY_LATER: "{amount} – trả tại quầy thu ngân",
        PaymentState.REVIEW: "{amount} – mời qua quầy thu ngân",
    },
)

_EN = TicketTexts(
    ticket_title="QUEUE TICKET",
    slip_title="GUIDE SLIP",
    your_number="Your number",
    room="Room {room}",
    floor="Floor {floor}",
    nobody_ahead="Nobody is ahead of you",
    one_ahead="1 person ahead of you",
    people_ahead="{people} people ahead of you",
    name="Name",
    insurance="Insurance",
    fee="Fee",
    time="Printed",
    go_to="Please go to {counter}",
    provisional_title="PROVISIONAL NUMBER",
    provisional_note="Your visit is recorded. If the number changes, our staff will tell you.",
    coverage={
        CoverageOutcome.VALID: "checked, valid",
        CoverageOutcome.SELF_PAY: "not used this time",
        CoverageOutcome.COUNTER: "staff will check at the counter",
        CoverageOutcome.UNVERIFIED: "not verified yet, will be checked again",
    },
    payment={
        PaymentState.NOT_DUE: "nothing to pay now",
        PaymentState.WAITING: "{amount} – not received yet",
        PaymentState.PAID: "{amount} – paid",
        PaymentState.PAY_LATER: "{amount} – pay at the cashier",
        PaymentState.REVIEW: "{amount} – please see the cashier",
    },
)

TEXTS = {Language.VI: _VI, Language.EN: _EN}


def dong(amount: int) -> str:
    """An amount as Vietnam writes it: `39.100 đ`."""
    return f"{amount:,}".replace(",", ".") + " đ"
