"""The people who can be shown: a folder of folders with a ``live.jpg`` each, or a folder of plain portraits."""

from pathlib import Path
from typing import Final

import numpy as np

from face.opencv import Image, cv2
from face.simulation.head import EYES_SHARE, FRAME, HeadModel
from face.simulation.portrait import Portrait, PortraitError, PortraitMaker
from face.simulation.surface import Size

_PICTURES: Final = {".jpg", ".jpeg", ".png"}


class UnknownPersonError(LookupError):
    """No portrait for this id."""


class Cast:
    """Finds and fits portraits, each once. One instance serves one thread."""

    def __init__(self, people: Path, frame: Size = FRAME) -> None:
        self.frame = frame
        self._files = {path.parent.name: path for path in sorted(people.glob("*/live.jpg"))}
        if not self._files and people.is_dir():
            self._files = {path.stem: path for path in sorted(people.iterdir()) if path.suffix.lower() in _PICTURES}
        self._maker: PortraitMaker | None = None
        self._portraits: dict[tuple[str, int], Portrait] = {}

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(self._files)

    def picture(self, person: str) -> Image:
        """The portrait as it lies there. Raises :class:`UnknownPersonError`."""
        image = cv2.imread(str(self._files[person]), cv2.IMREAD_COLOR) if person in self._files else None
        if image is None:
            raise UnknownPersonError(person)
        return np.asarray(image, dtype=np.uint8)

    def portrait(self, person: str, eye_distance: float | None = None) -> Portrait:
        """Fitted at this size in the frame. Raises :class:`UnknownPersonError`, also for a picture without a face."""
        eyes = round(eye_distance or EYES_SHARE * self.frame[1])
        if (person, eyes) not in self._portraits:
            picture = self.picture(person)
            self._maker = self._maker or PortraitMaker()
            try:
                self._portraits[person, eyes] = self._maker.make(picture, float(eyes))
            except PortraitError as error:
                raise UnknownPersonError(f"{person}: {error}") from None
        return self._portraits[person, eyes]

    def head(self, person: str, eye_distance: float | None = None) -> HeadModel:
        """Raises :class:`UnknownPersonError`."""
        return HeadModel(self.portrait(person, eye_distance), self.frame)
