"""How a check-in ends: payment, ticket, counter, good-bye."""

from collections.abc import Hashable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kiosk.flow.events import DonePressed, PayLaterPressed
from kiosk.flow.model import Model
from kiosk.flow.screens import AtCounter, Paying, ShowTicket, ThankYou
from kiosk.flow.values import Coverage, CoverageOutcome, FaultCode, PaymentRequest, PaymentState, PrintState, Visit
from kiosk.ui.context import UiContext
from kiosk.ui.formats import NBSP, amount, bare_floor, bare_room, minutes, whole_seconds
from kiosk.ui.theme import Colour, TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import Kind
from kiosk.ui.widgets.card import Card, RowCard
from kiosk.ui.widgets.icons import Illustration
from kiosk.ui.widgets.label import TextLabel
from kiosk.ui.widgets.number import BigNumber
from kiosk.ui.widgets.progress import Busy
from kiosk.ui.widgets.qr import QrView

CENTRE = Qt.AlignmentFlag.AlignHCenter


class PayingView(ScreenView):
    """A payment's QR with the time it lives, and what to scan it with. Paying later is always possible."""

    KEY = "paying"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, Paying)
        return model.screen.request, model.patient.service

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "payment")
        assert isinstance(model.screen, Paying)
        request, say = model.screen.request, ctx.say
        self._left: TextLabel | None = None
        if request is None:
            self.title(say("pay.preparing"))
            self.lead(say("pay.preparing_lead"))
            self.show_widget(Busy(ctx.theme, say("pay.preparing")), elastic=True)
        else:
            money = amount(request.amount_dong, ctx.language)
            self.title(say("pay.title", amount=money))
            self.lead(say(f"pay.lead_{request.scan_with}"))
            self.show_widget(self._code(request, money), elastic=True)
            service = model.patient.service
            what = say("pay.line", service=service.name(ctx.language)) if service else say("pay.line_plain")
            bill = RowCard(ctx.theme)
            bill.add(ctx.row(what, money))
            self.after(bill)
        later = ctx.button(Kind.SECONDARY, "btn-pay-later", say("pay.later"), PayLaterPressed())
        self.close_with(later)

    def _code(self, request: PaymentRequest, money: str) -> Card:
        ctx = self.ctx
        card = Card(ctx.theme)
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        card.column.addWidget(QrView(ctx.theme, request.qr_text, ctx.say("pay.code", amount=money)), 1)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, ctx.theme.space(4), 0, 0)
        row.setSpacing(ctx.theme.mm(3))
        waiting = ctx.say(f"pay.waiting_{request.scan_with}")
        row.addWidget(ctx.text(TextRole.BODY, waiting, Colour.SECONDARY, align=Qt.AlignmentFlag.AlignRight), 3)
        self._left = ctx.text(TextRole.STRONG, "0:00")
        row.addWidget(self._left, 1)
        card.column.addWidget(line)
        return card

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, Paying)
        if self._left is not None:
            self._left.set_text(minutes(model.screen.until - model.now))


class ShowTicketView(ScreenView):
    """Number and room. It says "printed" only when the printer said so."""

    KEY = "ticket"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, ShowTicket)
        return replace(model.screen, until=0.0), model.patient, model.card_present

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model)
        screen, visit, say = model.screen, model.patient.visit, ctx.say
        assert isinstance(screen, ShowTicket)
        assert visit is not None, "a ticket is shown for a registered visit"
        done = "ticket.kept" if visit.provisional else "ticket.done"
        self.tell(ctx.pill(say(done), Tone.GOOD))
        self.title(say("ticket.title", room=bare_room(visit.room)))
        if visit.provisional:
            self.lead(say("ticket.provisional"))
        self.show_widget(self._number(visit))
        card = RowCard(ctx.theme)
        self._paper(card, screen)
        self._money(card, model.patient.payment, visit)
        self.after(card)
        if model.card_present:
            self.after(ctx.pill(say("ticket.take_card"), Tone.ATTENTION, "take-up", role=TextRole.STRONG))
        self._closing = ctx.text(TextRole.NOTE, "", Colour.SECONDARY)
        self.after(self._closing)
        self.close_with(ctx.button(Kind.PRIMARY, "btn-done", say("action.done"), DonePressed()))

    def _number(self, visit: Visit) -> Card:
        ctx, say = self.ctx, self.ctx.say
        card = Card(ctx.theme)
        words = "ticket.number_provisional" if visit.provisional else "ticket.number"
        card.column.addWidget(ctx.text(TextRole.BODY, say(words), Colour.SECONDARY, align=CENTRE))
        card.column.addSpacing(ctx.theme.space(3))
        card.column.addWidget(BigNumber(ctx.theme, visit.number), 1)
        card.column.addSpacing(ctx.theme.space(3))
        place = [say("ticket.floor", floor=bare_floor(visit.floor))] if visit.floor else []
        if visit.people_ahead == 0:
            place.append(say("ticket.first"))
        elif visit.people_ahead is not None:
            place.append(say("ticket.ahead", n=visit.people_ahead))
        if place:
            line = " · ".join(part.replace(" ", NBSP) for part in place)
            card.column.addWidget(ctx.text(TextRole.STRONG, line[0].upper() + line[1:], align=CENTRE))
        return card

    def _paper(self, card: RowCard, screen: ShowTicket) -> None:
        ctx, say = self.ctx, self.ctx.say
        match screen.printing:
            case PrintState.PRINTING:
                card.add_words(ctx.text(TextRole.BODY, say("ticket.printing")))
            case PrintState.PRINTED:
                card.add_words(ctx.text(TextRole.STRONG, say("ticket.printed")))
            case PrintState.FAILED:
                fault = screen.problem or FaultCode.PRINTER_DOWN
                card.add_words(ctx.text(TextRole.STRONG, say.fault_lead(fault), Colour.ATTENTION_TEXT))

    def _money(self, card: RowCard, payment: PaymentState, visit: Visit) -> None:
        ctx, say = self.ctx, self.ctx.say
        money = amount(visit.fee_dong, ctx.language)
        match payment:
            case PaymentState.PAID:
                card.add_words(ctx.text(TextRole.STRONG, say("ticket.paid", amount=money), Colour.GOOD))
            case PaymentState.PAY_LATER:
                known = visit.fee_dong > 0
                words = say("ticket.later", amount=money) if known else say("ticket.later_unknown")
                card.add_words(ctx.text(TextRole.BODY, words))
            case PaymentState.REVIEW:
                card.add_words(ctx.text(TextRole.BODY, say.fault_lead(FaultCode.PAYMENT_REVIEW)))
            case PaymentState.WAITING:
                card.add_words(ctx.text(TextRole.BODY, say("ticket.waiting")))
            case PaymentState.NOT_DUE:
                pass

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, ShowTicket)
        left = whole_seconds(model.screen.until - model.now)
        self._closing.set_text(self.ctx.say("ticket.closing", seconds=left))


