"""Reading QR codes from a camera frame: the citizen card of 2021 carries one on the front, that of 2024 on the back."""

from face.opencv import Image, cv2

MAX_CODES = 4  # more than that on one frame is a poster, not a card


def read_codes(frame: Image) -> tuple[str, ...]:
    """The texts of the valid QR codes on a frame (H x W x 3, blue-green-red), in reading order, without repeats.

    The card's text is UTF-8, mostly without a header that says so, and a reader that guesses spoils tone marks. So the
    bytes are decoded here; a code whose bytes are not UTF-8 is left out, it cannot be a card's.
    """
    import zxingcpp

    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode, try_downscale=True)
    codes = [code for code in found if code.valid][:MAX_CODES]
    codes.sort(key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    texts: list[str] = []
    for code in codes:
        try:
            text = bytes(code.bytes).decode("utf-8")
        except UnicodeDecodeError:
            continue
        if text not in texts:
            texts.append(text)
    return tuple(texts)
