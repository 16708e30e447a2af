"""`hub serve --settings` as a hospital starts it: a process, TLS with its own certificates, a log for the journal."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from his_adapter.faults import OutsideFault, OutsideFaultCode
from his_adapter.model import CoverageOutcome, InsuranceQuery, PatientIdentity, RegistrationRequest
from his_adapter.remote import RemoteHospital, RemotePortal, RemoteSettings
from his_adapter.simulation import OutsideWorld, System, accounts
from hub.__main__ import main
from hub.database import open_hub_database
from hub.gateway.kiosks import Kiosks
from tests.certificates import Authority, Identity
from tests.hub.gateway.served import HubProcess

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def world() -> Iterator[OutsideWorld]:
    cards = ROOT / "tests" / "data" / "his_adapter" / "cards.toml"
    with OutsideWorld(ROOT / "assets" / "people", cards=cards) as started:
        yield started


@pytest.fixture(scope="module")
def folder(world: OutsideWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the hospital's IT staff write: settings, and beside them the secrets."""
    made = tmp_path_factory.mktemp("hub")
    (made / "his.key").write_text(accounts.HIS_API_KEY)
    (made / "portal.md5").write_text(accounts.PORTAL_PASSWORD_MD5)
    (made / "officer.id").write_text(accounts.OFFICER_NUMBER)
    (made / "hub.toml").write_text(
        f"""
        [hospital]
        kind = "hispro"
        base_url = "{world.urls[System.HIS]}"
        api_key_file = "his.key"

        [portal]
        base_url = "{world.urls[System.PORTAL]}"
        username = "{accounts.PORTAL_USERNAME}"
        password_md5_file = "portal.md5"
        officer_name = "{accounts.OFFICER_NAME}"
        officer_number_file = "officer.id"
        timeout_s = 8

        [facility]
        code = "{accounts.OWN_FACILITY}"

        [gateway]
        max_calls = 16
        max_calls_per_kiosk = 4
        """,
        encoding="utf-8",
    )
    return made


@pytest.fixture(scope="module")
def key(folder: Path) -> str:
    with open_hub_database(folder / "hub.db") as own:
        return Kiosks(own).add("k1")


Serve = Callable[..., HubProcess]


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    started: list[HubProcess] = []

    def start(*options: str) -> HubProcess:
        started.append(HubProcess(folder / "hub.db", folder / "hub.toml", *options))
        started[-1].start()
        return started[-1]

    yield start
    for process in started:
        process.close()


def test_a_kiosk_asks_through_a_served_hub_and_the_log_holds_neither_person_nor_secret(
    serve: Serve, key: str, visit: Callable[..., RegistrationRequest], patient: PatientIdentity
) -> None:
    hub = serve()
    settings = RemoteSettings(hub.url, "k1", SecretStr(key))
    hospital, portal = RemoteHospital(settings), RemotePortal(settings)
    try:
        answer = portal.check(InsuranceQuery.of(patient))
        assert answer.outcome is CoverageOutcome.VALID
        assert answer.raw
        done = hospital.register(visit(coverage=answer.coverage, entitlement=answer.entitlement))
        assert done.ticket is not None
        assert httpx.get(f"{hub.url}/sign-in", trust_env=False).status_code == 200  # the console, beside it
        figures = httpx.get(f"{hub.url}/metrics", trust_env=False).text
        assert 'tiepdon_outside_calls_total{call="check",outcome="ok",system="bhyt"} 1.0' in figures
    finally:
        hospital.close()
        portal.close()
    assert hub.stop() == 0
    written = hub.log.read_text("utf-8")
    calls = [json.loads(line) for line in written.splitlines() if '"kiosk call"' in line]
    assert [(call["kiosk"], call["operation"], call["outcome"]) for call in calls] == [
        ("k1", "portal/check", "ok"),
        ("k1", "hospital/register", "ok"),
    ]
    secrets = (key, accounts.HIS_API_KEY, accounts.PORTAL_PASSWORD_MD5, accounts.OFFICER_NUMBER)
    for unspeakable in (patient.number, "HỢP LỆ", "DN4010000000101", *secrets):
        assert unspeakable not in written


def test_a_pinned_certificate_is_the_only_one_believed(serve: Serve, key: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    own, other = authority.issue("hub"), authority.issue("other")
    hub = serve("--tls-cert", str(own.certificate), "--tls-key", str(own.key))
    for trusted, fault in (
        (authority.certificate, None),  # the hospital's authority
        (own.certificate, None),  # the hub's certificate itself
        (other.certificate, OutsideFaultCode.UNREACHABLE),
        (None, OutsideFaultCode.UNREACHABLE),  # the public authorities
    ):
        hospital = RemoteHospital(RemoteSettings(hub.url, "k1", SecretStr(key), authority=trusted))
        assert hospital.health().fault is fault
        hospital.close()


def test_a_hub_that_wants_certificates_takes_only_the_hospitals(serve: Serve, key: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    own, kiosk, stranger = (
        authority.issue("hub"),
        authority.issue("kiosk"),
        Authority(tmp_path / "other").issue("kiosk"),
    )
    hub = serve(
        *("--tls-cert", str(own.certificate), "--tls-key", str(own.key)),
        *("--tls-client-ca", str(authority.certificate)),
    )

    def ask(identity: Identity | None) -> OutsideFaultCode | None:
        settings = RemoteSettings(
            hub.url,
            "k1",
            SecretStr(key),
            authority=authority.certificate,
            certificate=None if identity is None else identity.certificate,
            certificate_key=None if identity is None else identity.key,
        )
        hospital = RemoteHospital(settings)
        try:
            hospital.list_services()
        except OutsideFault as fault:
            return fault.code
        finally:
            hospital.close()
        return None

    assert ask(kiosk) is None
    # TLS 1.3 refuses a client's certificate after the handshake seems done: the kiosk then cannot know what was heard
    refused = {OutsideFaultCode.TIMEOUT, OutsideFaultCode.UNREACHABLE}
    assert ask(None) in refused
    assert ask(stranger) in refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a gateway has one of these behind it: [hospital], [portal]"),
        ('[hospital]\nkind = "abacus"', "hub.toml: [hospital] kind: one of fhir, gnuhealth, hispro, hl7"),
        ('[hospital]\nkind = "hispro"\nbase_url = "x"', "hub.toml: [hospital] api_key: Field required"),
        ("[gateway]\nmax_calls = 0", "a gateway has one of these behind it"),
        ('[portal]\nbase_url = "x"', "hub.toml: [portal] username: Field required"),
        (
            '[hospital]\nkind = "hispro"\nbase_url = "x"\napi_key_env = "HOME"\n[gateway]\nmax_calls = 2',
            "hub.toml: [gateway]: Value error, 1 ≤ max_calls_per_kiosk ≤ max_calls ≤ 256",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    settings = tmp_path / "hub.toml"
    settings.write_text(text, encoding="utf-8")
    assert main(["serve", "--settings", str(settings), "--data", str(tmp_path / "hub.db")]) == 1
    assert capsys.readouterr().err.startswith(f"hub: {message}")


def test_certificates_of_clients_need_tls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--tls-client-ca", "ca.pem", "--data", str(tmp_path / "hub.db")]) == 2
    assert "--tls-client-ca needs" in capsys.readouterr().err
