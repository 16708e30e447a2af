"""The file's tables reach the rooms that use them whole."""

import dataclasses
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from face.pad.policy import Mode, PadPolicy
from his_adapter.bhyt.entitlement import FacilityRank
from his_adapter.payment import MoMoSettings, PayOsSettings, SePaySettings, VnPaySettings
from his_adapter.remote import RemotePayment, RemotePortal
from his_adapter.settings import HisSettings, PortalSettings
from kiosk import paths
from kiosk.settings import Settings, SettingsError, load, parse
from kiosk.settings.build import (
    facility_profile,
    flow_delays,
    hospital_settings,
    hospital_system,
    insurance_portal,
    pack_dir,
    pad_policy,
    payment_provider,
    portal_settings,
)

EXAMPLE = Path(__file__).parents[2] / "docs" / "kiosk.example.toml"


def test_every_field_of_an_adapter_comes_from_the_file() -> None:
    settings = load(EXAMPLE)
    made: list[tuple[PortalSettings | HisSettings, object]] = [
        (portal_settings(settings), settings.portal),
        (hospital_settings(settings), settings.his),
    ]
    for value, section in made:
        for field in dataclasses.fields(value):
            assert getattr(value, field.name) == getattr(section, field.name)


def test_a_secret_goes_over_and_does_not_show(minimal: str) -> None:
    text = minimal + '[his]\nbase_url = "https://his.example"\napi_key = "k3y-0f-h1s"\n'
    made = hospital_settings(parse(text, Path("kiosk.toml")))
    assert made.api_key.get_secret_value() == "k3y-0f-h1s"
    assert "k3y-0f-h1s" not in repr(made)


PROVIDERS = {
    "payos": (PayOsSettings, {"client_id": "c", "api_key": "s1", "checksum_key": "s2"}),
    "sepay": (SePaySettings, {"bank": "970418", "account": "0123", "account_name": "BENH VIEN", "api_token": "s1"}),
    "vnpay": (
        VnPaySettings,
        {"query_url": "https://q.example", "terminal": "T1", "hash_secret": "s1", "bank_code": ""},
    ),
    "momo": (
        MoMoSettings,
        {"partner_code": "P", "access_key": "s1", "secret_key": "s2", "ipn_url": "https://hub.example/ipn"},
    ),
}


def account_of(settings: Settings) -> object:
    """What the built adapter was given."""
    provider = payment_provider(settings)
    assert provider is not None
    provider.close()
    account: object = provider._settings  # type: ignore[attr-defined]
    return account


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_chosen_provider_gets_its_account(minimal: str, name: str) -> None:
    kind, keys = PROVIDERS[name]
    rows = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    text = f'[payment]\nprovider = "{name}"\ntimeout_s = 3\n[payment.{name}]\nbase_url = "https://p.example"\n{rows}'
    account = account_of(parse(minimal + text, Path("kiosk.toml")))
    assert isinstance(account, kind)
    assert (account.base_url, account.timeout_s) == ("https://p.example", 3.0)
    for key, value in keys.items():
        got = getattr(account, key)
        assert (got.get_secret_value() if isinstance(got, SecretStr) else got) == value
    assert "s1" not in repr(account)


def test_payment_through_the_hub_needs_the_hub_and_no_account(minimal: str) -> None:
    text = '[payment]\nprovider = "hub"\n'
    settings = parse(minimal + text, Path("kiosk.toml"))
    assert [path for path in settings.unset() if path[0] in ("payment", "hub")] == [("hub", "base_url"), ("hub", "key")]
    hub = '[hub]\nbase_url = "https://hub.example"\nkey = "k3y-0f-hub"\n'
    settings = parse(minimal + text + hub, Path("kiosk.toml"))
    assert {path[0] for path in settings.unset()}.isdisjoint({"payment", "hub"})
    provider = payment_provider(settings)
    assert isinstance(provider, RemotePayment)
    provider.close()
    assert "k3y" not in repr(settings)


