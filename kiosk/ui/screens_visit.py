"""Insurance, department, registration."""

from collections.abc import Hashable

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from kiosk.flow.events import CounterPressed, InsuranceAccepted, ServiceConfirmed, ServicePageTurned, ServiceSelected
from kiosk.flow.model import Model
from kiosk.flow.screens import CheckingInsurance, ChooseService, Registering, ShowInsurance
from kiosk.flow.values import PRIORITY_FROM, Coverage, CoverageOutcome, FaultCode, Identity, Service
from kiosk.ui.context import UiContext
from kiosk.ui.formats import NBSP, amount, bare_room, percent
from kiosk.ui.theme import TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import Kind
from kiosk.ui.widgets.card import RowCard
from kiosk.ui.widgets.progress import Busy
from kiosk.ui.widgets.tile import Tile

PER_PAGE = 6
UPRIGHT_COLUMNS = 2
WIDE_COLUMNS = 3


class CheckingInsuranceView(ScreenView):
    """The portal is asked."""

    KEY = "checking-insurance"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        return cls.KEY

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "insurance")
        assert isinstance(model.screen, CheckingInsurance)
        self.title(ctx.say("insurance.checking_title"))
        self.lead(ctx.say("insurance.checking_lead"))
        self.show_widget(Busy(ctx.theme, ctx.say("insurance.checking_title")), elastic=True)
        self.close_with(self.cancel_button(Kind.SECONDARY), quiet=(self.counter_button(),))


class ShowInsuranceView(ScreenView):
    """What the portal said, and what it means in money. No answer sends anybody away."""

    KEY = "insurance"

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "insurance")
        assert isinstance(model.screen, ShowInsurance)
        coverage, say = model.screen.coverage, ctx.say
        accept = say("insurance.accept")
        match coverage.outcome:
            case CoverageOutcome.VALID:
                self._valid(coverage)
            case CoverageOutcome.SELF_PAY:
                accept = say("insurance.self_accept")
                self.tell(ctx.pill(say.fault_title(FaultCode.INSURANCE_EXPIRED), Tone.ATTENTION))
                self.title(say("insurance.self_title"))
                self.lead(say("insurance.self_lead"))
            case CoverageOutcome.UNVERIFIED:
                accept = say("action.continue")
                self.tell(ctx.pill(say.fault_title(FaultCode.PORTAL_DOWN), Tone.ATTENTION))
                self.title(say("insurance.unverified_title"))
                self.lead(say("insurance.unverified_lead"))
            case CoverageOutcome.COUNTER:
                self.title(say.fault_title(FaultCode.INSURANCE_CHECK))
                self.lead(say.fault_lead(FaultCode.INSURANCE_CHECK))
        self._rows(coverage, model.patient.identity)
        if coverage.outcome is CoverageOutcome.COUNTER:
            self.close_with(
                ctx.button(Kind.PRIMARY, "btn-counter", say("action.counter"), CounterPressed(), arrow=True)
            )
            return
        go_on = ctx.button(Kind.PRIMARY, "btn-continue", accept, InsuranceAccepted(), arrow=True)
        self.close_with(go_on, quiet=(self.cancel_button(), self.counter_button()))

    def _valid(self, coverage: Coverage) -> None:
        say, share = self.ctx.say, coverage.payable_percent
        self.tell(self.ctx.pill(say("insurance.valid_pill"), Tone.GOOD))
        pays, own = percent(share, self.ctx.language), percent(100 - share, self.ctx.language)
        if share >= 100:
            self.title(say("insurance.full_title", percent=pays))
        else:
            self.title(say("insurance.part_title", percent=pays, own=own))
            self.lead(say("insurance.in_scope"))
        if coverage.exempt_as_of is not None:
            self.lead(say("insurance.exempt"))
        if coverage.exempt_as_of:
            self.note(say("insurance.exempt_as_of", note=coverage.exempt_as_of))
        else:  # small panels have room for one remark, and the other must be shown
            self.note(say("insurance.right_place" if coverage.right_place else "insurance.other_place"))

    def _rows(self, coverage: Coverage, identity: Identity | None) -> None:
        ctx, say = self.ctx, self.ctx.say
        card = RowCard(ctx.theme)
        if identity is not None:
            card.add(ctx.row(say("insurance.name"), identity.masked_name))
        for key, value in (
            ("insurance.card", coverage.masked_card),
            ("insurance.valid_to", coverage.valid_to),
            ("insurance.facility", coverage.facility),
        ):
            if value:
                card.add(ctx.row(say(key), value))
        if identity is not None and identity.has_priority:
            card.add(ctx.row(say("insurance.priority"), say("confirm.priority_age", age=PRIORITY_FROM), Tone.GOOD))
        if card.column.count():
            self.show_widget(card)


