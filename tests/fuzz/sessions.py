"""Whole sessions of the reader and the emulated card, disturbed on the wire or in the files."""

import functools
from dataclasses import replace
from datetime import UTC, datetime

from cccd_reader.access import Access
from cccd_reader.apdu import ResponseApdu
from cccd_reader.emulation import CardImage, EmulatedCard
from cccd_reader.emulation.fids import FID_CARD_ACCESS
from cccd_reader.keys import KeyRing, keyring_from_qr
from cccd_reader.lds.files import EF
from cccd_reader.qr import parse_qr
from cccd_reader.reader import read_card
from cccd_reader.readout import CardReadout
from cccd_reader.transport.base import split_answer
from cccd_reader.transport.local import LocalConnection
from cccd_reader.verdict import Check, CheckState
from tests.fuzz.cards import card_image, trust_store, versatile_image
from tests.fuzz.registry import target
from tests.fuzz.script import Determined

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DISTURBANCE_BYTES = 6


class DisturbedConnection(LocalConnection):
    """The emulated card behind a line that changes answers: (which answer, how, where, with what) in six bytes each."""

    def __init__(self, card: EmulatedCard, disturbances: bytes) -> None:
        super().__init__(card)
        self._answers = 0
        self._due: dict[int, list[bytes]] = {}
        for start in range(0, len(disturbances), _DISTURBANCE_BYTES):
            one = disturbances[start : start + _DISTURBANCE_BYTES].ljust(_DISTURBANCE_BYTES, b"\x00")
            self._due.setdefault(one[0], []).append(one)

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        raw = ResponseApdu(*super().transmit(apdu)).encode()
        for _, how, high, low, *value in self._due.get(self._answers % 256, ()):
            raw = _disturb(raw, how, high << 8 | low, bytes(value))
        self._answers += 1
        return split_answer(raw)


def _disturb(raw: bytes, how: int, where: int, value: bytes) -> bytes:
    where %= len(raw) + 1
    if how % 6 == 0:
        return raw[:where] + value[:1] + raw[where + 1 :]
    if how % 6 == 1:
        return raw[:where]
    if how % 6 == 2:
        return raw[:-2] + value
    if how % 6 == 3:
        return value
    if how % 6 == 4:
        return raw[:where] + value + raw[where:]
    return raw[:where] + raw + raw[where:]


@functools.cache
def keys() -> KeyRing:
    return keyring_from_qr(parse_qr(card_image().qr_text))


def read(connection: LocalConnection, access: Access = Access.AUTO) -> CardReadout:
    """As a kiosk reads: with a trust store, and with every proof of the chip."""
    return read_card(connection, keys(), access=access, both_proofs=True, trust=trust_store(), now=lambda: NOW)


@functools.cache
def undisturbed() -> CardReadout:
    return read(LocalConnection(EmulatedCard(card_image())), Access.BAC)


def _check_readout(found: CardReadout) -> None:
    """Whatever is done to the answers, what the reader accepts is what the card has."""
    good = undisturbed()
    assert found.citizen == good.citizen or "DG13" not in found.files or "DG2" not in found.files
    assert all(good.files[name] == summary for name, summary in found.files.items())
    assert _is_passively_authentic(found)
    assert found.verdict(Check.CROSS_CHECK).state is CheckState.SUCCESSFUL


def _is_passively_authentic(found: CardReadout) -> bool:
    checks = (Check.DG_HASHES, Check.SOD_SIGNATURE, Check.ISSUER)
    return all(found.verdict(check).state is CheckState.SUCCESSFUL for check in checks)


@target(max_len=96, slow=True)
def session_bac(data: bytes) -> None:
    card = EmulatedCard(card_image(), random=Determined())
    _check_readout(read(DisturbedConnection(card, data), Access.BAC))


@target(max_len=96, slow=True)
def session_pace(data: bytes) -> None:
    """With the way back to basic access control, as a kiosk has it."""
    card = EmulatedCard(card_image(), random=Determined())
    _check_readout(read(DisturbedConnection(card, data)))


CHANGED = (*(ef.fid for ef in EF if ef not in (EF.DG3, EF.DG11, EF.DG12)), FID_CARD_ACCESS)


def changed_file(data: bytes) -> tuple[int, bytes]:
    """The file that the last byte chooses, and the content that the others are."""
    return CHANGED[(data[-1] if data else 0) % len(CHANGED)], data[:-1]


def changed_image(data: bytes) -> CardImage:
    fid, changed = changed_file(data)
    image = card_image()
    return replace(image, files={**image.files, fid: changed})


@target(max_len=4096, tlv=True, slow=True)
def session_files(data: bytes) -> None:
    """An authentic session that gives out a file of any content, as a copied card would. The last byte chooses the
    file. What passes for genuine is what the issuer signed."""
    card = EmulatedCard(changed_image(data), random=Determined())
    found = read(LocalConnection(card), Access.BAC)
    if _is_passively_authentic(found):
        good = undisturbed().files
        assert all(good[name] == summary for name, summary in found.files.items() if name not in ("SOD", "COM"))


@target(max_len=2048, tlv=True, slow=True)
def session_cam(data: bytes) -> None:
    """PACE with chip authentication mapping, and a chip whose EF.CardSecurity, EF.CardAccess or DG14 is any other. The
    last byte chooses the file."""
    choice, changed = (data[-1] % 3, data[:-1]) if data else (0, b"")
    image = versatile_image()
    if choice == 0:
        image = replace(image, card_security=changed)
    else:
        image = replace(image, files={**image.files, (FID_CARD_ACCESS, EF.DG14.fid)[choice - 1]: changed})
    found = read(LocalConnection(EmulatedCard(image, random=Determined())))
    if _is_passively_authentic(found):
        good = undisturbed_cam().files
        assert all(good[name] == summary for name, summary in found.files.items())


@functools.cache
def undisturbed_cam() -> CardReadout:
    return read(LocalConnection(EmulatedCard(versatile_image())))
