"""Every kind of hospital system by the name a settings file calls it.

An adapter is imported when it is the one that is wanted: FHIR's models alone take a second to load.
"""

import dataclasses
import importlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from his_adapter.ports import HospitalSystem
from his_adapter.settings_file import SettingsFile

TABLE, KIND = "hospital", "kind"


class HospitalKind(StrEnum):
    """What speaks with the hospital system."""

    HISPRO = "hispro"
    FHIR = "fhir"
    HL7 = "hl7"
    GNUHEALTH = "gnuhealth"
    HUB = "hub"  # the hospital's hub, which speaks with the system itself


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a kind's adapter and its settings live."""

    module: str
    adapter: str
    settings: str


_PLACES: Mapping[HospitalKind, _Place] = MappingProxyType(
    {
        HospitalKind.HISPRO: _Place("his_adapter.hospital.hispro", "HisProHospital", "HisSettings"),
        HospitalKind.FHIR: _Place("his_adapter.hospital.fhir", "FhirHospital", "FhirSettings"),
        HospitalKind.HL7: _Place("his_adapter.hospital.hl7v2", "Hl7Hospital", "Hl7Settings"),
        HospitalKind.GNUHEALTH: _Place("his_adapter.hospital.gnuhealth", "GnuHealthHospital", "GnuHealthSettings"),
        HospitalKind.HUB: _Place("his_adapter.remote", "RemoteHospital", "RemoteSettings"),
    }
)


def settings_type(kind: HospitalKind) -> type[Any]:
    """The frozen settings a kind's adapter is made of."""
    place = _PLACES[kind]
    found: type[Any] = getattr(importlib.import_module(place.module), place.settings)
    assert dataclasses.is_dataclass(found)
    return found


def hospital_of(kind: HospitalKind, settings: Any) -> HospitalSystem:
    """The adapter of a kind, made of its own settings."""
    place = _PLACES[kind]
    adapter: HospitalSystem = getattr(importlib.import_module(place.module), place.adapter)(settings)
    return adapter


def kind_in(file: SettingsFile, choices: Collection[HospitalKind]) -> HospitalKind:
    """What the table ``[hospital]`` of a file calls itself, one of `choices`. Raises SettingsError."""
    return HospitalKind(file.word(TABLE, KIND, choices))


def read_hospital(file: SettingsFile, kind: HospitalKind) -> Any:
    """The settings in the table ``[hospital]`` of a file, which must be of this kind. Raises SettingsError."""
    return file.read(TABLE, settings_type(kind_in(file, (kind,))), without=(KIND,))