class ChooseServiceView(ScreenView):
    """Departments as tiles, six on a page."""

    KEY = "choose-service"
    SHARES = (5, 12)

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, ChooseService)
        return model.screen.services, model.screen.page

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "service")
        assert isinstance(model.screen, ChooseService)
        self._tiles: dict[str, Tile] = {}
        if model.screen.services is None:
            self.title(ctx.say("service.loading"))
            self.lead(ctx.say("service.loading_lead"))
            self.show_widget(Busy(ctx.theme, ctx.say("service.loading")), elastic=True)
            self.close_with(self.cancel_button(Kind.SECONDARY), quiet=(self.counter_button(),))
            return
        self.title(ctx.say("service.title"))
        booked = any(service.appointment for service in model.screen.services)
        self.lead(ctx.say("service.lead_booked" if booked else "service.lead"))
        self._offer(model.screen.services, model.screen.page)
        go_on = ctx.button(Kind.PRIMARY, "btn-continue", ctx.say("action.continue"), ServiceConfirmed(), arrow=True)
        self._go_on = go_on
        self.close_with(go_on, quiet=(self.cancel_button(), self.counter_button()))

    def _offer(self, services: tuple[Service, ...], page: int) -> None:
        ctx, theme = self.ctx, self.ctx.theme
        pages = max(1, -(-len(services) // PER_PAGE))
        shown = min(page, pages - 1)
        columns = UPRIGHT_COLUMNS if theme.portrait else WIDE_COLUMNS
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.space(6))
        for place, service in enumerate(services[shown * PER_PAGE : (shown + 1) * PER_PAGE]):
            tile = Tile(
                theme,
                self.ctx.icons,
                f"service-{service.choice}",
                service.name(self.ctx.language),
                self._notes(service),
                chosen=False,
            )
            tile.clicked.connect(lambda _=False, choice=service.choice: ctx.emit(ServiceSelected(choice)))
            grid.addWidget(tile, *divmod(place, columns))
            self._tiles[service.choice] = tile
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        self.show_widget(holder)
        if pages > 1:
            self.show_widget(self._pager(shown, pages))

    def _notes(self, service: Service) -> tuple[str, ...]:
        say = self.ctx.say
        place = [say("service.room", room=bare_room(service.room))] if service.room else []
        if service.waiting == 0:
            place.append(say("service.nobody"))
        elif service.waiting is not None:
            place.append(say("service.waiting", n=service.waiting))
        notes = [say("service.appointment", time=service.time)] if service.appointment else []
        notes += [" · ".join(part.replace(" ", NBSP) for part in place)] if place else []
        if service.price_dong == 0:
            notes.append(say("service.free"))
        elif service.price_dong is not None:
            notes.append(say("service.price", amount=amount(service.price_dong, self.ctx.language)))
        return tuple(notes)

    def _pager(self, shown: int, pages: int) -> QWidget:
        ctx, say = self.ctx, self.ctx.say
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(ctx.theme.mm(5))
        before = ctx.button(
            Kind.QUIET, "btn-prev-page", say("action.previous"), ServicePageTurned(shown - 1), icon="arrow-left"
        )
        before.setEnabled(shown > 0)
        behind = ctx.button(Kind.QUIET, "btn-next-page", say("action.next"), ServicePageTurned(shown + 1), arrow=True)
        behind.setEnabled(shown + 1 < pages)
        row.addWidget(before, 1)
        row.addWidget(ctx.text(TextRole.NOTE, say("service.page", n=shown + 1, of=pages)))
        row.addWidget(behind, 1)
        return holder

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, ChooseService)
        if model.screen.services is None:
            return
        for choice, tile in self._tiles.items():
            tile.setChecked(choice == model.screen.selected)
        self._go_on.setEnabled(model.screen.selected is not None)


class RegisteringView(ScreenView):
    """The visit is recorded here, then the hospital system is told. Nothing to stop any more."""

    KEY = "registering"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        return cls.KEY

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "service")
        assert isinstance(model.screen, Registering)
        self.title(ctx.say("register.title"))
        self.lead(ctx.say("register.lead"))
        self.show_widget(Busy(ctx.theme, ctx.say("register.title")), elastic=True)
        self.close_with()
