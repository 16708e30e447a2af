"""Who may sign in, how often, and for how long."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from hub.accounts import Accepted, AccountError, Accounts, Locked, Refused, same_secret
from hub.lockout import lock_after
from hub.tables import HubSession, HubUser, Role, SignInFailure
from records.store import Store


def test_the_fifth_wrong_password_locks_and_each_further_one_doubles_the_lock() -> None:
    assert [lock_after(failures).total_seconds() for failures in range(1, 9)] == [0, 0, 0, 0, 15, 30, 60, 120]
    assert lock_after(13) == timedelta(hours=1)
    assert lock_after(10**6) == timedelta(hours=1)


def test_passwords_are_kept_as_argon2id_hashes_only(own: Store, accounts: Accounts, password: str) -> None:
    with own.snapshot() as session:
        hashes = list(session.scalars(select(HubUser.password_hash)))
    assert all(digest.startswith("$argon2id$") for digest in hashes)
    assert len(set(hashes)) == len(hashes)


def test_the_product_hashes_with_more_than_the_tests_do() -> None:
    default = PasswordHasher()
    assert default.memory_cost >= 64 * 1024
    assert default.time_cost >= 3


def test_a_decomposed_password_is_the_same_password(accounts: Accounts, password: str) -> None:
    import unicodedata

    assert isinstance(accounts.sign_in("an", unicodedata.normalize("NFD", password)), Accepted)


@pytest.mark.parametrize("name", ["an", "nobody"])
def test_known_and_unknown_names_are_refused_and_locked_alike(accounts: Accounts, clock: Any, name: str) -> None:
    answers = [accounts.sign_in(name, "wrong") for _ in range(6)]
    assert answers[:5] == [Refused()] * 5
    assert answers[5] == Locked(clock.now + timedelta(seconds=15))


def test_a_lock_holds_for_the_right_password_too_and_ends(accounts: Accounts, clock: Any, password: str) -> None:
    for _ in range(5):
        accounts.sign_in("an", "wrong")
    assert isinstance(accounts.sign_in("an", password), Locked)
    clock.advance(seconds=15)
    assert isinstance(accounts.sign_in("an", password), Accepted)


def test_a_lock_that_ended_comes_back_twice_as_long(accounts: Accounts, clock: Any) -> None:
    for _ in range(5):
        accounts.sign_in("an", "wrong")
    clock.advance(seconds=15)
    assert accounts.sign_in("an", "wrong") == Refused()
    assert accounts.sign_in("an", "wrong") == Locked(clock.now + timedelta(seconds=30))


def test_a_right_password_clears_the_count(own: Store, accounts: Accounts, password: str) -> None:
    for _ in range(4):
        accounts.sign_in("an", "wrong")
    accounts.sign_in("an", password)
    assert [accounts.sign_in("an", "wrong") for _ in range(5)] == [Refused()] * 5


def test_failures_of_names_nobody_tries_any_more_are_forgotten(own: Store, accounts: Accounts, clock: Any) -> None:
    accounts.sign_in("somebody", "wrong")
    clock.advance(hours=25)
    accounts.sign_in("an", "wrong")
    with own.snapshot() as session:
        assert list(session.scalars(select(SignInFailure.name))) == ["an"]


def test_a_session_lasts_15_minutes_from_the_last_click_and_12_hours_at_most(
    accounts: Accounts, clock: Any, password: str
) -> None:
    accepted = accounts.sign_in("an", password)
    assert isinstance(accepted, Accepted)
    for _ in range(12 * 60 // 15):
        clock.advance(minutes=15)
        assert accounts.session_of(accepted.token) == accepted.user
    clock.advance(minutes=1)
    assert accounts.session_of(accepted.token) is None


def test_an_idle_session_is_gone_for_good(own: Store, accounts: Accounts, clock: Any, password: str) -> None:
    accepted = accounts.sign_in("an", password)
    assert isinstance(accepted, Accepted)
    clock.advance(minutes=15, seconds=1)
    assert accounts.session_of(accepted.token) is None
    with own.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(HubSession)) == 0


def test_the_token_is_not_in_the_database(own: Store, accounts: Accounts, password: str) -> None:
    accepted = accounts.sign_in("an", password)
    assert isinstance(accepted, Accepted)
    with own.snapshot() as session:
        row = session.scalars(select(HubSession)).one()
    assert accepted.token not in (row.token_sha256, row.csrf_token)
    assert accepted.token not in repr(accepted)


def test_a_disabled_user_is_out_at_once(accounts: Accounts, password: str) -> None:
    accepted = accounts.sign_in("an", password)
    assert isinstance(accepted, Accepted)
    accounts.disable_user("an")
    assert accounts.session_of(accepted.token) is None
    assert accounts.sign_in("an", password) == Refused()
    with pytest.raises(AccountError, match="no user"):
        accounts.disable_user("nobody")


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [("an", "long enough password", "exists"), ("chi", "short", "12 to"), ("", "long enough password", "a name has")],
)
def test_a_user_who_cannot_be_added_is_explained(accounts: Accounts, name: str, password: str, why: str) -> None:
    with pytest.raises(AccountError, match=why):
        accounts.add_user(name, Role.IT, password)


def test_an_endless_password_is_refused_without_hashing_it(accounts: Accounts) -> None:
    assert accounts.sign_in("an", "x" * 10_000) == Refused()


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(own: Store, accounts: Accounts, password: str) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    assert isinstance(Accounts(own, stronger).sign_in("an", password), Accepted)
    with own.snapshot() as session:
        digest = session.scalars(select(HubUser.password_hash).where(HubUser.name == "an")).one()
    assert "m=16,t=2" in digest
    assert isinstance(accounts.sign_in("an", password), Accepted)


def test_an_empty_secret_is_never_right() -> None:
    assert same_secret("a", "a")
    assert not same_secret("", "")
    assert not same_secret("a", "b")
