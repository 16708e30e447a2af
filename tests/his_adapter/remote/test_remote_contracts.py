"""The contracts of the hospital system and of the insurance portal, kept through a hub: kiosk → hub → simulated system.

The hub before the hospital is the whole command, `hub serve`, as a process that can be killed.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.remote import RemoteHospital, RemotePortal, RemoteSettings
from his_adapter.settings import PortalSettings
from his_adapter.simulation import OutsideWorld, System, accounts
from hub.accounts import Accounts
from hub.app import create_app
from hub.database import open_hub_database
from hub.gateway.gateway import Gateway, GatewaySettings
from hub.gateway.kiosks import Kiosks
from records.store import Store
from tests.his_adapter.contract.hospital_contract import HospitalContract
from tests.his_adapter.contract.portal_contract import PortalBench, PortalContract
from tests.his_adapter.contract.test_hispro_contract import HisProBench
from tests.hub.gateway.served import HubProcess, Served

KIOSK = "kiosk-1"


@pytest.fixture(scope="module")
def restartable(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutsideWorld]:
    """A world of its own: this hospital is restarted."""
    with OutsideWorld(people, state=tmp_path_factory.mktemp("his") / "state.json") as started:
        yield started


@pytest.fixture(scope="module")
def hub_before_his(
    restartable: OutsideWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[HubProcess, str]]:
    """The hub and the key of the kiosk."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "his.key").write_text(accounts.HIS_API_KEY)
    settings = folder / "hub.toml"
    settings.write_text(
        f'[hospital]\nkind = "hispro"\nbase_url = "{restartable.urls[System.HIS]}"\napi_key_file = "his.key"\n'
    )
    with open_hub_database(folder / "hub.db") as own:
        key = Kiosks(own).add(KIOSK)
    process = HubProcess(folder / "hub.db", settings)
    process.start()
    yield process, key
    process.close()


class RemoteBench(HisProBench):
    """The same simulated hospital, a hub before it."""

    def __init__(self, world: OutsideWorld, hub: HubProcess, key: str) -> None:
        super().__init__(world)
        self.hub = hub
        self.key = key
        self.kiosks: list[RemoteHospital] = []

    def adapter(self, timeout_s: float = 8.0) -> RemoteHospital:  # type: ignore[override]
        self.kiosks.append(RemoteHospital(RemoteSettings(self.hub.url, KIOSK, SecretStr(self.key), timeout_s)))
        return self.kiosks[-1]

    def restart(self) -> None:
        """The hospital and the hub at once."""
        super().restart()
        self.hub.kill()
        self.hub.start()

    def close(self) -> None:
        super().close()
        for kiosk in self.kiosks:
            kiosk.close()


class TestRemoteHospital(HospitalContract):
    @pytest.fixture
    def bench(self, restartable: OutsideWorld, hub_before_his: tuple[HubProcess, str]) -> Iterator[RemoteBench]:
        bench = RemoteBench(restartable, *hub_before_his)
        yield bench
        bench.close()


class HubBeforePortal:
    """A hub for each set of limits that a story asks for."""

    def __init__(self, world: OutsideWorld, own: Store, key: str) -> None:
        self._world = world
        self._own = own
        self._key = key
        self._accounts = Accounts(own, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self._served: list[tuple[Served, Gateway, BhytPortal]] = []

    def portal(self, *, timeout_s: float = 8.0, cache_s: float = 0.0, rest_s: float = 0.0) -> RemotePortal:
        settings = self._world.portal_settings(timeout_s, cache_s)
        url = self._serve(replace(settings, rest_s=rest_s))
        return RemotePortal(RemoteSettings(url, KIOSK, SecretStr(self._key), timeout_s))

    def _serve(self, settings: PortalSettings) -> str:
        behind = BhytPortal(settings, EntitlementRules(FacilityProfile(accounts.OWN_FACILITY)))
        gateway = Gateway(
            self._own,
            hospital=None,
            portal=behind,
            settings=GatewaySettings(max_calls_per_kiosk=16),
            registry=CollectorRegistry(),
        )
        served = Served()
        served.start(
            create_app(log=self._own, own=self._own, secure_cookies=False, accounts=self._accounts, gateway=gateway)
        )
        self._served.append((served, gateway, behind))
        return served.url

    def close(self) -> None:
        for served, gateway, behind in self._served:
            served.stop()
            served.close()
            gateway.close()
            behind.close()


@pytest.fixture(scope="module")
def known_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """The hub's database and the key of the kiosk in it."""
    with open_hub_database(tmp_path_factory.mktemp("hub") / "hub.db") as own:
        yield own, Kiosks(own).add(KIOSK)


class TestRemotePortal(PortalContract):
    @pytest.fixture
    def bench(self, world: OutsideWorld, known_kiosk: tuple[Store, str]) -> Iterator[PortalBench]:
        hub = HubBeforePortal(world, *known_kiosk)
        bench = PortalBench(world, hub.portal)
        yield bench
        bench.close()
        hub.close()
