"""The files of a trust store: bounded reading, atomic writing, and where each certificate came from.

csca/       certificates of country signers: trust anchors (.cer .crt .der .pem)
signers/    pinned document signer certificates
crl/        revocation lists (.crl .pem)
manifest.json   the origin of what was imported, by SHA-256 of the certificate
"""

import base64
import binascii
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cccd_reader.errors import ChipDataError
from cccd_reader.pki import certificate, crl


class Folder(StrEnum):
    CSCA = "csca"
    SIGNERS = "signers"
    CRL = "crl"


MANIFEST = "manifest.json"

MAX_FILES = 10_000
"""Files of one folder that are read; the others are reported."""
MAX_IN_BUNDLE = 1_000
"""Certificates in one PEM file that are read."""
MAX_FOLDER_BYTES = 256 * 1024 * 1024
"""Bytes of one folder that are read: no store takes more memory than a machine has."""
_MAX_MANIFEST_BYTES = 16 * 1024 * 1024
_MAX_BYTES = {
    Folder.CSCA: 2 * MAX_IN_BUNDLE * certificate.MAX_BYTES // 16,
    Folder.SIGNERS: 2 * MAX_IN_BUNDLE * certificate.MAX_BYTES // 16,
    Folder.CRL: 2 * crl.MAX_BYTES,
}
_SUFFIXES = {
    Folder.CSCA: (".cer", ".crt", ".der", ".pem"),
    Folder.SIGNERS: (".cer", ".crt", ".der", ".pem"),
    Folder.CRL: (".crl", ".der", ".pem"),
}
_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----")
_PEM_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"X509 CRL")
_MANIFEST_VERSION = 1


@dataclass(frozen=True, slots=True)
class StoreProblem:
    """A file, or a part of one, that the store does not use, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a certificate came from. For one from a master list: the list's signer, when it signed, and the root that
    was stated at the import; for a single certificate those are None."""

    source: str
    source_sha256: str
    imported_at: datetime
    list_signer: str | None = None
    list_signed_at: datetime | None = None
    list_root_sha256: str | None = None


def decode_blocks(data: bytes) -> tuple[bytes, ...]:
    """The DER of the one object, or of each PEM block, in `data`. Raises `ChipDataError` for broken PEM."""
    if not data.lstrip().startswith(b"-----") and b"-----BEGIN " not in data[:4096]:
        return (data,)
    found: list[bytes] = []
    for match in _PEM_BLOCK.finditer(data):
        if match[1] not in _PEM_LABELS:
            continue
        if len(found) == MAX_IN_BUNDLE:
            raise ChipDataError("PEM", f"more than {MAX_IN_BUNDLE} blocks")
        try:
            found.append(base64.b64decode(b"".join(match[2].split()), validate=True))
        except binascii.Error as error:
            raise ChipDataError("PEM", "malformed base64") from error
    if not found:
        raise ChipDataError("PEM", "no certificate and no CRL")
    return tuple(found)


class StoreFiles:
    """Reads and writes a store's directory. Reading reports what is broken; only writing raises `OSError`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self, folder: Folder) -> Iterator[tuple[str, tuple[bytes, ...] | StoreProblem]]:
        """(file name with folder, DER objects in it), in the order of names. A folder that is not there is empty."""
        try:
            names = sorted(entry.name for entry in (self.directory / folder).iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            yield folder, StoreProblem(folder, f"cannot be listed: {error.strerror}")
            return
        # What is being written at this moment has a name with a dot in front.
        names = [name for name in names if not name.startswith(".") and name.lower().endswith(_SUFFIXES[folder])]
        total = 0
        for place, name in enumerate(names):
            shown = f"{folder}/{name}"
            if place == MAX_FILES:
                yield shown, StoreProblem(shown, f"not read: the folder has more than {MAX_FILES} files")
                return
            try:
                data = _read_bounded(self.directory / folder / name, _MAX_BYTES[folder])
                total += len(data)
                if total > MAX_FOLDER_BYTES:
                    yield shown, StoreProblem(shown, f"not read: the folder has more than {MAX_FOLDER_BYTES} bytes")
                    return
                yield shown, decode_blocks(data)
            except ChipDataError as error:
                yield shown, StoreProblem(shown, error.detail)
            except OSError as error:
                yield shown, StoreProblem(shown, f"cannot be read: {error.strerror}")

    def write(self, folder: Folder, name: str, data: bytes) -> str:
        """Writes the file so that it is there whole or not at all. Returns its name with the folder."""
        (self.directory / folder).mkdir(parents=True, exist_ok=True)
        _write_atomically(self.directory / folder / name, data)
        return f"{folder}/{name}"

    def read_origins(self) -> tuple[Mapping[str, Origin], StoreProblem | None]:
        """The origins by SHA-256; without a manifest, or with a broken one, none."""
        try:
            raw = _read_bounded(self.directory / MANIFEST, _MAX_MANIFEST_BYTES)
        except FileNotFoundError:
            return {}, None
        except (OSError, ChipDataError):
            return {}, StoreProblem(MANIFEST, "cannot be read")
        try:
            document = json.loads(raw)
            if document["version"] != _MANIFEST_VERSION:
                return {}, StoreProblem(MANIFEST, "of another version")
            return {str(key): _decode_origin(value) for key, value in document["origins"].items()}, None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}, StoreProblem(MANIFEST, "malformed")

    def write_origins(self, origins: Mapping[str, Origin]) -> None:
        """Raises `FileExistsError` rather than replace a manifest that it cannot read: it is the only record."""
        known, problem = self.read_origins()
        if problem is not None:
            raise FileExistsError(f"{MANIFEST} is {problem.reason}: repair it or move it away first")
        document = {
            "version": _MANIFEST_VERSION,
            "origins": {key: _encode_origin(value) for key, value in sorted({**known, **origins}.items())},
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        _write_atomically(self.directory / MANIFEST, text.encode("utf-8"))


def _read_bounded(path: Path, most: int) -> bytes:
    if not path.is_file():
        if path.exists():
            raise ChipDataError(path.name, "no ordinary file")  # a pipe would never end
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ChipDataError(path.name, f"longer than {most} bytes")
    return data


def _write_atomically(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _encode_origin(origin: Origin) -> dict[str, str]:
    fields: dict[str, str | None] = {
        "source": origin.source,
        "source_sha256": origin.source_sha256,
        "imported_at": origin.imported_at.isoformat(),
        "list_signer": origin.list_signer,
        "list_signed_at": None if origin.list_signed_at is None else origin.list_signed_at.isoformat(),
        "list_root_sha256": origin.list_root_sha256,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _decode_origin(fields: Any) -> Origin:
    signed_at = fields.get("list_signed_at")
    return Origin(
        source=str(fields["source"]),
        source_sha256=str(fields["source_sha256"]),
        imported_at=datetime.fromisoformat(fields["imported_at"]),
        list_signer=fields.get("list_signer"),
        list_signed_at=None if signed_at is None else datetime.fromisoformat(signed_at),
        list_root_sha256=fields.get("list_root_sha256"),
    )
