"""Consent to the face comparison, and the comparison itself."""

from collections.abc import Hashable
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent

from kiosk.flow.consent import CONSENT_VERSION
from kiosk.flow.events import ConsentGiven, ConsentRefused, CounterPressed
from kiosk.flow.model import Model
from kiosk.flow.screens import AskConsent, LookAtCamera
from kiosk.flow.values import FaceGuidance, FaceMove, ScreenLight
from kiosk.ui.context import UiContext
from kiosk.ui.theme import LIGHTS, Colour, TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import ActionButton, Kind
from kiosk.ui.widgets.camera import Aim, CameraView, Side
from kiosk.ui.widgets.card import RowCard
from kiosk.ui.widgets.label import TextLabel


class AskConsentView(ScreenView):
    """What for, which data, how, that it is sensitive, how long it is kept, and that refusing costs nothing.

    Both answers look alike (Law 91/2025/QH15, Art. 9: consent is free and for its own purpose).
    """

    KEY = "consent"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        return model.screen

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "face")
        assert isinstance(model.screen, AskConsent)
        say = ctx.say
        self.title(say("consent.title"))
        card = RowCard(ctx.theme)
        for name in ("purpose", "data", "how", "sensitive", "kept"):
            card.add(ctx.row(say(f"consent.{name}"), say(f"consent.{name}_value")))
        self.show_widget(card)
        self.note(say("consent.free"))
        self.after(ctx.text(TextRole.SMALL, say("consent.version", version=CONSENT_VERSION), Colour.SECONDARY))
        no = ctx.button(Kind.SECONDARY, "btn-consent-no", say("consent.no"), ConsentRefused())
        yes = ctx.button(Kind.SECONDARY, "btn-consent-yes", say("consent.yes"), ConsentGiven())
        self.close_with(no, yes, quiet=(self.cancel_button(),))


SIGNS = {
    FaceMove.TURN_LEFT: Side.LEFT,
    FaceMove.TURN_RIGHT: Side.RIGHT,
    FaceMove.LOOK_UP: Side.ABOVE,
    FaceMove.BLINK: Side.BELOW,
    FaceMove.COME_CLOSER: Side.BELOW,
}
CALM = (FaceGuidance.GOOD, FaceGuidance.HOLD_STILL, FaceGuidance.STARTING)
"""While the screen lights the face only what disturbs is said in place of "look at the screen"."""


class LookAtCameraView(ScreenView):
    """A mirror with an oval, and one instruction at a time: a move, else a look at the lit screen, else an advice.

    The words change in place: a page that is built anew between a finger's press and its release loses the touch, and
    the way to the counter must work at any moment.

    When a light has been painted, that is said (`UiContext.light_painted`): only then can it lie on the face.
    """

    KEY = "look-at-camera"

    @classmethod
    def shape(cls, model: Model) -> Hashable:
        assert isinstance(model.screen, LookAtCamera)
        return model.screen.attempt, model.screen.retry_after

    def __init__(self, ctx: UiContext, model: Model) -> None:
        super().__init__(ctx, model, "face")
        assert isinstance(model.screen, LookAtCamera)
        say, again = ctx.say, model.screen.retry_after
        if again is not None:
            self.tell(ctx.pill(say.fault_title(again), Tone.ATTENTION))
        self._plain = say("face.lead") if again is None else say("face.again")
        self._title = self.title(say("face.title"))
        self._title.reserve((say("light.look"), *(say(f"move.{move}") for move in FaceMove)))
        self._lead = self.lead(self._plain)
        self._lead.reserve((self._plain, say("light.lead"), say("move.lead")))
        self._light: ScreenLight | None = None
        self._is_news = True  # the light, or that there is none, is still to be painted
        self._camera = CameraView(ctx.theme, Aim.FACE, say("face.preview"), icons=ctx.icons, mirrored=ctx.mirror)
        self.show_widget(self._camera, elastic=True)
        skip = ctx.button(Kind.SECONDARY, "btn-counter", say("face.skip"), CounterPressed())
        self.close_with(skip, quiet=(self.cancel_button(),))

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, LookAtCamera)
        say, screen = self.ctx.say, model.screen
        title, lead, advice = say("face.title"), self._plain, ""
        if screen.move is not None:
            title, lead = say(f"move.{screen.move}"), say("move.lead")
        elif screen.light is not None and screen.guidance in CALM:
            title, lead = say("light.look"), say("light.lead")
        else:
            advice = say(f"guidance.{screen.guidance}")
        self._title.set_text(title)
        self._lead.set_text(lead)
        self._camera.set_advice(advice, screen.progress, spoken=advice or title)
        if screen.move is None:
            self._camera.set_sign(None)
        else:
            self._camera.set_sign(f"move-{screen.move.replace('_', '-')}", SIGNS[screen.move])
        self._shine(screen.light)

    def _shine(self, light: ScreenLight | None) -> None:
        """The whole page in one colour, its words dark enough to be read on each."""
        if light is self._light:
            return
        self._light, self._is_news = light, True
        self._camera.set_light(None if light is None else LIGHTS[light])
        for words in self.findChildren(TextLabel):
            words.set_lit(light is not None)
        for button in self.findChildren(ActionButton):
            button.set_lit(light is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._light is not None:
            painter = QPainter(self)
            painter.fillRect(self.rect(), LIGHTS[self._light])
            painter.end()
        if self._is_news:
            self._is_news = False
            # a timer of zero runs once this pass has painted all widgets and has given the picture to the screen
            QTimer.singleShot(0, self, partial(self._tell_painted, self._light))

    def _tell_painted(self, light: ScreenLight | None) -> None:
        if self.isVisible():
            self.ctx.light_painted(light)

    def show_frame(self, frame: QImage) -> None:
        self._camera.set_frame(frame)