def test_transfer_codes_begin_as_the_file_says(minimal: str) -> None:
    text = '[payment]\nprovider = "sepay"\nprefix = "BVA"\n[payment.sepay]\nbank = "970418"\n'
    account = account_of(parse(minimal + text, Path("kiosk.toml")))
    assert isinstance(account, SePaySettings)
    assert account.prefix == "BVA"


def test_payment_that_is_not_offered_has_no_settings(minimal: str) -> None:
    assert payment_provider(parse(minimal + "[payment]\nenabled = false\n", Path("kiosk.toml"))) is None


def test_the_facility_is_the_one_of_the_file(minimal: str) -> None:
    text = minimal.replace("\n[devices]", 'accepted_facilities = ["01001"]\n\n[devices]')
    profile = facility_profile(parse(text + '[entitlement]\nrank = "basic"\npoints = 60\n', Path("kiosk.toml")))
    assert profile.code == "01999"
    assert profile.registers("01001")
    assert (profile.rank, profile.points) == (FacilityRank.BASIC, 60)


@pytest.mark.parametrize("name", ["active", "advisory", "off"])
def test_the_named_policy_is_the_one_of_the_face_room(minimal: str, name: str) -> None:
    built = pad_policy(parse(f'{minimal}[pad]\npolicy = "{name}"\n', Path("kiosk.toml")))
    assert built == PadPolicy.named(name), "and its defaults are the settings' defaults"


@pytest.mark.parametrize(
    ("policy", "light", "counts"),
    [
        ("active", "required", Mode.REQUIRED),
        ("active", "advisory", Mode.ADVISORY),
        ("active", "off", Mode.OFF),
        ("advisory", "required", Mode.ADVISORY),
        ("advisory", "off", Mode.OFF),
        ("off", "required", Mode.OFF),
    ],
)
def test_the_screen_light_counts_for_no_more_than_the_policy(
    minimal: str, policy: str, light: str, counts: Mode
) -> None:
    text = f'{minimal}[pad]\npolicy = "{policy}"\nlight = "{light}"\n'
    assert pad_policy(parse(text, Path("kiosk.toml"))).light is counts


def test_every_figure_of_the_pad_table_reaches_the_policy(minimal: str) -> None:
    figures = {"moves": 3, "retries": 0, "move_limit_s": 7.5, "light_steps": 6, "noise_floor": 0.0}
    text = minimal + "[pad]\n" + "".join(f"{key} = {value}\n" for key, value in figures.items())
    built = pad_policy(parse(text, Path("kiosk.toml")))
    assert {key: getattr(built, key) for key in figures} == figures


@pytest.mark.parametrize(
    ("limit_s", "moves", "retries", "move_limit_s"), [(10, 2, 1, 5), (120, 3, 3, 20), (5, 3, 3, 20)]
)
def test_nobody_is_cut_off_who_keeps_to_every_single_limit(
    minimal: str, limit_s: float, moves: int, retries: int, move_limit_s: float
) -> None:
    text = f"{minimal}[face]\ntime_limit_s = {limit_s}\n[pad]\nmoves = {moves}\nretries = {retries}\n"
    built = pad_policy(parse(f"{text}move_limit_s = {move_limit_s}\n", Path("kiosk.toml")))
    each = built.move_limit_s + built.return_limit_s
    assert built.session_limit_s >= limit_s + (moves + retries) * each


def test_two_colours_are_too_few_for_the_check_that_needs_them(minimal: str) -> None:
    with pytest.raises(SettingsError):
        parse(f"{minimal}[pad]\nlight_steps = 2\n", Path("kiosk.toml"))


def test_a_pack_is_looked_for_among_ours_first_then_in_the_facilitys_folder(minimal: str, tmp_path: Path) -> None:
    for name in ("yunet-sface", "licensed"):
        (tmp_path / name).mkdir()

    def folder(pack: str) -> Path:
        text = f'{minimal}[face]\npack = "{pack}"\npacks_dir = "{tmp_path.as_posix()}"\n'
        return pack_dir(parse(text, Path("kiosk.toml")))

    assert folder("licensed") == tmp_path / "licensed"
    assert folder("yunet-sface") == paths.models() / "yunet-sface"
    assert folder("nowhere") == paths.models() / "nowhere", "the error names a place"


