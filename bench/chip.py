"""What reading a chip costs in commands, bytes and host time, on the emulated card in this process.

The bound is the fewest commands that the same files, protocol and piece size allow: the handshake, and for each file
its size divided by the piece, rounded up. A real card adds its own time and the air's to each command, so commands are
what a reader can save.
"""

import io
import time
from collections.abc import Mapping
from datetime import date
from math import ceil
from statistics import median

import numpy as np
from PIL import Image

from cccd_reader import Access, CardReadout, FileSummary, keyring_from_qr, parse_qr, read_card
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.personalise import personalise
from cccd_reader.emulation.profile import SyntheticCitizen
from cccd_reader.read_tactics import SHORT_CHUNKS, short_chunk
from cccd_reader.transport.local import LocalConnection

HANDSHAKE = {Access.PACE: 7, Access.BAC: 3}
"""PACE: EF.CardAccess, MSE:Set AT, four GENERAL AUTHENTICATE, SELECT. BAC: SELECT, GET CHALLENGE and
EXTERNAL AUTHENTICATE."""

SUITES = {Access.PACE: CipherSuite.AES128, Access.BAC: CipherSuite.DES3}

EXTENDED_PIECES = (479, 991, 4096)
"""Readers with APDU buffers of 512 and 1024 bytes, and with room for more."""

PHOTO_SIZE = (300, 400)
PHOTO_BYTES = 15_142
"""The picture of a chip photo whose header was published: pixels, and bytes as JPEG."""

REPEATS = 5

CITIZEN = SyntheticCitizen(
    number="001199012345",
    full_name="Nguyễn Thị Bình",
    birth_date=date(1999, 1, 15),
    sex="F",
    residence="Số 4, Phố Năm, Phường Sáu, Quận Bảy, Thành phố Tám",
    place_of_origin="Phường Một, Quận Hai, Thành phố Ba",
    issue_date=date(2022, 3, 20),
    expiry_date=date(2039, 1, 15),
    father="Nguyễn Văn Cường",
    mother="Trần Thị Dung",
    chip_serial="0123456789ABCDEF",
)


class _TimedConnection(LocalConnection):
    """Counts the card's processor time, which is no cost of the reader."""

    card_cpu_s = 0.0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        began = time.process_time()
        answer = super().transmit(apdu)
        self.card_cpu_s += time.process_time() - began
        return answer


def run() -> list[dict[str, object]]:
    """A row per protocol and piece size: commands, their bound and the ratio, bytes moved, and the reader's processor
    time in milliseconds (median)."""
    image = personalise(CITIZEN, _photo())
    rows: list[dict[str, object]] = []
    for access, suite in SUITES.items():
        for le in (*reversed(SHORT_CHUNKS), short_chunk(suite), *EXTENDED_PIECES):
            readings = [_read(image, access, le) for _ in range(REPEATS)]
            readout = readings[0][0]
            bound = HANDSHAKE[access] + _pieces(readout.files, le)
            rows.append(
                {
                    "access": access.value,
                    "le": le,
                    "apdus": readout.apdus,
                    "apdus_bound": bound,
                    "ratio": round(readout.apdus / bound, 3),
                    "bytes": readout.bytes_moved,
                    "host_cpu_ms": round(median(cpu_s for _, cpu_s in readings) * 1000, 1),
                }
            )
    return rows


def _read(image: CardImage, access: Access, le: int) -> tuple[CardReadout, float]:
    connection = _TimedConnection(EmulatedCard(image))
    keys = keyring_from_qr(parse_qr(image.qr_text))
    began = time.process_time()
    readout = read_card(connection, keys, access=access, largest_read=le)
    total = time.process_time() - began
    connection.close()
    return readout, total - connection.card_cpu_s


def _pieces(files: Mapping[str, FileSummary], le: int) -> int:
    return sum(ceil(file.size / le) for file in files.values())


def _photo() -> bytes:
    """A JPEG of the size that chip photos have, filled up behind its end: what it shows does not matter here."""
    shade = np.linspace(0, 255, PHOTO_SIZE[0] * PHOTO_SIZE[1], dtype=np.uint8).reshape(PHOTO_SIZE[1], PHOTO_SIZE[0])
    buffer = io.BytesIO()
    Image.fromarray(shade).save(buffer, "JPEG", quality=60)
    return buffer.getvalue().ljust(PHOTO_BYTES, b"\x00")
