"""While the chip is read, and what it said: reading, hold card, confirm identity."""

from collections.abc import Hashable
from decimal import Decimal

from kiosk.flow.events import IdentityConfirmed, IdentityDenied
from kiosk.flow.model import Model
from kiosk.flow.screens import ConfirmIdentity, HoldCard, Reading
from kiosk.flow.values import PRIORITY_FROM, ChipTrust, FaultCode, HoldReason, Identity, ReadStage
from kiosk.ui.context import UiContext
from kiosk.ui.formats import percent, whole_seconds
from kiosk.ui.theme import Colour, TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import Kind
from kiosk.ui.widgets.card import RowCard
from kiosk.ui.widgets.icons import Illustration
from kiosk.ui.widgets.progress import ProgressBar

ORDER = tuple(ReadStage)


class ReadingView(ScreenView):
    """A bar, and rows that fill as the files arrive."""

    KEY = "reading"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, Reading)
        return model.screen.stage, model.patient.identity

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "card")
        assert isinstance(model.screen, Reading)
        say = ctx.say
        self.title(say("reading.title"))
        self._bar_of_read = ProgressBar(ctx.theme, say("reading.title"))
        self.tell(self._bar_of_read)
        self._percent = self.lead(say("reading.progress", percent=percent(Decimal(0), ctx.language)))
        self._add_rows(model.screen.stage, model.patient.identity)
        self.close_with(self.cancel_button(Kind.SECONDARY), quiet=(self.counter_button(),))

    def _add_rows(self, stage: ReadStage, identity: Identity | None) -> None:
        ctx, say = self.ctx, self.ctx.say
        card = RowCard(ctx.theme)

        def add(name: str, at: ReadStage, working: str, known: str | None) -> None:
            if known is not None:
                card.add(ctx.row(say(name), known, Tone.GOOD))
            elif stage is at:
                card.add(ctx.row(say(name), say(working)))
            else:
                card.add(ctx.row(say(name), say("reading.waiting")))

        def passed(at: ReadStage) -> str | None:
            return say("reading.done") if ORDER.index(stage) > ORDER.index(at) else None

        add("reading.opening", ReadStage.OPENING, "reading.working", passed(ReadStage.OPENING))
        add("reading.name", ReadStage.IDENTITY, "reading.working", identity.masked_name if identity else None)
        add("reading.birth", ReadStage.IDENTITY, "reading.working", str(identity.birth_year) if identity else None)
        add("reading.checks", ReadStage.PROVING, "reading.testing", passed(ReadStage.PROVING))
        add("reading.photo", ReadStage.PHOTO, "reading.working", passed(ReadStage.PHOTO))
        self.show_widget(card)

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, Reading)
        self._bar_of_read.set_fraction(model.screen.fraction)
        read = percent(Decimal(int(model.screen.fraction * 100)), self.ctx.language)
        self._percent.set_text(self.ctx.say("reading.progress", percent=read))


class HoldCardView(ScreenView):
    """The card left, or the reader did: wait, then go on where it stopped."""

    KEY = "hold-card"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, HoldCard)
        return model.screen.reason

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "card")
        assert isinstance(model.screen, HoldCard)
        say = ctx.say
        if model.screen.reason is HoldReason.CARD_PULLED:
            self.tell(ctx.pill(say.fault_title(FaultCode.CARD_PULLED), Tone.ATTENTION))
            self.title(say("hold.title"))
            self.lead(say("hold.lead"))
        else:
            self.title(say.fault_title(FaultCode.READER_DOWN))
            self.lead(say.fault_lead(FaultCode.READER_DOWN))
        self._bar_of_read = ProgressBar(ctx.theme, say("reading.title"))
        self.tell(self._bar_of_read)
        self._wait = ctx.text(TextRole.BODY, "", Colour.SECONDARY)
        self.tell(self._wait)
        self.show_widget(Illustration(ctx.icons, "place-card", ctx.theme.mm(60), ctx.theme.mm(140)), elastic=True)
        self.close_with(self.counter_button(Kind.SECONDARY), quiet=(self.cancel_button(),))

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, HoldCard)
        self._bar_of_read.set_fraction(model.screen.fraction)
        left = whole_seconds(model.screen.until - model.now)
        self._wait.set_text(self.ctx.say("hold.wait", seconds=left))


class ConfirmIdentityView(ScreenView):
    """ "Is this you?", masked, with the chip's verdict as it is."""

    KEY = "confirm-identity"

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "card")
        assert isinstance(model.screen, ConfirmIdentity)
        say, identity = ctx.say, model.patient.identity
        self.title(say("confirm.title"))
        self.lead(say("confirm.lead"))
        card = RowCard(ctx.theme)
        if identity is not None:
            card.add(ctx.row(say("confirm.name"), identity.masked_name))
            card.add(ctx.row(say("confirm.birth"), str(identity.birth_year)))
            card.add(ctx.row(say("confirm.number"), identity.masked_number))
        match model.patient.trust:
            case ChipTrust.PROVEN:
                card.add(ctx.row(say("confirm.chip"), say("confirm.chip_proven"), Tone.GOOD))
            case ChipTrust.INTEGRITY_ONLY:
                card.add(ctx.row(say("confirm.chip"), say("confirm.chip_integrity")))
            case ChipTrust.FAILED:
                card.add(ctx.row(say("confirm.chip"), say("confirm.chip_failed"), Tone.ATTENTION))
            case None:
                pass
        if identity is not None and identity.has_priority:
            card.add(ctx.row(say("confirm.priority"), say("confirm.priority_age", age=PRIORITY_FROM), Tone.GOOD))
        self.show_widget(card)
        yes = ctx.button(Kind.PRIMARY, "btn-confirm-yes", say("confirm.yes"), IdentityConfirmed(), arrow=True)
        no = ctx.button(Kind.QUIET, "btn-confirm-no", say("confirm.no"), IdentityDenied())
        self.close_with(yes, quiet=(no, self.counter_button()))
