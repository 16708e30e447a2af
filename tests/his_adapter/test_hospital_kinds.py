"""Every kind of hospital system can be named in a settings file; the examples that people copy are right."""

from contextlib import closing
from pathlib import Path

import pytest

from his_adapter.hospital.kinds import HospitalKind, hospital_of, kind_in, read_hospital, settings_type
from his_adapter.settings_file import SettingsError, SettingsFile

EXAMPLES = Path(__file__).parents[2] / "docs" / "hospitals"
SECRETS = {"TIEPDON_FHIR_SECRET": "s3cr3t", "TIEPDON_GNUHEALTH_PASSWORD": "s3cr3t"}


@pytest.mark.parametrize("kind", list(HospitalKind))
def test_every_kind_has_settings(kind: HospitalKind) -> None:
    assert "timeout_s" in settings_type(kind).__dataclass_fields__


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_an_example_makes_an_adapter(path: Path) -> None:
    file = SettingsFile(path, ("hospital",), SECRETS)
    kind = kind_in(file, list(HospitalKind))
    assert path.name.startswith(kind.value)
    settings = read_hospital(file, kind)
    assert "s3cr3t" not in repr(settings)
    with closing(hospital_of(kind, settings)) as hospital:
        assert hospital is not None


def test_every_kind_that_needs_a_file_has_an_example() -> None:
    shown = {path.name.partition(".")[0] for path in EXAMPLES.glob("*.example.toml")}
    assert shown == set(HospitalKind) - {HospitalKind.HISPRO, HospitalKind.HUB}


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "his.toml"
    path.write_text('[hospital]\nkind = "fhir"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="kind"):
        read_hospital(SettingsFile(path, ("hospital",)), HospitalKind.HL7)
