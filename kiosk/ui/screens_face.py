"""Consent to the face comparison, and the comparison itself."""

from collections.abc import Hashable

from PySide6.QtGui import QImage

from kiosk.flow.consent import CONSENT_VERSION
from kiosk.flow.events import ConsentGiven, ConsentRefused, CounterPressed
from kiosk.flow.model import Model
from kiosk.flow.screens import AskConsent, LookAtCamera
from kiosk.ui.context import UiContext
from kiosk.ui.theme import Colour, TextRole, Tone
from kiosk.ui.view import ScreenView
from kiosk.ui.widgets.buttons import Kind
from kiosk.ui.widgets.camera import Aim, CameraView
from kiosk.ui.widgets.card import RowCard


class AskConsentView(ScreenView):
    """What for, which data, that it is sensitive, how long it is kept, and that refusing costs nothing.

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
        for name in ("purpose", "data", "sensitive", "kept"):
            card.add(ctx.row(say(f"consent.{name}"), say(f"consent.{name}_value")))
        self.show_widget(card)
        self.note(say("consent.free"))
        self.after(ctx.text(TextRole.SMALL, say("consent.version", version=CONSENT_VERSION), Colour.SECONDARY))
        no = ctx.button(Kind.SECONDARY, "btn-consent-no", say("consent.no"), ConsentRefused())
        yes = ctx.button(Kind.SECONDARY, "btn-consent-yes", say("consent.yes"), ConsentGiven())
        self.close_with(no, yes, quiet=(self.cancel_button(),))


class LookAtCameraView(ScreenView):
    """A mirror with an oval; at most one advice."""

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
        self.title(say("face.title"))
        self.lead(say("face.lead") if again is None else say("face.again"))
        self._camera = CameraView(ctx.theme, Aim.FACE, say("face.preview"))
        self.show_widget(self._camera, elastic=True)
        skip = ctx.button(Kind.SECONDARY, "btn-counter", say("face.skip"), CounterPressed())
        self.close_with(skip, quiet=(self.cancel_button(),))

    def refresh(self, model: Model) -> None:
        assert isinstance(model.screen, LookAtCamera)
        self._camera.set_advice(self.ctx.say(f"guidance.{model.screen.guidance}"), model.screen.progress)

    def show_frame(self, frame: QImage) -> None:
        self._camera.set_frame(frame)
