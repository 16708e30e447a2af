"""The probes of files take any bytes: a value, or the one family of errors. A bug there would be a hole in a report."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.diagnosis.content_probes import probe_com, probe_dg1, probe_dg2, probe_dg13, probe_dg14, probe_dg15
from cccd_reader.diagnosis.keys import describe_infos, describe_key
from cccd_reader.diagnosis.sod_probe import probe_sod
from cccd_reader.errors import CardError

DATA = Path(__file__).parents[1] / "data" / "emrtd"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

PROBES: dict[str, Callable[[bytes], object]] = {
    "COM": probe_com,
    "DG1": lambda data: probe_dg1(data, data),
    "DG2": probe_dg2,
    "DG13": probe_dg13,
    "DG14": probe_dg14,
    "DG15": probe_dg15,
    "SOD": lambda data: probe_sod(data, NOW),
    "infos": lambda data: describe_infos(data, "DG14"),
    "key": lambda data: describe_key(data, "DG15"),
}


def real_files() -> dict[str, bytes]:
    vietnam = json.loads((DATA / "vn_cccd_synthetic.json").read_text("utf-8"))
    specimens = {path.stem: path.read_bytes() for path in (DATA / "bsi2008").glob("*.bin")}
    dg13 = vietnam["dg13"][0]["hex"]
    return {
        "COM": specimens["EF_COM"],
        "DG1": bytes.fromhex(vietnam["dg1_hex"]),
        "DG2": specimens["Datagroup2"][:2000],
        "DG13": bytes.fromhex(dg13),
        "DG14": specimens["Datagroup14"],
        "DG15": specimens["Datagroup15"],
        "SOD": specimens["EF_SOD"],
    }


FILES = real_files()


def total(probe: Callable[[bytes], object], data: bytes) -> None:
    """A value that JSON can say and that hides no bug, or a `CardError`."""
    try:
        found = probe(data)
    except CardError:
        return
    assert "in this program" not in json.dumps(found)


@pytest.mark.parametrize("name", PROBES)
@given(data=st.binary(max_size=200))
def test_any_bytes(name: str, data: bytes) -> None:
    total(PROBES[name], data)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=150)
@given(data=st.data())
def test_real_files_with_wrong_bytes(name: str, data: st.DataObject) -> None:
    changed = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    total(PROBES[name], bytes(changed[: data.draw(st.integers(0, len(changed)))]))


ITEMS = st.recursive(
    st.tuples(st.sampled_from([0x02, 0x03, 0x04, 0x06, 0x0C, 0x13, 0x80]), st.binary(max_size=20)),
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31, 0xA0]), st.lists(inner, max_size=4)),
    max_leaves=12,
)


def encoded(item: tuple[int, object]) -> bytes:
    tag, value = item
    body = value if isinstance(value, bytes) else b"".join(encoded(inner) for inner in value)  # type: ignore[attr-defined]
    return tlv.encode(tag, body)


@pytest.mark.parametrize("name", PROBES)
@given(item=ITEMS)
def test_any_structure(name: str, item: tuple[int, object]) -> None:
    total(PROBES[name], encoded(item))
    total(PROBES[name], tlv.encode(0x6D, encoded(item)))
