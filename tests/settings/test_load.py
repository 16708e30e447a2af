"""A settings file is read whole or its mistakes are named, each with its line."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from kiosk.flow.delays import Delays
from kiosk.flow.values import Language
from kiosk.settings import Problem, ProblemKind, Settings, SettingsError, load, parse
from kiosk.settings.delays import DelaysSection
from kiosk.settings.devices import DeviceMode

Write = Callable[[str], Path]
EXAMPLE = Path(__file__).parents[2] / "docs" / "kiosk.example.toml"
HIS = '[his]\nbase_url = "https://his.example"\napi_key = "k3y-0f-h1s"\n'


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as caught:
        load(path)
    return caught.value.problems


def only_problem(path: Path) -> Problem:
    (problem,) = problems(path)
    return problem


def test_the_example_file_is_right_and_typed() -> None:
    settings = load(EXAMPLE)
    assert settings.kiosk.language is Language.VI
    assert settings.kiosk.facility_code == "01999"
    assert settings.devices.mode is DeviceMode.REAL
    assert settings.camera.source == 0
    assert settings.printer.port == 9100


def test_the_minimal_file_takes_the_defaults(write: Write, minimal: str) -> None:
    settings = load(write(minimal))
    assert settings.printer.port == 9100
    assert settings.face.fmr == "1e-5"
    assert settings.delays == DelaysSection()


def test_a_relative_data_folder_starts_at_the_file(write: Write, minimal: str) -> None:
    path = write(minimal)
    assert load(path).kiosk.data_dir == path.parent / "var"


def test_a_trust_store_is_a_folder_beside_the_file_or_none(write: Write, minimal: str) -> None:
    assert load(write(minimal)).reader.trust_store is None
    path = write(minimal + '\n[reader]\ntrust_store = "trust"\n')
    settings = load(path)
    assert settings.reader.trust_store == path.parent / "trust"
    assert settings.kiosk.data_dir == path.parent / "var"


def test_further_packs_are_in_a_folder_beside_the_file_or_nowhere(write: Write, minimal: str) -> None:
    assert load(write(minimal)).face.packs_dir is None
    path = write(minimal + '\n[face]\npacks_dir = "packs"\n')
    assert load(path).face.packs_dir == path.parent / "packs"


def test_a_byte_order_mark_does_no_harm(write: Write, minimal: str) -> None:
    assert load(write("\ufeff" + minimal)).kiosk.id == "xanh-pon-01"


def test_a_syntax_error_names_its_line(write: Write, minimal: str) -> None:
    problem = only_problem(write(minimal + '\n[camera]\nsource = "unfinished\n'))
    assert (problem.kind, problem.line) == (ProblemKind.SYNTAX, 11)
    assert "unfinished" not in problem.message


def test_an_unfinished_file_names_its_last_line(write: Write, minimal: str) -> None:
    problem = only_problem(write(minimal + "\n[camera]\nsource = "))
    assert (problem.kind, problem.line) == (ProblemKind.SYNTAX, 11)


def test_an_unknown_key_names_the_near_one(write: Write, minimal: str) -> None:
    problem = only_problem(write(minimal + "\n[face]\n\nfmrr = 3\n"))
    assert (problem.kind, problem.line, problem.key) == (ProblemKind.UNKNOWN_KEY, 12, "face.fmrr")
    assert 'did you mean "fmr"?' in problem.message
    assert "time_limit_s" in problem.message


def test_an_unknown_table_is_named(write: Write, minimal: str) -> None:
    problem = only_problem(write(minimal + "\n[printr]\nport = 1\n"))
    assert (problem.line, problem.key) == (10, "printr")
    assert 'did you mean "printer"?' in problem.message


def test_a_missing_key_points_to_its_table(write: Write, minimal: str) -> None:
    problem = only_problem(write(minimal.replace('facility_code = "01999"\n', "")))
    assert (problem.kind, problem.line, problem.key) == (ProblemKind.MISSING, 1, "kiosk.facility_code")
    assert "five digits in quotes" in problem.message


@pytest.mark.parametrize(
    ("table", "line", "key", "allowed"),
    [
        ('[printer]\nhost = "10.0.0.7"\nport = "9100"', 12, "printer.port", "a whole number from 1 to 65535"),
        ('[printer]\nhost = "10.0.0.7"\nport = 70000', 12, "printer.port", "a whole number from 1 to 65535"),
        ('[printer]\nhost = "10.0.0.7"\nwidth_px = 577', 12, "printer.width_px", "a multiple of 8"),
        ('[printer]\nhost = "no such host"', 11, "printer.host", "a host name or an IP address"),
        ('[reader]\naccess = "paces"', 11, "reader.access", 'one of "auto", "pace", "bac"'),
        ('[face]\nfmr = "1e-2"', 11, "face.fmr", 'one of "1e-3", "1e-4", "1e-5"'),
        ("[face]\ntime_limit_s = nan", 11, "face.time_limit_s", "a number from 5 to 120"),
        ('[face]\npack = "../other"', 11, "face.pack", "the name of a folder of models"),
        ("[pad]\nmoves = 0", 11, "pad.moves", "a whole number from 1 to 3"),
        ('[pad]\npolicy = "strict"', 11, "pad.policy", 'one of "active", "advisory", "off"'),
        ('[pad]\nlight = "on"', 11, "pad.light", 'one of "required", "advisory", "off"'),
        ("[camera]\nmirror = 1", 11, "camera.mirror", "true or false"),
        ("[camera]\nsource = -1", 11, "camera.source", "a camera index from 0 to 63"),
        ("[camera]\nsource = 1.5", 11, "camera.source", "a camera index from 0 to 63"),
        ("[delays]\n# slow\nstill_there = 5", 12, "delays.still_there", "a number from 20 to 300"),
        ("[entitlement]\npoints = 101", 11, "entitlement.points", "a whole number from 0 to 100"),
        ('[admin]\npin_hash = "1234"', 11, "admin.pin_hash", "kiosk config pin"),
        ("delays.key_tries = 0", 10, "devices.delays", "is no key"),
    ],
)
def test_a_wrong_value_names_line_key_and_what_is_allowed(
    write: Write, minimal: str, table: str, line: int, key: str, allowed: str
) -> None:
    problem = only_problem(write(f"{minimal}\n{table}\n"))
    assert (problem.line, problem.key) == (line, key)
    assert allowed in problem.message


def test_an_element_of_a_list_has_its_own_line(write: Write, minimal: str) -> None:
    text = minimal.replace("\n[devices]", 'accepted_facilities = [\n  "01001",\n  "1002",\n]\n\n[devices]')
    problem = only_problem(write(text))
    assert (problem.line, problem.key) == (8, "kiosk.accepted_facilities[2]")


def test_all_mistakes_are_said_at_once_in_order(write: Write, minimal: str) -> None:
    text = minimal.replace('"xanh-pon-01"', '"Xanh Pôn"') + "\n[face]\nfmr = 1\n[camera]\nmirrored = true\n"
    assert [problem.line for problem in problems(write(text))] == [2, 11, 13]


def test_real_devices_need_their_addresses(write: Write, minimal: str) -> None:
    text = minimal.replace("simulated", "real") + HIS + "[payment]\nenabled = false\n[printer]\nport = 9101\n"
    found = problems(write(text))
    assert {problem.key for problem in found} == {
        "portal.base_url",
        "portal.username",
        "portal.password_md5",
        "portal.officer_name",
        "portal.officer_number",
        "printer.host",
    }
    assert [problem.line for problem in found] == [8, 8, 8, 8, 8, 14]  # the mode, and the table that is there
    assert "a host name or an IP address" in found[-1].message


def test_a_facility_that_no_insurance_rule_fits_is_found_before_a_patient_comes(write: Write, minimal: str) -> None:
    problem = only_problem(write(f'{minimal}\n[entitlement]\nrank = "basic"\nformer_level = "district"\npoints = 80\n'))
    assert (problem.line, problem.key) == (10, "entitlement")
    assert "fit no rule" in problem.message


def test_payment_that_is_offered_needs_its_keys(write: Write, minimal: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace('checksum_key = "replace-me"', "")
    assert only_problem(write(text)).key == "payment.payos.checksum_key"


@pytest.mark.parametrize(
    ("provider", "keys"),
    [
        ("payos", {"base_url", "client_id", "api_key", "checksum_key"}),
        ("sepay", {"base_url", "bank", "account", "api_token"}),
        ("vnpay", {"base_url", "query_url", "terminal", "hash_secret"}),
        ("momo", {"base_url", "partner_code", "access_key", "secret_key"}),
    ],
)
def test_only_the_chosen_provider_needs_its_keys(write: Write, provider: str, keys: set[str]) -> None:
    start, _, rest = EXAMPLE.read_text(encoding="utf-8").partition("[payment]\n")
    end = rest[rest.index("[printer]") :]
    found = problems(write(f'{start}[payment]\nprovider = "{provider}"\n{end}'))
    assert {problem.key for problem in found} == {f"payment.{provider}.{key}" for key in keys}
    assert {problem.line for problem in found} == {start.count("\n") + 1}


def test_a_file_from_when_there_was_one_provider_is_told_where_its_keys_went(write: Write, minimal: str) -> None:
    found = problems(write(f'{minimal}[payment]\nenabled = true\nclient_id = "c"\nbase_url = "https://p.example"\n'))
    assert [(problem.line, problem.key) for problem in found] == [(11, "payment.client_id"), (12, "payment.base_url")]
    assert found[0].message == "is no key of [payment] any more; move it to [payment.payos]"
    assert "[payment.payos] or [payment.sepay]" in found[1].message


def test_a_mistake_in_a_providers_table_is_named(write: Write, minimal: str) -> None:
    problem = only_problem(write(f'{minimal}[payment]\nprovider = "sepay"\n[payment.sepay]\nbank = "VCB"\n'))
    assert (problem.line, problem.key) == (12, "payment.sepay.bank")
    assert "six digits" in problem.message
    problem = only_problem(write(f'{minimal}[payment]\nprovider = "paypal"\n'))
    assert '"payos", "sepay", "vnpay", "momo", "hub"' in problem.message


@pytest.mark.parametrize(("key", "secret"), [("password_md5", "hunter2-in-clear"), ("officer_number", "00109900123x")])
def test_a_wrong_secret_is_not_repeated(write: Write, minimal: str, key: str, secret: str) -> None:
    right = {"password_md5": "0" * 32, "officer_number": "001099001234", key: secret}
    rows = "".join(f'{name} = "{value}"\n' for name, value in right.items())
    text = f'{minimal}[portal]\nbase_url = "https://p.example"\nusername = "u"\nofficer_name = "A"\n{rows}'
    with pytest.raises(SettingsError) as caught:
        load(write(text))
    assert caught.value.problems[0].key == f"portal.{key}"
    assert secret not in str(caught.value)


def test_a_file_that_is_not_there_is_a_problem_too(tmp_path: Path) -> None:
    problem = only_problem(tmp_path / "none.toml")
    assert (problem.kind, problem.line) == (ProblemKind.UNREADABLE, 0)


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(b'[kiosk]\nid = "B\xe1nh"\n')
    assert only_problem(path).line == 2


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000, "1979-13-01", "0x", '"\\q"'])
def test_absurd_values_are_mistakes_and_no_crash(write: Write, minimal: str, value: str) -> None:
    problem = only_problem(write(f"{minimal}[printer]\nport = {value}\n"))
    assert problem.kind is ProblemKind.SYNTAX


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_no_text_brings_the_check_down(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, Path("kiosk.toml"))
    assert caught.value.problems


def test_settings_do_not_change(write: Write, minimal: str) -> None:
    settings = load(write(minimal))
    with pytest.raises(ValidationError):
        settings.kiosk.id = "other"  # type: ignore[misc]


def test_the_delays_table_covers_the_flow_exactly() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Delays)}
    assert {name: field.default for name, field in DelaysSection.model_fields.items()} == fields


def tables(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table below `model`, the ones below tables too."""
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield f"{name}{key}", field.annotation
            yield from tables(field.annotation, f"{name}{key}.")


def test_every_key_has_a_title_and_every_number_has_bounds() -> None:
    found = dict(tables(Settings))
    assert {"kiosk", "payment", "payment.sepay", "delays"} <= found.keys()
    for name, model in found.items():
        assert model.__doc__
        assert model.model_config.get("title"), name
        for key, node in model.model_json_schema()["properties"].items():
            if f"{name}.{key}" in found:
                continue
            assert node["title"], f"{name}.{key}"
            if node.get("type") in ("number", "integer"):
                assert {"minimum", "maximum"} <= node.keys(), f"{name}.{key}"
