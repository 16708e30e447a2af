"""What reading a chip costs in commands, bytes and time, on the emulated card.

Counted is the whole reading: EF.CardAccess, PACE or BAC, DG1, DG13, EF.SOD, DG14, chip authentication and DG2, against
the least that the standard allows (`bench.chip_bound`). (DG15 is for active authentication alone, which is made when
chip authentication did not succeed.) `host_cpu_ms` is the reading side's processor time, with all checks up to a trust
store; the card's own is taken off. `wall_ms` is in this process, and the card's work is in it; `wall_pcscd_ms` is over
a real pcscd and the guarded process, where one can run.

`modelled_s` is what no emulated card can show, the air: the model of `emulation.air` with a fixed delay for every
APDU. It has no time for the chip's own arithmetic in PACE and chip authentication: nobody has published it.
"""

import io
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from statistics import median

import numpy as np
from PIL import Image

from bench.chip_bound import bound
from cccd_reader import (
    Access,
    CardReadout,
    Check,
    CheckState,
    Connection,
    GuardedSource,
    Present,
    Progress,
    ReadProfiles,
    keyring_from_qr,
    parse_qr,
    read_card,
)
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation import TestSigner
from cccd_reader.emulation.air import AirTime
from cccd_reader.emulation.card import EmulatedCard
from cccd_reader.emulation.fids import FID_CARD_ACCESS
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.pcscd import IsolatedPcscd, available
from cccd_reader.emulation.personalise import personalise
from cccd_reader.emulation.profile import SyntheticCitizen
from cccd_reader.emulation.vpcd import VirtualSlot
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.read_tactics import SHORT_CHUNKS, short_chunk
from cccd_reader.transport.local import LocalConnection

SUITES = {Access.PACE: CipherSuite.AES128, Access.BAC: CipherSuite.DES3}

EXTENDED_PIECES = (479, 991, 4096)
"""Readers with APDU buffers of 512 and 1024 bytes, and with room for more."""

MODELLED_RATES = (106, 424, 848)
FIXED_DELAY_S = 0.010
"""Chip and reader, for any APDU: with the air's part, a short one takes about 15 ms at 424 kbit/s, as reports say."""

PUBLISHED_APDUS = {"short": 90, "extended": 24}
"""What published open readers need for a card of 17.4 kB, in short APDUs and with the longest that they ask for."""

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

BEFORE, AFTER = ("DG1", "DG13", "SOD", "DG14"), ("DG2",)
"""The files that are read before and after chip authentication."""


@dataclass
class Measured:
    """One reading: how long each exchange was, how many were over when DG13 was with the caller, and the times."""

    exchanges: list[tuple[int, int]] = field(default_factory=list)
    named_after: int = 0
    card_cpu_s: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0

    def on_progress(self, progress: Progress) -> None:
        if not self.named_after and progress.identity is not None and progress.identity.full_name is not None:
            self.named_after = len(self.exchanges)

    def modelled_s(self, rate_kbit: int, exchanges: int | None = None) -> float:
        air = AirTime(rate_kbit, FIXED_DELAY_S)
        return sum(air.seconds(sent, received) for sent, received in self.exchanges[:exchanges])


class _MeasuredConnection(LocalConnection):
    """Notes what goes over it, and the card's processor time, which is no cost of the reader."""

    def __init__(self, card: EmulatedCard, measured: Measured, max_data_bytes: int) -> None:
        super().__init__(card, max_data_bytes=max_data_bytes)
        self._measured = measured

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        began = time.process_time()
        data, sw = super().transmit(apdu)
        self._measured.card_cpu_s += time.process_time() - began
        self._measured.exchanges.append((len(apdu), len(data) + 2))
        return data, sw


def run() -> list[dict[str, object]]:
    """A row per protocol and piece size; see the module for the figures. `le` is the most that one command reads."""
    signer = TestSigner.create()
    image = personalise(CITIZEN, _photo(), signer=signer)
    trust = TrustStore.of([parse_certificate(signer.csca_certificate)])
    with _real_reader(image) as source:
        return [
            _row(image, trust, access, le, source)
            for access, suite in SUITES.items()
            for le in (*reversed(SHORT_CHUNKS), short_chunk(suite), *EXTENDED_PIECES)
        ]


