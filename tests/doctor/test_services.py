"""Probes of the systems outside, against the simulated ones: well, down, refusing us, failing."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from his_adapter.payment import PayOsSettings
from his_adapter.settings import HisSettings, PortalSettings
from his_adapter.simulation import Fault, OutsideWorld
from his_adapter.simulation.commands import System
from kiosk import paths
from kiosk.doctor import Finding, ProbeState, services
from kiosk.settings import Settings
from kiosk.settings.services import HisSection, PaymentPath, PaymentSection, PayOsSection, PortalSection, SePaySection

Probe = Callable[[Settings], Finding]
PROBES = [(System.PORTAL, services.portal), (System.HIS, services.his), (System.BANK, services.payment)]


@pytest.fixture(scope="module")
def world() -> Iterator[OutsideWorld]:
    with OutsideWorld(paths.people()) as running:
        yield running


@pytest.fixture
def connected(world: OutsideWorld, settings: Settings) -> Settings:
    """Settings that lead to the simulated systems, all well."""
    for system in System:
        world.fault(system, Fault.NONE)
    return settings.model_copy(
        update={
            "portal": PortalSection(**_fields(world.portal_settings())),
            "his": HisSection(**_fields(world.his_settings())),
            "payment": PaymentSection(payos=_payos(world.payment_settings())),
        }
    )


def _payos(account: PayOsSettings) -> PayOsSection:
    fields = _fields(account)
    del fields["timeout_s"]
    return PayOsSection(**fields)


def _fields(value: PortalSettings | HisSettings | PayOsSettings) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


@pytest.mark.parametrize(("system", "probe"), PROBES)
def test_a_system_that_is_well_answers(connected: Settings, system: System, probe: Probe) -> None:
    assert probe(connected).state is ProbeState.OK


@pytest.mark.parametrize(("system", "probe"), PROBES)
@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault.DOWN, "unreachable"), (Fault.HTTP_500, "server error"), (Fault.BAD_ANSWER, "bad answer")],
)
def test_a_system_that_fails_is_told_with_its_reason(
    world: OutsideWorld, connected: Settings, system: System, probe: Probe, fault: Fault, said: str
) -> None:
    world.fault(system, fault)
    finding = probe(connected)
    assert finding.state is ProbeState.FAIL
    assert said in finding.detail


@pytest.mark.parametrize(
    ("table", "key", "probe"),
    [
        ("portal", "password_md5", services.portal),
        ("his", "api_key", services.his),
    ],
)
def test_a_refused_account_is_told_without_its_secret(connected: Settings, table: str, key: str, probe: Probe) -> None:
    section = getattr(connected, table)
    secret = type(getattr(section, key))("0123456789abcdef0123456789abcdef")
    wrong = connected.model_copy(update={table: section.model_copy(update={key: secret})})
    finding = probe(wrong)
    assert finding.state is ProbeState.FAIL
    assert finding.detail.startswith("auth")
    assert "0123456789abcdef" not in finding.detail


def test_a_payment_account_that_is_refused_is_told_without_its_secret(connected: Settings) -> None:
    secret = SecretStr("0123456789abcdef0123456789abcdef")
    payos = connected.payment.payos.model_copy(update={"api_key": secret})
    wrong = connected.model_copy(update={"payment": connected.payment.model_copy(update={"payos": payos})})
    finding = services.payment(wrong)
    assert finding.state is ProbeState.FAIL
    assert finding.detail.startswith("auth")
    assert "0123456789abcdef" not in finding.detail


def test_the_chosen_payment_provider_is_the_one_that_is_asked(world: OutsideWorld, connected: Settings) -> None:
    account = world.sepay_settings()
    sepay = SePaySection(
        base_url=account.base_url, bank=account.bank, account=account.account, api_token=account.api_token
    )
    payment = PaymentSection(provider=PaymentPath.SEPAY, sepay=sepay)
    assert services.payment(connected.model_copy(update={"payment": payment})).state is ProbeState.OK
    missing = payment.model_copy(update={"sepay": SePaySection(base_url=account.base_url)})
    finding = services.payment(connected.model_copy(update={"payment": missing}))
    assert finding.detail == "no account: [payment.sepay] bank is not set"


@pytest.mark.parametrize("probe", [services.portal, services.his, services.payment])
def test_a_system_without_an_address_fails(settings: Settings, probe: Probe) -> None:
    finding = probe(settings)
    assert finding.state is ProbeState.FAIL
    assert "base_url is not set" in finding.detail


def test_payment_that_is_not_offered_is_well(settings_with: Callable[[str], Settings]) -> None:
    finding = services.payment(settings_with("[payment]\nenabled = false\n"))
    assert finding.state is ProbeState.OK
