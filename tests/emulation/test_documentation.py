"""docs/emulated_card.md: its tables have every fault and quirk, with the names and examples that the commands take."""

import re
from dataclasses import fields
from pathlib import Path

from cccd_reader.emulation import ActiveAuthenticationVariant, ChipAuthenticationVariant, PaceVariant, Quirks
from cccd_reader.emulation.authority_directory import SignerState
from cccd_reader.emulation.faults import FAULT_KINDS, Proof, fault_from_text, fault_to_json
from cccd_reader.emulation.quirks import PastEnd, quirks_from_texts

PAGE = (Path(__file__).parents[2] / "docs" / "emulated_card.md").read_text("utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_fault_has_an_example_that_works() -> None:
    examples = re.findall(r"^\| `([^`]+)` \|", section("What goes wrong"), re.MULTILINE)
    kinds = {str(fault_to_json(fault_from_text(text))["kind"]) for text in examples[1:]}
    assert examples[0] == "--fault"
    assert kinds == set(FAULT_KINDS)
    assert all(f"{proof.replace('_', '-')}`" in PAGE for proof in Proof)


def test_every_quirk_is_there_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\S+) \|", section("How chips differ"), re.MULTILINE))
    shown = {"True": "yes", "False": "no", "None": "none", "0.0": "0", "warns": "`warns`"}
    assert rows == {item.name.replace("_", "-"): shown[str(getattr(Quirks(), item.name))] for item in fields(Quirks)}
    assert quirks_from_texts(["no-extended-length"]) == Quirks(extended_length=False)
    assert all(f"`{way.replace('_', '-')}`" in PAGE for way in PastEnd)


def test_the_examples_of_protocols_are_protocols() -> None:
    pace, chip, active = re.findall(r"^\| `--(?:pace|ca|aa)`(.*)$", section("What the chip can do"), re.MULTILINE)
    for row, kind in ((pace, PaceVariant), (chip, ChipAuthenticationVariant), (active, ActiveAuthenticationVariant)):
        found = re.findall(r"`([a-z]+-[^`]+)`", row.replace("`--no-pace`", ""))
        assert found
        for text in found:
            assert str(kind.parse(text)) == text


def test_every_state_of_a_signer_but_the_right_one_is_explained() -> None:
    assert all(f"`{state}`" in PAGE for state in SignerState if state is not SignerState.VALID)
