"""The kiosk put together: settings, store, adapters, workers, services, loop and window."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from cccd_reader import Access
from kiosk.app.adapters import Adapters
from kiosk.app.calls import outbox_delivery
from kiosk.app.effects import Executor
from kiosk.app.figures import FILE_NAME, FiguresFile
from kiosk.app.logs import where
from kiosk.app.loop import Loop
from kiosk.app.mainthread import MainThread, Tasks
from kiosk.app.recheck import CardRecheck
from kiosk.app.report import SessionReport, report
from kiosk.app.services.chip import ChipService
from kiosk.app.services.insurance import InsuranceService
from kiosk.app.services.payment import PaymentService
from kiosk.app.services.scanner import ScannerService
from kiosk.app.services.ticket import TicketService
from kiosk.app.services.vision import VisionService
from kiosk.app.services.visit import VisitService
from kiosk.app.session import SessionHolder
from kiosk.app.staff import LoggedStaffCall, StaffCall
from kiosk.flow import Model, effects, events, initial
from kiosk.flow.screens import CheckingInsurance
from kiosk.flow.values import Device, FaultCode, ScreenLight
from kiosk.settings.build import flow_delays, recheck_extra, recheck_pause
from kiosk.settings.schema import Settings
from kiosk.workers import messages
from kiosk.workers.reader import ReaderConfig, ReaderWorker
from kiosk.workers.scanner import ScannerConfig, scanner_worker
from kiosk.workers.vision import VisionConfig, VisionWorker
from records.errors import StoreError
from records.store import Store, open_store

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
TICK_MS = 200
PREVIEW_MS = 33

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The wall clock, in Hanoi."""
    return datetime.now(HANOI)


def today() -> date:
    """The day in Hanoi."""
    return now().date()


