"""One fuzzing process, which `run.py` starts: `python -m tests.fuzz.child TARGET [libFuzzer's arguments]`."""

import os
import sys

import atheris

# What takes foreign bytes is measured, and the targets themselves are not.
with atheris.instrument_imports(
    include=["cccd_reader", "face.jpeg", "face.jpeg2000", "face.picture", "his_adapter", "hub.gateway", "hub.payments"]
):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.json_mutator import mutate_json
from tests.fuzz.mutator import mutate_tree


def _mutate_tree(data: bytes, max_size: int, seed: int) -> bytes:
    return mutate_tree(data, max_size, seed, atheris.Mutate)


def _mutate_json(data: bytes, max_size: int, seed: int) -> bytes:
    return mutate_json(data, max_size, seed, atheris.Mutate)


SELF = "FUZZ_SELF"
"""The variable with a command that starts this process again: libFuzzer does so to merge."""


def main() -> None:
    found = TARGETS[sys.argv.pop(1)]
    sys.argv[0] = os.environ.get(SELF, sys.argv[0])
    mutator = _mutate_tree if found.tlv else _mutate_json if found.json else None
    atheris.Setup(sys.argv, found.run, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
