"""One fuzzing process, which `run.py` starts: `python -m tests.fuzz.child TARGET [libFuzzer's arguments]`."""

import sys

import atheris

# The reader alone is measured, and the targets themselves are not.
with atheris.instrument_imports(include=["cccd_reader"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    found = TARGETS[name]
    atheris.Setup(sys.argv, found.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
