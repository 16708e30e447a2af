"""A kiosk's store with a few entries, the console over it, and a browser that needs no network."""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import structlog
from argon2 import PasswordHasher
from fastapi import FastAPI

from hub.accounts import Accounts
from hub.app import create_app
from hub.database import open_hub_database
from hub.tables import Role
from records.audit import AuditTrail
from records.evidence import (
    CheckVerdict,
    ChipAccess,
    ChipEvidence,
    ConsentChoice,
    ConsentEvidence,
    Evidence,
    FaceEvidence,
    FaceOutcome,
    FrameQuality,
    InsuranceEvidence,
    InsuranceOutcome,
    ModelHash,
    PadCheck,
    PadState,
    Verdict,
)
from records.journal import Journal
from records.store import Store, open_store, open_store_read_only
from records.values import (
    HIS_REGISTER,
    CheckInRecord,
    OutboxMessage,
    PatientFields,
    ReferralRecord,
    ServiceChoice,
    new_key,
)

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 08:30 in Vietnam
PASSWORD = "một mật khẩu dài"
# The weakest parameters argon2 takes: these tests are about the rules, not about the hash.
FAST_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class StillClock:
    """Time that moves only when a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


FACE = FaceEvidence(
    FaceOutcome.MATCH,
    0.731204,
    0.363,
    0.0001,
    attempts=1,
    liveness=Verdict.SUCCESSFUL,
    models=(ModelHash("sface", "ab" * 32),),
    reason="above_threshold",
    reject=0.31,
    extrapolated=True,
    quality=FrameQuality(5, 7, 0.61, 0.94),
    pad=(
        PadCheck("plane", PadState.SUCCESSFUL, 0.97, "not_rigid_plane"),
        PadCheck("passive", PadState.NOT_ASSESSED, None, "no <model>"),
    ),
    moves=("turn_left", "blink"),
)


def check_in(index: int, *, kiosk_id: str = "k1", face: FaceEvidence = FACE) -> CheckInRecord:
    return CheckInRecord(
        kiosk_id=kiosk_id,
        session_id=f"session-{index}",
        patient=PatientFields("NGUYỄN THỊ MẪU", f"00119900{index:04d}", "1990-01-31", "F"),
        service=ServiceChoice("K01", "Khám Nội tổng hợp", "P.203"),
        number=f"A{index:03d}",
        fee_dong=150_000,
        message=OutboxMessage(HIS_REGISTER, "{}"),
        idempotency_key=new_key(),
        evidence=Evidence(
            chip=ChipEvidence(
                ChipAccess.PACE,
                (
                    CheckVerdict("hashes", Verdict.SUCCESSFUL, "7 of 7 data groups"),
                    CheckVerdict("issuer", Verdict.UNDETERMINED, "no trust store"),
                ),
                "PACE-GM P-256 AES-128",
            ),
            face=face,
            insurance=InsuranceEvidence(InsuranceOutcome.VALID, "000", True, "=HYPERLINK(1)"),
            consent=ConsentEvidence("2026-11", "cd" * 32, ConsentChoice.ACCEPTED, "vi", START),
        ),
    )


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """`hub serve` sets up the logs of its process, here to a standard error that is closed after the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def kiosk_path(tmp_path: Path) -> Path:
    return tmp_path / "kiosk.db"


@pytest.fixture
def kiosk(kiosk_path: Path, clock: StillClock) -> Iterator[Store]:
    """The kiosk's own open store: it keeps writing while the console reads."""
    with open_store(kiosk_path, clock=clock) as store:
        journal = Journal(store)
        for index in (1, 2, 3):
            journal.record_check_in(check_in(index))
        journal.record_referral(ReferralRecord("k1", "session-r", "camera_down"))
        yield store


@pytest.fixture
def own(tmp_path: Path, clock: StillClock) -> Iterator[Store]:
    with open_hub_database(tmp_path / "hub.db", clock=clock) as store:
        yield store


@pytest.fixture
def accounts(own: Store) -> Accounts:
    made = Accounts(own, FAST_HASHER)
    made.add_user("an", Role.AUDITOR, PASSWORD)
    made.add_user("binh", Role.IT, PASSWORD)
    return made


@pytest.fixture
def make_check_in() -> Callable[..., CheckInRecord]:
    return check_in


@pytest.fixture
def password() -> str:
    return PASSWORD


class Browser:
    """Speaks to the application directly and keeps cookies; follows no redirect by itself."""

    def __init__(self, app: FastAPI, origin: str) -> None:
        self._app = app
        self._origin = origin
        self.cookies = httpx.Cookies()

    def get(self, path: str) -> httpx.Response:
        return self._send("GET", path, None)

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._send("POST", path, fields)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        form = self.get("/sign-in")
        return self.post("/sign-in", name=name, password=password, form_token=self.secret(form, "form_token"))

    def secret(self, page: httpx.Response, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
        assert found is not None, f"no {name} in the page"
        return found[1]

    def _send(self, method: str, path: str, fields: dict[str, str] | None) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._origin, cookies=self.cookies) as client:
                response = await client.request(method, path, data=fields)
                self.cookies = client.cookies
                return response

        return asyncio.run(send())


@pytest.fixture
def log(kiosk: Store, kiosk_path: Path, clock: StillClock) -> Iterator[Store]:
    with open_store_read_only(kiosk_path, clock=clock) as store:
        yield store


@pytest.fixture
def app(log: Store, own: Store, accounts: Accounts) -> FastAPI:
    return create_app(log=log, own=own, secure_cookies=False, accounts=accounts)


@pytest.fixture
def browser(app: FastAPI) -> Browser:
    return Browser(app, "http://hub.test")


@pytest.fixture
def tls_browser(log: Store, own: Store, accounts: Accounts) -> Browser:
    return Browser(create_app(log=log, own=own, secure_cookies=True, accounts=accounts), "https://hub.test")


@pytest.fixture
def auditor(browser: Browser) -> Browser:
    assert browser.sign_in("an").status_code == 303
    return browser


@pytest.fixture
def it_staff(browser: Browser) -> Browser:
    assert browser.sign_in("binh").status_code == 303
    return browser


@pytest.fixture
def actions(own: Store) -> Callable[[], list[tuple[str, str, str]]]:
    """Reads what the audit trail holds, oldest first: who, what, on what."""
    trail = AuditTrail(own)
    return lambda: [(item.actor, item.action, item.target) for item in reversed(trail.page(1, 100).events)]
