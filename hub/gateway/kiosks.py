"""Which kiosks may ask, and the keys they prove themselves with.

A key is 256 random bits, so its plain SHA-256 can be kept: there is nothing to guess, and no kiosk waits for a slow
hash with every question (RFC 9106 is for passwords).
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.accounts import same_secret
from hub.gateway.tables import HubKiosk
from records.store import Store

KEY_BYTES = 32
SHORTEST_KEY = 43  # 32 bytes in base64url
LONGEST_KEY = 256
KIOSK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NO_HASH = "-" * 64


class KioskError(ValueError):
    """A kiosk cannot be added or changed as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class KnownKiosk:
    """A kiosk in the list. Its key is not shown: nobody has it but the kiosk."""

    kiosk_id: str
    key_made_at: datetime
    disabled: bool


class Kiosks:
    """The kiosks in the hub's database. Every method raises StoreError when the database fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kiosk_id: str, key: str | None = None) -> str:
        """Let a kiosk ask; returns its key, which is shown this once.

        `key` is one made elsewhere, as by a provisioning system. Raises KioskError for an id in use, for a key that is
        too weak, and for one that another kiosk has: a request must prove which kiosk it comes from.
        """
        if KIOSK_ID.fullmatch(kiosk_id) is None:
            raise KioskError("a kiosk's id has 1 to 64 letters, digits, dots, hyphens or underscores")
        with self._store.transaction() as session:
            if session.get(HubKiosk, kiosk_id) is not None:
                raise KioskError("a kiosk of this id exists; `renew` gives it a new key")
            key, digest = _usable(session, key)
            made_at = self._store.now()
            session.add(HubKiosk(kiosk_id=kiosk_id, key_sha256=digest, key_made_at=made_at, disabled=False))
        return key

    def renew(self, kiosk_id: str, key: str | None = None) -> str:
        """A new key; the old one is worth nothing from now on. A disabled kiosk may ask again. Raises KioskError."""
        with self._store.transaction() as session:
            kiosk = _known(session, kiosk_id)
            key, kiosk.key_sha256 = _usable(session, key)
            kiosk.key_made_at = self._store.now()
            kiosk.disabled = False
        return key

    def disable(self, kiosk_id: str) -> None:
        """Take a kiosk's access away, from its next request on. Raises KioskError for an unknown one."""
        with self._store.transaction() as session:
            _known(session, kiosk_id).disabled = True

    def all(self) -> tuple[KnownKiosk, ...]:
        """Every kiosk, by its id."""
        with self._store.snapshot() as session:
            rows = session.scalars(select(HubKiosk).order_by(HubKiosk.kiosk_id))
            return tuple(KnownKiosk(row.kiosk_id, row.key_made_at, row.disabled) for row in rows)

    def may_ask(self, kiosk_id: str, key: str) -> bool:
        """Whether this is the kiosk's present key. Takes the same time for an unknown, a disabled and a wrong one."""
        with self._store.snapshot() as session:
            row = session.get(HubKiosk, kiosk_id)
        right = same_secret(_digest(key), _NO_HASH if row is None else row.key_sha256)
        return right and row is not None and not row.disabled


def _known(session: Session, kiosk_id: str) -> HubKiosk:
    kiosk = session.get(HubKiosk, kiosk_id)
    if kiosk is None:
        raise KioskError("no kiosk of this id")
    return kiosk


def _usable(session: Session, key: str | None) -> tuple[str, str]:
    """The key, made when none is given, and its digest. Keys of disabled kiosks stay taken."""
    key = secrets.token_urlsafe(KEY_BYTES) if key is None else key
    visible = all("!" <= character <= "~" for character in key)
    if not visible or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise KioskError(f"a key has {SHORTEST_KEY} to {LONGEST_KEY} visible ASCII characters")
    digest = _digest(key)
    if session.scalar(select(HubKiosk.kiosk_id).where(HubKiosk.key_sha256 == digest)) is not None:
        raise KioskError("a kiosk has this key already; every kiosk needs its own")
    return key, digest


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
