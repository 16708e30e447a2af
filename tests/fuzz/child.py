"""One fuzzing process, which `run.py` starts: `python -m tests.fuzz.child TARGET [libFuzzer's arguments]`."""

import sys

import atheris

# The reader alone is measured, and the targets themselves are not.
with atheris.instrument_imports(include=["cccd_reader"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.mutator import mutate_tree


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    return mutate_tree(data, max_size, seed, atheris.Mutate)


def main() -> None:
    found = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, found.run, custom_mutator=_mutate if found.tlv else None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
