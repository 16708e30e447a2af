"""A personalised card as a value, and as a file: everything that the emulated chip keeps in its memory."""

import io
import json
import string
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cccd_reader.agreement import standard_group
from cccd_reader.emulation.chip_keys import (
    ActiveAuthenticationKey,
    AgreementKey,
    generate_active_key,
    generate_agreement_key,
    order_of,
)
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.fids import FILE_NAMES
from cccd_reader.emulation.variants import SUITE_NAMES, ActiveAuthenticationVariant, PaceVariant, suite_name
from cccd_reader.errors import CardError
from cccd_reader.keys import Can, MrzKey

FORMAT = "tiepdon-synthetic-card"
VERSION = 2
WARNING = "SYNTHETIC card of a person who does not exist, signed by a TEST authority. Proves nothing about anybody."

MAX_FILE_BYTES = 0x8000
"""READ BINARY addresses 15 bits (ISO/IEC 7816-4, 11.3.3)."""
MAX_FILES = 32

_MANIFEST = "card.json"
_EPOCH = (2024, 7, 1, 0, 0, 0)
"""A fixed time stamp: the same card always makes the same file."""

# RuntimeError is what zipfile has for an encrypted entry, and json for one that is nested too deep.
_BROKEN_ARCHIVE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_BROKEN_MANIFEST = (ValueError, KeyError, TypeError, AttributeError, CardError, EmulationError)


@dataclass(frozen=True, slots=True, repr=False)
class CardImage:
    """`files` are the elementary files by their identifiers, EF.CardAccess among them; EF.CardSecurity stands apart,
    because in the master file it has the identifier that EF.SOD has in the application. `qr_text` is what is printed on
    the card. `pace` and the keys are what the chip can do, whatever its files say; a copied card has no keys."""

    files: Mapping[int, bytes]
    can: str
    mrz_key: MrzKey
    qr_text: str
    card_security: bytes | None = None
    pace: tuple[PaceVariant, ...] = ()
    agreement_keys: tuple[AgreementKey, ...] = ()
    active_authentication_key: ActiveAuthenticationKey | None = None

    def __repr__(self) -> str:
        return f"CardImage({len(self.files)} files)"

    @property
    def number(self) -> str:
        """The 12 digits, as printed."""
        return self.qr_text.split("|", 1)[0]

    def save(self, path: Path) -> None:
        """A ZIP archive: the manifest, and one entry per file."""
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "warning": WARNING,
            "can": self.can,
            "mrz_key": {
                "document_number": self.mrz_key.document_number,
                "birth": self.mrz_key.birth,
                "expiry": self.mrz_key.expiry,
            },
            "qr_text": self.qr_text,
            "card_security": None if self.card_security is None else self.card_security.hex(),
            "pace": [str(variant) for variant in self.pace],
            "agreement_keys": [_agreement_key_to_json(key) for key in self.agreement_keys],
            "active_authentication_key": _active_key_to_json(self.active_authentication_key),
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            text = json.dumps(manifest, ensure_ascii=False, indent=1)
            archive.writestr(zipfile.ZipInfo(_MANIFEST, _EPOCH), text)
            for fid, data in sorted(self.files.items()):
                archive.writestr(zipfile.ZipInfo(f"{fid:04X}.bin", _EPOCH), data)
        path.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "CardImage":
        """Raises `EmulationError(bad_image)` for anything but a card that `save` wrote."""
        try:
            with zipfile.ZipFile(path) as archive:
                return cls._read(archive)
        except (*_BROKEN_ARCHIVE, *_BROKEN_MANIFEST) as error:
            # Without the error's text, which quotes the file.
            raise EmulationError(EmulationErrorCode.BAD_IMAGE, f"{path.name} is no card image") from error

    @classmethod
    def _read(cls, archive: zipfile.ZipFile) -> "CardImage":
        entries = archive.infolist()
        if len(entries) > MAX_FILES or any(entry.file_size > MAX_FILE_BYTES for entry in entries):
            raise ValueError("more or larger files than a chip has")
        manifest = json.loads(archive.read(_MANIFEST))
        if manifest["format"] != FORMAT or manifest["version"] != VERSION:
            raise ValueError("another format or version: cards are made anew by personalise")
        files = {
            int(entry.filename.removesuffix(".bin"), 16): archive.read(entry)
            for entry in entries
            if entry.filename != _MANIFEST
        }
        return cls(
            MappingProxyType(files),
            Can(manifest["can"]).digits,
            MrzKey(**manifest["mrz_key"]),
            str(manifest["qr_text"]),
            None if manifest["card_security"] is None else bytes.fromhex(manifest["card_security"]),
            tuple(PaceVariant.parse(text) for text in manifest["pace"]),
            tuple(_agreement_key_from_json(table) for table in manifest["agreement_keys"]),
            _active_key_from_json(manifest["active_authentication_key"]),
        )


