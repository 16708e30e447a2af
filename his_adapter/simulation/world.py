"""The handle on the simulated outside world, for the development dock, the demo and the tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from his_adapter.hospital.wire import birth_number
from his_adapter.model import PatientIdentity
from his_adapter.payment.settings import MoMoSettings, PayOsSettings, SePayAuth, SePaySettings, VnPaySettings
from his_adapter.settings import DEFAULT_TIMEOUT_S, HisSettings, PortalSettings
from his_adapter.simulation import accounts
from his_adapter.simulation.commands import (
    Book,
    Deliver,
    Duplicates,
    Expire,
    Fault,
    ForceCode,
    HoldNotices,
    Pay,
    PayQr,
    Provider,
    RegisterCertificate,
    RestrictAccount,
    SetDuplicates,
    SetFault,
    SetWebhook,
    System,
)
from his_adapter.simulation.server import COMMAND, SimulatedServer, SimulationError


class OutsideWorld:
    """The three systems. Start it, take the settings for the adapters, make things go wrong, close it.

    `people` is the folder of invented people; `facility` our own code, at which cards marked "own" are registered.
    """

    def __init__(
        self,
        people: Path,
        *,
        state: Path | None = None,
        cards: Path | None = None,
        facility: str = accounts.OWN_FACILITY,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._arguments: dict[System, list[str]] = {
            System.HIS: [] if state is None else ["--state", str(state)],
            System.PORTAL: ["--people", str(people), "--facility", facility],
            System.BANK: [],
        }
        if cards is not None:
            self._arguments[System.PORTAL] += ["--cards", str(cards)]
        self._command = command
        self._servers: dict[System, SimulatedServer] = {}

    def start(self) -> Self:
        """Start all three, side by side. Raises SimulationError, and then nothing is left running."""
        try:
            for system in System:
                self._servers[system] = SimulatedServer(system, self._arguments[system], self._command)
            for server in self._servers.values():
                server.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End all of them; safe to call again."""
        while self._servers:
            _, server = self._servers.popitem()
            server.close()

    @property
    def urls(self) -> Mapping[System, str]:
        """Where they listen; a restart keeps the address."""
        return {system: server.url for system, server in self._servers.items()}

    def pid(self, system: System) -> int:
        """A system's process id."""
        return self._server(system).pid

    def portal_settings(self, timeout_s: float = DEFAULT_TIMEOUT_S, cache_s: float = 0.0) -> PortalSettings:
        """For `BhytPortal`. Nothing is kept and nothing rested after, so that a changed fault shows at once."""
        return PortalSettings(
            base_url=self._server(System.PORTAL).url,
            username=accounts.PORTAL_USERNAME,
            password_md5=SecretStr(accounts.PORTAL_PASSWORD_MD5),
            officer_name=accounts.OFFICER_NAME,
            officer_number=SecretStr(accounts.OFFICER_NUMBER),
            timeout_s=timeout_s,
            cache_s=cache_s,
            rest_s=0.0,
            sign_in_rest_s=0.0,
        )

    def his_settings(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> HisSettings:
        """For `HisProHospital`."""
        return HisSettings(self._server(System.HIS).url, SecretStr(accounts.HIS_API_KEY), timeout_s)

    def payment_settings(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> PayOsSettings:
        """For `PayOsProvider`."""
        return PayOsSettings(
            base_url=self._server(System.BANK).url,
            client_id=accounts.BANK_CLIENT_ID,
            api_key=SecretStr(accounts.BANK_API_KEY),
            checksum_key=SecretStr(accounts.BANK_CHECKSUM_KEY),
            timeout_s=timeout_s,
        )

    def sepay_settings(
        self, timeout_s: float = DEFAULT_TIMEOUT_S, webhook_auth: SePayAuth = SePayAuth.HMAC
    ) -> SePaySettings:
        """For `SePayProvider`. Answers are not kept, so that a payment shows at once."""
        return SePaySettings(
            base_url=self._server(System.BANK).url,
            bank=accounts.SEPAY_BANK,
            account=accounts.SEPAY_ACCOUNT,
            api_token=SecretStr(accounts.SEPAY_API_KEY),
            webhook_secret=SecretStr(accounts.SEPAY_WEBHOOK_KEY),
            webhook_auth=webhook_auth,
            poll_interval_s=0.0,
            timeout_s=timeout_s,
        )

    def vnpay_settings(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> VnPaySettings:
        """For `VnPayProvider`."""
        url = self._server(System.BANK).url
        secret = SecretStr(accounts.VNPAY_HASH_KEY)
        return VnPaySettings(url, url, accounts.VNPAY_TERMINAL, secret, timeout_s=timeout_s)

    def momo_settings(
        self, ipn_url: str = "https://merchant.invalid/ipn", timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> MoMoSettings:
        """For `MoMoProvider`. Its notices go to `ipn_url`."""
        return MoMoSettings(
            self._server(System.BANK).url,
            accounts.MOMO_PARTNER,
            SecretStr(accounts.MOMO_ACCESS_KEY),
            SecretStr(accounts.MOMO_SIGNING_KEY),
            ipn_url,
            timeout_s=timeout_s,
        )

    def fault(self, system: System, fault: Fault, milliseconds: int | None = None) -> None:
        """Let a system fail until told otherwise; `milliseconds` as in `SetFault`. Raises SimulationError."""
        self._server(system).tell(SetFault(fault=fault, milliseconds=milliseconds))

    def restart(self, system: System) -> None:
        """Kill a system and start it again at its address. The hospital system remembers only with `state`."""
        old = self._server(system)
        port = old.url.rpartition(":")[2]
        old.kill()
        server = SimulatedServer(system, [*self._arguments[system], "--port", port], self._command)
        self._servers[system] = server
        server.wait_ready()

    def force_portal_code(self, code: str | None) -> None:
        """Let the portal answer every check with this code; None ends it."""
        self._server(System.PORTAL).tell(ForceCode(force=code))

    def restrict_portal_account(self, restrict: bool) -> None:
        """Put our account on the portal's list of restricted ones, or take it off."""
        self._server(System.PORTAL).tell(RestrictAccount(restrict=restrict))

    def register_certificate(self, pem: str) -> None:
        """Make the facility's certificate known to the portal; "" takes it away."""
        self._server(System.PORTAL).tell(RegisterCertificate(certificate=pem))

    def duplicates(self, mode: Duplicates) -> None:
        """What the hospital system makes of patients from now on."""
        self._server(System.HIS).tell(SetDuplicates(duplicates=mode))

    def book(self, patient: PatientIdentity, service: str, at: datetime) -> str:
        """An appointment for somebody; its id."""
        command = Book(
            book=patient.number,
            name=patient.full_name,
            birth=birth_number(patient.birth_date),
            service=service,
            at=at,
        )
        return self._server(System.HIS).tell(command).booked

    def pay(self, order_code: int, amount: int | None = None, times: int = 1, *, late: bool = False) -> tuple[int, ...]:
        """Somebody pays. Returns the HTTP status of each webhook sent, 0 where nobody answered."""
        return self._server(System.BANK).tell(Pay(pay=order_code, amount=amount, times=times, late=late)).webhooks

    def expire(self, order_code: int) -> None:
        """The order's time is over."""
        self._server(System.BANK).tell(Expire(expire=order_code))

    def pay_qr(
        self, qr_text: str, amount: int | None = None, times: int = 1, *, at: datetime | None = None
    ) -> tuple[int, ...]:
        """Somebody scans a code of any provider and pays. Returns the HTTP status of each notice sent."""
        return self._server(System.BANK).tell(PayQr(scan=qr_text, amount=amount, times=times, at=at)).webhooks

    def webhook(self, address: str | None, provider: Provider = Provider.PAYOS) -> None:
        """Where the bank tells of transfers; None for nowhere."""
        self._server(System.BANK).tell(SetWebhook(webhook=address, provider=provider))

    def hold_notices(self, hold: bool) -> None:
        """Keep notices back until `deliver`; ending it throws away what is still held."""
        self._server(System.BANK).tell(HoldNotices(hold=hold))

    def deliver(self, copies: int = 1, *, backwards: bool = False) -> tuple[int, ...]:
        """Send what is held. Returns the HTTP status of each notice sent."""
        return self._server(System.BANK).tell(Deliver(deliver=copies, backwards=backwards)).webhooks

    def _server(self, system: System) -> SimulatedServer:
        if system not in self._servers:
            raise SimulationError("the outside world has not been started")
        return self._servers[system]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
