"""``python -m his_adapter simulate hospital|portal|bank``: one simulated outside system as a server on loopback.

Prints one line, ``{"system", "url"}``, with ``"addresses"`` where it listens for more than HTTP. Commands
(`his_adapter.simulation.commands`) come as lines of JSON on standard input, each answered with a line, or to ``POST
/simulation/control``. Ends when its standard input closes or its parent has gone; with ``--stay``, when it is told to.
"""

import argparse
import contextlib
import sys
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from his_adapter.simulation.accounts import OWN_FACILITY
from his_adapter.simulation.commands import System

if TYPE_CHECKING:
    from his_adapter.simulation.process import Simulator

USAGE_ERROR = 2


class Interface(StrEnum):
    """What the simulated hospital system speaks."""

    HISPRO = "hispro"
    FHIR = "fhir"
    HL7 = "hl7"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("system", type=System, choices=list(System))
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--people", type=Path, help="folder of invented people, each with a citizen.toml")
    parser.add_argument("--stay", action="store_true", help="do not end with standard input or the parent process")
    parser.add_argument(
        "--interface", type=Interface, choices=list(Interface), default=Interface.HISPRO, help="hospital: its interface"
    )
    parser.add_argument("--state", type=Path, help="hospital: file that survives a restart")
    parser.add_argument(
        "--lacks",
        action="append",
        default=[],
        choices=["transactions", "conditional_create", "metadata", "versions", "answers", "insurance", "billing"],
        help="hospital, fhir: something its server cannot do; may be repeated",
    )
    parser.add_argument("--mllp-port", type=int, default=0, help="hospital, hl7: 0: any free port")
    parser.add_argument("--plain", action="store_true", help="hospital, hl7: bare acknowledgements, no queries")
    parser.add_argument("--cards", type=Path, help="portal: another list of cards (TOML)")
    parser.add_argument("--facility", default=OWN_FACILITY, help="portal: code of the facility that asks")


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    from his_adapter.simulation import process  # the other commands of this room need no web server

    try:
        simulator = _simulator(arguments)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C in a terminal
        process.run(simulator, arguments.port, stay=arguments.stay)
    return 0


def _simulator(arguments: argparse.Namespace) -> "Simulator":
    from his_adapter.simulation.bank import BankSimulator
    from his_adapter.simulation.cards import load_cards, load_people
    from his_adapter.simulation.fhir_hospital import FhirSimulator
    from his_adapter.simulation.fhir_options import lacking
    from his_adapter.simulation.his import HisSimulator
    from his_adapter.simulation.hl7_simulator import Hl7Simulator
    from his_adapter.simulation.portal import PortalSimulator

    people = load_people(arguments.people) if arguments.people else {}
    match arguments.system:
        case System.HIS if arguments.interface is Interface.FHIR:
            return FhirSimulator(arguments.state, lacking(arguments.lacks), people.values())
        case System.HIS if arguments.interface is Interface.HL7:
            return Hl7Simulator(arguments.state, port=arguments.mllp_port, generous=not arguments.plain)
        case System.HIS:
            return HisSimulator(arguments.state, people.values())
        case System.PORTAL:
            default = resources.files(__package__).joinpath("cards.toml")
            return PortalSimulator(
                load_cards((arguments.cards or default).read_text("utf-8"), people), arguments.facility
            )
        case _:
            return BankSimulator()
