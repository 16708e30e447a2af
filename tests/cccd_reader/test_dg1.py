"""EF.DG1: the zones of the synthetic card, of BSI's specimen and of the standard's examples."""

import json
from pathlib import Path
from typing import Any

import pytest

from cccd_reader import tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.dg1 import parse_dg1
from cccd_reader.mrz import Mrz, MrzFormat


def test_the_zone_of_the_synthetic_card(vietnam: dict[str, Any]) -> None:
    assert parse_dg1(bytes.fromhex(vietnam["dg1_hex"])).personal_number == "001099012345"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("6000", "tag 60 where 61"),
        ("6100", "tag 5F1F is missing"),
        ("6104" + "5F1F01FF", "not ASCII"),
        ("6104" + "5F1F0141", "90, 72 or 88 characters"),
    ],
)
def test_a_broken_zone(data: str, rule: str) -> None:
    with pytest.raises(ChipDataError, match=rule):
        parse_dg1(bytes.fromhex(data))


def test_a_passports_zone(emrtd_data: Path) -> None:
    mrz = parse_dg1((emrtd_data / "bsi2008" / "Datagroup1.bin").read_bytes())
    assert (mrz.format, mrz.surname, mrz.given_names) == (MrzFormat.TD3, "MUSTERMANN", "ERIKA")
    assert mrz.information == b"C11T002JM496081221310317"


def test_the_standards_samples_of_all_three_formats(emrtd_data: Path) -> None:
    samples = json.loads((emrtd_data / "icao_dg1_samples.json").read_text("utf-8"))
    files = {sample["format"]: bytes.fromhex(sample["hex"]) for sample in samples}
    with pytest.raises(ChipDataError, match="composite"):
        parse_dg1(files["TD1"])  # the document's own slip
    files["TD1"] = files["TD1"].replace(b"<4VAN<DER", b"<8VAN<DER")
    read = {name: parse_dg1(data) for name, data in files.items()}
    assert {name: mrz.format.name for name, mrz in read.items()} == {"TD1": "TD1", "TD2": "TD2", "TD3": "TD3"}
    assert read["TD1"] == Mrz(
        "I", "NLD", "XI85935F8", "999999990", "720814", "F", "110826", "NLD", "", "VAN DER STEEN", "MARIANNE LOUISE"
    )
    assert read["TD1"].name_may_be_cut
    assert read["TD2"] == Mrz(
        "I", "ATA", "123456789012", "", "740622", "M", "101231", "HMD", "", "SMITH", "JOHN T", MrzFormat.TD2
    )
    assert read["TD2"].information == b"123456789012274062211012312"
    assert read["TD3"].information == b"L898902C3674081221204159"
    for name, data in files.items():
        assert read[name].encode().encode() == tlv.find(tlv.decode(data).value, 0x5F1F).value
