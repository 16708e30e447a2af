"""Runs stored inputs once, with the whole traceback: `python -m tests.fuzz.replay TARGET FILE…`. Needs no atheris."""

import sys
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS


def main() -> None:
    target, *files = sys.argv[1:]
    for file in files:
        started = time.perf_counter()
        TARGETS[target].run(Path(file).read_bytes())
        print(f"{file}: ended as it should, in {time.perf_counter() - started:.3f} s")


if __name__ == "__main__":
    main()
