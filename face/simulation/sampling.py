"""Drawing one picture or field from another by a map of places."""

import numpy as np
import numpy.typing as npt

from face.opencv import Image, cv2

Field = npt.NDArray[np.float32]  # H x W or H x W x C, one value for each cell of a coarse grid


def sample_field(field: Field, where: Field) -> Field:
    """``field`` at the places ``where`` (H x W x 2, x and y in cells), linear between cells, replicated beyond them."""
    drawn = cv2.remap(field, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(drawn, dtype=np.float32)


def sample_image(image: Image, where: Field, *, beyond: tuple[int, ...] | None = None) -> Image:
    """``image`` at the places ``where`` (pixels). ``beyond``: the value outside it, else its edge is replicated."""
    border = cv2.BORDER_REPLICATE if beyond is None else cv2.BORDER_CONSTANT
    drawn = cv2.remap(image, where, None, cv2.INTER_LINEAR, borderMode=border, borderValue=beyond or 0)  # type: ignore[call-overload]
    return np.asarray(drawn, dtype=np.uint8)


def enlarged(field: Field, factor: int, size: tuple[int, int]) -> Field:
    """A coarse field with ``factor`` values for each cell, cut to ``size`` (width, height)."""
    fine = cv2.resize(field, (field.shape[1] * factor, field.shape[0] * factor))
    return np.asarray(fine[: size[1], : size[0]], dtype=np.float32)
