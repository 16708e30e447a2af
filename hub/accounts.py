"""Users, sign-in and sessions of the console."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.lockout import FORGET_AFTER, lock_after
from hub.tables import HubSession, HubUser, Role, SignInFailure
from records.store import Store
from records.tables import NAME_LENGTH
from records.values import new_key

IDLE_LIMIT = timedelta(minutes=15)
LONGEST_SESSION = timedelta(hours=12)  # a working day with its hand-over
SHORTEST_PASSWORD = 12  # NIST SP 800-63B-4 asks for at least 8 beside a second factor, 15 alone; IT staff may set more
LONGEST_PASSWORD = 256  # argon2 reads everything it is given
TOKEN_BYTES = 32


class AccountError(ValueError):
    """A user cannot be added or changed as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a request. `csrf_token` must come back in every form."""

    name: str
    role: Role
    csrf_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The password was right: `token` goes into the cookie, once."""

    user: SignedIn
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Wrong name or password; which of the two is not said."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many wrong passwords for this name."""

    until: datetime


SignIn = Accepted | Refused | Locked


class Accounts:
    """The users in the hub's database. Time is the store's clock."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()  # argon2id with the parameters of RFC 9106, 4
        self._nobody = self._hasher.hash(secrets.token_hex(TOKEN_BYTES))

    def add_user(self, name: str, role: Role, password: str) -> None:
        """Add a person. Raises AccountError for a name in use or a password that is too short; StoreError."""
        name = name.strip()
        if not name or len(name) > NAME_LENGTH:
            raise AccountError(f"a name has 1 to {NAME_LENGTH} characters")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccountError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        digest = self._hasher.hash(_normal(password))
        with self._store.transaction() as session:
            if session.scalar(select(HubUser.id).where(HubUser.name == _normal(name))) is not None:
                raise AccountError("a user of this name exists")
            session.add(
                HubUser(
                    id=new_key(),
                    name=_normal(name),
                    role=role,
                    password_hash=digest,
                    created_at=self._store.now(),
                    disabled=False,
                )
            )

    def disable_user(self, name: str) -> None:
        """Take the right to sign in away, at once and in all browsers. Raises AccountError for an unknown name."""
        with self._store.transaction() as session:
            user = session.scalar(select(HubUser).where(HubUser.name == _normal(name)))
            if user is None:
                raise AccountError("no user of this name")
            user.disabled = True
            session.execute(delete(HubSession).where(HubSession.user_id == user.id))

    def sign_in(self, name: str, password: str) -> SignIn:
        """Check a password. Every try counts before it is checked, so that parallel guesses cannot slip through."""
        name = _normal(name.strip())[:NAME_LENGTH]
        now = self._store.now()
        with self._store.transaction() as session:
            until = _count_try(session, name, now)
            if until is not None:
                return Locked(until)
            user = session.scalar(select(HubUser).where(HubUser.name == name, HubUser.disabled.is_(False)))
        # An unknown name costs the same time as a wrong password.
        known_hash = self._nobody if user is None else user.password_hash
        if not self._is_right(known_hash, password) or user is None:
            return Refused()
        return self._open_session(user, password, now)

    def session_of(self, token: str) -> SignedIn | None:
        """Who this token belongs to, and 15 more minutes; None when it is unknown, idle for too long or too old."""
        now = self._store.now()
        with self._store.transaction() as session:
            found = session.get(HubSession, _token_hash(token))
            if found is None:
                return None
            if now - found.last_seen_at > IDLE_LIMIT or now - found.created_at > LONGEST_SESSION:
                session.delete(found)
                return None
            user = session.get_one(HubUser, found.user_id)
            found.last_seen_at = now
            return SignedIn(user.name, user.role, found.csrf_token)

    def sign_out(self, token: str) -> None:
        """Forget a session. Raises StoreError."""
        with self._store.transaction() as session:
            session.execute(delete(HubSession).where(HubSession.token_sha256 == _token_hash(token)))

    def _is_right(self, known_hash: str, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        try:
            return self._hasher.verify(known_hash, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    def _open_session(self, user: HubUser, password: str, now: datetime) -> Accepted:
        token, csrf_token = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_hex(TOKEN_BYTES)
        with self._store.transaction() as session:
            session.execute(delete(SignInFailure).where(SignInFailure.name == user.name))
            session.execute(delete(HubSession).where(HubSession.last_seen_at < now - IDLE_LIMIT))
            if self._hasher.check_needs_rehash(user.password_hash):
                session.get_one(HubUser, user.id).password_hash = self._hasher.hash(_normal(password))
            session.add(
                HubSession(
                    token_sha256=_token_hash(token),
                    user_id=user.id,
                    csrf_token=csrf_token,
                    created_at=now,
                    last_seen_at=now,
                )
            )
        return Accepted(SignedIn(user.name, user.role, csrf_token), token)


def same_secret(given: str, expected: str) -> bool:
    """Compare in a time that does not depend on the content. An empty secret is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _count_try(session: Session, name: str, now: datetime) -> datetime | None:
    """Count one more try as failed; a successful one clears the count. Returns the end of a running lock instead."""
    session.execute(delete(SignInFailure).where(SignInFailure.last_at < now - FORGET_AFTER))
    record = session.get(SignInFailure, name)
    if record is None:
        record = SignInFailure(name=name, failures=0, last_at=now)
        session.add(record)
    if record.locked_until is not None and record.locked_until > now:
        return record.locked_until
    record.failures += 1
    record.last_at = now
    lock = lock_after(record.failures)
    record.locked_until = now + lock if lock else None
    return None


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _normal(text: str) -> str:
    """NFC: keyboards type Vietnamese letters composed or decomposed."""
    return unicodedata.normalize("NFC", text)
