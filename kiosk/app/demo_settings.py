"""The settings of a demonstration: a real settings file, written for the simulated world and read back as any other."""

import json
from collections.abc import Mapping
from pathlib import Path

from kiosk.settings import Settings, load
from kiosk.simulation.world import SimulatedWorld

Value = str | int | float | bool

FACILITY: dict[str, Value] = {
    "id": "demo-1",
    "facility_name_vi": "Bệnh viện Đa khoa Xanh Pôn",
    "facility_name_en": "Saint Paul General Hospital",
    "counter_vi": "quầy số 3",
    "counter_en": "counter 3",
}


def settings_for(
    world: SimulatedWorld, out: Path, access: str, language: str, pad: str = "active"
) -> tuple[Settings, Path]:
    """Write `out`/kiosk.toml and load it, so that the demonstration and the doctor see the same."""
    tables: dict[str, dict[str, Value]] = {name: dict(values) for name, values in world.settings_overrides().items()}
    tables["kiosk"] = {**FACILITY, "language": language, "data_dir": "data", **tables.get("kiosk", {})}
    tables["devices"] = {"mode": "simulated"}
    tables["pad"] = {"policy": pad}
    tables["reader"] = {"access": access, **tables.get("reader", {})}
    file = out / "kiosk.toml"
    file.write_text(_toml(tables), "utf-8")
    return load(file), file


def _toml(tables: Mapping[str, Mapping[str, Value]]) -> str:
    # JSON's strings, numbers and booleans are also TOML's
    blocks = (
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
        for name, values in tables.items()
    )
    return "\n".join(blocks)
