"""The dev dock: drives the simulated devices by hand. Not part of the product, and made to look so."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QComboBox, QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from kiosk.ui.options import DockPerson
from kiosk.ui.theme import FAMILY

NOBODY = "nobody"
TWO_PEOPLE = "two"
OTHER = "other"
ATTACKS = (
    ("print", "Ảnh in"),
    ("replay", "Video trên màn hình"),
    ("swapped", "Đổi người giữa chừng"),
)
"""What somebody could hold before the camera in place of their own face."""
LINKS = (("portal", "Cổng BHYT"), ("his", "HIS"), ("bank", "Ngân hàng"))
WIDE_PX = 1500

STYLE = f"""
QWidget#dock {{ background: #15171c; border-top: 4px dashed #f2b134; }}
QWidget#dock QLabel, QWidget#dock QCheckBox {{ color: #d7dbe3; font: 15px "{FAMILY}"; }}
QWidget#dock QLabel#dock-title {{ color: #f2b134; font: 600 16px "{FAMILY}"; }}
QWidget#dock QPushButton, QWidget#dock QComboBox {{
    color: #eef0f4; background: #2b303a; border: 1px solid #596273; border-radius: 6px;
    padding: 6px 10px; font: 15px "{FAMILY}"; min-height: 24px; }}
QWidget#dock QPushButton:pressed {{ background: #4a5364; }}
QWidget#dock QPushButton:focus, QWidget#dock QComboBox:focus {{ border: 2px solid #f2b134; }}
QWidget#dock QAbstractItemView {{ color: #eef0f4; background: #2b303a; }}
"""


class DevDock(QWidget):
    """A dark strip of switches. Signals carry the key of a person or of a link; the application wires them."""

    card_placed = Signal(str)
    card_pulled = Signal()
    second_card_placed = Signal(str)
    code_shown = Signal(str)
    subject_chosen = Signal(str)
    attack_shown = Signal(str, str)
    link_cut = Signal(str, bool)
    paper_emptied = Signal(bool)
    pay_now = Signal()

    def __init__(self, people: Sequence[DockPerson]) -> None:
        super().__init__()
        self.setObjectName("dock")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(STYLE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._cards = self._choice("dock-card", [(person.key, person.label) for person in people])
        self._subjects = self._choice(
            "dock-subject",
            [
                (NOBODY, "Không có ai"),
                *((person.key, person.label) for person in people),
                (TWO_PEOPLE, "Hai người"),
                (OTHER, "Người khác"),
            ],
        )
        self._subjects.activated.connect(lambda _: self.subject_chosen.emit(self._subjects.currentData()))
        self._attacks = self._choice("dock-attack", list(ATTACKS))
        self._box = QGridLayout(self)
        self._box.setContentsMargins(16, 12, 16, 10)
        self._box.setHorizontalSpacing(18)
        self._box.setVerticalSpacing(6)
        title = QLabel("Thiết bị mô phỏng")
        title.setObjectName("dock-title")
        self._groups = (
            self._group(title, self._cards, self._press("dock-place", "Đặt thẻ", self._place)),
            self._group(
                self._press("dock-pull", "Rút thẻ", self.card_pulled.emit),
                self._press("dock-second", "Thêm thẻ thứ hai", self._second),
                self._press("dock-code", "Đưa mã QR của thẻ", self._code),
            ),
            self._group(QLabel("Trước máy ảnh"), self._subjects),
            self._group(QLabel("Thử qua mặt"), self._attacks, self._press("dock-attack-show", "Đưa ra", self._attack)),
            self._group(
                QLabel("Cắt mạng"),
                *(self._switch(f"dock-cut-{key}", words, key) for key, words in LINKS),
            ),
            self._group(self._paper(), self._press("dock-pay", "Trả tiền ngay", self.pay_now.emit)),
        )
        self.arrange(WIDE_PX)

    def arrange(self, width: int) -> None:
        """Fewer groups side by side under a narrow window; their order stays."""
        across = 3 if width >= WIDE_PX else 2
        for group in self._groups:
            self._box.removeWidget(group)
        for place, group in enumerate(self._groups):
            self._box.addWidget(group, *divmod(place, across))

    def _choice(self, name: str, entries: list[tuple[str, str]]) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        for key, words in entries:
            box.addItem(words, key)
        return box

    def _press(self, name: str, words: str, action: object) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        assert callable(action)
        button.clicked.connect(lambda _=False: action())
        return button

    def _switch(self, name: str, words: str, key: str) -> QCheckBox:
        box = QCheckBox(words)
        box.setObjectName(name)
        box.toggled.connect(lambda on: self.link_cut.emit(key, on))
        return box

    def _paper(self) -> QCheckBox:
        box = QCheckBox("Máy in hết giấy")
        box.setObjectName("dock-paper")
        box.toggled.connect(self.paper_emptied.emit)
        return box

    def _group(self, *widgets: QWidget) -> QWidget:
        holder = QWidget()
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight, holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for widget in widgets:
            row.addWidget(widget)
        row.addStretch(1)
        return holder

    def _place(self) -> None:
        self.card_placed.emit(self._cards.currentData())

    def _second(self) -> None:
        self.second_card_placed.emit(self._cards.currentData())

    def _attack(self) -> None:
        self.attack_shown.emit(self._attacks.currentData(), self._cards.currentData())

    def _code(self) -> None:
        self.code_shown.emit(self._cards.currentData())
