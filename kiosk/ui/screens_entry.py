"""From nobody to the key of the chip: out of service, welcome, give key, place card."""

from collections.abc import Hashable

from PySide6.QtGui import QImage

from kiosk.flow.events import (
    CounterPressed,
    DigitErased,
    DigitPressed,
    KeyModeChosen,
    NoCardPressed,
    NumberEntered,
    StartPressed,
)
from kiosk.flow.model import Model
from kiosk.flow.screens import GiveKey, OutOfService, PlaceCard, Welcome
from kiosk.flow.values import Device, KeyMode
from kiosk.ui.context import UiContext
from kiosk.ui.theme import TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import Kind, PictureButton
from kiosk.ui.widgets.camera import Aim, CameraView
from kiosk.ui.widgets.card import RowCard
from kiosk.ui.widgets.icons import Illustration
from kiosk.ui.widgets.keypad import DigitBoxes, Keypad

NUMBER_LENGTH = 12


class OutOfServiceView(ScreenView):
    """Without reader or store no check-in can begin; the counter can."""

    KEY = "out-of-service"

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model)
        assert isinstance(model.screen, OutOfService)
        say = ctx.say
        self.tell(ctx.pill(say("out_of_service.pill"), Tone.ATTENTION, "clock"))
        self.title(say("out_of_service.title", counter=ctx.counter))
        self.lead(say("out_of_service.lead"))
        card = RowCard(ctx.theme)
        card.add(ctx.row(say("out_of_service.reason"), say.fault_title(model.screen.fault)))
        self.tell(card)
        self.show_widget(Illustration(ctx.icons, "desk", ctx.theme.mm(50), ctx.theme.mm(130)), elastic=True)
        self.close_with(
            ctx.button(Kind.SECONDARY, "btn-counter", say("out_of_service.slip"), CounterPressed()),
        )


class WelcomeView(ScreenView):
    """Says in one sentence what the machine is for. The whole drawing can be pressed."""

    KEY = "welcome"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        return model.screen, model.down(Device.PRINTER)

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model)
        assert isinstance(model.screen, Welcome)
        say = ctx.say
        self.title(say("welcome.title"), TextRole.WELCOME)
        self.lead(say("welcome.lead"))
        if model.down(Device.PRINTER):
            self.tell(ctx.pill(say("welcome.no_paper"), Tone.ATTENTION, "printer"))
        start = PictureButton(ctx.theme, ctx.icons, "btn-start", "place-card-touch", say("welcome.start"))
        start.clicked.connect(lambda _=False: ctx.emit(StartPressed()))
        self.show_widget(start, elastic=True)
        self.close_with(ctx.button(Kind.SECONDARY, "btn-no-card", say("welcome.no_card"), NoCardPressed()))


class GiveKeyView(ScreenView):
    """The card's square code before the camera, or its number on the keypad."""

    KEY = "give-key"

    @classmethod
    def key_for(cls, model: Model) -> str:
        assert isinstance(model.screen, GiveKey)
        return f"{cls.KEY}-{model.screen.mode}"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, GiveKey)
        lift = model.card_present and model.screen.mode is KeyMode.QR
        return model.screen.mode, model.screen.problem, model.screen.checking, lift

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "card")
        assert isinstance(model.screen, GiveKey)
        self._camera: CameraView | None = None
        self._boxes: DigitBoxes | None = None
        if model.screen.mode is KeyMode.QR:
            self._build_scan(model, model.screen)
        else:
            self._build_keypad(model.screen)

    def _words(self, screen: GiveKey, title: str, lead: str) -> None:
        say = self.ctx.say
        if screen.problem is not None:
            self.tell(self.ctx.pill(say.fault_title(screen.problem), Tone.ATTENTION))
        self.title(title)
        self.lead(say.fault_lead(screen.problem) if screen.problem is not None else lead)

    def _build_scan(self, model: Model, screen: GiveKey) -> None:
        ctx, say = self.ctx, self.ctx.say
        lead = say("key.scan_lead_lift" if model.card_present else "key.scan_lead")
        self._words(screen, say("key.scan_title"), lead)
        self._camera = CameraView(ctx.theme, Aim.CODE, say("key.preview"))
        self.show_widget(self._camera, elastic=True)
        keypad = KeyModeChosen(KeyMode.KEYPAD)
        self.close_with(
            ctx.button(Kind.SECONDARY, "btn-key-keypad", say("key.use_keypad"), keypad, icon="keypad"),
            quiet=(self.cancel_button(), self.counter_button()),
        )

    def _build_keypad(self, screen: GiveKey) -> None:
        ctx, say = self.ctx, self.ctx.say
        lead = say("key.checking") if screen.checking else say("key.number_lead")
        self._words(screen, say("key.number_title"), lead)
        self._boxes = DigitBoxes(ctx.theme, "")
        self.tell(self._boxes)
        keys = Keypad(
            ctx.theme,
            ctx.icons,
            erase_spoken=say("key.erase"),
            on_digit=lambda digit: ctx.emit(DigitPressed(digit)),
            on_erase=lambda: ctx.emit(DigitErased()),
        )
        keys.set_enabled(not screen.checking)
        self.show_widget(keys, elastic=True)
        self._ok = ctx.button(Kind.PRIMARY, "btn-number-ok", say("key.number_ok"), NumberEntered(), arrow=True)
        scan = ctx.button(Kind.QUIET, "btn-key-qr", say("key.use_scan"), KeyModeChosen(KeyMode.QR))
        self.close_with(self._ok, quiet=(self.cancel_button(), scan, self.counter_button()))

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, GiveKey)
        if self._boxes is not None:
            digits = model.screen.digits
            self._boxes.show_digits(digits, hidden=model.screen.checking)
            self._boxes.setAccessibleName(self.ctx.say("key.number_boxes", n=len(digits)))
            self._ok.setEnabled(len(digits) == NUMBER_LENGTH and not model.screen.checking)

    def show_frame(self, frame: QImage) -> None:
        if self._camera is not None:
            self._camera.set_frame(frame)


class PlaceCardView(ScreenView):
    """The key is known; the card is asked for."""

    KEY = "place-card"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, PlaceCard)
        return model.screen.problem

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "card")
        assert isinstance(model.screen, PlaceCard)
        say, problem = ctx.say, model.screen.problem
        if problem is not None:
            self.tell(ctx.pill(say.fault_title(problem), Tone.ATTENTION))
        self.title(say("place.title"))
        self.lead(say("place.lead") if problem is None else say.fault_lead(problem))
        drawing = "place-card" if problem is None else "one-card"
        self.show_widget(Illustration(ctx.icons, drawing, ctx.theme.mm(60), ctx.theme.mm(150)), elastic=True)
        self.close_with(self.counter_button(Kind.SECONDARY), quiet=(self.cancel_button(),))
