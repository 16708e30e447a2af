"""A personalised card as a value, and as a file: everything that the emulated chip keeps in its memory."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.errors import CardError
from cccd_reader.keys import Can, MrzKey

FORMAT = "tiepdon-synthetic-card"
VERSION = 1
WARNING = "SYNTHETIC card of a person who does not exist, signed by a TEST authority. Proves nothing about anybody."

MAX_FILE_BYTES = 0x8000
"""READ BINARY addresses 15 bits (ISO/IEC 7816-4, 11.3.3)."""
MAX_FILES = 32

_MANIFEST = "card.json"
_EPOCH = (2024, 7, 1, 0, 0, 0)
"""A fixed time stamp: the same card always makes the same file."""

# RuntimeError is what zipfile has for an encrypted entry, and json for one that is nested too deep.
_BROKEN_ARCHIVE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_BROKEN_MANIFEST = (ValueError, KeyError, TypeError, CardError)


@dataclass(frozen=True, slots=True, repr=False)
class CardImage:
    """`files` are the elementary files by their identifiers; `qr_text` is what is printed on the card. The private keys
    (PKCS#8, DER) are the chip's own, for chip and active authentication; a copied card has none."""

    files: Mapping[int, bytes]
    can: str
    mrz_key: MrzKey
    qr_text: str
    chip_authentication_key: bytes | None = None
    active_authentication_key: bytes | None = None

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
            "chip_authentication_key": _hex(self.chip_authentication_key),
            "active_authentication_key": _hex(self.active_authentication_key),
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
            raise ValueError("another format or version")
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
            _bytes(manifest["chip_authentication_key"]),
            _bytes(manifest["active_authentication_key"]),
        )


def tampered(image: CardImage, fid: int, data: bytes | None = None) -> CardImage:
    """The card with one file changed behind the signer's back: its last byte, or all of it to `data`."""
    original = image.files[fid]
    changed = original[:-1] + bytes([original[-1] ^ 0x01]) if data is None else data
    return replace(image, files=MappingProxyType({**image.files, fid: changed}))


def without_file(image: CardImage, fid: int) -> CardImage:
    """The card with one file missing."""
    return replace(image, files=MappingProxyType({key: data for key, data in image.files.items() if key != fid}))


def cloned(image: CardImage) -> CardImage:
    """A copy as anybody can make it who read the card: all files, and none of the chip's private keys."""
    return replace(image, chip_authentication_key=None, active_authentication_key=None)


def _hex(data: bytes | None) -> str | None:
    return None if data is None else data.hex()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
