"""Probes of the devices: reader, card, camera, models, printer."""

import time
from pathlib import Path
from typing import assert_never

from cccd_reader import CardError, CardErrorCode
from cccd_reader.transport.base import Empty, NoReader, Present, ReaderState, ServiceDown, SeveralCards
from kiosk.doctor.report import Finding
from kiosk.printing import PrinterFault, query
from kiosk.settings import Settings
from kiosk.settings.build import capture_settings, pack_dir, pad_policy
from kiosk.settings.devices import PadPolicyName, PadSection, ReaderSource, ScannerKind

CAMERA_LIMIT_S = 8.0
CAMERA_FRAMES = 5  # one frame may be a driver's old one
CAMERA_WATCH_S = 1.5  # a picture counts as frozen or black after a second (face.picture_watch)
_CAMERA_READ_S = 2.0
_PLUGGED_IN_ELSEWHERE = "the simulated reader belongs to the running kiosk"


def reader(settings: Settings) -> Finding:
    """The smart card service answers and has the reader."""
    if settings.reader.source is ReaderSource.SOCKET:
        return Finding.warn(_PLUGGED_IN_ELSEWHERE)
    return reader_finding(_reader_state(settings), settings.reader.name)


def reader_finding(state: ReaderState, wanted: str) -> Finding:
    """The verdict on a reader's state; `wanted` is the part of a name that was looked for."""
    match state:
        case ServiceDown(reason):
            return Finding.fail(f"the smart card service does not answer: {reason}")
        case NoReader():
            return Finding.fail(f"no reader whose name contains “{wanted}”" if wanted else "no reader")
        case Empty(readers) | SeveralCards(readers):
            return Finding.ok(", ".join(readers))
        case Present(name, _):
            return Finding.ok(name)
        case _:
            assert_never(state)


def card(settings: Settings) -> Finding:
    """Whether a card lies on the reader. Nothing is read from it."""
    if settings.reader.source is ReaderSource.SOCKET:
        return Finding.warn(_PLUGGED_IN_ELSEWHERE)
    return card_finding(_reader_state(settings))


def card_finding(state: ReaderState) -> Finding:
    """The verdict on what lies on the reader."""
    match state:
        case ServiceDown() | NoReader():
            return Finding.fail("no reader to ask")
        case Empty():
            return Finding.ok("no card on the reader")
        case Present():
            return Finding.ok("a card on the reader")
        case SeveralCards(readers):
            return Finding.warn(f"cards on {len(readers)} readers")
        case _:
            assert_never(state)


def scanner(settings: Settings) -> Finding:
    """Whether the scanner's port opens. A scanner that types is a keyboard, which nobody can ask."""
    from cccd_reader.serial_scanner import SerialScanner

    if settings.scanner.kind is not ScannerKind.SERIAL:
        return Finding.ok(f"{settings.scanner.kind.value}: no port to open")
    try:
        SerialScanner(settings.scanner.port, settings.scanner.baud).close()
    except CardError as error:
        if error.code is CardErrorCode.READER_GONE and Path(settings.scanner.port).exists():
            return Finding.warn(f"{error.detail}; it is there, so another program has it, perhaps the running kiosk")
        return Finding.fail(error.detail)
    return Finding.ok("the port opens")


def _reader_state(settings: Settings) -> ReaderState:
    from cccd_reader.transport.pcsc import PcscSource

    source = PcscSource(settings.reader.name or None)
    try:
        return source.wait_change(0.0)
    finally:
        source.close()


def camera(settings: Settings) -> Finding:
    """Opens, and delivers moving pictures that are not black. Nothing of them is kept."""
    from face.camera import Camera, CameraFault, CameraFaultCode

    deadline = time.monotonic() + CAMERA_LIMIT_S
    frames, first, fault = 0, 0.0, "no frame"
    with Camera(settings.camera.source, settings=capture_settings(settings)) as opened:
        while (left := deadline - time.monotonic()) > 0:
            seen = opened.read(min(left, _CAMERA_READ_S))
            if isinstance(seen, CameraFault):
                fault = seen.code.value.replace("_", " ")
                if seen.code in (CameraFaultCode.BLACK, CameraFaultCode.FROZEN, CameraFaultCode.WRONG_SIZE):
                    return Finding.fail(f"frames come, but the picture is {fault}")
                continue
            seen.image.fill(0)
            first = first or seen.timestamp
            frames += 1
            if frames >= CAMERA_FRAMES and seen.timestamp - first >= CAMERA_WATCH_S:
                rate = (frames - 1) / (seen.timestamp - first)
                said = f"{seen.image.shape[1]}×{seen.image.shape[0]}, {rate:.0f} frames/s"
                refused = ", ".join(item.setting for item in opened.refused)
                return Finding.warn(f"{said}; the device did not take: {refused}") if refused else Finding.ok(said)
    return Finding.fail(f"{fault}; {frames} frames in {CAMERA_LIMIT_S:g} s")


def models(settings: Settings) -> Finding:
    """The models load, run once, and have a score for the wanted false match rate; what they may be used for, and what
    shows that a living person is there."""
    from face.decision import Policy
    from face.errors import FaceError
    from face.models.pack import load_pack
    from face.verify import Verifier

    fmr = settings.face.fmr
    try:
        pack = load_pack(pack_dir(settings))
        accept = pack.accept_score(fmr)
        Verifier(pack, Policy(fmr=fmr), pad=pad_policy(settings))
    except FaceError as error:
        return Finding.fail(str(error))
    roles = pack.manifest.roles.values()
    measured = pack.threshold(fmr)
    said = [
        f"{pack.name} {pack.version}: match from {accept.score:.3f} at FMR {fmr}"
        + (" (extrapolated)" if accept.extrapolated else ""),
        f"calibrated on {measured.data}" + (" (simulated)" if measured.simulated else ""),
        "licences " + ", ".join(sorted({weights.licence for weights in roles})),
        f"living person: {_pad_words(settings.pad)}",
    ]
    if not all(weights.commercial_use for weights in roles):
        return Finding.warn("; ".join([*said, "may not be used commercially without a licence of the facility's own"]))
    if settings.pad.policy is not PadPolicyName.ACTIVE:
        return Finding.warn("; ".join([*said, "somebody's picture may pass for the person"]))
    return Finding.ok("; ".join(said))


def _pad_words(pad: PadSection) -> str:
    if pad.policy is PadPolicyName.OFF:
        return "not checked"
    return f"{pad.policy}, {pad.moves} moves of {pad.move_limit_s:g} s, screen light {pad.light}"


def printer(settings: Settings) -> Finding:
    """The printer's own word on paper and cover. Nothing is printed."""
    section = settings.printer
    if not section.host:
        return Finding.fail("no address: [printer] host is not set")
    result = query(section.host, section.port, section.timeout_s)
    where = f"{section.host}:{section.port}"
    if result.ok:
        low = result.fault is PrinterFault.PAPER_LOW
        return Finding.warn(f"{where}: paper is low") if low else Finding.ok(f"{where}: ready")
    fault = result.fault or PrinterFault.UNKNOWN
    return Finding.fail(f"{where}: {fault.value.replace('_', ' ')}")