def test_a_delay_in_the_file_overrides_the_default_of_the_flow(minimal: str) -> None:
    delays = flow_delays(parse(minimal + "[delays]\nthanks_shown = 5\n", Path("kiosk.toml")))
    assert delays.thanks_shown == 5.0
    assert delays.choice_idle == 60.0


HL7_FILE = """
[hospital]
kind = "hl7"
host = "127.0.0.1"
port = 2575
[[hospital.services]]
code = "K02"
name_vi = "Tim mạch"
name_en = "Cardiology"
room = { name = "203", floor = "2" }
price_dong = 150000
insured_price_dong = 50600
"""


def written(folder: Path, minimal: str, table: str, hospital: str | None = None) -> Path:
    file = folder / "kiosk.toml"
    file.write_text(minimal + table, encoding="utf-8")
    if hospital is not None:
        (folder / "his.toml").write_text(hospital, encoding="utf-8")
    return file


def test_a_hospital_with_a_file_of_its_own(minimal: str, tmp_path: Path) -> None:
    settings = load(written(tmp_path, minimal, '[his]\nkind = "hl7"\nfile = "his.toml"\n', HL7_FILE))
    with closing(hospital_system(settings)) as hospital:
        (service,) = hospital.list_services()
    assert (service.code, service.room.name, service.price_dong) == ("K02", "203", 150_000)


@pytest.mark.parametrize(
    ("table", "hospital", "says"),
    [
        ('[his]\nkind = "hl7"\nfile = "his.toml"\n', None, "his.toml: FileNotFoundError"),
        ('[his]\nkind = "hl7"\nfile = "his.toml"\n', "[hospital", "his.toml: not TOML"),
        ('[his]\nkind = "hl7"\nfile = "his.toml"\n', '[hospital]\nkind = "hispro"\n', "kind: one of hl7"),
        ('[his]\nkind = "hl7"\nfile = "his.toml"\n', '[hospital]\nkind = "hl7"\nport = "x"\n', "[hospital]"),
        ('[his]\nkind = "hub"\n[hub]\nbase_url = "http://hub.example"\nkey = "k3y-0f-hub"\n', None, "TLS"),
    ],
)
def test_settings_of_a_hospital_that_cannot_be_used(
    minimal: str, tmp_path: Path, table: str, hospital: str | None, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, minimal, table, hospital))
    assert says in str(caught.value)
    assert "kiosk.toml" in str(caught.value)
    assert "k3y-0f-hub" not in str(caught.value)


def test_real_devices_need_only_what_the_chosen_way_uses(minimal: str, tmp_path: Path) -> None:
    """Through the hub a kiosk knows neither the portal's account nor the hospital's key."""
    table = """
[his]
kind = "hub"
[portal]
through = "hub"
[hub]
base_url = "https://hub.example"
key = "k3y-0f-hub"
authority = "ca.pem"
"""
    settings = load(written(tmp_path, minimal, table))
    assert {path[0] for path in settings.unset()}.isdisjoint({"his", "portal", "hub"})
    assert settings.hub.authority == tmp_path / "ca.pem"
    made = hospital_settings(settings)
    assert (made.kiosk_id, made.authority) == (settings.kiosk.id, tmp_path / "ca.pem")


def test_the_portal_through_the_hub(minimal: str, tmp_path: Path) -> None:
    table = '[portal]\nthrough = "hub"\n[hub]\nbase_url = "http://127.0.0.1:9"\nkey = "k3y-0f-hub"\n'
    with closing(insurance_portal(load(written(tmp_path, minimal, table)))) as portal:
        assert isinstance(portal, RemotePortal)


def test_a_kind_without_its_file(minimal: str) -> None:
    settings = parse(minimal + '[his]\nkind = "gnuhealth"\n', Path("kiosk.toml"))
    assert ("his", "file") in settings.unset()
