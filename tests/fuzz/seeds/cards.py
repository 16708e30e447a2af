"""Images, people and orders for the emulated card; disturbances of a session; a terminal's commands."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cccd_reader import tlv
from cccd_reader.access import EMRTD_AID
from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import TestSigner
from cccd_reader.emulation.fids import FID_CARD_ACCESS
from cccd_reader.lds.files import EF
from tests.fuzz import sessions
from tests.fuzz.cards import card_image, versatile_image
from tests.fuzz.script import pack
from tests.fuzz.seeds.samples import Make, Seeds


def _card_image() -> Seeds:
    yield from _card_image_entries()
    yield _whole_card_image()


def _whole_card_image() -> bytes:
    image = card_image()
    small = replace(image, files={fid: image.files[fid] for fid in (EF.DG1.fid, EF.COM.fid)})
    with TemporaryDirectory() as folder:
        path = Path(folder, "seed.card")
        small.save(path)
        return path.read_bytes()


def _card_image_entries() -> Seeds:
    """The manifest of a card with every kind of key, and with none."""
    for image in (versatile_image(), replace(card_image(), agreement_keys=(), active_authentication_key=None)):
        with TemporaryDirectory() as folder:
            path = Path(folder, "seed.card")
            image.save(path)
            manifest = zipfile.ZipFile(path).read("card.json")
        yield pack([manifest, b"0101.bin" + b"\x61\x02\x00\x00", b"011C.bin" + FALLBACK])


def _citizen_profile() -> Seeds:
    lines = [
        'number = "001199012345"\nfull_name = "Đặng Thị Bích"\nbirth_date = 1999-01-15\nsex = "Nữ"',
        'residence = "Số 4"\nplace_of_origin = "Phường Một"\nissue_date = "2022-03-20"\nexpiry_date = 2039-01-15',
        'spouse = ["Lê Văn Giang"]\nfather = "A"\nmother = ""\nold_number = "012345678"\ngeneration = 2021',
    ]
    yield "\n".join(lines).encode()
    yield "\n".join(lines[:2]).replace("2039-01-15", '"Không thời hạn"').encode()


def _emulation_command() -> Seeds:
    commands = [
        {"command": "place", "slot": 0, "image": "lan.card"},
        {"command": "place", "image": "a", "quirks": {"past_end": "cuts", "extended_length": False}, "copy": "clone"},
        {"command": "place", "image": "a", "quirks": {"tries": 3, "delay_s": 0.5}, "tamper": ["DG13"]},
        {"command": "pull", "slot": 1},
        {"command": "status"},
        {"command": "quit"},
    ]
    faults = [
        {"kind": "pull_in_file", "file": "DG2", "after_bytes": 6000},
        {"kind": "pull_at", "apdu": 3},
        {"kind": "truncate_at", "apdu": 3, "keep": 2},
        {"kind": "status_word_at", "apdu": 3, "sw": 27010},
    ]
    commands += [{"command": "fault", "slot": 0, "fault": fault} for fault in faults]
    return [json.dumps(command).encode() for command in commands]


def _disturbances() -> Seeds:
    """(answer, how, where, with what) of every kind, early and late in the session."""
    for answer in (0, 1, 3, 5, 8, 14):
        for how in range(6):
            yield bytes([answer, how, 0, 5, 0x69, 0x82])
    yield b""


def _session_files() -> Seeds:
    for index, fid in enumerate(sessions.CHANGED):
        yield card_image().files[fid] + bytes([index])


def _session_cam() -> Seeds:
    image = versatile_image()
    assert image.card_security is not None
    yield image.card_security + b"\x00"
    yield image.files[FID_CARD_ACCESS] + b"\x01"
    yield card_image().files[EF.DG14.fid] + b"\x02"
    yield image.files[EF.DG14.fid] + b"\x02"
    yield TestSigner.create().sign_card_security(tlv.decode(image.files[EF.DG14.fid]).value) + b"\x00"


def _chip() -> Seeds:
    select = CommandApdu(0x00, 0xA4, 0x04, 0x0C, EMRTD_AID)
    read = CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256)
    pace = CommandApdu(0x00, 0x22, 0xC1, 0xA4, bytes.fromhex("800A04007F00070202040202830102"))
    nonce = CommandApdu(0x10, 0x86, 0x00, 0x00, b"\x7c\x00", 256)
    challenge = CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)
    external = CommandApdu(0x00, 0x82, 0x00, 0x00, bytes(40), 40)
    for commands in ((read,), (pace, nonce), (select, challenge, external), (select, read)):
        yield b"\x0f" + pack(command.encode() for command in commands)


def _chip_in_session() -> Seeds:
    read = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=20)
    by_fid = CommandApdu(0x00, 0xA4, 0x02, 0x0C, b"\x01\x0d")
    chip_authentication = CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes.fromhex("800A04007F00070202030202"))
    agree = CommandApdu(0x00, 0x86, 0x00, 0x00, tlv.encode(0x7C, tlv.encode(0x80, b"\x04" + bytes(64))), 256)
    internal = CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 256)
    for commands in ((read, by_fid, read), (chip_authentication, agree), (internal,), (read,)):
        yield b"\x0f" + pack(command.encode() for command in commands)


SEEDS: dict[str, Make] = {
    "card_image": _card_image,
    "emulation_command": _emulation_command,
    "citizen_profile": _citizen_profile,
    "session_bac": _disturbances,
    "session_pace": _disturbances,
    "session_files": _session_files,
    "session_cam": _session_cam,
    "diagnosis": _session_files,
    "chip": _chip,
    "chip_in_session": _chip_in_session,
}
