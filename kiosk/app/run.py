"""Starting the kiosk: for patients (`run`), or with simulated devices (`demo`)."""

import math
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from cccd_reader import Access
from kiosk import paths
from kiosk.app import adapters, slow_machine
from kiosk.app.admin import AdminDesk
from kiosk.app.demo import GENUINE_FOR_IMPOSTOR, IMPOSTOR, DemoFault, Script, ScriptedPatient
from kiosk.app.dock import wire_dock
from kiosk.app.keyboard_scanner import KeyboardScanner
from kiosk.app.kiosk import Kiosk
from kiosk.flow import Model
from kiosk.flow.events import Event
from kiosk.flow.values import ScreenLight
from kiosk.settings import build
from kiosk.settings.devices import ScannerKind
from kiosk.settings.schema import Settings
from kiosk.simulation.onlooker import Onlooker
from kiosk.simulation.reader_twin import Transport
from kiosk.simulation.world import SimulatedWorld
from kiosk.ui.options import DockPerson, WindowOptions
from kiosk.ui.texts import Texts
from kiosk.ui.window import KioskWindow
from kiosk.workers.messages import PreviewOnly
from kiosk.workers.process import forbid_core_dumps
from kiosk.workers.reader import ReaderConfig
from kiosk.workers.scanner import ScannerConfig
from kiosk.workers.vision import VisionConfig

log = structlog.get_logger(__name__)

PORTRAIT = (1080, 1920)
LANDSCAPE = (1920, 1080)
INTERRUPT_LOOK_MS = 200
READ_PROFILE = "read-profile.json"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How a demonstration is to go. `out` None: a temporary folder."""

    auto: bool
    out: Path | None
    script: Script
    transport: Transport
    size: tuple[int, int] = PORTRAIT


def script_for(person: str, fault: DemoFault | None, *, use_qr: bool) -> Script:
    """What the scripted patient does. ValueError for a person who does not exist."""
    if person == IMPOSTOR:
        card, face = GENUINE_FOR_IMPOSTOR
        return Script(card, face, fault, use_qr)
    known = sorted(entry.name for entry in paths.people().iterdir() if entry.is_dir())
    if person not in known:
        raise ValueError(f"no such person; there are {', '.join(known)} and {IMPOSTOR}")
    return Script(person, person, fault, use_qr)


def application(*, offscreen: bool) -> QApplication:
    """The one QApplication; without a display it draws into memory."""
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    forbid_core_dumps()  # a dump could hold a patient's face
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(True)
    return app


def consent_text(texts: Texts) -> Callable[[Model], str]:
    """The words of the consent screen in the patient's language, for the proof of consent."""

    def text(model: Model) -> str:
        table = texts.table(model.language)
        return "\n".join(f"{key}: {table[key]}" for key in sorted(table) if key.startswith("consent."))

    return text


def run_for_patients(settings: Settings, settings_file: Path) -> int:
    """The kiosk with the devices that the settings name. Returns the exit code."""
    app = application(offscreen=False)
    reader = ReaderConfig(
        source=settings.reader.source.value,
        name=settings.reader.name,
        largest_read=settings.reader.largest_read,
        trust_store=settings.reader.trust_store,
        read_profile=settings.kiosk.data_dir / READ_PROFILE,
    )
    ppi = _panel_ppi(settings.kiosk.panel_inches) if settings.kiosk.fullscreen else None
    started = _start(settings, settings_file, reader, ppi=ppi)
    started.window.present()
    return _loop(app, started)


def _panel_ppi(inches: float) -> float:
    """Pixels per inch of the panel the window will cover."""
    size = QApplication.primaryScreen().size()
    return math.hypot(size.width(), size.height()) / inches


@dataclass(slots=True)
class Started:
    """A kiosk with its window."""

    kiosk: Kiosk
    window: KioskWindow
    admin: AdminDesk