class Kiosk(QObject):
    """Everything that runs beside the window. `show` renders a model, `show_frame` a camera picture."""

    def __init__(
        self,
        settings: Settings,
        adapters: Adapters,
        reader: ReaderConfig,
        vision: VisionConfig,
        *,
        data_dir: Path,
        access: Access,
        consent_text: Callable[[Model], str],
        show: Callable[[Model], None],
        show_frame: Callable[[QImage], None],
        staff: StaffCall | None = None,
        scanner: ScannerConfig | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self._staff = staff or LoggedStaffCall()
        self._show_frame = show_frame
        self._main = MainThread()
        self.tasks = Tasks(self._main)
        self._holder = SessionHolder()
        self._adapters = adapters
        self.reports: deque[SessionReport] = deque(maxlen=1)
        self.store: Store = open_store(settings.kiosk.store_path)
        self.reader = ReaderWorker(reader, self._from(self._on_reader))
        self.vision = VisionWorker(vision, self._from(self._on_vision))
        self._vision = VisionService(self.vision.send, self.dispatch, self._holder, self._use_code)
        self._chip = ChipService(self.reader.send, self.dispatch, self._holder, access=access, today=today)
        self.scans = ScannerService(lambda: self.model, self.dispatch, self._use_code)
        self.scanner = None if scanner is None else scanner_worker(scanner, self._from(self.scans.on_message))
        recheck = CardRecheck(adapters.portal, now, pause=recheck_pause(settings), extra=recheck_extra(settings))
        figures = FiguresFile(adapters.metrics, self.store, data_dir / FILE_NAME)
        self.delivery = outbox_delivery(settings, self.store, adapters, recheck, now, after_round=figures.update)
        self._payment = PaymentService(
            self.store,
            adapters.payment,
            self._main,
            self.tasks,
            self.dispatch,
            self._holder,
            now,
            noted=self.delivery.wake,
            prefix=settings.payment.prefix,
            provider_name=settings.payment.provider.value,
        )
        executor = Executor(
            chip=self._chip,
            vision=self._vision,
            insurance=InsuranceService(
                adapters.portal,
                self.tasks,
                self.dispatch,
                self._holder,
                waiting=lambda: isinstance(self.model.screen, CheckingInsurance),
                now=now,
            ),
            visit=VisitService(
                self.store,
                adapters.hospital,
                self.delivery,
                self.tasks,
                self.dispatch,
                self._holder,
                kiosk_id=settings.kiosk.id,
                services_file=data_dir / "services.json",
                consent_text=consent_text,
                now=now,
                recheck=recheck,
            ),
            payment=self._payment,
            ticket=TicketService(
                settings,
                self.tasks,
                self.dispatch,
                self._holder,
                now,
            ),
            begun=lambda effect: self._holder.begin(effect.session, now()),
            ended=self._ended,
            call_staff=lambda: self._staff.ring(settings.kiosk.id),
        )
        start = initial(flow_delays(settings), language=settings.kiosk.language, large_text=settings.kiosk.large_text)
        self._executor = executor
        self._loop = Loop(start, self._execute, show)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(lambda: self.dispatch(events.Tick(time.monotonic())))
        self._preview = QTimer(self)
        self._preview.timeout.connect(self._pass_frame)
        self._last_frame = -1

    @property
    def model(self) -> Model:
        """The present state."""
        return self._loop.model

    def dispatch(self, event: events.Event) -> None:
        """An event from the window or a service; on the window's thread."""
        self._loop.dispatch(event)

    def light_shown(self, light: ScreenLight | None, at: float) -> None:
        """The window has painted the face screen in a new light (`KioskWindow`'s `on_light`)."""
        self._vision.light_shown(light, at)

    def _execute(self, effect: effects.Effect, before: Model, after: Model) -> None:
        try:
            self._executor.execute(effect, before, after)
        except Exception as error:  # noqa: BLE001  (a bug in one service must not leave a person standing)
            log.error("effect failed", effect=type(effect).__name__, error=type(error).__name__, where=where(error))
            self.dispatch(events.CounterPressed())

    def start(self) -> None:
        """Start workers and timers."""
        # until the reader's worker has found a reader no check-in can begin
        self.dispatch(events.DeviceChanged(Device.READER, False, FaultCode.READER_DOWN))
        self.reader.start()
        self.vision.start()
        if self.scanner is not None:
            self.scanner.start()
        self.delivery.start()
        self._payment.start()
        self._ticker.start(TICK_MS)
        self._preview.start(PREVIEW_MS)

    def close(self) -> None:
        """Stop everything; what is recorded stays."""
        self._ticker.stop()
        self._preview.stop()
        self.reader.stop()
        self.vision.stop()
        if self.scanner is not None:
            self.scanner.stop()
        self._payment.close()
        self.delivery.close()
        self.tasks.close()
        self._holder.wipe()
        self._adapters.close()
        self.store.close()

    def _from(self, handle: Callable[[object], None]) -> Callable[[object], None]:
        """Worker messages arrive on a listener's thread and are handled on the window's."""
        return lambda message: self._main.post(lambda: handle(message))

    def _use_code(self, session: int, text: str) -> None:
        self._chip.use_code(session, text)

    def _on_reader(self, message: object) -> None:
        match message:
            case messages.ReaderStatus():
                self._chip.on_status(message)
            case messages.CardProgress():
                self._chip.on_progress(message)
            case messages.CardRead():
                self._chip.on_read(message)
            case messages.CardReadFailed():
                self._chip.on_failed(message)
            case messages.WorkerDown(reason=reason):
                log.warning("reader worker down", reason=reason)
                self._chip.on_status(messages.ReaderStatus("service_down", "", ""))
            case _:
                pass

    def _on_vision(self, message: object) -> None:
        match message:
            case messages.CodeSeen():
                self._vision.on_code(message)
            case messages.PhotoEnrolled():
                self._vision.on_enrolled(message)
            case messages.FaceProgress():
                self._vision.on_progress(message)
            case messages.FaceDone():
                self._vision.on_done(message)
            case messages.FaceFailed():
                self._vision.on_failed(message)
            case messages.CameraStatus():
                self._vision.on_camera(message)
            case messages.CameraUsed():
                log.info("camera used", **asdict(message))
            case messages.WorkerDown(reason=reason):
                log.warning("vision worker down", reason=reason)
                self._vision.on_worker_down()
            case _:
                pass

    def _ended(self, effect: effects.EndSession, before: Model) -> None:
        patient = self._holder.of(effect.session)
        try:
            if patient is not None:
                self.reports.append(report(before, patient, effect.outcome, effect.reason))
                log.info("session ended", outcome=effect.outcome.value, reason=effect.reason and effect.reason.value)
        finally:
            self._chip.forget(effect.session)
            self._vision.wipe(effect.session)
            self._holder.wipe()

    def _pass_frame(self) -> None:
        frame = self.vision.frames.latest()
        if frame is None or frame.sequence == self._last_frame:
            return
        self._last_frame = frame.sequence
        image = QImage(frame.data, frame.width, frame.height, 3 * frame.width, QImage.Format.Format_BGR888)
        self._show_frame(image.copy())

    def pending(self) -> int:
        """Calls that wait in the outbox; -1 when the store cannot say."""
        try:
            return self.delivery.pending()
        except StoreError:
            return -1
