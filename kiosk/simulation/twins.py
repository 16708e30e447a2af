"""The simulated twins as processes of the same program, whether it is installed or a stand-alone build."""

import runpy
import sys
from collections.abc import Mapping
from enum import StrEnum


class Twin(StrEnum):
    """A simulated device or system that runs as a process of its own."""

    CARD = "card"
    CAMERA = "camera"
    OUTSIDE = "outside"
    PRINTER = "printer"


MODULES: Mapping[Twin, tuple[str, ...]] = {
    Twin.CARD: ("cccd_reader.emulation",),
    Twin.CAMERA: ("face.simulation",),
    Twin.OUTSIDE: ("his_adapter", "simulate"),
    Twin.PRINTER: ("kiosk.printing.simulated",),
}
"""The module of each twin, and what it is told first."""


def command(twin: Twin) -> tuple[str, ...]:
    """How `twin` is started; its own arguments follow."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "simulate", twin.value)
    return (sys.executable, "-m", *MODULES[twin])


def main(arguments: list[str]) -> int:
    """`kiosk simulate NAME …` of the stand-alone build. Returns the exit code."""
    if not arguments or arguments[0] not in set(Twin):
        sys.stderr.write(f"usage: kiosk simulate {'|'.join(Twin)} …\n")
        return 2
    name, *rest = arguments
    module, *first = MODULES[Twin(name)]
    sys.argv = [name, *first, *rest]
    runpy.run_module(module, run_name="__main__")
    return 0
