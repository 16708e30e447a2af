"""Shared by the tests of the emulated card: an invented person, drawn photos, and a terminal in plain APDUs."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from cccd_reader import tlv
from cccd_reader.access import EMRTD_AID
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.bac import run_bac
from cccd_reader.card_access import FALLBACK, parse_card_access
from cccd_reader.emulation import (
    ActiveAuthenticationVariant,
    CardImage,
    ChipAuthenticationVariant,
    EmulatedCard,
    PaceVariant,
    SyntheticCitizen,
    TestSigner,
    personalise,
)
from cccd_reader.emulation.chip_keys import ActiveAuthenticationKey, AgreementKey
from cccd_reader.keys import Can, MrzKey
from cccd_reader.lds.security_infos import PaceInfo
from cccd_reader.pace import PaceSession, run_pace
from cccd_reader.transport.base import CardSource
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection
from tests.people import BICH

DATA = Path(__file__).parents[1] / "data" / "emrtd"
NUMBER = BICH.number


@pytest.fixture(scope="session")
def icao() -> dict[str, Any]:
    return json.loads((DATA / "icao9303_vectors.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def vietnam() -> dict[str, Any]:
    return json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def citizen() -> SyntheticCitizen:
    return BICH


def draw_face(codec: str) -> bytes:
    """A drawn face of 300×400 pixels, like nobody's."""
    picture = Image.new("RGB", (300, 400), "lightgrey")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((70, 80, 230, 320), fill="bisque", outline="black")
    for x in (115, 185):
        pen.ellipse((x - 12, 170, x + 12, 190), fill="white", outline="black")
    pen.arc((110, 220, 190, 280), 20, 160, fill="black", width=4)
    buffer = io.BytesIO()
    picture.save(buffer, codec)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def photo() -> bytes:
    return draw_face("JPEG")


@pytest.fixture(scope="session")
def photo_jpeg2000() -> bytes:
    return draw_face("JPEG2000")


@pytest.fixture(scope="session")
def signer() -> TestSigner:
    return TestSigner.create()


@pytest.fixture(scope="session")
def make_card(citizen: SyntheticCitizen, photo: bytes, signer: TestSigner) -> Callable[..., CardImage]:
    """make_card(pace=…, ca=…, aa=…, signer=…, photo_bytes=…): a card by the names of its protocols.

    `pace` and `ca` are texts or tuples of them, `aa` is a text or None. Keys are made once a session, for all cards.
    """
    agreement_keys: dict[int, AgreementKey] = {}
    active_keys: dict[str, ActiveAuthenticationKey] = {}

    def make(
        pace: str | tuple[str, ...] = "ecdh-gm-aes128",
        ca: str | tuple[str, ...] = "ecdh-aes128",
        aa: str | None = "ec-brainpoolP256r1-sha256",
        signer: TestSigner = signer,
        photo_bytes: bytes = photo,
        person: SyntheticCitizen = citizen,
    ) -> CardImage:
        made = personalise(
            person,
            photo_bytes,
            signer=signer,
            pace=[PaceVariant.parse(text) for text in _texts(pace)],
            chip_authentication=[ChipAuthenticationVariant.parse(text) for text in _texts(ca)],
            active_authentication=None if aa is None else ActiveAuthenticationVariant.parse(aa),
            keys=tuple(agreement_keys.values()),
            active_key=None if aa is None else active_keys.get(aa),
        )
        agreement_keys.update({key.parameter_id: key for key in made.agreement_keys})
        if aa is not None and made.active_authentication_key is not None:
            active_keys[aa] = made.active_authentication_key
        return made

    return make


def _texts(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


@pytest.fixture(scope="session")
def image(make_card: Callable[..., CardImage]) -> CardImage:
    return make_card()


@pytest.fixture
def image_path(image: CardImage, tmp_path: Path) -> Path:
    path = tmp_path / "bich.card"
    image.save(path)
    return path


See = Callable[[CardSource, type], None]


@pytest.fixture(scope="session")
def see() -> See:
    """see(source, Present): waits until the reader's state is of this kind."""

    def wait(source: CardSource, kind: type) -> None:
        for _ in range(20):
            if isinstance(source.wait_change(10.0), kind):
                return
        raise AssertionError(f"never {kind.__name__}")

    return wait


class Terminal:
    """Sends commands to a card, plain or in a session that `pace` or `bac` opened; knows no more than the standard."""

    def __init__(self, card: EmulatedCard) -> None:
        self.card = card
        self.link = Link(LocalConnection(card))

    def plain(self, text: str) -> ResponseApdu:
        """A command in hexadecimal as it is."""
        return ResponseApdu.decode(self.card.process(bytes.fromhex(text)))

    def send(
        self, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"", le: int | None = None, *, extended: bool = False
    ) -> ResponseApdu:
        """Under protection when a session is open."""
        return self.link.send(CommandApdu(0x00, ins, p1, p2, data, le, extended))

    def select_application(self) -> ResponseApdu:
        return self.send(0xA4, 0x04, 0x0C, EMRTD_AID)

    def read(self, sfi: int, offset: int = 0, le: int = 4) -> ResponseApdu:
        return self.send(0xB0, 0x80 | sfi, offset, le=le)

    def pace(self, can: str = NUMBER[-6:]) -> "Terminal":
        (info,) = parse_card_access(FALLBACK).ranked()
        self.run_pace(info, Can(can))
        assert self.select_application().ok
        return self

    def run_pace(self, info: PaceInfo, key: Can | MrzKey, *, name_parameters: bool = False) -> PaceSession:
        """A session in the master file."""
        session = run_pace(self.link.send_plain, info, key, name_parameters=name_parameters)
        self.link.channel = session.channel
        return session

    def bac(self) -> "Terminal":
        assert self.select_application().ok
        self.link.channel = run_bac(self.link.send_plain, self.card.image.mrz_key)
        return self

    def read_file(self, sfi: int) -> bytes:
        """The whole file in pieces of 200 bytes."""
        head = self.read(sfi, le=8)
        assert head.ok, f"{head.sw:04X}"
        data = head.data
        total = tlv.read_header(data).total
        while len(data) < total:
            part = self.send(0xB0, len(data) >> 8, len(data) & 0xFF, le=min(200, total - len(data)))
            assert part.ok, f"{part.sw:04X}"
            data += part.data
        return data


@pytest.fixture
def terminal(image: CardImage) -> Callable[..., Terminal]:
    """terminal(): a terminal before a new card of `image`; terminal(card) before another one."""

    def make(card: EmulatedCard | None = None, **options: Any) -> Terminal:
        return Terminal(card or EmulatedCard(image, **options))

    return make


@pytest.fixture
def scripted_random() -> Iterator[Callable[..., Callable[[int], bytes]]]:
    """scripted_random(a, b, …): a random source that gives exactly these, in hexadecimal, and all of them."""
    sources: list[list[bytes]] = []

    def make(*values: str) -> Callable[[int], bytes]:
        waiting = [bytes.fromhex(value) for value in values]
        sources.append(waiting)

        def random(size: int) -> bytes:
            value = waiting.pop(0)
            assert len(value) == size
            return value

        return random

    yield make
    assert not any(sources), "random numbers that the chip did not ask for"