def _start(
    settings: Settings,
    settings_file: Path,
    reader: ReaderConfig,
    *,
    ppi: float | None = None,
    show_dock: bool = False,
    people: tuple[DockPerson, ...] = (),
    onlooker: Onlooker | None = None,
) -> Started:
    options = WindowOptions(
        facility_name_vi=settings.kiosk.facility_name_vi,
        facility_name_en=settings.kiosk.facility_name_en,
        counter_name_vi=settings.kiosk.counter_vi,
        counter_name_en=settings.kiosk.counter_en,
        assets_dir=paths.assets(),
        ppi=ppi,
        show_dock=show_dock,
        fullscreen=settings.kiosk.fullscreen,
        dock_people=people,
        mirror=settings.camera.mirror,
    )
    kiosk: Kiosk | None = None

    def emit(event: Event) -> None:
        if kiosk is not None:
            kiosk.dispatch(event)

    def light_shown(light: ScreenLight | None, at: float) -> None:
        if onlooker is not None:
            onlooker.see_light(light)
        if kiosk is not None:
            kiosk.light_shown(light, at)

    window = KioskWindow(emit, options, on_light=light_shown)

    def show(model: Model) -> None:
        window.render(model)
        if onlooker is not None:
            onlooker.see(model)

    data_dir = settings.kiosk.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    kiosk = Kiosk(
        settings,
        adapters.build(settings),
        reader,
        VisionConfig(
            camera_source=settings.camera.source,
            pack_dir=build.pack_dir(settings),
            fmr=settings.face.fmr,
            time_limit_s=settings.face.time_limit_s,
            pad=build.pad_policy(settings),
            capture=build.capture_settings(settings),
        ),
        data_dir=data_dir,
        access=Access(settings.reader.access.value),
        consent_text=consent_text(Texts.load(paths.assets() / "translations")),
        show=show,
        show_frame=window.show_frame,
        scanner=scanner_config(settings),
    )
    if settings.scanner.kind is ScannerKind.KEYBOARD:
        wedge = KeyboardScanner(window, kiosk.scans.use, lambda: not window.admin.isVisible())
        wedge.install()
    desk = AdminDesk(
        window.admin,
        settings,
        settings_file,
        kiosk.tasks,
        # the camera belongs to the patient while one is here; the end of the session lets it rest
        lambda on: None if kiosk.model.active else kiosk.vision.send(PreviewOnly(on)),
    )
    return Started(kiosk, window, desk)


def scanner_config(settings: Settings) -> ScannerConfig | None:
    """Of the serial scanner, when there is one."""
    scanner = settings.scanner
    return ScannerConfig(scanner.port, scanner.baud) if scanner.kind is ScannerKind.SERIAL else None


def _loop(app: QApplication, started: Started) -> int:
    """Run until the window closes or somebody asks to stop."""
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    signal.signal(signal.SIGTERM, lambda *_: app.quit())
    # Python's signal handlers run only when Python code does
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(INTERRUPT_LOOK_MS)
    started.kiosk.start()
    try:
        return app.exec()
    finally:
        started.window.close()
        started.kiosk.close()


def demonstrate(settings_for: Callable[[SimulatedWorld, Path], tuple[Settings, Path]], options: DemoOptions) -> int:
    """The kiosk in a simulated world: by hand with the dock, or by the scripted patient."""
    offscreen = options.auto or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    out = options.out or Path(tempfile.mkdtemp(prefix="tiepdon-demo-"))
    out.mkdir(parents=True, exist_ok=True)
    with SimulatedWorld(out / "world", paths.people(), transport=options.transport) as world:
        if world.fallback_reason:
            sys.stderr.write(f"the card comes over a socket, without pcscd: {world.fallback_reason}\n")
        settings, settings_file = settings_for(world, out)
        if world.reader_config.service_socket:
            # so that the doctor, a child of this process, looks at the same smart card service
            os.environ["PCSCLITE_CSOCK_NAME"] = world.reader_config.service_socket
        app = application(offscreen=offscreen)
        people = tuple(DockPerson(person.id, person.name) for person in world.people())
        started = _start(
            settings,
            settings_file,
            world.reader_config,
            show_dock=not options.auto,
            people=people,
            onlooker=Onlooker(world),
        )
        if not options.auto:
            assert started.window.dock is not None
            wire_dock(started.window.dock, world)
            started.window.present()
            return _loop(app, started)
        started.window.resize(*options.size)
        started.window.show()
        return _scripted(app, started, world, options, out)


def _scripted(app: QApplication, started: Started, world: SimulatedWorld, options: DemoOptions, out: Path) -> int:
    results: list[Path | None] = []

    def done(summary: Path | None) -> None:
        results.append(summary)
        app.quit()

    kiosk = started.kiosk
    patient = ScriptedPatient(
        started.window,
        lambda: kiosk.model,
        world,
        options.script,
        out,
        find_report=lambda: kiosk.reports[-1] if kiosk.reports else None,
        pending=kiosk.pending,
        done=done,
    )
    QTimer.singleShot(0, patient.start)
    _loop(app, started)
    summary = results[-1] if results else None
    if summary is None:
        sys.stderr.write(f"the scripted patient got nowhere; the last screen was {started.window.current_key()}\n")
        return 1
    if patient.slow_because:
        sys.stderr.write(f"{slow_machine.advice(patient.slow_because)}\n")
    sys.stdout.write(f"summary  {summary}\nscreens  {out}/*.png\n")
    ticket = out / "ticket.png"
    if ticket.exists():
        sys.stdout.write(f"ticket   {ticket}\n")
    return 0
