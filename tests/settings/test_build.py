"""The file's tables reach the rooms that use them whole."""

import dataclasses
from pathlib import Path

from his_adapter.bhyt.entitlement import FacilityRank
from his_adapter.settings import HisSettings, PaymentSettings, PortalSettings
from kiosk.settings import load, parse
from kiosk.settings.build import facility_profile, flow_delays, his_settings, payment_settings, portal_settings

EXAMPLE = Path(__file__).parents[2] / "docs" / "kiosk.example.toml"


def test_every_field_of_an_adapter_comes_from_the_file() -> None:
    settings = load(EXAMPLE)
    payment = payment_settings(settings)
    assert payment is not None
    made: list[tuple[PortalSettings | HisSettings | PaymentSettings, object]] = [
        (portal_settings(settings), settings.portal),
        (his_settings(settings), settings.his),
        (payment, settings.payment),
    ]
    for value, section in made:
        for field in dataclasses.fields(value):
            assert getattr(value, field.name) == getattr(section, field.name)


def test_a_secret_goes_over_and_does_not_show(minimal: str) -> None:
    text = minimal + '[his]\nbase_url = "https://his.example"\napi_key = "k3y-0f-h1s"\n'
    made = his_settings(parse(text, Path("kiosk.toml")))
    assert made.api_key.get_secret_value() == "k3y-0f-h1s"
    assert "k3y-0f-h1s" not in repr(made)


def test_payment_that_is_not_offered_has_no_settings(minimal: str) -> None:
    assert payment_settings(parse(minimal + "[payment]\nenabled = false\n", Path("kiosk.toml"))) is None


def test_the_facility_is_the_one_of_the_file(minimal: str) -> None:
    text = minimal.replace("\n[devices]", 'accepted_facilities = ["01001"]\n\n[devices]')
    profile = facility_profile(parse(text + '[entitlement]\nrank = "basic"\npoints = 60\n', Path("kiosk.toml")))
    assert profile.code == "01999"
    assert profile.registers("01001")
    assert (profile.rank, profile.points) == (FacilityRank.BASIC, 60)


def test_a_delay_in_the_file_overrides_the_default_of_the_flow(minimal: str) -> None:
    delays = flow_delays(parse(minimal + "[delays]\nthanks_shown = 5\n", Path("kiosk.toml")))
    assert delays.thanks_shown == 5.0
    assert delays.choice_idle == 60.0
