"""The simulated twins as processes of the same program, whether it is installed or a stand-alone build."""

import runpy
import sys
from enum import StrEnum


class Twin(StrEnum):
    """A simulated device or system that runs as a process of its own."""

    CARD = "card"
    CAMERA = "camera"
    OUTSIDE = "outside"
    PRINTER = "printer"


MODULES = {
    Twin.CARD: "cccd_reader.emulation",
    Twin.CAMERA: "face.simulation",
    Twin.OUTSIDE: "his_adapter.simulation",
    Twin.PRINTER: "kiosk.printing.simulated",
}


def command(twin: Twin) -> tuple[str, ...]:
    """How `twin` is started; its own arguments follow."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "simulate", twin.value)
    return (sys.executable, "-m", MODULES[twin])


def main(arguments: list[str]) -> int:
    """`kiosk simulate NAME …` of the stand-alone build. Returns the exit code."""
    if not arguments or arguments[0] not in set(Twin):
        sys.stderr.write(f"usage: kiosk simulate {'|'.join(Twin)} …\n")
        return 2
    name, *rest = arguments
    sys.argv = [name, *rest]
    runpy.run_module(MODULES[Twin(name)], run_name="__main__")
    return 0