def tampered(image: CardImage, fid: int, data: bytes | None = None) -> CardImage:
    """The card with one file changed behind the signer's back: to `data`, or by the last letter in it, so that texts
    stay texts and the file as long as it was. A file without letters has its last byte changed."""
    changed = _with_another_letter(image.files[fid]) if data is None else data
    return replace(image, files=MappingProxyType({**image.files, fid: changed}))


def tampered_by_name(image: CardImage, name: str) -> CardImage:
    """The same for a file by its name ("DG13"). Raises `EmulationError(bad_command)` when the card has no such file."""
    for fid in image.files:
        if FILE_NAMES.get(fid) == name:
            return tampered(image, fid)
    known = ", ".join(FILE_NAMES[fid] for fid in sorted(image.files) if fid in FILE_NAMES)
    raise EmulationError(EmulationErrorCode.BAD_COMMAND, f"the card has {known}", field="tamper")


def without_file(image: CardImage, fid: int) -> CardImage:
    """The card with one file missing."""
    return replace(image, files=MappingProxyType({key: data for key, data in image.files.items() if key != fid}))


def cloned(image: CardImage) -> CardImage:
    """A copy as anybody can make it who read the card: all files, and none of the chip's private keys."""
    return replace(image, agreement_keys=(), active_authentication_key=None)


def forged(image: CardImage) -> CardImage:
    """A bolder copy: where the chip's private keys would be it has others, and answers as if they were right."""
    active = image.active_authentication_key
    return replace(
        image,
        agreement_keys=tuple(
            generate_agreement_key(key.parameter_id, key.suites, key.key_id) for key in image.agreement_keys
        ),
        active_authentication_key=None if active is None else generate_active_key(active.variant),
    )


def _with_another_letter(data: bytes) -> bytes:
    at = max((index for index, byte in enumerate(data) if chr(byte) in string.ascii_letters), default=len(data) - 1)
    # The lowest bit but one: an A becomes a C, and only B, C, Z and their like need care to stay letters.
    letter = data[at] ^ 0x02
    if chr(data[at]) in string.ascii_letters and chr(letter) not in string.ascii_letters:
        letter = data[at] ^ 0x01
    return data[:at] + bytes([letter]) + data[at + 1 :]


def _agreement_key_to_json(key: AgreementKey) -> dict[str, Any]:
    return {
        "parameter_id": key.parameter_id,
        "private": f"{key.private:x}",
        "suites": [suite_name(suite) for suite in key.suites],
        "key_id": key.key_id,
    }


def _agreement_key_from_json(table: Mapping[str, Any]) -> AgreementKey:
    parameter_id, key_id, private = table["parameter_id"], table["key_id"], int(table["private"], 16)
    group = standard_group(parameter_id)
    if group is None or not 0 < private < order_of(group) or not isinstance(key_id, int | None):
        raise ValueError("a key of a group that nobody knows, or outside of it")
    return AgreementKey(parameter_id, private, tuple(SUITE_NAMES[name] for name in table["suites"]), key_id)


def _active_key_to_json(key: ActiveAuthenticationKey | None) -> dict[str, Any] | None:
    return None if key is None else {"variant": str(key.variant), "private": key.private.hex()}


def _active_key_from_json(table: Mapping[str, Any] | None) -> ActiveAuthenticationKey | None:
    if table is None:
        return None
    return ActiveAuthenticationKey(ActiveAuthenticationVariant.parse(table["variant"]), bytes.fromhex(table["private"]))
