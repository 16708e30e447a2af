"""Codes from a scanner: whoever stands there has scanned them, so they count only while somebody is asked for one."""

from collections.abc import Callable

import structlog

from kiosk.flow import Model, events
from kiosk.flow.screens import GiveKey, ThankYou, Welcome
from kiosk.workers.messages import CodeScanned, WorkerDown

log = structlog.get_logger(__name__)


class ScannerService:
    """Takes scans of a serial scanner's worker, and of one that types."""

    def __init__(
        self,
        model: Callable[[], Model],
        dispatch: Callable[[events.Event], None],
        use_code: Callable[[int, str], None],
    ) -> None:
        self._model = model
        self._dispatch = dispatch
        self._use_code = use_code

    def use(self, text: str) -> None:
        """A scanned text. On the first screen it begins the visit, as a touch would; later it does nothing."""
        if isinstance(self._model().screen, Welcome | ThankYou):
            self._dispatch(events.StartPressed())
        model = self._model()
        if isinstance(model.screen, GiveKey):
            self._use_code(model.session, text)

    def on_message(self, message: object) -> None:
        """From the worker. Without its scanner the camera and the keypad still serve."""
        match message:
            case CodeScanned(text=text):
                self.use(text)
            case WorkerDown(reason=reason):
                log.warning("scanner worker down", reason=reason)
            case _:
                pass