class ThankYouView(ScreenView):
    """Good-bye; a forgotten card is asked for."""

    KEY = "thank-you"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        return model.card_present

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model)
        assert isinstance(model.screen, ThankYou)
        say = ctx.say
        forgotten = model.card_present
        self.title(say("thanks.card_title" if forgotten else "thanks.title"), TextRole.WELCOME)
        self.lead(say("thanks.card_lead" if forgotten else "thanks.lead"))
        drawing = "take-card" if forgotten else "good-bye"
        self.show_widget(Illustration(ctx.icons, drawing, ctx.theme.mm(60), ctx.theme.mm(150)), elastic=True)
        self.close_with(ctx.button(Kind.SECONDARY, "btn-done", say("action.done"), DonePressed()))


class AtCounterView(ScreenView):
    """A person takes over: where to go, why, and what is done already."""

    KEY = "counter"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, AtCounter)
        return replace(model.screen, until=0.0), model.patient, model.card_present

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model)
        screen, say = model.screen, ctx.say
        assert isinstance(screen, AtCounter)
        self.tell(ctx.pill(say("help.pill"), Tone.ATTENTION, "person"))
        self.title(say("help.title", counter=ctx.counter))
        paper = {
            PrintState.PRINTING: "help.printing",
            PrintState.PRINTED: "help.printed",
            PrintState.FAILED: "help.not_printed",
        }
        self.lead(say(paper[screen.printing]) if screen.number else say.fault_lead(screen.reason))
        card = RowCard(ctx.theme)
        if screen.number:
            card.add(ctx.row(say("help.number"), screen.number))
        card.add(ctx.row(say("help.reason"), say.fault_title(screen.reason)))
        if model.patient.identity is not None:
            card.add(ctx.row(say("help.card"), say("help.card_read"), Tone.GOOD))
        if model.patient.coverage is not None:
            self._insurance(card, model.patient.coverage)
        self.show_widget(card)
        self.note(say("help.rights"))
        if model.card_present:
            self.after(ctx.pill(say("ticket.take_card"), Tone.ATTENTION, "take-up", role=TextRole.STRONG))
        self._closing = ctx.text(TextRole.NOTE, "", Colour.SECONDARY)
        self.after(self._closing)
        self.close_with(ctx.button(Kind.PRIMARY, "btn-done", say("action.done"), DonePressed()))

    def _insurance(self, card: RowCard, coverage: Coverage) -> None:
        say = self.ctx.say
        words, tone = {
            CoverageOutcome.VALID: ("insurance.state_valid", Tone.GOOD),
            CoverageOutcome.SELF_PAY: ("insurance.state_self", Tone.NEUTRAL),
            CoverageOutcome.UNVERIFIED: ("insurance.state_unverified", Tone.NEUTRAL),
            CoverageOutcome.COUNTER: ("insurance.state_counter", Tone.NEUTRAL),
        }[coverage.outcome]
        card.add(self.ctx.row(say("insurance.state"), say(words), tone))

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, AtCounter)
        left = whole_seconds(model.screen.until - model.now)
        self._closing.set_text(self.ctx.say("ticket.closing", seconds=left))
