"""What the emulated card takes from others: image files, orders to the card process, and commands of a terminal."""

import io
import tempfile
import zipfile
from dataclasses import fields, replace
from pathlib import Path

from cccd_reader.access import EMRTD_AID
from cccd_reader.apdu import CommandApdu
from cccd_reader.bac import run_bac
from cccd_reader.citizen import citizen_from_dg13
from cccd_reader.emulation import EmulatedCard, Quirks, load_citizen
from cccd_reader.emulation.data_groups import encode_dg13
from cccd_reader.emulation.image import MAX_FILE_BYTES, MAX_FILES, CardImage
from cccd_reader.emulation.server import CardProcess
from cccd_reader.errors import CardError, ChipDataError
from cccd_reader.lds.dg13 import parse_dg13
from cccd_reader.lds.files import EF
from cccd_reader.qr import parse_qr
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection
from tests.fuzz.cards import versatile_image
from tests.fuzz.registry import target
from tests.fuzz.script import Determined, unpack

_directory = tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-")


@target(max_len=4096)
def card_image(data: bytes) -> None:
    """An archive of any bytes; or one that is whole, with any manifest, and entries of any name and content: in the
    other kind checksums hide them."""
    if data.startswith(b"PK"):
        _load(data)
        return
    manifest, *entries = unpack(data) if data else [b""]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("card.json"), manifest)
        for entry in entries[: 2 * MAX_FILES]:
            name = entry[:8].decode("latin-1").partition("\x00")[0] or "?"
            if name not in archive.NameToInfo:
                archive.writestr(zipfile.ZipInfo(name), entry[8:])
    _load(buffer.getvalue())


def _load(data: bytes) -> None:
    path = Path(_directory.name, "fuzz.card")
    path.write_bytes(data)
    image = CardImage.load(path)
    assert len(image.files) <= MAX_FILES
    assert all(len(file) <= MAX_FILE_BYTES for file in image.files.values())
    image.save(path)
    assert CardImage.load(path) == image


@target(max_len=2048)
def citizen_profile(data: bytes) -> None:
    """The TOML file of a made-up person. One that is accepted makes a card."""
    path = Path(_directory.name, "fuzz.toml")
    path.write_bytes(data)
    citizen = load_citizen(path)
    assert parse_qr(citizen.qr_text()).number == citizen.number
    assert citizen_from_dg13(parse_dg13(encode_dg13(citizen))).number == citizen.number


@target(max_len=512)
def emulation_command(data: bytes) -> None:
    """A line for the card process; nothing listens at its port, and no card is there to be placed."""
    answer, last = CardProcess("127.0.0.1", 1).handle(data.decode("utf-8", "replace"))
    assert answer["ok"] or len(answer["detail"]) < 1000
    assert answer["ok"] or not last


_IMAGE = versatile_image()
_SECRETS = tuple(_IMAGE.files[ef.fid][8:40] for ef in (EF.DG1, EF.DG2, EF.DG13, EF.DG15, EF.SOD))


@target(max_len=1024)
def chip(data: bytes) -> None:
    """Commands of a terminal without the key. The first byte chooses the chip's habits."""
    card = _card(data[0] if data else 0)
    for command in unpack(data[1:]):
        answer = card.process(command)
        assert len(answer) >= 2
        assert not any(secret in answer for secret in _SECRETS)


@target(max_len=1024)
def chip_in_session(data: bytes) -> None:
    """Commands under protection, of a terminal that has the key."""
    card = _card(data[0] if data else 0)
    line = Link(LocalConnection(card))
    assert line.send(CommandApdu(0x00, 0xA4, 0x04, 0x0C, EMRTD_AID)).ok
    line.channel = run_bac(line.send_plain, _IMAGE.mrz_key, random=Determined(2))
    for raw in unpack(data[1:]):
        try:
            command = CommandApdu.decode(raw)
        except ChipDataError:
            assert len(card.process(raw)) >= 2
            continue
        try:
            line.send(replace(command, cla=command.cla & 0x10))
        except CardError:
            return


_SWITCHES = tuple(field.name for field in fields(Quirks) if type(field.default) is bool)


def _card(choice: int) -> EmulatedCard:
    """Of many habits, one is another than usual."""
    name = _SWITCHES[choice % len(_SWITCHES)]
    quirks = replace(Quirks(), **{name: not getattr(Quirks(), name)})
    return EmulatedCard(_IMAGE, random=Determined(), quirks=quirks, sleep=lambda seconds: None)
