"""A card of ID-1 size held up to the camera, with the QR code where the citizen card has it."""

import numpy as np

from face.opencv import Image, cv2

# ID-1 card, ISO/IEC 7810: 85.60 x 53.98 mm, drawn at this many pixels per millimetre (held close to the lens).
CARD_PX_PER_MM = 10.0
CARD_MM = (85.6, 54.0)
QR_MM = 24.0  # the citizen card's front QR with its quiet zone is about this wide


def draw_card(canvas: Image, text: str, top: int) -> None:
    """Into the middle of the canvas, from row ``top`` down; the QR code is in the upper right."""
    import segno

    width, height = (round(side * CARD_PX_PER_MM) for side in CARD_MM)
    left = (canvas.shape[1] - width) // 2
    cv2.rectangle(canvas, (left, top), (left + width, top + height), (222, 236, 226), cv2.FILLED)
    cv2.rectangle(canvas, (left, top), (left + width, top + height), (150, 165, 155), 3)
    cv2.rectangle(canvas, (left + 40, top + 190), (left + 240, top + 460), (190, 200, 195), cv2.FILLED)
    for line in range(6):
        y = top + 270 + 38 * line
        cv2.line(canvas, (left + 280, y), (left + 780 - 60 * (line % 3), y), (120, 130, 125), 4)
    symbol = segno.make(text, error="m", micro=False, encoding="utf-8", eci=False)
    modules = np.array([list(row) for row in symbol.matrix_iter(border=4)], dtype=np.uint8)
    pixels = max(2, round(QR_MM * CARD_PX_PER_MM / modules.shape[0]))
    code = np.where(np.kron(modules, np.ones((pixels, pixels), np.uint8)) > 0, 20, 245).astype(np.uint8)
    x, y = left + width - code.shape[1] - 20, top + 20
    canvas[y : y + code.shape[0], x : x + code.shape[1]] = code[:, :, None]
