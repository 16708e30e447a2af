"""`python -m kiosk.ui.gallery OUT_DIR`: a picture of every screen, in both languages, orientations and text sizes."""

import argparse
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from kiosk.flow.values import Language
from kiosk.ui.admin_tables import PackRow, ProbeRow, ProbeState
from kiosk.ui.options import DockPerson, WindowOptions
from kiosk.ui.samples import Sample, samples
from kiosk.ui.window import KioskWindow

SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}
PROBES = (
    ProbeRow("Đầu đọc thẻ", ProbeState.OK, "Virtual PCD 00 00 · pcscd 1.9.9", 0.04),
    ProbeRow("Máy ảnh", ProbeState.OK, "1280 × 720, 30 hình/giây", 0.61),
    ProbeRow("Máy in", ProbeState.WARN, "Sắp hết giấy", 0.02),
    ProbeRow("Cổng BHYT", ProbeState.FAIL, "Không trả lời trong 3 giây", 3.0),
    ProbeRow("HIS", ProbeState.OK, "Trả lời 200", 0.11),
    ProbeRow("Kho dữ liệu", ProbeState.OK, "SQLite WAL, còn trống 118 GB", 0.01),
)
PACKS = (
    PackRow("yunet-sface", "2021dec-2", "", "MIT, Apache-2.0", True, True),
    PackRow("hospital-licensed", "2026", "", "InsightFace, signed", False, False),
    PackRow("hospital-new", "1", "not_calibrated", "MIT, Apache-2.0", True, False),
    PackRow("unknown", "", "not_adopted", "", None, False),
)


def sample_options(assets: Path, *, dock: bool = False) -> WindowOptions:
    """The options the pictures are taken with."""
    people = (DockPerson("lan", "Nguyễn Thị Lan"), DockPerson("hung", "Trần Văn Hùng")) if dock else ()
    return WindowOptions(
        facility_name_vi="Bệnh viện Đa khoa Xanh Pôn",
        facility_name_en="Saint Paul General Hospital",
        counter_name_vi="quầy số 3",
        counter_name_en="counter 3",
        assets_dir=assets,
        show_dock=dock,
        dock_people=people,
    )


def sample_frame(key: str) -> QImage:
    """A drawn stand-in for the camera: a silhouette before the face oval, a card with a code before the brackets."""
    frame = QImage(1280, 720, QImage.Format.Format_RGB32)
    frame.fill(QColor("#7F9A92"))
    painter = QPainter(frame)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if key.startswith("look"):
        painter.setBrush(QColor("#DDE7E3"))
        painter.drawRoundedRect(QRectF(420, 520, 440, 400), 180, 180)
        painter.setBrush(QColor("#D9C2AC"))
        painter.drawEllipse(QRectF(515, 150, 250, 350))
    else:
        painter.setBrush(QColor("#F4F8F6"))
        painter.drawRoundedRect(QRectF(330, 170, 620, 390), 30, 30)
        painter.setBrush(QColor("#14211E"))
        for row, column in itertools.product(range(15), repeat=2):
            if (row * 7 + column * 5 + row * column) % 3 == 0:
                painter.drawRect(QRectF(560 + column * 12, 290 + row * 12, 12, 12))
    painter.end()
    return frame


def file_name(orientation: str, language: Language, screen: str, *, large: bool) -> str:
    """`portrait-vi-large-welcome.png`."""
    return f"{orientation}-{language}{'-large' if large else ''}-{screen}.png"


def settle() -> None:
    """Let layouts and paints happen and retired pages die, where no event loop runs that would do it."""
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def take(window: KioskWindow, sample: Sample, path: Path) -> None:
    """Render one sample and save what the window shows."""
    window.render(sample.model)
    window.show_frame(sample_frame(sample.name))
    settle()
    if not window.grab().save(str(path)):
        raise OSError(f"cannot write {path}")


def draw_gallery(out: Path, assets: Path, *, only: str = "", sizes: Sequence[bool] = (False, True)) -> list[Path]:
    """Write every picture whose file name contains `only`; `sizes` are the text sizes (False normal, True large)."""
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for orientation, (width, height) in SIZES.items():
        window = KioskWindow(lambda _: None, sample_options(assets))
        window.resize(width, height)
        window.show()
        for language, large in itertools.product(Language, sizes):
            for sample in samples(language, large=large):
                path = out / file_name(orientation, language, sample.name, large=large)
                if only in path.name:
                    take(window, sample, path)
                    written.append(path)
            if not large:
                written += _admin(window, out, orientation, language, only)
        window.close()
        window.deleteLater()
        settle()
    return written


def _admin(window: KioskWindow, out: Path, orientation: str, language: Language, only: str) -> list[Path]:
    names = [file_name(orientation, language, name, large=False) for name in ("admin-pin", "admin", "admin-packs")]
    if not any(only in name for name in names):
        return []
    window.render(samples(language)[0].model)
    window.open_admin()
    pictures = [_picture(window)]
    window.admin.pin_accepted()
    window.admin.show_rows(PROBES)
    window.show_frame(sample_frame("look"))
    pictures.append(_picture(window))
    window.admin.show_packs(None)
    window.admin.show_packs(PACKS)
    pictures.append(_picture(window))
    window.admin.leave()
    for name, picture in zip(names, pictures, strict=True):
        picture.save(str(out / name))
    return [out / name for name in names]


def _picture(window: KioskWindow) -> QPixmap:
    settle()
    return window.grab()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--assets", type=Path, default=Path(__file__).parents[2] / "assets")
    parser.add_argument("--only", default="", help="part of a file name")
    parser.add_argument("--normal", action="store_true", help="normal text only")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    sizes = (False,) if options.normal else (False, True)
    draw_gallery(options.out, options.assets, only=options.only, sizes=sizes)
    application.processEvents()


if __name__ == "__main__":
    main()
