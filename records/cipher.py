"""The seam through which identity fields reach the disk, and the pseudonym that replaces them in the log."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Protocol

KEY_BYTES = 32


class FieldCipher(Protocol):
    """Seals one field of one record. With a key per record, deleting that key erases the record's personal data."""

    def seal(self, record_id: str, field: str, value: str) -> str:
        """The text to store. `record_id` and `field` are to be authenticated, so that fields cannot be swapped."""

    def unseal(self, record_id: str, field: str, stored: str) -> str:
        """The value that was sealed."""


class PlainCipher:
    """Stores fields as they are. The disk's encryption is then all that protects them."""

    def seal(self, record_id: str, field: str, value: str) -> str:
        """`value` unchanged."""
        return value

    def unseal(self, record_id: str, field: str, stored: str) -> str:
        """`stored` unchanged."""
        return stored


def keyed_digest(key: bytes, purpose: str, text: str) -> str:
    """HMAC-SHA256 (hex) of personal data: the same text gets the same digest in one installation and for one purpose.

    Without the key it cannot be found by trying all values, as it could with a plain hash of twelve digits.
    """
    return hmac.new(key, f"tiepdon.{purpose}.v1\0{text}".encode(), hashlib.sha256).hexdigest()


def load_or_create_key(path: Path) -> bytes:
    """The installation's 32-byte pseudonym key; made, readable by its owner only, when there is none.

    It lies beside the store and not inside, so that a copy of the store does not carry it. Raises OSError.
    """
    with contextlib.suppress(FileNotFoundError):
        return _checked(path.read_bytes())
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # atomic, and never over a key that another process has just made
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(path.parent)
    return _checked(path.read_bytes())


def sync_directory(directory: Path) -> None:
    """Make new directory entries durable: a file that was synced is lost with its name when the name was not."""
    if os.name == "nt":  # Windows opens no directory for flushing; NTFS journals its entries
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise OSError(f"pseudonym key has {len(key)} bytes, not {KEY_BYTES}")
    return key