def _row(
    image: CardImage, trust: TrustStore, access: Access, le: int, source: GuardedSource | None
) -> dict[str, object]:
    readings = [_read(image, trust, access, le) for _ in range(REPEATS)]
    readout, measured = readings[0]
    sizes = {name: found.size for name, found in readout.files.items()}
    least = bound(
        access,
        len(image.files[FID_CARD_ACCESS]),
        [sizes[name] for name in BEFORE],
        [sizes[name] for name in AFTER],
        le,
    )
    least_bytes = sum(exchange.total for exchange in least)
    extended = le > short_chunk(SUITES[access])
    modelled = {rate: measured.modelled_s(rate) for rate in MODELLED_RATES}
    named = {rate: measured.modelled_s(rate, measured.named_after) / modelled[rate] for rate in MODELLED_RATES}
    named_bytes = sum(sent + received for sent, received in measured.exchanges[: measured.named_after])
    return {
        "access": access.value,
        "le": le,
        "apdus": readout.apdus,
        "apdus_bound": len(least),
        "bytes": readout.bytes_moved,
        "bytes_bound": least_bytes,
        "host_cpu_ms": round(median(m.cpu_s - m.card_cpu_s for _, m in readings) * 1000, 1),
        "wall_ms": round(median(m.wall_s for _, m in readings) * 1000, 1),
        "dg13_fraction": round(max(named.values()), 3),
        "modelled_s": {str(rate): round(seconds, 3) for rate, seconds in modelled.items()},
        "apdus_ratio": round(readout.apdus / len(least), 3),
        "bytes_ratio": round(readout.bytes_moved / least_bytes, 3),
        "apdus_published": PUBLISHED_APDUS["extended" if extended else "short"] if _is_full(access, le) else None,
        "dg13_fraction_bytes": round(named_bytes / readout.bytes_moved, 3),
        "bytes_sent": sum(sent for sent, _ in measured.exchanges),
        "bytes_received": sum(received for _, received in measured.exchanges),
        "file_bytes": sum(sizes.values()),
        "fixed_delay_ms": FIXED_DELAY_S * 1000,
        "wall_pcscd_ms": None if source is None else _wall_over_pcscd(image, source, access, le),
        "ca": readout.verdict(Check.CHIP_AUTHENTICATION).state.value,
        "aa": readout.verdict(Check.ACTIVE_AUTHENTICATION).state.value,
    }


def _is_full(access: Access, le: int) -> bool:
    """Whether it is the size that published counts are about."""
    return le in (short_chunk(SUITES[access]), max(EXTENDED_PIECES))


def _read(image: CardImage, trust: TrustStore, access: Access, le: int) -> tuple[CardReadout, Measured]:
    measured = Measured()
    max_data_bytes = 65_536 if le > short_chunk(SUITES[access]) else 256
    connection = _MeasuredConnection(EmulatedCard(image), measured, max_data_bytes)
    keys = keyring_from_qr(parse_qr(image.qr_text))
    cpu, wall = time.process_time(), time.perf_counter()
    readout = read_card(connection, keys, access=access, largest_read=le, trust=trust, on_progress=measured.on_progress)
    measured.cpu_s, measured.wall_s = time.process_time() - cpu, time.perf_counter() - wall
    connection.close()
    assert readout.verdict(Check.ISSUER).state is CheckState.SUCCESSFUL
    assert readout.verdict(Check.CHIP_AUTHENTICATION).state is CheckState.SUCCESSFUL
    return readout, measured


@contextmanager
def _real_reader(image: CardImage) -> Iterator[GuardedSource | None]:
    """A card on a virtual reader of a pcscd of our own; None where none can run."""
    if available() is not None:
        yield None
        return
    with ExitStack() as stack:
        service = stack.enter_context(IsolatedPcscd())
        os.environ.update(service.env)
        for name in service.env:
            stack.callback(os.environ.pop, name, None)
        source = stack.enter_context(GuardedSource.pcsc())
        slot = VirtualSlot("127.0.0.1", service.port)
        slot.place(EmulatedCard(image))
        stack.callback(slot.pull)
        while not isinstance(source.wait_change(5.0), Present):
            pass
        yield source


def _wall_over_pcscd(image: CardImage, source: GuardedSource, access: Access, le: int) -> float:
    keys = keyring_from_qr(parse_qr(image.qr_text))
    profiles = ReadProfiles()
    spans = []
    for _ in range(REPEATS):
        connection: Connection = source.connect()
        began = time.perf_counter()
        read_card(connection, keys, access=access, largest_read=le, profiles=profiles)
        spans.append(time.perf_counter() - began)
        connection.close()
    return round(median(spans) * 1000, 1)


def _photo() -> bytes:
    """A JPEG of the size that chip photos have, filled up behind its end: what it shows does not matter here."""
    shade = np.linspace(0, 255, PHOTO_SIZE[0] * PHOTO_SIZE[1], dtype=np.uint8).reshape(PHOTO_SIZE[1], PHOTO_SIZE[0])
    buffer = io.BytesIO()
    Image.fromarray(shade).save(buffer, "JPEG", quality=60)
    return buffer.getvalue().ljust(PHOTO_BYTES, b"\x00")
